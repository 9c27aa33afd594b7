"""Costs and gradients by the equations, on the arrays of any library.

The package's own flat vector (`Architecture.layers`, `flatten`) is NumPy's; this is the same in the
words of the array API standard, so that the equations can be tested on other arrays.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from typing import Any

from array_api_compat import array_namespace

from clearprop.equations.backprop import Layer, backward, forward, output_delta, sample_losses
from clearprop.equations.losses import cost
from clearprop.equations.updates import UPDATES, initial_slots
from golden.cases import Case


def layers_of(w: Any, sizes: Sequence[int]) -> list[Layer]:
    """`(W, b)` of every layer from the flat `w (..., p)`."""
    xp = array_namespace(w)
    layers, start = [], 0
    for n_in, n_out in itertools.pairwise(sizes):
        parts = []
        for shape in ((n_in, n_out), (n_out,)):
            stop = start + math.prod(shape)
            parts.append(xp.reshape(w[..., start:stop], (*w.shape[:-1], *shape)))
            start = stop
        layers.append(tuple(parts))
    return layers


def flatten(layers: Sequence[Layer]) -> Any:
    """The inverse of `layers_of`."""
    xp = array_namespace(layers[0][0])
    lead = layers[0][1].shape[:-1]
    return xp.concat([xp.reshape(part, (*lead, -1)) for pair in layers for part in pair], axis=-1)


def cost_of(case: Case, w: Any, X: Any, y: Any, weights: Any = None, masks: Any = None) -> Any:
    """The cost of parameters `(..., p)`: `(...)`."""
    trace = forward(X, layers_of(w, case.sizes), case.activations, masks)
    return cost(sample_losses(trace, y, case.loss), weights)


def gradient_of(case: Case, w: Any, X: Any, y: Any, weights: Any = None, masks: Any = None) -> Any:
    """The gradient by backpropagation at `(..., p)`: `(..., p)`."""
    layers = layers_of(w, case.sizes)
    trace = forward(X, layers, case.activations, masks)
    _, z, a = trace[-1]
    delta = output_delta(z, a, y, case.loss, case.activations[-1], weights)
    gradients, _ = backward(trace, layers, case.activations, delta, masks)
    return flatten(gradients)


def path_of(rule: str, w: Any, gradients: Any, eta: Any, options: dict[str, Any]) -> list[Any]:
    """The weights after each step of a rule; each of `gradients` is a function of w."""
    slots, path = initial_slots(rule, w), []
    for t, gradient in enumerate(gradients):
        w, slots = UPDATES[rule](w, gradient(w), slots, t + 1, eta, **options)
        path.append(w)
    return path
