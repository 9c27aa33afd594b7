"""A training as the symptoms see it: its history, its weights and, where given, its samples."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from clearprop.diagnosis.layers import Look, look_at
from clearprop.engines import Data
from clearprop.equations.losses import FROM_LOGITS, LOSSES, cost
from clearprop.training.run import Run

__all__ = ["Case", "constant_loss"]

Array = NDArray[Any]

MOST_ROWS = 1000  # samples that activations, gradients and curvature are measured on


@dataclass(frozen=True)
class Case:
    """What is known of a training.

    Attributes:
        run: the training.
        data: its training samples, or None.
        validation: its validation samples, or None.
        limits: the thresholds.
    """

    run: Run
    data: Data | None
    validation: Data | None
    limits: dict[str, float]

    @property
    def loss(self) -> str:
        """The name of the loss."""
        return self.run.settings.loss_for(self.run.network.architecture.activations[-1])

    @property
    def classes(self) -> bool:
        """Whether the loss is a cross-entropy."""
        return self.loss.endswith("cross_entropy")

    @cached_property
    def losses(self) -> Array:
        """The training loss of every epoch up to the first that is not finite."""
        loss = np.asarray(self.run.history["train_loss"], dtype=np.float64)
        bad = np.flatnonzero(~np.isfinite(loss))
        return loss[: bad[0]] if len(bad) else loss

    @cached_property
    def rates(self) -> Array:
        """The learning rate of every epoch after the start; of Prodigy the one in force."""
        history = self.run.history
        rates = history.get("adapted_rate", history["learning_rate"])
        return np.asarray(rates, dtype=np.float64)[1 : len(self.losses)]

    @cached_property
    def sample(self) -> Data:
        """At most `MOST_ROWS` of the training samples, evenly spread."""
        assert self.data is not None  # noqa: S101 - symptoms that need samples are asked with them
        n = len(self.data.X)
        if n <= MOST_ROWS:
            return self.data
        rows = np.linspace(0, n - 1, MOST_ROWS).round().astype(int)
        weights = None if self.data.weights is None else self.data.weights[rows]
        return Data(self.data.X[rows], self.data.y[rows], weights)

    @property
    def first(self) -> Array | None:
        """The parameters at the start, or None where nobody knows them."""
        run = self.run
        if run.weights is not None and run.weight_steps is not None and run.weight_steps[0] == 0:
            return np.asarray(run.weights[0])
        if "seed" in run.member:
            architecture = run.network.architecture
            return architecture.initial_parameters(run.seed, run.network.initialiser)
        return None

    @cached_property
    def weights(self) -> Array | None:
        """The recorded weights up to this run's own end: a population may have gone on."""
        run = self.run
        if run.weights is None or run.weight_steps is None:
            return None
        if self.data is not None:
            steps = run.epochs * -(-len(self.data.X) // run.batch_size)
            return np.asarray(run.weights[run.weight_steps <= steps])
        moved = np.flatnonzero((run.weights[1:] != run.weights[:-1]).any(axis=1))
        return np.asarray(run.weights[: moved[-1] + 2 if len(moved) else 1])

    @property
    def last(self) -> Array:
        """The parameters at the end, where they were recorded; else those that were kept."""
        weights = self.weights
        if weights is None or not np.isfinite(weights[-1]).all():
            return self.run.network.parameters
        return np.asarray(weights[-1])

    @cached_property
    def at_start(self) -> Look | None:
        """The first parameters on the samples."""
        return None if self.first is None else self._look(self.first)

    @cached_property
    def at_end(self) -> Look:
        """The last parameters on the samples."""
        return self._look(self.last)

    @cached_property
    def kept(self) -> Look:
        """The network that was kept on the samples."""
        return self._look(self.run.network.parameters)

    @cached_property
    def places(self) -> tuple[Array, ...]:
        """The parameters at start, some places between, and end, as far as they were recorded."""
        weights = self.weights
        kept = self.run.network.parameters
        if weights is None:
            return (kept,)
        return tuple(w for w in weights[_spread(len(weights), 5)] if np.isfinite(w).all()) or (
            kept,
        )

    @cached_property
    def on_the_way(self) -> tuple[Look, ...]:
        """The samples seen from those places."""
        return tuple(self._look(w) for w in self.places)

    @cached_property
    def unexplained(self) -> float:
        """Loss at the end over that of the best constant answer: 1 where nothing was learned."""
        y = self.sample.y.astype(np.float64)
        constant = constant_loss(self.loss, y)
        return self.at_end.loss / constant if constant > 0 else 0.0

    def _look(self, w: Array) -> Look:
        return look_at(self.run.network.architecture, self.loss, w, self.sample, self.limits)


def constant_loss(loss: str, y: Array) -> float:
    """Mean loss of the mean target (for MAE: the median) as the answer for all samples."""
    if loss in FROM_LOGITS:  # from probabilities: a constant answer needs no logits
        p = y.mean(axis=0)
        parts = [p] if loss == "categorical_cross_entropy" else [p, 1 - p]
        entropy = -sum(float(np.sum(q * np.log(np.maximum(q, 1e-300)))) for q in parts)
        return entropy if len(parts) == 1 else entropy / y.shape[1]
    answer = np.median(y, axis=0) if loss == "mean_absolute_error" else y.mean(axis=0)
    return float(cost(LOSSES[loss][0](np.broadcast_to(answer, y.shape), y)))


def _spread(n: int, most: int) -> list[int]:
    return sorted({round(i * (n - 1) / (most - 1)) for i in range(most)})
