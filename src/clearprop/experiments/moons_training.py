"""What the lesson `moons` trains: many seeds at each rate, side by side."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from clearprop.engines import Data
from clearprop.engines.objective import loss_and_gradient
from clearprop.experiments.fates import Group
from clearprop.experiments.play import Play
from clearprop.experiments.points import LOSS, Points, network_for, points_for, seeds_for
from clearprop.network import Network
from clearprop.training import Run, Settings, grid, train, train_population

__all__ = ["DRAWN", "Trained", "recorded", "settings_for", "train_all"]

Floats = NDArray[np.float64]

_RATES = (0.5, 0.05, 0.01)
_SEEDS, DRAWN = 32, 10  # trained, and drawn in the figures
_EPOCHS = 60
_SAMPLES = 1500 * _EPOCHS  # that a network sees, also of another table
_GOAL = 0.999
_NEAR = 0.01  # below the best accuracy of all, which still counts as learned in another table


@dataclass(frozen=True, eq=False)
class Trained:
    """All that was trained."""

    points: Points
    groups: Sequence[Group]
    seeds: Sequence[int]
    epochs: int

    @property
    def size(self) -> int:
        """Samples a step."""
        return self.groups[0].runs[0].batch_size

    @property
    def how(self) -> str:
        """Batch size and optimizer, for every title that names a rate."""
        one = "one sample at a time" if self.size == 1 else f"batch {self.size}"
        return f"{one}, gradient descent"

    @cached_property
    def dead(self) -> dict[float, float]:
        """By rate: how many of the 4 neurons of the last hidden layer died, on average."""
        return {group.rate: _dead(group, self.points) for group in self.groups}

    @cached_property
    def straight(self) -> float:
        """The accuracy of a 2-1 network, which can only draw a straight border."""
        run = train(
            Network([2, 1], output="sigmoid"), self.points.X, self.points.y, optimizer="sgd",
            learning_rate=0.1, epochs=30,
        )  # fmt: skip
        return float(run.history["train_accuracy"][-1])

    @property
    def shown(self) -> int:
        """The seed to look at closely: of those drawn, the first that learned most often."""
        wins = [
            sum(group.fates[k] == "learned" for group in self.groups)
            for k in range(min(DRAWN, len(self.seeds)))
        ]
        return int(np.argmax(wins))


def _dead(group: Group, points: Points) -> float:
    """Neurons of the last hidden layer that give 0 for every point, the mean over the seeds."""
    architecture, data = group.runs[0].network.architecture, Data(points.X, points.y)
    w = np.stack([run.network.parameters for run in group.runs])
    with np.errstate(all="ignore"):
        a = loss_and_gradient(architecture, LOSS, w, data).trace[-2][2]
    return float((a <= 0).all(axis=1).sum(axis=1).mean())


def train_all(play: Play) -> Trained:
    """Every rate from every seed; of another table as many epochs as show as many samples."""
    points, seeds = points_for(play), seeds_for(play, _SEEDS)
    rates = _RATES if play.learning_rate is None else (play.learning_rate,)
    epochs = int(np.clip(_SAMPLES // len(points.X), 3, 4 * _EPOCHS))
    runs = train_population(
        network_for(seeds[0]),
        points.X,
        points.y,
        grid(learning_rate=rates, seed=seeds),
        settings_for(play, epochs),
    )
    best = max(float(run.history["train_accuracy"].max()) for run in runs)
    goal = _GOAL if play.data is None else best - _NEAR
    groups = [
        Group(eta, runs.runs[k * _SEEDS : (k + 1) * _SEEDS], goal, points.commonest)
        for k, eta in enumerate(rates)
    ]
    return Trained(points, groups, seeds, epochs)


def settings_for(play: Play, epochs: int) -> Settings:
    """What all members share."""
    return Settings(
        optimizer="sgd",
        batch_size=play.batch_size or 1,
        epochs=epochs,
        record_weights="epoch",
        restore_best=False,
    )


def dead_neurons(group: Group, points: Points) -> Floats:
    """Neurons of each hidden layer that give 0 for every point, the mean over the seeds."""
    w = np.stack([run.network.parameters for run in group.runs])
    with np.errstate(all="ignore"):
        trace = loss_and_gradient(
            group.runs[0].network.architecture, LOSS, w, Data(points.X, points.y)
        ).trace
    return np.array([(a <= 0).all(axis=1).sum(axis=1).mean() for _, _, a in trace[:-1]])


def recorded(run: Run) -> Floats:
    """All parameters at the start and after every epoch, `(epochs + 1, 37)`."""
    assert run.weights is not None  # noqa: S101 - they were asked for
    return np.asarray(run.weights)
