"""Loss functions: one number for each sample, and the way back.

`foo(a, y)` returns the loss of each sample, shape `(..., n_samples)`: the mean over the outputs
(categorical cross-entropy: the sum over the classes). `foo_backward(a, y)` is its derivative with
respect to the first argument, shape `(..., n_samples, n_outputs)`. The cost `C` is the (weighted)
mean over the samples, `cost` below; its 1/n enters the way back in `backprop.output_delta`.

The two cross-entropies take the pre-activation `z` of the output layer (the *logits*) instead of
`a`, because ln(sigmoid(z)) and ln(softmax(z)) lose everything for large |z| when computed in steps.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

from array_api_compat import array_namespace

from clearprop.equations.activations import Array, sigmoid, softmax

__all__ = [
    "FROM_LOGITS",
    "LOSSES",
    "binary_cross_entropy",
    "binary_cross_entropy_backward",
    "categorical_cross_entropy",
    "categorical_cross_entropy_backward",
    "cost",
    "half_squared_error",
    "half_squared_error_backward",
    "huber",
    "huber_backward",
    "mean_absolute_error",
    "mean_absolute_error_backward",
    "mean_squared_error",
    "mean_squared_error_backward",
]


def _mean_over_outputs(values: Array) -> Array:
    return array_namespace(values).mean(values, axis=-1)


def cost(losses: Array, weights: Array | None = None) -> Array:
    """`C = (1/n) Σ_i w_i loss_i`: the mean over the samples, shape `(..., n) -> (...)`.

    The weights, shape `(n,)` or `(..., n)`, have mean 1; without them all are 1.
    """
    return array_namespace(losses).mean(losses if weights is None else weights * losses, axis=-1)


def mean_squared_error(a: Array, y: Array) -> Array:
    """`mean_k (a_k − y_k)²`. No ½.

    >>> import numpy as np
    >>> mean_squared_error(np.asarray([[3.0]]), np.asarray([[1.0]])).tolist()
    [4.0]
    """
    return _mean_over_outputs((a - y) ** 2)


def mean_squared_error_backward(a: Array, y: Array) -> Array:
    """`da_k = 2(a_k − y_k) / n_outputs`."""
    return 2 * (a - y) / a.shape[-1]


def half_squared_error(a: Array, y: Array) -> Array:
    """`½ mean_k (a_k − y_k)²`: the ½ makes the derivative plain `a − y`."""
    return 0.5 * _mean_over_outputs((a - y) ** 2)


def half_squared_error_backward(a: Array, y: Array) -> Array:
    """`da_k = (a_k − y_k) / n_outputs`."""
    return (a - y) / a.shape[-1]


def mean_absolute_error(a: Array, y: Array) -> Array:
    """`mean_k |a_k − y_k|`."""
    return _mean_over_outputs(array_namespace(a).abs(a - y))


def mean_absolute_error_backward(a: Array, y: Array) -> Array:
    """`da_k = sign(a_k − y_k) / n_outputs`, 0 at the kink."""
    return array_namespace(a).sign(a - y) / a.shape[-1]


def huber(a: Array, y: Array, threshold: float = 1.0) -> Array:
    """`mean_k ½r²` where `|r| ≤ t`, else `t(|r| − ½t)`, with `r = a_k − y_k` (Huber 1964)."""
    xp = array_namespace(a)
    r = xp.abs(a - y)
    return _mean_over_outputs(
        xp.where(r <= threshold, 0.5 * r * r, threshold * (r - 0.5 * threshold))
    )


def huber_backward(a: Array, y: Array, threshold: float = 1.0) -> Array:
    """`da_k = r / n_outputs` with r kept in `[−t, t]`."""
    xp = array_namespace(a)
    return xp.clip(a - y, -threshold, threshold) / a.shape[-1]


def binary_cross_entropy(z: Array, y: Array) -> Array:
    """`mean_k −y ln p − (1−y) ln(1−p)` with `p = sigmoid(z)`, computed from the logits z.

    `= mean_k max(z, 0) − z·y + ln(1 + e^−|z|)`; 0 ≤ y ≤ 1.

    >>> import numpy as np
    >>> binary_cross_entropy(np.asarray([[-800.0]]), np.asarray([[1.0]])).tolist()
    [800.0]
    """
    xp = array_namespace(z)
    return _mean_over_outputs(xp.where(z > 0, z, 0.0) - z * y + xp.log1p(xp.exp(-xp.abs(z))))


def binary_cross_entropy_backward(z: Array, y: Array) -> Array:
    """`dz_k = (sigmoid(z_k) − y_k) / n_outputs`. Precondition: the output activation is sigmoid."""
    return (sigmoid(z) - y) / z.shape[-1]


def categorical_cross_entropy(z: Array, y: Array) -> Array:
    """`−Σ_k y_k ln p_k` with `p = softmax(z)`, computed from the logits z.

    `ln p_k = z_k − max z − ln Σ_j e^{z_j − max z}`; y is one-hot, or any row that sums to 1.
    """
    xp = array_namespace(z)
    shifted = z - xp.max(z, axis=-1, keepdims=True)
    log_p = shifted - xp.log(xp.sum(xp.exp(shifted), axis=-1, keepdims=True))
    return -xp.sum(y * log_p, axis=-1)


def categorical_cross_entropy_backward(z: Array, y: Array) -> Array:
    """`dz = softmax(z) − y`. Preconditions: the output is softmax and each row of y sums to 1."""
    return softmax(z) - y


Pair: TypeAlias = tuple[Callable[[Any, Any], Any], Callable[[Any, Any], Any]]

LOSSES: dict[str, Pair] = {  # name -> (forward, backward)
    "mean_squared_error": (mean_squared_error, mean_squared_error_backward),
    "half_squared_error": (half_squared_error, half_squared_error_backward),
    "mean_absolute_error": (mean_absolute_error, mean_absolute_error_backward),
    "huber": (huber, huber_backward),
    "binary_cross_entropy": (binary_cross_entropy, binary_cross_entropy_backward),
    "categorical_cross_entropy": (categorical_cross_entropy, categorical_cross_entropy_backward),
}

# Losses computed from logits, and the one output activation that each of them contains.
FROM_LOGITS = {"binary_cross_entropy": "sigmoid", "categorical_cross_entropy": "softmax"}
