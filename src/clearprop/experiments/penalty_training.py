"""What the lesson `penalty` trains: one start, one order of the batches, eight penalties."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from clearprop.engines import Data
from clearprop.engines.objective import loss_and_gradient
from clearprop.experiments.play import Play
from clearprop.experiments.points import LOSS, Points, network_for, points_for
from clearprop.training import Run, train, train_population

__all__ = [
    "APART",
    "CALM",
    "CALM_RATE",
    "EPOCHS",
    "OTHERS",
    "RANGE",
    "TINY",
    "Balance",
    "Strengths",
    "Trained",
    "balance_of",
    "last_weights",
    "name_of",
    "tiny",
    "train_all",
    "weights_of",
]

Floats = NDArray[np.float64]
Strengths = dict[str, float]

_ETA, _SIZE, _SEED = 0.1, 32, 4
EPOCHS = 60
RANGE: tuple[Strengths, ...] = ({}, *({"leaving_range": s} for s in (0.01, 0.1, 1.0)))
OTHERS: tuple[Strengths, ...] = ({"l2": 0.001}, {"l2": 0.01}, {"l1": 0.001}, {"l1": 0.003})
APART = 2  # of RANGE: the strength whose two terms are drawn apart
CALM, CALM_RATE = 500, 0.1  # steps with all points, whatever the rate before them
TINY = 0.01  # a weight that is as good as 0
_NAMES = {"leaving_range": "range", "l2": "L2", "l1": "L1"}


@dataclass(frozen=True, eq=False)
class Trained:
    """One run for each penalty, from the same start, with the same batches."""

    points: Points
    runs: Sequence[Run]

    @property
    def how(self) -> str:
        """Rate, batch size and optimizer."""
        run = self.runs[0]
        return f"gradient descent, η = {run.learning_rate:g}, batch {run.batch_size}"

    @property
    def ranged(self) -> Sequence[Run]:
        """Without a penalty, and with the range penalty, the weakest first."""
        return self.runs[: len(RANGE)]


def train_all(play: Play) -> Trained:
    """Eight members that differ in their penalty alone."""
    points, seed = points_for(play), _SEED if play.seed is None else play.seed
    runs = train_population(
        network_for(seed),
        points.X,
        points.y,
        [{"penalty": strengths} for strengths in (*RANGE, *OTHERS)],
        optimizer="sgd",
        learning_rate=play.learning_rate or _ETA,
        batch_size=play.batch_size or _SIZE,
        epochs=EPOCHS,
        seed=seed,
        record_weights="epoch",
        restore_best=False,
    )
    return Trained(points, runs.runs)


def name_of(strengths: Strengths) -> str:
    """Such as "range 0.1", or "none"."""
    return ", ".join(f"{_NAMES[name]} {s:g}" for name, s in strengths.items()) or "none"


def tiny(run: Run) -> int:
    """Weights that are as good as 0 at the end."""
    return int((np.abs(last_weights(run)) < TINY).sum())


def weights_of(run: Run) -> Floats:
    """The weights without the biases, at the start and after every epoch."""
    assert run.weights is not None  # noqa: S101 - they were asked for
    return np.asarray(run.weights)[:, run.network.architecture.is_weight]


def last_weights(run: Run) -> Floats:
    """The weights without the biases of the network that was kept."""
    return np.asarray(run.network.parameters[run.network.architecture.is_weight])


@dataclass(frozen=True)
class Balance:
    """The weight that stands furthest outside after more steps, and what pulls at it."""

    w: float
    outwards: float
    inwards: float


def balance_of(found: Trained) -> Balance | None:
    """After steps with all points, which are without noise; None where no weight is outside."""
    run = found.ranged[APART]
    if run.diverged:
        return None
    calm = train(
        run.network, found.points.X, found.points.y, optimizer="sgd", learning_rate=CALM_RATE,
        batch_size="full", epochs=CALM, penalty=RANGE[APART], restore_best=False,
    )  # fmt: skip
    architecture, data = run.network.architecture, Data(found.points.X, found.points.y)
    at = calm.network.parameters[None]
    dw = loss_and_gradient(architecture, LOSS, at, data).gradient[0][architecture.is_weight]
    w = last_weights(calm)
    k = int(np.abs(w).argmax())
    if abs(w[k]) <= 1:
        return None
    over = w[k] - np.sign(w[k])
    return Balance(float(w[k]), -float(dw[k]), -float(2 * RANGE[APART]["leaving_range"] * over))
