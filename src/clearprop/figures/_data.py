"""Arrays at the door of a figure: shapes are checked once, and what cannot be drawn becomes NaN."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import ArrayLike, NDArray

from clearprop import _checks
from clearprop.errors import ArgumentError

__all__ = ["DRAWABLE", "column", "evenly", "floats", "numeric", "parts", "restored", "same_length"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

# Beyond this, the ticks of an axis overflow; such a value is treated as infinite.
DRAWABLE = 1e150


def numeric(argument: str, values: ArrayLike) -> Floats:
    """`values` as a float64 array of any shape."""
    try:
        return np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError, OverflowError):
        raise ArgumentError(
            f"{argument} must be a rectangular array of real numbers; got {_checks.shown(values)}"
        ) from None


def floats(argument: str, values: ArrayLike, ndim: int = 1) -> Floats:
    """`values` as a non-empty float64 array of `ndim` dimensions."""
    array = numeric(argument, values)
    if array.ndim != ndim or array.size == 0:
        raise ArgumentError(
            f"{argument} must be a non-empty array of {ndim} dimension{'s' * (ndim > 1)}; "
            f"got shape {array.shape}"
        )
    return array


def same_length(first: str, a: Floats, second: str, b: Floats) -> None:
    """Refuse two arrays whose first dimensions differ."""
    if len(a) != len(b):
        raise ArgumentError(f"{second} must be as long as {first} ({len(a)}); got length {len(b)}")


def column(history: Mapping[str, ArrayLike], name: str) -> Floats:
    """One column of a history, as long as its epochs; what cannot be drawn is NaN."""
    if name not in history:
        raise ArgumentError(f"history must have a column {name!r}; got {', '.join(history)}")
    values = floats(f"history[{name!r}]", history[name])
    same_length("history['epoch']", floats("history['epoch']", history["epoch"]), name, values)
    with np.errstate(invalid="ignore"):
        return np.where(np.abs(values) < DRAWABLE, values, np.nan)


def parts(history: Mapping[str, ArrayLike], name: str) -> dict[str, Floats]:
    """`train_<name>` and, where present and not empty of values, `validation_<name>`."""
    found = {"training": column(history, f"train_{name}")}
    if f"validation_{name}" in history:
        validation = column(history, f"validation_{name}")
        if np.isfinite(validation).any() or not np.isfinite(found["training"]).any():
            found["validation"] = validation
    return found


def restored(epochs: Floats, values: Floats, best_epoch: int | None) -> tuple[float, float] | None:
    """The point (epoch, value) of the kept network, or None where there is none to draw."""
    if best_epoch is None:
        return None
    hits = np.flatnonzero(epochs == best_epoch)
    if hits.size == 0 or not np.isfinite(values[hits[0]]):
        return None
    return float(best_epoch), float(values[hits[0]])


def evenly(count: int, most: int) -> Ints:
    """Indices of at most `most` evenly spaced items of `count`, the first and last among them.

    >>> evenly(9, 3).tolist(), evenly(2, 3).tolist()
    ([0, 4, 8], [0, 1])
    """
    if count <= most:
        return np.arange(count)
    return np.linspace(0, count - 1, most).round().astype(np.int64)
