"""The two cross-entropies as functions of the output `a`, for the ledger to show `∂C/∂a` by.

The engine goes from the logits straight to `delta = p − y`, which stays exact where these overflow.
Shapes as in `equations/losses.py`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "FROM_PROBABILITIES",
    "binary_cross_entropy",
    "binary_cross_entropy_backward",
    "categorical_cross_entropy",
    "categorical_cross_entropy_backward",
]

Array = NDArray[Any]


def binary_cross_entropy(a: Array, y: Array) -> Array:
    """`mean_k −y ln a − (1−y) ln(1−a)`.

    >>> binary_cross_entropy(np.array([[0.5]]), np.array([[1.0]])).round(4).tolist()
    [0.6931]
    """
    losses: Array = np.mean(_over(-y * np.log(a), y) + _over(-(1 - y) * np.log(1 - a), 1 - y), -1)
    return losses


def binary_cross_entropy_backward(a: Array, y: Array) -> Array:
    """`da_k = (−y/a + (1−y)/(1−a)) / n_outputs`: infinite where a sure output is wrong."""
    da: Array = (_over(-y / a, y) + _over((1 - y) / (1 - a), 1 - y)) / a.shape[-1]
    return da


def categorical_cross_entropy(a: Array, y: Array) -> Array:
    """`−Σ_k y_k ln a_k`."""
    losses: Array = np.sum(_over(-y * np.log(a), y), -1)
    return losses


def categorical_cross_entropy_backward(a: Array, y: Array) -> Array:
    """`da_k = −y_k / a_k`: infinite where the true class has probability 0."""
    return _over(-y / a, y)


def _over(term: Array, y: Array) -> Array:
    """The term where its target is not zero; elsewhere 0, even if it was 0 · ∞."""
    return np.where(y == 0, 0.0, term)


# name -> (forward, backward), like `LOSSES`; division by zero is the caller's to expect.
FROM_PROBABILITIES: dict[str, tuple[Callable[..., Array], Callable[..., Array]]] = {
    "binary_cross_entropy": (binary_cross_entropy, binary_cross_entropy_backward),
    "categorical_cross_entropy": (
        categorical_cross_entropy,
        categorical_cross_entropy_backward,
    ),
}
