"""The four equations of backpropagation, and the two sweeps that use them.

With `z_l = a_{l−1} W_l + b_l`, `a_l = f_l(z_l)`, cost `C`, and `delta_l = ∂C/∂z_l`:

    (BP1)  delta_L = ∂C/∂a_L · f_L′(z_L)               at the output
    (BP2)  delta_l = (delta_{l+1} W_{l+1}ᵀ) · f_l′(z_l)    one layer back
    (BP3)  ∂C/∂b_l = Σ_i delta_l[i]                     biases
    (BP4)  ∂C/∂W_l = a_{l−1}ᵀ delta_l                   weights

(BP3) and (BP4) are `bias_gradient` and `weight_gradient` of `dense.py`.
Reference: Rumelhart, Hinton & Williams 1986; Nielsen 2015, chapter 2 for the numbering.

A *layer* is a pair `(W, b)`. A *trace* holds, for each layer, `(a_prev, z, a)`: what went in, what
the layer computed, and what its activation made of it (before dropout). A *mask* is None or the
dropout mask of the layer's activation.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

from clearprop.equations.activations import ACTIVATIONS, Array
from clearprop.equations.dense import (
    bias_gradient,
    dense,
    dropout,
    dropout_backward,
    input_gradient,
    weight_gradient,
)
from clearprop.equations.losses import FROM_LOGITS, LOSSES

__all__ = ["backward", "forward", "hidden_delta", "output_delta", "sample_losses"]

Layer: TypeAlias = tuple[Array, Array]
Trace: TypeAlias = list[tuple[Array, Array, Array]]
Masks: TypeAlias = Sequence[Array | None]


def forward(
    X: Array, layers: Sequence[Layer], activations: Sequence[str], masks: Masks | None = None
) -> Trace:
    """`a_0 = X`, then `z_l = a_{l−1} W_l + b_l`, `a_l = f_l(z_l)` for every layer.

    Args:
        X: the inputs, `(..., n_samples, n_in)`.
        layers: `(W, b)` of every layer.
        activations: the name of every layer's activation.
        masks: dropout masks, one for each layer, or None where nothing is dropped.

    Returns:
        The trace; `trace[-1][2]` is the output of the network.
    """
    trace = []
    a_prev = X
    for (W, b), name, mask in zip(layers, activations, _masks(masks, layers), strict=True):
        z = dense(a_prev, W, b)
        a = ACTIVATIONS[name][0](z)
        trace.append((a_prev, z, a))
        a_prev = a if mask is None else dropout(a, mask)
    return trace


def sample_losses(trace: Trace, y: Array, loss: str) -> Array:
    """The loss of each sample, `(..., n)`: from the logits or from the output, as the loss asks."""
    _, z, a = trace[-1]
    return LOSSES[loss][0](z if loss in FROM_LOGITS else a, y)


def output_delta(
    z: Array, a: Array, y: Array, loss: str, activation: str, weights: Array | None = None
) -> Array:
    """(BP1) `delta_L = (w_i / n) · ∂loss_i/∂z_L`, shape `(..., n, n_out)`.

    The losses computed from logits give `∂loss/∂z` at once (`p − y`); the others give `∂loss/∂a`,
    which is taken through the activation.
    """
    if loss in FROM_LOGITS:
        dz = LOSSES[loss][1](z, y)
    else:
        dz = ACTIVATIONS[activation][1](LOSSES[loss][1](a, y), z, a)
    dz = dz / z.shape[-2]  # the mean over the samples
    return dz if weights is None else weights[..., None] * dz


def hidden_delta(
    delta_next: Array, W_next: Array, z: Array, a: Array, activation: str, mask: Array | None = None
) -> Array:
    """(BP2) `delta_l = f_l_backward(delta_{l+1} W_{l+1}ᵀ)`, shape `(..., n, n_l)`."""
    da = input_gradient(delta_next, W_next)
    if mask is not None:
        da = dropout_backward(da, mask)
    return ACTIVATIONS[activation][1](da, z, a)


def backward(
    trace: Trace,
    layers: Sequence[Layer],
    activations: Sequence[str],
    delta: Array,
    masks: Masks | None = None,
) -> tuple[list[Layer], list[Array]]:
    """From the output's delta to the gradients of every layer.

    Args:
        trace: what `forward` returned.
        layers: `(W, b)` of every layer.
        activations: the name of every layer's activation.
        delta: (BP1), from `output_delta`.
        masks: the masks that `forward` used.

    Returns:
        `(dW, db)` of every layer, and every layer's delta, both in the layers' order.
    """
    every_mask = _masks(masks, layers)
    gradients, deltas = [], []
    for i in range(len(layers) - 1, -1, -1):
        a_prev = trace[i][0]
        gradients.append((weight_gradient(a_prev, delta), bias_gradient(delta)))  # (BP4), (BP3)
        deltas.append(delta)
        if i > 0:
            _, z, a = trace[i - 1]
            delta = hidden_delta(delta, layers[i][0], z, a, activations[i - 1], every_mask[i - 1])
    return gradients[::-1], deltas[::-1]


def _masks(masks: Masks | None, layers: Sequence[Layer]) -> Masks:
    return [None] * len(layers) if masks is None else masks
