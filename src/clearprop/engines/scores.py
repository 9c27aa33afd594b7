"""Scores that people read beside the loss: accuracy and R², summed block by block.

`tally(a, y, output)` takes outputs `a (m, n, k)`, targets `y (n, k)` and the name of the output
activation. It gives one number a member, `(m,)`, and can be added up over blocks of samples;
`finish` turns the sum into the score.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["TALLIES", "finish"]

Array = NDArray[Any]


def _hits(a: Array, y: Array, output: str) -> Array:
    """Samples that are right: the largest of several classes, or each output on its side of ½."""
    if output == "sigmoid" or y.shape[-1] == 1:
        right = ((a >= 0.5) == (y >= 0.5)).all(axis=-1)
    else:
        right = np.argmax(a, axis=-1) == np.argmax(y, axis=-1)
    hits: Array = right.sum(axis=-1).astype(np.float64)
    return hits


def _squared_errors(a: Array, y: Array, output: str) -> Array:  # noqa: ARG001 - one face for all
    errors: Array = a.astype(np.float64) - y
    total: Array = (errors * errors).sum(axis=(-2, -1))
    return total


TALLIES: dict[str, Callable[[Array, Array, str], Array]] = {
    "accuracy": _hits,
    "r2": _squared_errors,
}


def finish(score: str, total: Array, y: Array) -> Array:
    """Accuracy: hits/n. R²: `1 − Σ(a − y)² / Σ(y − ȳ)²`, NaN where y does not vary."""
    if score == "accuracy":
        return total / len(y)
    if not (y != y[:1]).any():
        return np.full_like(total, np.nan)
    with np.errstate(all="ignore"):  # numbers near the largest there are give NaN, too
        wide = y.astype(np.float64)
        r2: Array = 1 - total / ((wide - wide.mean(axis=0)) ** 2).sum()
    return r2
