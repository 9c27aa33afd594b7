"""Activation functions `a = f(z)` and, below each, its way back.

Every `foo_backward(da, z, a)` takes `da = ∂C/∂a` and returns `dz = ∂C/∂z`. For all but softmax this
is `dz = da · f′(z)`, element by element; with `da = 1` it is the derivative itself. `a` is handed
over because many derivatives are shortest in terms of the value (sigmoid: `a(1 − a)`).

Shapes: any; `da`, `z`, `a`, `dz` agree. Softmax works along the last axis.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, TypeAlias

from array_api_compat import array_namespace

__all__ = [
    "ACTIVATIONS",
    "KINKED",
    "elu",
    "elu_backward",
    "gelu",
    "gelu_backward",
    "identity",
    "identity_backward",
    "leaky_relu",
    "leaky_relu_backward",
    "mish",
    "mish_backward",
    "relu",
    "relu_backward",
    "selu",
    "selu_backward",
    "sigmoid",
    "sigmoid_backward",
    "silu",
    "silu_backward",
    "softmax",
    "softmax_backward",
    "softplus",
    "softplus_backward",
    "tanh",
    "tanh_backward",
]

# The array API standard publishes no static array type that NumPy, PyTorch and CuPy all satisfy.
Array: TypeAlias = Any

SELU_ALPHA = (
    1.6732632423543772  # Klambauer et al. 2017, appendix: fixed point at mean 0, variance 1
)
SELU_SCALE = 1.0507009873554805


def identity(z: Array) -> Array:
    """`a = z`: the output of a regression."""
    return z


def identity_backward(da: Array, z: Array, a: Array) -> Array:
    """`dz = da`."""
    return da


def sigmoid(z: Array) -> Array:
    """`a = 1 / (1 + e^−z)`, written so that no exponential overflows.

    >>> import numpy as np
    >>> sigmoid(np.asarray([-800.0, 0.0, 800.0])).tolist()
    [0.0, 0.5, 1.0]
    """
    xp = array_namespace(z)
    e = xp.exp(-xp.abs(z))  # in (0, 1]
    return xp.where(z >= 0, 1 / (1 + e), e / (1 + e))


def sigmoid_backward(da: Array, z: Array, a: Array) -> Array:
    """`dz = da · a(1 − a)`."""
    return da * a * (1 - a)


def tanh(z: Array) -> Array:
    """`a = tanh z`."""
    return array_namespace(z).tanh(z)


def tanh_backward(da: Array, z: Array, a: Array) -> Array:
    """`dz = da · (1 − a²)`."""
    return da * (1 - a * a)


def relu(z: Array) -> Array:
    """`a = max(z, 0)`: rectified linear unit. NaN stays NaN, so that it is noticed further on."""
    return array_namespace(z).where(z < 0, 0.0, z)


def relu_backward(da: Array, z: Array, a: Array) -> Array:
    """`dz = da` where `z > 0`, else 0. At the kink `z = 0` the derivative is taken as 0."""
    return array_namespace(z).where(z > 0, da, 0.0)


def leaky_relu(z: Array, slope: float = 0.01) -> Array:
    """`a = z` where `z > 0`, else `slope · z` (Maas et al. 2013)."""
    return array_namespace(z).where(z > 0, z, slope * z)


def leaky_relu_backward(da: Array, z: Array, a: Array, slope: float = 0.01) -> Array:
    """`dz = da` where `z > 0`, else `slope · da`."""
    return array_namespace(z).where(z > 0, da, slope * da)


def elu(z: Array, alpha: float = 1.0) -> Array:
    """`a = z` where `z > 0`, else `α(e^z − 1)` (Clevert et al. 2016)."""
    xp = array_namespace(z)
    below = xp.where(z > 0, 0.0, z)  # keeps e^z from overflowing where it is not used
    return xp.where(z > 0, z, alpha * xp.expm1(below))


def elu_backward(da: Array, z: Array, a: Array, alpha: float = 1.0) -> Array:
    """`dz = da` where `z > 0`, else `da · α e^z = da · (a + α)`."""
    return array_namespace(z).where(z > 0, da, da * (a + alpha))


def selu(z: Array) -> Array:
    """`a = s · elu(z, α)` with the s and α that keep mean 0 and variance 1 (Klambauer 2017)."""
    return SELU_SCALE * elu(z, SELU_ALPHA)


def selu_backward(da: Array, z: Array, a: Array) -> Array:
    """`dz = s · elu_backward(da)`."""
    return SELU_SCALE * elu_backward(da, z, a / SELU_SCALE, SELU_ALPHA)


def softplus(z: Array) -> Array:
    """`a = ln(1 + e^z) = max(z, 0) + ln(1 + e^−|z|)`: a smooth ReLU."""
    xp = array_namespace(z)
    return relu(z) + xp.log1p(xp.exp(-xp.abs(z)))


def softplus_backward(da: Array, z: Array, a: Array) -> Array:
    """`dz = da · sigmoid(z)`."""
    return da * sigmoid(z)


def gelu(z: Array) -> Array:
    """`a = ½z(1 + tanh u)`, `u = √(2/π)(z + 0.044715 z³)` (Hendrycks & Gimpel 2016).

    This is the tanh form (PyTorch: `approximate="tanh"`); it stays within 0.0005 of `z · Φ(z)`.
    The standard has no error function, so the exact form cannot be written in it.
    """
    xp = array_namespace(z)
    u = math.sqrt(2 / math.pi) * (z + 0.044715 * z * z * z)
    return 0.5 * z * (1 + xp.tanh(u))


def gelu_backward(da: Array, z: Array, a: Array) -> Array:
    """`dz = da · (½(1 + tanh u) + ½z(1 − tanh² u) · ∂u/∂z)`, `∂u/∂z = √(2/π)(1 + 0.134145 z²)`."""
    xp = array_namespace(z)
    u = math.sqrt(2 / math.pi) * (z + 0.044715 * z * z * z)
    du_dz = math.sqrt(2 / math.pi) * (1 + 3 * 0.044715 * z * z)
    t = xp.tanh(u)
    return da * (0.5 * (1 + t) + 0.5 * z * (1 - t * t) * du_dz)


def silu(z: Array) -> Array:
    """`a = z · sigmoid(z)`, also called swish (Elfwing et al. 2018)."""
    return z * sigmoid(z)


def silu_backward(da: Array, z: Array, a: Array) -> Array:
    """`dz = da · (s + a(1 − s))` with `s = sigmoid(z)`."""
    s = sigmoid(z)
    return da * (s + a * (1 - s))


def mish(z: Array) -> Array:
    """`a = z · tanh(softplus(z))` (Misra 2020)."""
    return z * array_namespace(z).tanh(softplus(z))


def mish_backward(da: Array, z: Array, a: Array) -> Array:
    """`dz = da · (t + z(1 − t²) · sigmoid(z))` with `t = tanh(softplus(z))`."""
    t = array_namespace(z).tanh(softplus(z))
    return da * (t + z * (1 - t * t) * sigmoid(z))


def softmax(z: Array) -> Array:
    """`a_k = e^{z_k} / Σ_j e^{z_j}` along the last axis, shifted by the largest z.

    >>> import numpy as np
    >>> softmax(np.asarray([0.0, 0.0, 800.0])).tolist()
    [0.0, 0.0, 1.0]
    """
    xp = array_namespace(z)
    e = xp.exp(z - xp.max(z, axis=-1, keepdims=True))
    return e / xp.sum(e, axis=-1, keepdims=True)


def softmax_backward(da: Array, z: Array, a: Array) -> Array:
    """`dz_k = a_k (da_k − Σ_j a_j da_j)`: every output depends on every z of its row."""
    xp = array_namespace(z)
    return a * (da - xp.sum(a * da, axis=-1, keepdims=True))


Pair: TypeAlias = tuple[Callable[[Array], Array], Callable[[Array, Array, Array], Array]]

ACTIVATIONS: dict[str, Pair] = {  # name -> (forward, backward)
    "identity": (identity, identity_backward),
    "sigmoid": (sigmoid, sigmoid_backward),
    "tanh": (tanh, tanh_backward),
    "relu": (relu, relu_backward),
    "leaky_relu": (leaky_relu, leaky_relu_backward),
    "elu": (elu, elu_backward),
    "selu": (selu, selu_backward),
    "softplus": (softplus, softplus_backward),
    "gelu": (gelu, gelu_backward),
    "silu": (silu, silu_backward),
    "mish": (mish, mish_backward),
    "softmax": (softmax, softmax_backward),
}

# The derivative jumps at z = 0, so a finite difference across it is no derivative at all.
# (ELU is smooth at its default α = 1; SELU, with α = 1.67, is not.)
KINKED = frozenset({"relu", "leaky_relu", "selu"})
