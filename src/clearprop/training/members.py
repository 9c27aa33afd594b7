"""Members of a population: what each does differently, and the plan for all of them."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from clearprop import _checks, randomness
from clearprop.architecture import Architecture
from clearprop.engines import Data, Plan
from clearprop.equations.penalties import PENALTIES
from clearprop.errors import ArgumentError
from clearprop.network import Network
from clearprop.training.data import score_for
from clearprop.training.settings import Settings, rule_options

__all__ = [
    "base_rates",
    "check_member",
    "grid",
    "make_plan",
    "member_architecture",
    "member_settings",
    "starts",
]

Array = NDArray[Any]
Member = Mapping[str, Any]


def grid(**choices: Iterable[Any]) -> list[dict[str, Any]]:
    """One member for each combination of the choices.

    >>> grid(learning_rate=[0.1, 0.01], seed=[0])
    [{'learning_rate': 0.1, 'seed': 0}, {'learning_rate': 0.01, 'seed': 0}]
    """
    for name, values in choices.items():
        if isinstance(values, str) or not isinstance(values, Iterable):
            raise ArgumentError(
                f"{name} must be a list of the values to try; got {_checks.shown(values)}"
            )
    names = list(choices)
    return [
        dict(zip(names, values, strict=True)) for values in itertools.product(*choices.values())
    ]


def check_member(member: Member, settings: Settings) -> None:
    """Refuse what a member cannot do differently from the others."""
    if not isinstance(member, Mapping):
        raise ArgumentError(f"members must be mappings, such as {{'seed': 1}}; got {member!r}")
    name, options = rule_options(settings.optimizer)
    known = ["learning_rate", "seed", "dropout", "penalty", *options]
    for key, value in member.items():
        if key not in known:
            raise ArgumentError(
                f"members may differ in {', '.join(known)}; "
                f"got {key!r}{_checks.closest(key, known)}"
            )
        if key == "learning_rate":
            _checks.positive(key, value)
        elif key == "seed":
            _checks.integer(key, value, least=0, most=randomness.MAX_SEED)
        elif key in options:
            rule_options({"name": name, key: value})
        elif key == "penalty":
            Settings(penalty=value)
            if value is None:
                raise ArgumentError("penalty of a member must be a mapping; got None")


def make_plan(network: Network, settings: Settings, members: Sequence[Member], data: Data) -> Plan:
    """The plan for all members, with every difference as an array over them."""
    architecture = network.architecture
    loss = settings.loss_for(architecture.activations[-1])
    n = len(data.X)
    return Plan(
        architecture=architecture,
        loss=loss,
        rule=settings.rule,
        rule_options=_options(network, settings, members),
        penalties=_penalties(settings, members),
        clip=settings.clipping(),
        dropout=np.array([member_dropout(architecture, member) for member in members]),
        seeds=tuple(int(member.get("seed", settings.seed)) for member in members),
        batch_size=n if settings.batch_size == "full" else min(int(settings.batch_size), n),
        score=score_for(settings, architecture.activations[-1], loss, data.y),
    )


def base_rates(settings: Settings, members: Sequence[Member]) -> NDArray[np.float64]:
    """The learning rate of every member before the schedule, `(m,)`."""
    return np.array([float(m.get("learning_rate", settings.base_rate)) for m in members])


def starts(network: Network, members: Sequence[Member]) -> Array:
    """Where every member starts, `(m, p)`: the network itself, or a new draw from its own seed."""
    rows = [
        network.architecture.initial_parameters(member["seed"], network.initialiser)
        if "seed" in member
        else network.parameters
        for member in members
    ]
    return np.stack(rows, dtype=network.dtype, casting="same_kind")


def _options(
    network: Network, settings: Settings, members: Sequence[Member]
) -> dict[str, NDArray[np.float64]]:
    """Every option of the update rule, `(m, 1)`; weight decay spares the biases, `(m, p)`."""
    _, defaults = rule_options(settings.optimizer)
    result = {
        name: np.array([[float(member.get(name, default))] for member in members])
        for name, default in defaults.items()
    }
    if "weight_decay" in result:
        result["weight_decay"] = result["weight_decay"] * network.architecture.is_weight
    return result


def _penalties(settings: Settings, members: Sequence[Member]) -> dict[str, NDArray[np.float64]]:
    each = [{**(settings.penalty or {}), **member.get("penalty", {})} for member in members]
    used = [name for name in PENALTIES if any(name in strengths for strengths in each)]
    return {name: np.array([[float(s.get(name, 0.0))] for s in each]) for name in used}


def member_settings(settings: Settings, member: Member) -> Settings:
    """The settings as this member had them: what would train it again, alone."""
    name, options = rule_options(settings.optimizer)
    own = {key: float(member[key]) for key in options if key in member}
    changes: dict[str, Any] = {
        key: member[key] for key in ("learning_rate", "seed") if key in member
    }
    if own:
        changes["optimizer"] = {"name": name, **options, **own}
    if "penalty" in member:
        changes["penalty"] = {**(settings.penalty or {}), **member["penalty"]}
    return replace(settings, **changes)


def member_architecture(architecture: Architecture, member: Member) -> Architecture:
    """The architecture with this member's dropout."""
    return replace(architecture, dropout=member_dropout(architecture, member))


def member_dropout(architecture: Architecture, member: Member) -> tuple[float, ...]:
    """The member's rate of every layer; one number serves all hidden layers."""
    own = architecture.dropout
    if "dropout" not in member:
        return own
    given = member["dropout"]
    several = isinstance(given, (Sequence, np.ndarray)) and not isinstance(given, str)
    rates = list(given) if several else [given] * (len(own) - 1)
    if len(rates) != len(own) - 1:
        raise ArgumentError(
            f"dropout must be one number or one for each of the {len(own) - 1} hidden layers; "
            f"got {given!r}"
        )
    return (*(_checks.fraction("dropout", rate) for rate in rates), 0.0)
