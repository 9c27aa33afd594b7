"""`sharpness`: λmax along a training, and the bound that its learning rate sets."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray
from threadpoolctl import threadpool_limits

from clearprop import _checks
from clearprop.errors import ArgumentError, DataError
from clearprop.rates.curvature import search
from clearprop.rates.hessian import Hessian
from clearprop.rates.problem import Problem
from clearprop.rates.thresholds import FACTORS, PRECONDITIONED, why_none
from clearprop.training.run import Run
from clearprop.training.settings import rule_options

__all__ = ["Sharpness", "sharpness"]

Array = NDArray[np.float64]


@dataclass(frozen=True, repr=False)
class Sharpness:
    """How sharply the cost curved along a training.

    Attributes:
        steps: steps taken at each record, `(n_records,)`.
        largest: λmax there, `(n_records,)`; NaN where the weights had blown up.
        errors: an eigenvalue lies within this of λmax, `(n_records,)`.
        learning_rates: of the step that led there, `(n_records,)`; at the start, of the first.
        limits: the λmax above which that rate is unstable, `2/η` for gradient descent,
            `(n_records,)`; or None.
        reason: why there are no limits, or None.
        converged: whether the search converged at each record, `(n_records,)`.
        optimizer: the update rule.
        batch_size: samples a step of the training.
        n_samples: in the full batch that was measured.
        kinks: what second derivatives cannot see in this network, or "".
    """

    steps: NDArray[np.int64]
    largest: Array
    errors: Array
    learning_rates: Array
    limits: Array | None
    reason: str | None
    converged: NDArray[np.bool_]
    optimizer: str
    batch_size: int
    n_samples: int
    kinks: str

    @property
    def full_batch(self) -> bool:
        """Whether a step saw all samples: else the limit is too generous."""
        return self.batch_size >= self.n_samples

    def __repr__(self) -> str:
        parts = [
            f"{len(self.steps)} records, {self.optimizer}, batch {self.batch_size} "
            f"of {self.n_samples}",
            f"λmax {self.largest[0]:.4g} at the start, {self.largest[-1]:.4g} at the end",
        ]
        if self.limits is None:
            parts.append(f"no limit: {self.reason}")
        else:
            above = int((self.largest > self.limits).sum())
            parts.append(f"above its learning rate's limit at {above} of {len(self.steps)}")
            parts.append("" if self.full_batch else "limit holds for the full batch only")
        missing = int((~self.converged).sum())
        parts.append(f"{missing} records not converged" if missing else "")
        parts.append(self.kinks)
        return f"Sharpness({'; '.join(part for part in parts if part)})"


def sharpness(
    run: Run,
    X: ArrayLike,
    y: ArrayLike,
    *,
    sample_weight: ArrayLike | None = None,
    every: int = 1,
) -> Sharpness:
    """The largest eigenvalue of the Hessian at each recorded place of a training.

    With gradient descent at the rate η, λmax often grows until it meets `2/η` and then hovers
    there: the edge of stability.

    Args:
        run: trained with `record_weights`.
        X: the training samples, `(n_samples, n_features)`, without the validation part.
        y: their targets, as for `train`.
        sample_weight: as for `train`; loss, penalty and class weights are the run's own.
        every: measure only each so-many-th record, and always the first and the last.

    Returns:
        Columns over the records: steps, λmax, learning rates, limits.

    Raises:
        ArgumentError: the run recorded no weights. DataError: X is not what the run was trained on.

    Example:
        >>> import numpy as np
        >>> from clearprop import Network, train
        >>> X = np.array([[1.0], [2.0], [3.0], [4.0]])
        >>> run = train(Network([1, 1]), X, 3 * X, optimizer="sgd", learning_rate=0.1,
        ...             batch_size="full", epochs=2, record_weights="epoch")
        >>> found = sharpness(run, X, 3 * X)
        >>> found.largest.round(4).tolist(), found.limits.round(9).tolist()
        ([16.7006, 16.7006, 16.7006], [20.0, 20.0, 20.0])
    """
    _checks.instance("run", run, Run)
    _checks.integer("every", every)
    if run.weights is None or run.weight_steps is None:
        raise ArgumentError(
            "run must hold recorded weights; train with record_weights='epoch' or 'step'"
        )
    problem = Problem.of_settings(run.network, X, y, run.settings, sample_weight)
    n_batches = -(-len(problem.data.X) // run.batch_size)
    own = np.flatnonzero(run.weight_steps <= run.epochs * n_batches)  # a population may go on
    _check_samples(run, run.weight_steps, run.epochs * n_batches)
    chosen = np.unique([*own[::every], own[-1]])
    largest, errors = np.full((2, len(chosen)), np.nan)
    converged = np.zeros(len(chosen), dtype=bool)
    with threadpool_limits(1, user_api="blas"):  # the bits must not depend on the threads
        for i, record in enumerate(chosen):
            w = run.weights[record].astype(np.float64)
            try:
                ritz = search(Hessian(replace(problem, w=w)), len(w), 1, 0, smallest=False)
            except DataError:
                continue  # blown up: NaN
            largest[i], errors[i], converged[i] = ritz.values[0], ritz.errors[0], ritz.converged
    steps = run.weight_steps[chosen]
    taken = run.step_rates if run.steps else run.history["learning_rate"][:1]
    rates = taken[np.clip(steps, 1, len(taken)) - 1]  # at the start, that of the first step
    rule, options = rule_options(run.settings.optimizer)
    reason = why_none(rule)
    if rule in PRECONDITIONED:
        reason = f"{rule} divides its steps by √v + ε, which a run does not record"
    limits = None
    if reason is None:
        with np.errstate(divide="ignore"):  # a schedule may end at a rate of 0
            limits = FACTORS[rule](options) / rates
    return Sharpness(
        steps,
        largest,
        errors,
        rates,
        limits,
        reason,
        converged,
        rule,
        run.batch_size,
        len(problem.data.X),
        problem.kinks,
    )


def _check_samples(run: Run, steps: NDArray[np.int64], expected: int) -> None:
    """Refuse samples that make another number of steps than the run took."""
    if run.ending == "epochs":
        fits = steps[-1] == expected
    else:  # another member of the population may have gone on, and between records one cannot tell
        unsure = run.ending in ("diverged", "interrupted")
        fits = unsure or run.settings.record_weights not in ("epoch", "step") or expected in steps
    if not fits:
        raise DataError(
            f"X must be the samples that the run was trained on: {run.epochs} epochs of these "
            f"make {expected} steps, but the run took {steps[-1]}; "
            "leave out the validation part"
        )
