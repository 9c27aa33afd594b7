"""What the slips of the update lead to; see `slips_forward.py` for how they are written."""

from __future__ import annotations

from typing import Any

from numpy.typing import NDArray

from clearprop.equations.updates import SLOTS
from clearprop.ledgers.terms import Term
from clearprop.ledgers.world import World

__all__ = [
    "added",
    "clip_forgotten",
    "memory_forgotten",
    "old_weight_forgotten",
    "penalty_forgotten",
    "plain_descent",
    "rate_forgotten",
    "uncorrected",
    "update_transposed",
]

Array = NDArray[Any]


def _parameter(term: Term) -> str:
    return f"{term.kind.removeprefix('update_').removesuffix('_new')}{term.layer}"


def _gradient_of(world: World, term: Term) -> Array:
    name = f"d{_parameter(term)}"
    return world[f"total_{name}"] if f"total_{name}" in world.step.terms else world[name]


def _moved(world: World, term: Term, by: Array) -> list[Array]:
    """The term for another update: the update itself, or the weight after it."""
    return [world[_parameter(term)] + by if term.kind.endswith("_new") else by]


def _update(world: World, term: Term) -> Array:
    """The right update, the learner's own where there is one."""
    name = f"update_{_parameter(term)}"
    return world[name] if term.kind.endswith("_new") else world.by_rule(name)


def added(world: World, term: Term) -> list[Array]:
    """`w + ηg`."""
    return _moved(world, term, -_update(world, term))


def rate_forgotten(world: World, term: Term) -> list[Array]:
    """`w − g`, or `w + g`."""
    by = _update(world, term) / world.step.learning_rate
    return [*_moved(world, term, by), *_moved(world, term, -by)]


def old_weight_forgotten(world: World, term: Term) -> list[Array]:
    """`−ηg`, or `ηg`."""
    by = _update(world, term)
    return [by, -by] if term.kind.endswith("_new") else []


def memory_forgotten(world: World, term: Term) -> list[Array]:
    """The step of a rule that remembers nothing yet."""
    if not SLOTS[world.step.plan.rule]:
        return []
    g = _gradient_of(world, term)
    return _moved(world, term, world.stepped(_parameter(term), g, fresh=True))


def plain_descent(world: World, term: Term) -> list[Array]:
    """`w − ηg`, though the rule is another."""
    if world.step.plan.rule == "sgd":
        return []
    return _moved(world, term, -world.step.learning_rate * _gradient_of(world, term))


def uncorrected(world: World, term: Term) -> list[Array]:
    """Adam's means without the correction for their start: as at a very late step."""
    if not world.step.plan.rule.startswith("adam"):
        return []
    g = _gradient_of(world, term)
    return _moved(world, term, world.stepped(_parameter(term), g, t=10**9))


def penalty_forgotten(world: World, term: Term) -> list[Array]:
    """The gradient, or its step, without the penalty."""
    name = _parameter(term).removeprefix("total_d")
    if f"penalty_d{name}" not in world.step.terms:
        return []
    if term.kind.startswith("total"):
        return [world[f"d{name}"]]
    return _moved(world, term, world.stepped(name, world[f"d{name}"]))


def clip_forgotten(world: World, term: Term) -> list[Array]:
    """The gradient, or its step, not clipped."""
    name = _parameter(term).removeprefix("total_d")
    if world.step.plan.clip is None:
        return []
    g = world[f"d{name}"]
    g = g + world[f"penalty_d{name}"] if f"penalty_d{name}" in world.step.terms else g
    return [g] if term.kind.startswith("total") else _moved(world, term, world.stepped(name, g))


def update_transposed(world: World, term: Term) -> list[Array]:
    """`W − η dWᵀ`."""
    by = _update(world, term)
    square = by.ndim == 2 and by.shape[0] == by.shape[1] > 1
    return _moved(world, term, by.T) if square else []
