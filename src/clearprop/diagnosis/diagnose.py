"""`diagnose`: why a training went as it did, and what would have gone better."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike
from threadpoolctl import threadpool_limits

from clearprop import _checks
from clearprop.diagnosis.case import Case
from clearprop.diagnosis.finding import Diagnosis
from clearprop.diagnosis.remedies import advice
from clearprop.diagnosis.symptoms import look_for_all
from clearprop.diagnosis.thresholds import limits_from
from clearprop.diagnosis.trial import try_remedies as try_them
from clearprop.engines import Data
from clearprop.errors import ArgumentError, DataError
from clearprop.training.data import Validation, assemble
from clearprop.training.run import Population, Run

__all__ = ["diagnose"]

_TRIAL_SHARE = 0.2  # of the samples, to judge remedies by where no validation part is named


def diagnose(
    run: Run | Population,
    X: ArrayLike | None = None,
    y: ArrayLike | None = None,
    *,
    validation: Validation = None,
    sample_weight: ArrayLike | None = None,
    try_remedies: bool = False,
    thresholds: Mapping[str, float] | None = None,
) -> Diagnosis:
    """Say what is wrong with a training: cause, evidence and remedy of every finding.

    The history alone tells rates that are too high or too low (the latter with recorded weights)
    and overfitting. Everything about gradients, units, the start, noise, plateaus, precision and
    the samples themselves takes X and y; what could not be looked for is listed.

    Args:
        run: the training, best with `record_weights="epoch"`; of a population, its best run.
        X: inputs, as they were given to `train`.
        y: targets, likewise.
        validation: likewise; to try remedies without one, a fifth of the samples is set apart.
        sample_weight: likewise.
        try_remedies: train the candidate remedies side by side for a third of the epochs, and
            advise only what lowered the validation loss.
        thresholds: other values for names in `clearprop.diagnosis.THRESHOLDS`.

    Returns:
        `healthy` or findings; see `Diagnosis`.

    Raises:
        ArgumentError: an argument breaks a rule, or all members of a population diverged.
        DataError: the arrays cannot be learned from; all targets alike is such a case.

    Example:
        >>> import numpy as np
        >>> from clearprop import Network, train
        >>> X = np.array([[1.0], [2.0], [3.0], [4.0]])
        >>> run = train(Network([1, 1]), X, 3 * X, optimizer="sgd", learning_rate=0.121,
        ...             batch_size="full", epochs=20)
        >>> [finding.symptom for finding in diagnose(run).findings]
        ['rate_too_high']
    """
    run = _one_run(run)
    limits = limits_from(thresholds)
    if (X is None) != (y is None):
        raise ArgumentError("X and y belong together: give both or neither")
    if X is None or y is None:
        for name, given in (("validation", validation), ("sample_weight", sample_weight)):
            if given is not None:
                raise ArgumentError(f"{name} belongs to X and y: give them, too")
        if try_remedies:
            raise ArgumentError("try_remedies needs the training samples: give X and y")
        return _examine(Case(run, None, None, limits), try_remedies=False)
    if try_remedies and validation is None:
        validation = _TRIAL_SHARE
    data, rest = assemble(
        run.network, X, y, run.settings, validation=validation, sample_weight=sample_weight
    )
    _check_targets(data)
    return _examine(Case(run, data, rest, limits), try_remedies=try_remedies)


def _examine(case: Case, *, try_remedies: bool) -> Diagnosis:
    with threadpool_limits(1, user_api="blas"):  # the bits must not depend on the threads
        findings, unchecked = look_for_all(case)
        treated = [
            try_them(case, finding)
            if try_remedies
            else replace(finding, remedy=advice(case, finding.symptom))
            for finding in findings
        ]
    return Diagnosis(tuple(treated), unchecked)


def _one_run(run: Run | Population) -> Run:
    if isinstance(run, Population):
        if run.diverged.all():
            raise ArgumentError(
                f"all {len(run)} members of the population diverged, so that there is no best one; "
                "diagnose one of them, such as population[0]"
            )
        return run.best
    _checks.instance("run", run, (Run, Population))
    return run


def _check_targets(data: Data) -> None:
    if (data.y == data.y[0]).all():
        shown = (
            np.array2string(data.y[0], threshold=6) if data.y.shape[1] > 1 else f"{data.y[0, 0]:g}"
        )
        raise DataError(
            f"y must vary to be learned: all {len(data.y)} training targets are {shown}"
        )
