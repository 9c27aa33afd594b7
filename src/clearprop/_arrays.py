"""Arrays from outside become contiguous numbers of the right shape, or one clear sentence.

The caller's arrays are never changed; a copy is made only where type or layout asks for one.
"""

from __future__ import annotations

from decimal import Decimal
from numbers import Real
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from clearprop.errors import DataError

__all__ = ["features", "numbers", "targets", "weights"]

Array = NDArray[Any]


def numbers(argument: str, value: ArrayLike, dtype: np.dtype[Any]) -> Array:
    """`value` as finite real numbers of `dtype`, C-contiguous and in native byte order."""
    if hasattr(value, "toarray"):
        raise DataError(f"{argument} must be a dense array; got a sparse one: use .toarray()")
    if np.ma.is_masked(value):
        raise DataError(f"{argument} must be complete; some of its values are masked")
    try:
        array = np.asarray(value)
    except ValueError:
        raise DataError(
            f"{argument} must be a rectangular array; its rows differ in length"
        ) from None
    if array.dtype.kind in "OU":
        array = _from_objects(argument, array.astype(object))
    if array.dtype.kind not in "fiub":
        raise DataError(f"{argument} must hold real numbers; got {array.dtype}")
    if array.dtype.kind == "f" and not np.isfinite(array).all():
        raise DataError(f"{argument} must be finite; {_first_bad(array)}")
    with np.errstate(over="ignore"):
        result = np.asarray(array, dtype=dtype, order="C")
    if not np.isfinite(result).all():
        raise DataError(f"{argument} holds numbers too large for {dtype}; scale it")
    return result


def features(X: ArrayLike, n_features: int, dtype: np.dtype[Any], argument: str = "X") -> Array:
    """The inputs, `(n_samples, n_features)`."""
    array = numbers(argument, X, dtype)
    if array.ndim != 2:
        hint = "; for one sample use X[None, :]" if array.ndim == 1 else ""
        raise DataError(
            f"{argument} must have the shape (n_samples, n_features); got {array.shape}{hint}"
        )
    if array.shape[1] != n_features:
        raise DataError(
            f"{argument} must have {n_features} features, as many as the network has inputs; "
            f"got {array.shape[1]}"
        )
    if not len(array):
        raise DataError(f"{argument} must hold at least one sample; it is empty")
    return array


def targets(
    y: ArrayLike,
    n_samples: int,
    n_outputs: int,
    loss: str,
    dtype: np.dtype[Any],
    argument: str = "y",
) -> Array:
    """The targets, `(n_samples, n_outputs)`, fit for the loss.

    Class indices `(n_samples,)` become one-hot rows where the loss is categorical cross-entropy.
    """
    array = numbers(argument, y, np.dtype("float64"))
    if array.ndim == 0 or len(array) != n_samples:
        raise DataError(
            f"{argument} must have one row for each of the {n_samples} samples; "
            f"got the shape {array.shape}"
        )
    if loss == "categorical_cross_entropy" and (array.ndim == 1 or array.shape[1:] == (1,)):
        array = _one_hot(argument, array.reshape(-1), n_outputs)
    if array.ndim == 1:
        array = array[:, None]
    if array.shape != (n_samples, n_outputs):
        raise DataError(
            f"{argument} must have {n_outputs} columns, as many as the network has outputs; "
            f"got the shape {array.shape}"
        )
    _check_range(argument, array, loss)
    with np.errstate(over="ignore"):
        result = np.ascontiguousarray(array, dtype=dtype)
    if not np.isfinite(result).all():
        raise DataError(f"{argument} holds numbers too large for {dtype}; scale it")
    return result


def weights(value: ArrayLike, n_samples: int, dtype: np.dtype[Any]) -> Array:
    """Sample weights, `(n_samples,)`, scaled to mean 1."""
    array = numbers("sample_weight", value, np.dtype("float64"))
    if array.shape != (n_samples,):
        raise DataError(
            f"sample_weight must have one number for each of the {n_samples} samples; "
            f"got the shape {array.shape}"
        )
    if (array < 0).any() or not array.any():
        raise DataError("sample_weight must not be negative, nor zero everywhere")
    array = array / array.max()  # so that the mean cannot overflow
    result: Array = (array / array.mean()).astype(dtype)
    return result


def _from_objects(argument: str, array: Array) -> Array:
    """Python objects that are numbers, as numbers; text and None are refused by their place."""
    result = np.empty(array.shape)
    for place, item in np.ndenumerate(array):
        if not isinstance(item, (Real, Decimal, np.bool_)):
            raise DataError(f"{argument} must hold real numbers; found {item!r} at {_place(place)}")
        try:
            result[place] = float(item)
        except (ValueError, OverflowError):
            raise DataError(
                f"{argument} must hold numbers that a float can hold; one at {_place(place)} is not"
            ) from None
    return result


def _first_bad(array: Array) -> str:
    place = tuple(int(i) for i in np.argwhere(~np.isfinite(array))[0])
    return f"found {array[place]} at {_place(place)}"


def _place(place: tuple[int, ...]) -> str:
    words = ("row", "column")
    if not place:
        return "its only place"
    if len(place) > len(words):
        return f"index {place}"
    return ", ".join(f"{word} {i}" for word, i in zip(words, place, strict=False))


def _one_hot(argument: str, labels: Array, n_classes: int) -> Array:
    wrong = (labels != np.floor(labels)) | (labels < 0) | (labels >= n_classes)
    if wrong.any():
        first = int(np.argmax(wrong))
        raise DataError(
            f"{argument} must hold class indices from 0 to {n_classes - 1}; "
            f"found {labels[first]:g} at row {first}"
        )
    result = np.zeros((len(labels), n_classes))
    result[np.arange(len(labels)), labels.astype(np.int64)] = 1
    return result


def _check_range(argument: str, array: Array, loss: str) -> None:
    if loss == "binary_cross_entropy" and ((array < 0) | (array > 1)).any():
        bad = array[(array < 0) | (array > 1)][0]
        raise DataError(f"{argument} must lie between 0 and 1 for {loss}; found {bad:g}")
    if loss == "categorical_cross_entropy":
        off = (array < 0).any(axis=1) | (abs(array.sum(axis=1) - 1) > 1e-6)
        if off.any():
            raise DataError(
                f"{argument} must hold class indices, or rows of probabilities that sum to 1, for "
                f"{loss}; row {int(np.argmax(off))} does not"
            )
