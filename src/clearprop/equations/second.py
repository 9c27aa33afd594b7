"""Second derivatives: how the slopes of activations, losses and penalties bend.

Each entry is the derivative of the `foo_backward` of that name along a direction. It answers: when
the argument moves by `R…`, how does what `foo_backward` returns move?

    SECOND_ACTIVATIONS[name](da, z, a, Rz)    da · f″(z) · Rz    (with da held)    shape of z
    SECOND_LOSSES[name](a, y, Ra)             ∂²loss/∂a² · Ra    (or by z and Rz)  shape of a
    SECOND_PENALTIES[name](w, v)              ∂²penalty/∂w² · v                    shape of w

Straight pieces do not bend: ReLU, leaky ReLU and the absolute error have second derivative 0, SELU
above its kink. At a kink there is none; as in `foo_backward`, the piece to the left is taken.
"""

# ruff: noqa: ARG005 - all entries of a table have one signature, so that one line can call any

from __future__ import annotations

import math
from collections.abc import Callable

from array_api_compat import array_namespace

from clearprop.equations.activations import (
    SELU_ALPHA,
    SELU_SCALE,
    Array,
    sigmoid,
    softmax,
    softmax_backward,
    softplus,
)
from clearprop.equations.penalties import leaving_range_backward

__all__ = [
    "SECOND_ACTIVATIONS",
    "SECOND_LOSSES",
    "SECOND_PENALTIES",
    "gelu_second",
    "mish_second",
    "softmax_second",
]


def gelu_second(da: Array, z: Array, a: Array, Rz: Array) -> Array:
    """`f″ = (1 − t²)(u′ − z t u′² + ½z u″)`, `t = tanh u`, `u′ = √(2/π)(1 + 0.134145 z²)`.

    From `f′ = ½(1 + t) + ½z(1 − t²)u′` by `∂t/∂z = (1 − t²)u′`; `u″ = √(2/π) · 0.26829 z`.
    """
    scale, cube = math.sqrt(2 / math.pi), 0.044715
    t = array_namespace(z).tanh(scale * (z + cube * z * z * z))
    du_dz = scale * (1 + 3 * cube * z * z)
    bend = du_dz - z * t * du_dz * du_dz + 3 * scale * cube * z * z  # the last: ½z u″
    return da * Rz * (1 - t * t) * bend


def mish_second(da: Array, z: Array, a: Array, Rz: Array) -> Array:
    """`f″ = (1 − t²)·s·(2 + z(1 − s − 2ts))`, `t = tanh(softplus(z))`, `s = sigmoid(z)`.

    From `f′ = t + z(1 − t²)s` by `∂t/∂z = (1 − t²)s` and `∂s/∂z = s(1 − s)`.
    """
    t, s = array_namespace(z).tanh(softplus(z)), sigmoid(z)
    return da * Rz * (1 - t * t) * s * (2 + z * (1 - s - 2 * t * s))


def softmax_second(da: Array, z: Array, a: Array, Rz: Array) -> Array:
    """`Ra_k (da_k − Σ_j a_j da_j) − a_k Σ_j Ra_j da_j`, with `Ra = softmax_backward(Rz)`."""
    xp, Ra = array_namespace(z), softmax_backward(Rz, z, a)
    centred = da - xp.sum(a * da, axis=-1, keepdims=True)
    return Ra * centred - a * xp.sum(Ra * da, axis=-1, keepdims=True)


def _where(condition: Array, value: Array) -> Array:
    """The value where the condition holds, else 0."""
    return array_namespace(value).where(condition, value, 0.0)


# name -> (da, z, a, Rz) -> da · f″(z) · Rz
SECOND_ACTIVATIONS: dict[str, Callable[[Array, Array, Array, Array], Array]] = {
    "identity": lambda da, z, a, Rz: 0 * Rz,
    "sigmoid": lambda da, z, a, Rz: da * Rz * a * (1 - a) * (1 - 2 * a),
    "tanh": lambda da, z, a, Rz: -2 * da * Rz * a * (1 - a * a),
    "relu": lambda da, z, a, Rz: 0 * Rz,
    "leaky_relu": lambda da, z, a, Rz: 0 * Rz,
    "elu": lambda da, z, a, Rz: _where(z <= 0, da * Rz * (a + 1)),  # α = 1: e^z
    "selu": lambda da, z, a, Rz: _where(z <= 0, da * Rz * (a + SELU_SCALE * SELU_ALPHA)),  # sα e^z
    "softplus": lambda da, z, a, Rz: da * Rz * sigmoid(z) * sigmoid(-z),  # s(1 − s)
    "gelu": gelu_second,
    "silu": lambda da, z, a, Rz: da * Rz * sigmoid(z) * sigmoid(-z) * (2 + z - 2 * a),  # a = z·s
    "mish": mish_second,
    "softmax": softmax_second,
}

# name -> (a or z, y, its direction) -> how foo_backward moves; the means' 1/n_outputs is in it
SECOND_LOSSES: dict[str, Callable[[Array, Array, Array], Array]] = {
    "mean_squared_error": lambda a, y, Ra: 2 * Ra / a.shape[-1],
    "half_squared_error": lambda a, y, Ra: Ra / a.shape[-1],
    "mean_absolute_error": lambda a, y, Ra: 0 * Ra,
    "huber": lambda a, y, Ra: _where(abs(a - y) < 1, Ra / a.shape[-1]),  # threshold 1
    "binary_cross_entropy": lambda z, y, Rz: Rz * sigmoid(z) * sigmoid(-z) / z.shape[-1],
    "categorical_cross_entropy": lambda z, y, Rz: softmax_backward(Rz, z, softmax(z)),
}

# name -> (w, v) -> how foo_backward moves
SECOND_PENALTIES: dict[str, Callable[[Array, Array], Array]] = {
    "l1": lambda w, v: 0 * v,
    "l2": lambda w, v: v,
    "leaving_range": lambda w, v: _where(leaving_range_backward(w) != 0, 2 * v),
}
