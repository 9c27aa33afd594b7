"""What the slips of the forward pass lead to, and those that can happen anywhere.

Every slip is a function `foo(world, term)`: a list of the arrays that it may lead to (empty where
it does not apply), from the same world as the right value. `slips.py` puts words to them.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from clearprop.equations.activations import ACTIVATIONS
from clearprop.equations.dense import dense
from clearprop.ledgers.formulas import input_of
from clearprop.ledgers.terms import Term
from clearprop.ledgers.world import World

__all__ = [
    "CONFUSED",
    "MOST_SWAPPED",
    "Recompute",
    "activation_forgotten",
    "bias_forgotten",
    "bias_subtracted",
    "decimal",
    "derivative_as_value",
    "forward_transposed",
    "from_z_before",
    "n_outputs",
    "n_samples",
    "negative_inside",
    "other_activation",
    "right_of",
    "sign",
    "slope",
    "swapped",
    "times",
    "weights_of_samples_forgotten",
]

Array = NDArray[Any]
Recompute: TypeAlias = Callable[[World, Term], list[Array]]

CONFUSED = ("sigmoid", "tanh", "relu", "leaky_relu", "identity")  # functions taken for one another
MOST_SWAPPED = 12  # entries; of larger arrays, too many pairs could fit by chance


def right_of(world: World, term: Term) -> Array:
    """The right value."""
    return world.by_rule(term.name)


def times(factor: Callable[[World], float]) -> Recompute:
    """`factor · right`; nothing where the factor is 1."""
    return lambda world, term: [] if factor(world) == 1 else [factor(world) * right_of(world, term)]


def n_samples(world: World) -> float:
    """Number of samples."""
    return float(len(world.step.data.X))


def n_outputs(world: World) -> float:
    """Number of outputs."""
    return float(world["y"].shape[-1])


def bias_forgotten(world: World, term: Term) -> list[Array]:
    """`z = a_prev W`."""
    i = term.layer
    return [dense(world[input_of(i)], world[f"W{i}"], 0 * world[f"b{i}"])]


def bias_subtracted(world: World, term: Term) -> list[Array]:
    """`z = a_prev W − b`."""
    i = term.layer
    return [dense(world[input_of(i)], world[f"W{i}"], -world[f"b{i}"])]


def forward_transposed(world: World, term: Term) -> list[Array]:
    """`z = a_prev Wᵀ + b`."""
    W = world[f"W{term.layer}"]
    square = W.shape[0] == W.shape[1]
    return [dense(world[input_of(term.layer)], W.T, world[f"b{term.layer}"])] if square else []


def from_z_before(world: World, term: Term) -> list[Array]:
    """`z = z_prev W + b`."""
    i = term.layer
    return [dense(world[f"z{i - 1}"], world[f"W{i}"], world[f"b{i}"])] if i > 1 else []


def activation_forgotten(world: World, term: Term) -> list[Array]:
    """`a = z`."""
    return [world[f"z{term.layer}"]]


def other_activation(world: World, term: Term) -> list[Array]:
    """`a = g(z)` for the functions that are taken for one another."""
    own, z = world.activation(term.layer), world[f"z{term.layer}"]
    return [ACTIVATIONS[name][0](z) for name in CONFUSED if name not in (own, "identity")]


def negative_inside(world: World, term: Term) -> list[Array]:
    """`a = f(−z)`."""
    return [ACTIVATIONS[world.activation(term.layer)][0](-world[f"z{term.layer}"])]


def derivative_as_value(world: World, term: Term) -> list[Array]:
    """`a = f′(z)`."""
    return [slope(world, term.layer)]


def weights_of_samples_forgotten(world: World, _: Term) -> list[Array]:
    """`C = mean loss_i`, though the samples have weights."""
    return [np.mean(world["losses"], axis=-1)] if world.step.data.weights is not None else []


def slope(world: World, layer: int, z: Array | None = None, a: Array | None = None) -> Array:
    """`f′`, or what the formula gives when the wrong number is put into it."""
    backward = ACTIVATIONS[world.activation(layer)][1]
    z = world[f"z{layer}"] if z is None else z
    a = world[f"a{layer}"] if a is None else a
    return np.asarray(backward(np.ones_like(z), z, a))


def sign(world: World, term: Term) -> list[Array]:
    """`−right`."""
    return [-right_of(world, term)]


def decimal(world: World, term: Term) -> list[Array]:
    """The right number, ten or a hundred times too large or too small."""
    return [factor * right_of(world, term) for factor in (10.0, 0.1, 100.0, 0.01)]


def swapped(world: World, term: Term) -> list[Array]:
    """The right numbers with two of them exchanged."""
    right = right_of(world, term)
    if not 1 < right.size <= MOST_SWAPPED:
        return []
    result = []
    for i, j in itertools.combinations(range(right.size), 2):
        array = right.copy()
        array.flat[i], array.flat[j] = right.flat[j], right.flat[i]
        result.append(array)
    return result
