"""What the slips of the way back lead to; see `slips_forward.py` for how they are written."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from clearprop.equations.activations import ACTIVATIONS
from clearprop.equations.dense import input_gradient, weight_gradient
from clearprop.equations.losses import FROM_LOGITS
from clearprop.ledgers.formulas import input_of
from clearprop.ledgers.slips_forward import CONFUSED, MOST_SWAPPED, right_of, slope
from clearprop.ledgers.terms import Term
from clearprop.ledgers.world import World, matched_delta

__all__ = [
    "back_before_fprime",
    "back_transposed",
    "bias_times_input",
    "fprime_at_a",
    "fprime_form_at_z",
    "fprime_missing",
    "fprime_of_other",
    "fprime_twice",
    "from_logits_instead",
    "gradient_before_fprime",
    "input_forgotten",
    "next_delta",
    "one_path_only",
    "own_output_as_input",
    "softmax_diagonal",
    "transposed",
    "updated_before_use",
    "value_for_fprime",
    "weights_left_out",
    "z_as_input",
]

Array = NDArray[Any]


def _elementwise(world: World, layer: int) -> bool:
    return world.activation(layer) != "softmax"


def fprime_missing(world: World, term: Term) -> list[Array]:
    """`delta = d_activation`."""
    return [] if _matched(world, term.layer) else [world[f"d_activation{term.layer}"]]


def _matched(world: World, layer: int) -> bool:
    """Whether delta is `a − y` without any f′ to forget."""
    return layer == world.last and world.step.plan.loss in FROM_LOGITS


def fprime_twice(world: World, term: Term) -> list[Array]:
    """`delta · f′(z)`; with a matched pair, the f′ that `a − y` has taken in."""
    if not _elementwise(world, term.layer):
        a = world[f"a{term.layer}"]
        return [right_of(world, term) * a * (1 - a)]
    return [right_of(world, term) * slope(world, term.layer)]


def _with_slope(world: World, term: Term, factor: Array) -> list[Array]:
    return [world[f"d_activation{term.layer}"] * factor]


def fprime_at_a(world: World, term: Term) -> list[Array]:
    """`d_activation · f′(a)`."""
    i = term.layer
    if not _elementwise(world, i) or _matched(world, i):
        return []
    a = world[f"a{i}"]
    return _with_slope(world, term, slope(world, i, a, ACTIVATIONS[world.activation(i)][0](a)))


def fprime_form_at_z(world: World, term: Term) -> list[Array]:
    """`d_activation · z(1 − z)`, where the short form `a(1 − a)` wants a; likewise others."""
    i = term.layer
    if not _elementwise(world, i) or _matched(world, i):
        return []
    return _with_slope(world, term, slope(world, i, a=world[f"z{i}"]))


def value_for_fprime(world: World, term: Term) -> list[Array]:
    """`d_activation · f(z)`."""
    i = term.layer
    return [] if _matched(world, i) else _with_slope(world, term, world[f"a{i}"])


def fprime_of_other(world: World, term: Term) -> list[Array]:
    """`d_activation · g′(z)`, and another's short form with the right a."""
    i = term.layer
    if _matched(world, i) or not _elementwise(world, i):
        return []
    z, own = world[f"z{i}"], world.activation(i)
    slopes = [
        ACTIVATIONS[name][1](np.ones_like(z), z, ACTIVATIONS[name][0](z))
        for name in CONFUSED
        if name not in (own, "identity")
    ]
    slopes += [  # the right number in another function's formula: 1 − a² for a(1 − a)
        ACTIVATIONS[name][1](np.ones_like(z), z, world[f"a{i}"])
        for name in ("sigmoid", "tanh")
        if name != own
    ]
    telling = [slope for slope in slopes if not (slope == 1).all()]  # else f′ is just missing
    return [array for slope in telling for array in _with_slope(world, term, slope)]


def softmax_diagonal(world: World, term: Term) -> list[Array]:
    """`d_activation · a(1 − a)`."""
    i = term.layer
    if _elementwise(world, i) or _matched(world, i):
        return []
    a = world[f"a{i}"]
    return _with_slope(world, term, a * (1 - a))


def from_logits_instead(world: World, term: Term) -> list[Array]:
    """`delta = z − y` at the output of a matched pair."""
    i = term.layer
    return [matched_delta(world, world[f"z{i}"])] if _matched(world, i) else []


def back_transposed(world: World, term: Term) -> list[Array]:
    """`d_activation = delta_next W_next`."""
    if term.layer == world.last:
        return []
    W = world[f"W{term.layer + 1}"]
    square = W.shape[0] == W.shape[1]
    return [input_gradient(world[f"delta{term.layer + 1}"], W.T)] if square else []


def updated_before_use(world: World, term: Term) -> list[Array]:
    """`d_activation = delta_next W_newᵀ`."""
    if term.layer == world.last:
        return []
    name, clip = f"W{term.layer + 1}_new", world.step.plan.clip
    norm = clip is not None and clip[0] == "norm"  # then it depends on this very delta
    W_new = world.step[name].astype(np.float64) if norm else world[name]
    return [input_gradient(world[f"delta{term.layer + 1}"], W_new)]


def back_before_fprime(world: World, term: Term) -> list[Array]:
    """`d_activation = d_activation_next W_nextᵀ`."""
    i = term.layer
    if i == world.last or _matched(world, i + 1):
        return []
    return [input_gradient(world[f"d_activation{i + 1}"], world[f"W{i + 1}"])]


def one_path_only(world: World, term: Term) -> list[Array]:
    """`delta_next[k] · W_next[:, k]` for a single k."""
    i = term.layer
    if i == world.last:
        return []
    delta, W = world[f"delta{i + 1}"], world[f"W{i + 1}"]
    n = W.shape[1]
    return [delta[..., [k]] * W[:, k] for k in range(n)] if 1 < n <= MOST_SWAPPED else []


def weights_left_out(world: World, term: Term) -> list[Array]:
    """`Σ_k delta_next[k]`."""
    i = term.layer
    if i == world.last:
        return []
    delta = world[f"delta{i + 1}"].sum(axis=-1, keepdims=True)
    return [np.broadcast_arrays(delta, right_of(world, term))[0]]


def own_output_as_input(world: World, term: Term) -> list[Array]:
    """`dW = aᵀ delta`."""
    i = term.layer
    return [weight_gradient(world[f"a{i}"], world[f"delta{i}"])]


def z_as_input(world: World, term: Term) -> list[Array]:
    """`dW = z_prevᵀ delta`."""
    i = term.layer
    return [weight_gradient(world[f"z{i - 1}"], world[f"delta{i}"])] if i > 1 else []


def gradient_before_fprime(world: World, term: Term) -> list[Array]:
    """`dW = a_prevᵀ d_activation`, `db = Σ d_activation`."""
    i = term.layer
    if _matched(world, i):
        return []
    if term.kind == "db":
        return [world[f"d_activation{i}"].sum(axis=-2)]
    return [weight_gradient(world[input_of(i)], world[f"d_activation{i}"])]


def input_forgotten(world: World, term: Term) -> list[Array]:
    """`dW[i, j] = delta[j]`."""
    delta = world[f"delta{term.layer}"].sum(axis=-2)[..., None, :]
    return [np.broadcast_arrays(delta, right_of(world, term))[0]]


def bias_times_input(world: World, term: Term) -> list[Array]:
    """`db = a_prev[i] · delta` for one i, or for all; or `b · delta`."""
    i = term.layer
    rows = weight_gradient(world[input_of(i)], world[f"delta{i}"])
    each = list(rows) if len(rows) <= MOST_SWAPPED else []
    return [*each, rows.sum(axis=-2), world[f"b{i}"] * right_of(world, term)]


def next_delta(world: World, term: Term) -> list[Array]:
    """The delta of a neighbouring layer, where it fits."""
    result = []
    for i in (term.layer - 1, term.layer + 1):
        if 1 <= i <= world.last:
            delta = world[f"delta{i}"]
            result.append(
                delta.sum(axis=-2)
                if term.kind == "db"
                else weight_gradient(world[input_of(term.layer)], delta)
            )
    return result


def transposed(world: World, term: Term) -> list[Array]:
    """`dWᵀ`."""
    right = right_of(world, term)
    square = right.shape[-2] == right.shape[-1] > 1
    return [right.mT] if square else []
