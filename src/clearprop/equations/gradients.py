"""Gradients without backpropagation, to check it by.

`C` maps parameters to costs and takes leading axes, `(..., p) -> (...)`, so that many nudged copies
of the parameters are costed in one call. `h` is the size of the nudge.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from array_api_compat import array_namespace

from clearprop.equations.activations import Array

__all__ = [
    "central_differences",
    "crosses_kink",
    "directional_difference",
    "finite_difference",
    "finite_differences",
    "relative_error",
]

Cost: TypeAlias = Callable[[Array], Array]


def finite_difference(C: Cost, w: Array, i: int, h: float) -> Array:
    """`(C(w + h e_i) − C(w)) / h`: one weight nudged, one number.

    The nudge is divided by h as asked for, not by what the stored weight could hold of it: with
    float32 weights above 2^24 h the quotient is exactly 0, however steep the cost is.

    >>> import numpy as np
    >>> float(finite_difference(lambda w: w[..., 0] ** 2, np.asarray([3.0]), 0, 0.5))
    6.5
    """
    xp = array_namespace(w)
    e_i = xp.astype(xp.arange(w.shape[-1]) == i, w.dtype)
    return (C(w + h * e_i) - C(w)) / h


def finite_differences(C: Cost, w: Array, h: float) -> Array:
    """`finite_difference` of every weight, each with the others left alone: shape `(p,)`."""
    return (C(w + _nudges(w, h)) - C(w)) / h


def central_differences(C: Cost, w: Array, h: float) -> Array:
    """`(C(w + h e_i) − C(w − h e_i)) / 2h` for every i, shape `(p,)`: error of order h²."""
    nudges = _nudges(w, h)
    return (C(w + nudges) - C(w - nudges)) / (2 * h)


def directional_difference(C: Cost, w: Array, v: Array, h: float) -> Array:
    """`(C(w + hv) − C(w − hv)) / 2h ≈ ∇C · v`: all weights checked at once, at two costs."""
    return (C(w + h * v) - C(w - h * v)) / (2 * h)


def relative_error(g: Array, reference: Array, floor: float = 1e-8) -> Array:
    """`|g − r| / max(|g|, |r|, floor)`; the floor keeps rounding near zero from counting."""
    xp = array_namespace(g)
    size = xp.maximum(xp.abs(g), xp.abs(reference))
    return xp.abs(g - reference) / xp.where(size > floor, size, floor)


def crosses_kink(pattern: Cost, w: Array, h: float) -> Array:
    """True where nudging weight i by ±h takes a pre-activation across a kink: shape `(p,)`.

    There the two sides have different slopes and their mean is no derivative, so a mismatch says
    nothing. `pattern` maps `(..., p)` to booleans `(..., k)`: on which side of its kink each of the
    k pre-activations lies.
    """
    xp = array_namespace(w)
    nudges = _nudges(w, h)
    return xp.any(pattern(w + nudges) != pattern(w - nudges), axis=-1)


def _nudges(w: Array, h: float) -> Array:
    """Row i nudges weight i: `(p, p)`."""
    xp = array_namespace(w)
    return h * xp.eye(w.shape[-1], dtype=w.dtype)
