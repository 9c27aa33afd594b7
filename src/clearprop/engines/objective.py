"""The cost of some parameters on a batch, its gradient, and everything on the way.

This is `equations/` on the flat vector: what the reference engine steps along, and what anyone who
wants the trace, the deltas or the gradient of one step calls.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from clearprop import randomness
from clearprop.architecture import Architecture
from clearprop.engines.base import Data
from clearprop.equations.backprop import Trace, backward, forward, output_delta, sample_losses
from clearprop.equations.dense import dropout_mask
from clearprop.equations.losses import cost
from clearprop.equations.penalties import PENALTIES

__all__ = ["Objective", "draw_masks", "loss_and_gradient"]

Array = NDArray[Any]
Masks = Sequence[Array | None]


class Objective(NamedTuple):
    """What one evaluation gives, for `m` members.

    Attributes:
        losses: `C`, without penalties, `(m,)`.
        gradient: of `C + Σ strength · penalty`, `(m, p)`.
        trace: (a_prev, z, a) of every layer.
        deltas: `∂C/∂z` of every layer.
    """

    losses: Array
    gradient: Array
    trace: Trace
    deltas: list[Array]


def loss_and_gradient(
    architecture: Architecture,
    loss: str,
    w: Array,
    batch: Data,
    *,
    penalties: Mapping[str, Array] | None = None,
    masks: Masks | None = None,
) -> Objective:
    """Forward, then the four equations, on the flat vector.

    Args:
        architecture: of every member.
        loss: a name of `equations/losses.py`.
        w: parameters, `(m, p)`.
        batch: the samples of each member, `(m, b, ...)`, or of all, `(b, ...)`.
        penalties: strength of each by name, `(m, 1)`; on weights, never on biases.
        masks: dropout masks, one for each layer.
    """
    layers, activations = architecture.layers(w), architecture.activations
    trace = forward(batch.X, layers, activations, masks)
    losses = cost(sample_losses(trace, batch.y, loss), batch.weights)
    _, z, a = trace[-1]
    delta = output_delta(z, a, batch.y, loss, activations[-1], batch.weights)
    gradients, deltas = backward(trace, layers, activations, delta, masks)
    g = architecture.flatten(gradients)
    for name, strength in (penalties or {}).items():
        g = g + strength * PENALTIES[name][1](w) * architecture.is_weight
    return Objective(losses, g.astype(w.dtype, copy=False), trace, deltas)


def draw_masks(
    architecture: Architecture, rates: Array, seeds: Sequence[int], step: int, batch: int
) -> list[NDArray[np.float64] | None]:
    """The dropout masks of one step, `(m, batch, n_l)`, or None for layers that drop nothing.

    Args:
        architecture: of every member.
        rates: dropout of every layer of every member, `(m, n_layers)`.
        seeds: of every member.
        step: number of the step, from 1.
        batch: samples in the step.
    """
    masks: list[NDArray[np.float64] | None] = []
    for layer, size in enumerate(architecture.layer_sizes[1:]):
        rate = rates[:, layer]
        if not rate.any():
            masks.append(None)
            continue
        draws = [
            randomness.uniform(seed, "dropout", batch * size, step=step, layer=layer)
            for seed in seeds
        ]
        u = np.stack(draws).reshape(len(seeds), batch, size)
        masks.append(dropout_mask(u, rate[:, None, None]))
    return masks
