"""The contract between training and whatever computes it.

Every training is a population: `m` networks of one architecture on the same data, which may differ
in rate, seed, momentum, penalty and dropout. An engine advances all of them by a range of steps; it
knows nothing of epochs, validation, files or progress.
"""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from clearprop import _checks
from clearprop.architecture import Architecture
from clearprop.equations.updates import SLOTS, evaluated, initial_slots
from clearprop.errors import ArgumentError

__all__ = ["ENGINES", "Data", "Engine", "Plan", "State", "Steps", "choose_engine", "passed_over"]

Array = NDArray[Any]


@dataclass(frozen=True)
class Data:
    """Samples that every member sees: `X (n, n_in)`, `y (n, n_out)`, `weights (n,)` of mean 1."""

    X: Array
    y: Array
    weights: Array | None = None


@dataclass(frozen=True)
class Plan:
    """What to compute: fixed for a whole training, shared by the members unless shaped `(m, ...)`.

    Attributes:
        architecture: of every member.
        loss: a name of `equations/losses.py`.
        rule: a name of `equations/updates.py`.
        rule_options: the rule's other arguments, each `(m, 1)`; weight decay `(m, p)`.
        penalties: strength of each penalty by name, `(m, 1)`.
        clip: None, or ("norm" | "value", limit).
        dropout: rate of every layer of every member, `(m, n_layers)`.
        seeds: of every member, `(m,)`.
        batch_size: samples a step.
        score: "accuracy" or "r2".
    """

    architecture: Architecture
    loss: str
    rule: str
    rule_options: Mapping[str, NDArray[np.float64]]
    penalties: Mapping[str, Array]
    clip: tuple[str, float] | None
    dropout: Array
    seeds: tuple[int, ...]
    batch_size: int
    score: str


@dataclass
class State:
    """What changes from step to step: an engine works on it in place.

    Attributes:
        parameters: where gradients are taken, `(m, p)`.
        slots: what the update rule remembers, in the order of `SLOTS`.
        step: steps taken so far.
        alive: members still in training, `(m,)`; the others are left as they are.
    """

    parameters: Array
    slots: tuple[Array, ...]
    step: int
    alive: NDArray[np.bool_]

    @classmethod
    def start(cls, parameters: Array, rule: str) -> State:
        """The state before the first step; the parameters are copied."""
        w = np.array(parameters)
        return cls(w, initial_slots(rule, w), 0, np.ones(len(w), dtype=bool))

    def evaluated(self, rule: str) -> Array:
        """The parameters that are evaluated, recorded and returned, `(m, p)`: mostly `parameters`.

        The engine takes gradients at `parameters`. See `evaluated` in `equations/updates.py`.
        """
        w: Array = evaluated(rule, self.parameters, self.slots)
        return w

    def remembered(self, rule: str) -> dict[str, Array]:
        """The slots by their names."""
        return dict(zip(SLOTS[rule], self.slots, strict=True))


@dataclass(frozen=True)
class Steps:
    """What an engine says of the steps it took in an epoch so far.

    Attributes:
        loss_sum: `Σ batch loss · batch length` of every member, `(m,)`, before each update; without
            penalties, and without the step that failed.
        seen: the samples in that sum, `(m,)`.
        failures: member → (step, layer), in this call: where the numbers ceased to be finite. The
            member keeps the parameters it had before that step and is no longer alive.
    """

    loss_sum: NDArray[np.float64]
    seen: NDArray[np.int64]
    failures: dict[int, tuple[int, int]]

    @classmethod
    def none(cls, members: int) -> Steps:
        """Before the first step."""
        return cls(np.zeros(members), np.zeros(members, dtype=np.int64), {})


class Engine(Protocol):
    """An engine: how it is called, what it cannot do, and its two pieces of work."""

    name: str

    def refuses(self, plan: Plan) -> str | None:
        """Why this engine cannot serve the plan, or None if it can."""
        ...

    def steps_per_call(self, plan: Plan, members: int) -> int:
        """After so many steps the training looks up: progress, Ctrl-C."""
        ...

    def run(
        self,
        plan: Plan,
        state: State,
        data: Data,
        order: Array,
        batches: range,
        rates: Array,
        before: Steps | None = None,
    ) -> Steps:
        """Advance every living member, in place.

        Args:
            plan: what to compute.
            state: where the members stand.
            data: the training samples.
            order: the rows of `data` in every member's order for this epoch, int64 `(m, n)`; it
                may be a broadcast view, and must not be written to.
            batches: which batches of the epoch: batch k is `order[:, k·b : (k+1)·b]`.
            rates: the learning rate of every member at each of these batches, float64
                `(m, len(batches))`. With float64 rates and options, float32 parameters are
                updated in float64 and rounded once.
            before: what the earlier calls of this epoch said; the sums go on from there, so that
                no bit of them depends on how an epoch is cut into calls.
        """
        ...

    def evaluate(self, plan: Plan, parameters: Array, data: Data) -> tuple[Array, Array]:
        """Loss (without penalties) and score of every member, each `(m,)`, without dropout."""
        ...


# name -> where it lives; imported only when it is asked for. The first that serves is "auto".
ENGINES: dict[str, str] = {
    "native": "clearprop.engines.native:NativeEngine",
    "reference": "clearprop.engines.reference:ReferenceEngine",
}


def choose_engine(name: str, plan: Plan) -> Engine:
    """The engine of that name, or for "auto" the first that serves the plan."""
    _checks.one_of("engine", name, ("auto", *ENGINES))
    candidates = [_load(key) for key in (ENGINES if name == "auto" else (name,))]
    refusals = []
    for engine in candidates:
        reason = engine.refuses(plan)
        if reason is None:
            return engine
        refusals.append(f"{engine.name}: {reason}")
    raise ArgumentError(f"engine {name!r} cannot serve this training ({'; '.join(refusals)})")


def passed_over(chosen: Engine, plan: Plan) -> str:
    """Why the engines before this one do not serve the plan; "" where there is none."""
    before = list(ENGINES)[: list(ENGINES).index(chosen.name)]
    return "; ".join(f"{key}: {_load(key).refuses(plan)}" for key in before)


def _load(key: str) -> Engine:
    module, _, attribute = ENGINES[key].partition(":")
    engine: Engine = getattr(importlib.import_module(module), attribute)()
    return engine
