"""A standstill of numbers: steps smaller than the spacing of the weights they should move.

Around a weight `w`, float32 has numbers only every `spacing(w)`, about `1.2e-7 |w|`. Adding less
than half of it gives `w` back. So training stands still where `η·|step|` is that small; and so do
finite differences where the probe is: at w = 12755.16, `w + 1e-4` is `w`, the measured slope is
exactly 0, and it looks as if the loss were flat (experiment `line`).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from clearprop import _arrays, _checks
from clearprop.diagnosis.case import Case
from clearprop.diagnosis.finding import Finding
from clearprop.errors import DataError

__all__ = ["Standstill", "difference_standstill", "float32_standstill"]


@dataclass(frozen=True)
class Standstill:
    """Weights that no longer move because their probe is lost in rounding.

    Attributes:
        record: the first of the equal records, from 0.
        weight: index of the largest weight that cannot be probed.
        value: that weight.
        spacing: distance from it to the next number of its type.
        probe: the finite-difference step.
    """

    record: int
    weight: int
    value: float
    spacing: float
    probe: float

    def __str__(self) -> str:
        return (
            f"weight {self.weight} stands still at {self.value:.7g} since record {self.record}: "
            f"its numbers lie {self.spacing:.2g} apart, so that adding {self.probe:g} changes "
            "nothing and the measured slope is exactly 0; the loss is not flat there"
        )


def difference_standstill(weights: ArrayLike, probe: float = 1e-4) -> Standstill | None:
    """Recognise finite differences that stand still because the probe is lost in rounding.

    The weights stopped moving for good, all bits equal, while for at least one of them
    `w + probe = w` in the type that they are kept in.

    Args:
        weights: the weights before each step, `(n_records, p)`, in the type they were kept in.
        probe: what the finite difference adds to a weight.

    Returns:
        Where and why, or None where the weights move or every probe can be told from its weight.

    Raises:
        DataError: not a history of at least two records of floating-point numbers.

    Example:
        >>> path = np.array([[45.0], [-654.22], [12755.16], [12755.16]], dtype=np.float32)
        >>> found = difference_standstill(path)
        >>> found.record, round(found.spacing, 6)
        (2, 0.000977)
        >>> difference_standstill(path.astype(np.float64)) is None
        True
    """
    probe = _checks.positive("probe", probe)
    given = np.asarray(weights)
    dtype = given.dtype if given.dtype.kind == "f" else np.dtype(np.float64)
    path = _arrays.numbers("weights", weights, dtype)
    if path.ndim != 2 or len(path) < 2:
        raise DataError(f"weights must have the shape (n_records, p), n ≥ 2; got {path.shape}")
    moved = np.flatnonzero((path[1:] != path[:-1]).any(axis=1))
    record = int(moved[-1]) + 1 if len(moved) else 0
    last = path[-1]
    lost = last + dtype.type(probe) == last
    if record == len(path) - 1 or not lost.any():
        return None
    weight = int(np.argmax(np.where(lost, np.abs(last), -1)))
    spacing = abs(float(np.spacing(last[weight])))
    return Standstill(record, weight, float(last[weight]), spacing, probe)


def float32_standstill(case: Case) -> Finding | None:
    """Weights of a float32 network no longer change by a bit, although the cost has a slope.

    Of the weights with a slope, at least `still_share` are equal in two records that follow each
    other, the last of those taken at no less than half of the highest rate (at the end of a
    schedule that goes to zero, standing still is meant); and the gradient is above
    `still_gradient` of its largest. Biases do not count: they start at 0, where numbers lie close.
    """
    run, limits = case.run, case.limits
    w = case.weights
    if run.network.dtype != np.float32 or run.diverged or w is None or len(w) < 3:
        return None
    slope = (case.at_end.steepest != 0) & run.network.architecture.is_weight
    if not slope.any() or not np.isfinite(w[-1]).all() or not len(case.rates):
        return None
    at = _last_full_rate(case.rates, len(w))
    equal = float(np.mean((w[at] == w[at - 1])[slope]))
    before = max(look.gradient for look in case.on_the_way)
    share = case.at_end.gradient / before if before > 0 else 0.0
    if equal < limits["still_share"] or share <= limits["still_gradient"]:
        return None
    last = case.last
    steepest = int(np.argmax(np.abs(case.at_end.steepest)))
    spacing = float(np.abs(np.spacing(last[steepest])))
    return Finding(
        "float32_standstill",
        f"The training stands still in float32: {equal:.0%} of its weights do not change by a bit, "
        "for its steps are smaller than the spacing of the numbers they are added to "
        f"({spacing:.1g} at weight {steepest}), while the gradient is {share:.0%} of its largest.",
        {
            "unchanged_weights": equal,
            "weight": steepest,
            "value": float(last[steepest]),
            "spacing": spacing,
            "gradient": float(case.at_end.steepest[steepest]),
            "learning_rate": run.learning_rate,
            "where": f"layer {int(run.network.architecture.layer_of[steepest])}",
            "when": f"records {at - 1} and {at} of the weights",
        },
    )


def _last_full_rate(rates: NDArray[np.float64], records: int) -> int:
    """The last record, from 1, that a rate of at least half of the highest led to."""
    epoch = int(np.flatnonzero(rates >= rates.max() / 2)[-1]) + 1
    return max(1, epoch * (records - 1) // len(rates))
