"""Plans and data for engines, and a training written a second time, sample by sample."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

from clearprop import randomness
from clearprop.architecture import Architecture
from clearprop.engines import Data, Plan, State, Steps, native
from clearprop.engines.native import NativeEngine
from clearprop.engines.reference import ReferenceEngine
from clearprop.training.settings import rule_options


@dataclass(frozen=True)
class Case:
    """One population on one set of samples."""

    plan: Plan
    data: Data
    start: np.ndarray
    rates: np.ndarray

    def state(self) -> State:
        return State.start(self.start, self.plan.rule)

    def order(self, epoch: int) -> np.ndarray:
        n = len(self.data.X)
        return np.stack([randomness.permutation(seed, epoch, n) for seed in self.plan.seeds])

    @property
    def n_batches(self) -> int:
        return -(-len(self.data.X) // self.plan.batch_size)

    def train(self, engine: Any, epochs: int, at_once: int = 64) -> tuple[State, np.ndarray, dict]:
        """The state after some epochs, the loss sums of the last, and the failures."""
        state, failures = self.state(), {}
        for epoch in range(epochs):
            steps = Steps.none(len(self.start))
            for first in range(0, self.n_batches, at_once):
                batches = range(first, min(first + at_once, self.n_batches))
                rates = np.repeat(self.rates[:, None], len(batches), axis=1)
                steps = engine.run(
                    self.plan, state, self.data, self.order(epoch), batches, rates, steps
                )
                failures |= steps.failures
        return state, steps.loss_sum, failures

    def member(self, i: int) -> Case:
        """Member i alone."""
        plan = self.plan
        options = {name: value[i : i + 1] for name, value in plan.rule_options.items()}
        penalties = {name: value[i : i + 1] for name, value in plan.penalties.items()}
        alone = Plan(
            plan.architecture, plan.loss, plan.rule, options, penalties, plan.clip,
            plan.dropout[i : i + 1], plan.seeds[i : i + 1], plan.batch_size, plan.score,
        )  # fmt: skip
        return Case(alone, self.data, self.start[i : i + 1], self.rates[i : i + 1])


def build(
    sizes: tuple[int, ...] = (3, 5, 4, 2),
    hidden: str = "tanh",
    output: str = "identity",
    loss: str = "mean_squared_error",
    rule: str = "sgd",
    n: int = 17,
    m: int = 3,
    batch_size: int = 7,
    dropout: float = 0.0,
    penalties: tuple[str, ...] = (),
    clip: tuple[str, float] | None = None,
    weighted: bool = False,
    dtype: str = "float64",
    rate: float = 0.05,
    seed: int = 0,
) -> Case:
    """A population whose members differ in everything in which they may differ."""
    random = np.random.default_rng([seed, n, m, len(sizes)])
    architecture = Architecture.build(sizes, hidden, output, dropout)
    X = random.normal(size=(n, sizes[0])).astype(dtype)
    y = random.normal(size=(n, sizes[-1])).astype(dtype)
    if loss == "binary_cross_entropy":
        y = (y > 0).astype(dtype)
    if loss == "categorical_cross_entropy":
        y = np.eye(sizes[-1], dtype=dtype)[np.argmax(y, axis=1)]
    weights = random.uniform(0.2, 3, n).astype(dtype) if weighted else None
    weights = weights / weights.mean() if weighted else None
    spread = np.linspace(1, 0.5, m)[:, None]
    options = {
        name: np.full((m, 1), value) * (spread if name in ("momentum", "rho", "beta1") else 1)
        for name, value in rule_options(rule)[1].items()
    }
    if "weight_decay" in options:
        options["weight_decay"] = options["weight_decay"] * architecture.is_weight
    rates = np.array(architecture.dropout) * spread
    plan = Plan(
        architecture,
        loss,
        rule,
        options,
        dict.fromkeys(penalties, 0.01 * spread),
        clip,
        rates,
        tuple(range(seed, seed + m)),
        min(batch_size, n),
        "r2" if output == "identity" else "accuracy",
    )
    start = np.stack([architecture.initial_parameters(s) for s in plan.seeds])
    start += 0.1 * random.normal(size=start.shape)  # biases, too
    return Case(plan, Data(X, y, weights), start.astype(dtype), rate * np.linspace(1, 0.3, m))


@pytest.fixture(scope="session")
def case():
    return build


def _every_engine():
    yield pytest.param(ReferenceEngine, id="reference")
    for instruction_set in native.core.instruction_sets if native.core else ():
        for shape in ("lanes", "panels"):
            yield pytest.param(
                lambda shape=shape, isa=instruction_set: NativeEngine(shape, isa),
                id=f"{shape}-{instruction_set}",
            )


@pytest.fixture(scope="session", params=_every_engine())
def engine(request):
    """The reference, and the compiled core in each of its shapes and instruction sets."""
    return request.param()
