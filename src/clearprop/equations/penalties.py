"""Penalties: a second term of the cost that depends on the weights alone, and gradient clipping.

`foo(w)` is summed over the last axis, `(..., p) -> (...)`; `foo_backward(w)` is its derivative,
`(..., p)`. The cost that is trained is `C + strength · penalty(weights)`: the sum over the weights,
not their mean, and not divided by the number of samples. Biases are left out by whoever calls.
"""

from __future__ import annotations

from collections.abc import Callable

from array_api_compat import array_namespace

from clearprop.equations.activations import Array

__all__ = [
    "PENALTIES",
    "clip_norm",
    "clip_value",
    "l1",
    "l1_backward",
    "l2",
    "l2_backward",
    "leaving_range",
    "leaving_range_backward",
]


def l1(w: Array) -> Array:
    """`Σ |w|`: pulls every weight towards zero with the same force."""
    xp = array_namespace(w)
    return xp.sum(xp.abs(w), axis=-1)


def l1_backward(w: Array) -> Array:
    """`dw = sign(w)`, 0 at the kink."""
    return array_namespace(w).sign(w)


def l2(w: Array) -> Array:
    """`½ Σ w²`: pulls with a force that grows with the weight.

    >>> import numpy as np
    >>> float(l2(np.asarray([3.0, 4.0])))
    12.5
    """
    return 0.5 * array_namespace(w).sum(w * w, axis=-1)


def l2_backward(w: Array) -> Array:
    """`dw = w`."""
    return w


def leaving_range(w: Array, low: float = -1.0, high: float = 1.0) -> Array:
    """`Σ max(0, w − high)² + max(0, low − w)²`: free inside the range, steeper the further out."""
    outside = _outside(w, low, high)
    return array_namespace(w).sum(outside * outside, axis=-1)


def leaving_range_backward(w: Array, low: float = -1.0, high: float = 1.0) -> Array:
    """`dw = 2(w − high)` above, `2(w − low)` below, 0 inside."""
    return 2 * _outside(w, low, high)


def _outside(w: Array, low: float, high: float) -> Array:
    """How far each weight stands outside the range, with its sign."""
    return w - array_namespace(w).clip(w, low, high)


PENALTIES: dict[str, tuple[Callable[[Array], Array], Callable[[Array], Array]]] = {
    "l1": (l1, l1_backward),
    "l2": (l2, l2_backward),
    "leaving_range": (leaving_range, leaving_range_backward),
}


def clip_norm(g: Array, limit: float) -> Array:
    """`g · min(1, limit / ‖g‖)`: shortens a long gradient and keeps its direction (Pascanu 2013).

    >>> import numpy as np
    >>> clip_norm(np.asarray([3.0, 4.0]), 1.0).round(12).tolist()
    [0.6, 0.8]
    """
    xp = array_namespace(g)
    largest = xp.max(xp.abs(g), axis=-1, keepdims=True)
    scale = xp.where(largest > 1, largest, 1.0)  # g² overflows long before g does
    unit = g / scale
    length = xp.sqrt(xp.sum(unit * unit, axis=-1, keepdims=True))  # ‖g‖ = scale · length
    long = length > limit / scale
    return xp.where(long, unit * (limit / xp.where(long, length, 1.0)), g)


def clip_value(g: Array, limit: float) -> Array:
    """Each component kept in `[−limit, limit]`; this turns the direction."""
    return array_namespace(g).clip(g, -limit, limit)
