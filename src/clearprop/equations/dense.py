"""The dense layer, forward and back, and dropout on what it gives.

Shapes: `a_prev (..., n, n_in)`, `W (..., n_in, n_out)`, `b (..., n_out)`, `z, dz (..., n, n_out)`.
The leading axes, where there are any, count the networks of a population.
"""

from __future__ import annotations

from array_api_compat import array_namespace

from clearprop.equations.activations import Array

__all__ = [
    "bias_gradient",
    "dense",
    "dropout",
    "dropout_backward",
    "dropout_mask",
    "input_gradient",
    "weight_gradient",
]


def dense(a_prev: Array, W: Array, b: Array) -> Array:
    """`z = a_prev W + b`.

    >>> import numpy as np
    >>> dense(np.asarray([[1.0, 2.0]]), np.asarray([[3.0], [4.0]]), np.asarray([0.5])).tolist()
    [[11.5]]
    """
    return a_prev @ W + b[..., None, :]


def input_gradient(dz: Array, W: Array) -> Array:
    """`da_prev = dz Wᵀ`: each input collects from every neuron that it fed."""
    return dz @ W.mT


def weight_gradient(a_prev: Array, dz: Array) -> Array:
    """`dW = a_prevᵀ dz`: summed over the samples (the mean's 1/n is already in dz)."""
    return a_prev.mT @ dz


def bias_gradient(dz: Array) -> Array:
    """`db = Σ_i dz_i`: summed over the samples (the mean's 1/n is already in dz)."""
    return array_namespace(dz).sum(dz, axis=-2)


def dropout_mask(u: Array, rate: Array | float) -> Array:
    """`0` with probability `rate`, else `1/(1 − rate)`, from u uniform in [0, 1).

    Scaling what is kept (*inverted* dropout, Srivastava et al. 2014) leaves the expected value of
    every activation as it was, so that nothing needs to change when the network predicts.
    """
    xp = array_namespace(u)
    return xp.astype(u >= rate, u.dtype) / (1 - rate)


def dropout(a: Array, mask: Array) -> Array:
    """`a · mask`."""
    return a * mask


def dropout_backward(da: Array, mask: Array) -> Array:
    """`da · mask`: what was silenced passes no gradient."""
    return da * mask
