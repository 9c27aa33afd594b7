"""The task on which every schedule is tried, and the trainings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from clearprop.experiments.play import Play
from clearprop.experiments.points import seeds_for
from clearprop.network import Network
from clearprop.training import Run, train_population

__all__ = [
    "COMPOSED",
    "EPOCHS",
    "NOISE",
    "PLATEAU",
    "REDUCED",
    "SAMPLES",
    "SEEDS",
    "Task",
    "choices_of",
    "losses_of",
    "task_of",
]

Floats = NDArray[np.float64]

EPOCHS, _BATCH, SAMPLES, NOISE, _RATE, SEEDS = 60, 4, 200, 0.3, 0.2, 5
PLATEAU = {"patience": 4, "factor": 0.5}
COMPOSED = "warm_up, then cosine"
REDUCED = "reduced on a plateau"


@dataclass(frozen=True)
class Task:
    """What every schedule is given."""

    network: Network
    X: Floats
    y: Floats
    rate: float
    batch: int | str
    seed: int

    @property
    def how(self) -> str:
        """For titles."""
        return f"base rate {self.rate:g}, sgd, batch {self.batch} of {len(self.X)}"

    def train(self, choices: Mapping[str, Any]) -> tuple[Run, ...]:
        """From five starts, side by side."""
        seeds = seeds_for(Play(seed=self.seed), SEEDS)
        return train_population(
            self.network, self.X, self.y,
            [{"learning_rate": self.rate, "seed": seed} for seed in seeds],
            optimizer="sgd", batch_size=self.batch, epochs=EPOCHS, restore_best=False, **choices,
        ).runs  # fmt: skip


def task_of(play: Play) -> Task:
    """Noisy points on a sine, a small network, and what the learner changes."""
    seed = play.seed or 0
    x = np.linspace(-1.0, 1.0, SAMPLES)[:, None]
    noise = np.random.default_rng(seed).normal(scale=NOISE, size=x.shape)
    network = Network([1, 16, 1], hidden="tanh", seed=seed)
    rate, given = play.learning_rate or _RATE, play.batch_size or _BATCH
    batch = given if isinstance(given, str) else min(given, SAMPLES)
    return Task(network, x, np.sin(np.pi * x) + noise, rate, batch, seed)


def choices_of(name: str) -> dict[str, Any]:
    """The settings that make the schedule of that name."""
    if name == REDUCED:
        return {"reduce_on_plateau": PLATEAU}
    return {"schedule": {"name": "cosine", "warm_up": 0.05} if name == COMPOSED else name}


def losses_of(runs: tuple[Run, ...]) -> Floats:
    """`(runs, epochs + 1)`; NaN after a run has ended."""
    rows = np.full((len(runs), EPOCHS + 1), np.nan)
    for row, run in zip(rows, runs, strict=True):
        losses = run.history["train_loss"]
        row[: len(losses)] = losses
    return rows
