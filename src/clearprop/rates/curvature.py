"""`curvature`: the largest eigenvalues of the Hessian and the learning rate that they allow."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Unpack

import numpy as np
from numpy.typing import ArrayLike, NDArray
from threadpoolctl import threadpool_limits

from clearprop import _arrays, _checks, randomness
from clearprop.errors import ArgumentError
from clearprop.network import Network
from clearprop.rates.hessian import Hessian
from clearprop.rates.lanczos import Ritz, extreme_eigenvalues
from clearprop.rates.problem import CostChoices, Problem
from clearprop.rates.thresholds import FACTORS, PRECONDITIONED, why_none
from clearprop.training.settings import rule_options

__all__ = ["Curvature", "curvature", "search"]

Array = NDArray[np.float64]

# Residuals as a share of the largest absolute eigenvalue; λmax is then off by about the square.
TOLERANCE = 1e-4
SMALLEST_TOLERANCE = 1e-3  # enough to tell a saddle
MOST_PRODUCTS = 300


@dataclass(frozen=True, repr=False)
class Curvature:
    """How the cost curves at one place.

    Attributes:
        eigenvalues: the largest of the Hessian, descending, `(n_eigenvalues,)`.
        errors: an eigenvalue of the Hessian lies within this of each, `(n_eigenvalues,)`.
        vectors: their directions, unit vectors in rows, `(n_eigenvalues, p)`.
        most_negative: the smallest eigenvalue; where it is negative, the cost curves down.
        most_negative_error: an eigenvalue lies within this of it.
        optimizer: the update rule with its options.
        threshold: the learning rate above which full-batch training with this optimizer is
            unstable on the quadratic that fits the cost here, or None. A guide, no law: networks
            can train above it.
        reason: why there is no threshold, or None.
        preconditioned: for rules that scale the gradient, the eigenvalue that the threshold is
            made from, that of `P^−½ H P^−½`; else None.
        converged: the errors are within 1e-4 of the largest absolute eigenvalue, and the smallest
            eigenvalue's within 1e-3 of it.
        kinks: what second derivatives cannot see in this network, or "".
        n_samples: in the full batch that was measured.
        products: Hessian-vector products taken.
    """

    eigenvalues: Array
    errors: Array
    vectors: Array
    most_negative: float
    most_negative_error: float
    optimizer: Mapping[str, Any]
    threshold: float | None
    reason: str | None
    preconditioned: float | None
    converged: bool
    kinks: str
    n_samples: int
    products: int

    @property
    def largest(self) -> float:
        """λmax, the largest eigenvalue of the Hessian: the sharpness of the cost here."""
        return float(self.eigenvalues[0])

    def __repr__(self) -> str:
        # A learning rate means nothing without its batch size and optimizer.
        if self.threshold is None:
            limit = f"no threshold: {self.reason}"
        else:
            limit = (
                f"{self.optimizer['name']} on the full batch of {self.n_samples} is unstable "
                f"above learning rate {self.threshold:.6g}"
            )
        parts = [
            f"λmax {self.largest:.6g} ± {self.errors[0]:.1g}",
            f"λmin {self.most_negative:.6g} ± {self.most_negative_error:.1g}",
            limit,
            "" if self.converged else f"not converged after {self.products} products",
            self.kinks,
        ]
        return f"Curvature({'; '.join(part for part in parts if part)})"


def curvature(
    network: Network,
    X: ArrayLike,
    y: ArrayLike,
    *,
    optimizer: str | Mapping[str, Any] = "sgd",
    second_moment: ArrayLike | None = None,
    n_eigenvalues: int = 1,
    seed: int = 0,
    **cost: Unpack[CostChoices],
) -> Curvature:
    """The largest eigenvalues of the Hessian, and the learning rate that they allow.

    `λmax = max vᵀHv` over unit vectors v, with `H = ∂²C/∂w²` of the cost on all samples. Gradient
    descent is stable below `2/λmax`, heavy ball below `2(1+μ)/λmax`, Nesterov below
    `2(1+μ)/((1+2μ)λmax)`, Adam below `2(1+β1)/((1−β1)λ)` with λ of the preconditioned Hessian.

    Curvature explains a learning rate; it is no good way to choose one. For ReLU and its kin f″ is
    0 almost everywhere: the numbers are those of the smooth piece that the weights stand on, and
    the kinks around it, which a step may cross, are not in them.

    Args:
        network: where: its parameters. Dropout plays no part.
        X: inputs, `(n_samples, n_features)`; all of them, for a threshold of full-batch training.
        y: targets, as for `train`.
        optimizer: whose threshold: a name, or a mapping with its options, as for `train`.
        second_moment: for Adam and its kin, the mean of squared gradients that divides its steps,
            v̂, `(p,)`; without it they have no threshold.
        n_eigenvalues: how many of the largest.
        seed: of the vectors that the search starts from; the answer barely depends on it.
        **cost: `loss`, `sample_weight` and `penalty`, as for `train`.

    Returns:
        Eigenvalues with error bounds, their directions, the threshold or why there is none.

    Raises:
        ArgumentError: a choice breaks a rule.
        DataError: the arrays cannot be learned from, or the weights have blown up.

    Example:
        >>> import numpy as np
        >>> X = np.array([[1.0], [2.0], [3.0], [4.0]])
        >>> found = curvature(Network([1, 1]), X, 3 * X)
        >>> round(found.largest, 4), round(found.threshold, 6)
        (16.7006, 0.119756)

    References:
        Cohen et al., "Gradient descent on neural networks typically occurs at the edge of
        stability", 2021, and "Adaptive gradient methods at the edge of stability", 2022.
    """
    problem = Problem.of(network, X, y, cost)
    rule, options = rule_options(optimizer)
    _checks.integer("n_eigenvalues", n_eigenvalues, most=len(problem.w))
    _checks.integer("seed", seed, least=0, most=randomness.MAX_SEED)
    scale = _scale(rule, options, second_moment, len(problem.w))
    with threadpool_limits(1, user_api="blas"):  # the bits must not depend on the threads
        H = Hessian(problem)
        ritz = search(H, len(problem.w), n_eigenvalues, seed)
        bounding, products, converged = float(ritz.values[0]), ritz.products, ritz.converged
        if scale is not None:
            scaled = search(lambda v: scale * H(scale * v), len(problem.w), 1, seed, smallest=False)
            bounding, products = float(scaled.values[0]), products + scaled.products
            converged = converged and scaled.converged
    threshold, reason = _threshold(rule, options, bounding, scale)
    return Curvature(
        ritz.values,
        ritz.errors,
        ritz.vectors,
        ritz.smallest,
        ritz.smallest_error,
        {"name": rule, **options},
        threshold,
        reason,
        None if scale is None else bounding,
        converged,
        problem.kinks,
        len(problem.data.X),
        products,
    )


def search(
    H: Callable[[Array], Array], p: int, n: int, seed: int, *, smallest: bool = True
) -> Ritz:
    """The n largest eigenvalues, from normal vectors that the seed decides, and the smallest."""
    starts = np.stack([randomness.normal(seed, "curvature", p, layer=i) for i in range(n)])
    return extreme_eigenvalues(
        H,
        starts,
        tolerance=TOLERANCE,
        smallest_tolerance=SMALLEST_TOLERANCE if smallest else None,
        most=max(MOST_PRODUCTS, 10 * n),
    )


def _scale(
    rule: str, options: Mapping[str, float], second_moment: ArrayLike | None, p: int
) -> Array | None:
    """`P^−½` of a rule that divides its gradients by `P = √v + ε`, `(p,)`, or None."""
    if second_moment is None:
        return None
    if rule not in PRECONDITIONED:
        raise ArgumentError(
            f"second_moment belongs to {', '.join(sorted(PRECONDITIONED))}; the optimizer is {rule}"
        )
    v = _arrays.numbers("second_moment", second_moment, np.dtype(np.float64))
    if v.shape != (p,) or (v < 0).any():
        raise ArgumentError(
            f"second_moment must be {p} numbers, zero or above, one for each parameter; "
            f"got the shape {v.shape}" + (f" with {v.min():g}" if v.shape == (p,) else "")
        )
    scale: Array = (np.sqrt(v) + options["epsilon"]) ** -0.5
    return scale


def _threshold(
    rule: str, options: Mapping[str, float], bounding: float, scale: Array | None
) -> tuple[float | None, str | None]:
    """The largest stable rate, or why there is none."""
    reason = why_none(rule)
    if reason is None and rule in PRECONDITIONED and scale is None:
        reason = (
            f"{rule} divides its steps by √v + ε, and v moves as it trains; "
            "cp.curvature(..., second_moment=v) gives it for one v"
        )
    if reason is None and bounding <= 0:
        reason = "the cost curves up in no direction, so no rate is too high for it"
    return (None, reason) if reason else (FACTORS[rule](options) / bounding, None)
