"""Walks of the update rules over a function whose gradient is written by hand: no network."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike, NDArray

from clearprop.equations.updates import UPDATES, evaluated, initial_slots

__all__ = ["walk"]

Floats = NDArray[np.float64]


def walk(
    rule: str, gradient: Callable[[Floats], Floats], start: ArrayLike, eta: float, steps: int
) -> Floats:
    """Where the rule stands before each step and after the last.

    Args:
        rule: a name of `equations/updates.py`; its options are the defaults.
        gradient: `(..., p)` → `(..., p)`.
        start: one place `(p,)`, or many at once, `(..., p)`.
        eta: the learning rate.
        steps: how many.

    Returns:
        `(steps + 1, ..., p)`; not finite where a walk has blown up.

    >>> walk("sgd", lambda w: 2 * (w + 1), [5.0], 0.2, 2)[:, 0].round(12).tolist()
    [5.0, 2.6, 1.16]
    """
    w: Floats = np.asarray(start, dtype=np.float64)
    slots, places = initial_slots(rule, w), [w]
    with np.errstate(all="ignore"):  # a rate that is too high walks to infinity
        for t in range(1, steps + 1):
            w, slots = UPDATES[rule](w, gradient(w), slots, t, eta)
            places.append(evaluated(rule, w, slots))
    return np.stack(places)
