"""The map: every training of a sweep with its label, and what they say together."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from clearprop import _checks
from clearprop.errors import ArgumentError
from clearprop.rates.curvature import Curvature
from clearprop.rates.labels import LABELS, THRESHOLDS, Facts, Thresholds, label, learned
from clearprop.rates.trial import Trial

__all__ = ["Cell", "RateMap", "Row"]


@dataclass(frozen=True)
class Cell:
    """One training with its label.

    Attributes:
        trial: what was measured.
        label: one of `LABELS`.
        learned: whether its end is near the best run's, however it got there.
        gain: how near: 0 is a constant answer, 1 the best run; NaN where it diverged.
    """

    trial: Trial
    label: str
    learned: bool
    gain: float

    @property
    def learning_rate(self) -> float:
        """The base rate."""
        return self.trial.learning_rate

    @property
    def batch_size(self) -> int:
        """Samples a step."""
        return self.trial.batch_size

    @property
    def optimizer(self) -> str:
        """The update rule."""
        return self.trial.optimizer

    @property
    def seed(self) -> int:
        """Of start, order and dropout."""
        return self.trial.seed

    def to_json(self) -> dict[str, Any]:
        """Losses are those of the network that the training kept; what is not finite is null."""
        trial = self.trial
        validation = trial.validation_loss
        return {
            "learning_rate": trial.learning_rate,
            "batch_size": trial.batch_size,
            "optimizer": trial.optimizer,
            "seed": trial.seed,
            "label": self.label,
            "learned": self.learned,
            "gain": _finite(self.gain),
            "train_loss": _finite(trial.train_loss[trial.kept_epoch]),
            "validation_loss": None
            if validation is None
            else _finite(validation[trial.kept_epoch]),
            "last_train_loss": _finite(trial.train_loss[-1]),
            "kept_epoch": trial.kept_epoch,
            "epochs": len(trial.train_loss) - 1,
            "divergence": trial.diverged,
        }


class Row(NamedTuple):
    """What all seeds of one rate, batch size and optimizer say together.

    Attributes:
        learning_rate: the base rate.
        batch_size: samples a step.
        optimizer: the update rule.
        label: the most frequent; of several, the worst.
        labels: how many seeds have each.
        seeds: how many there are.
        share_learned: of the seeds; None for a single one, which proves nothing.
        watched: mean loss of the kept networks, on the validation part where there is one; inf
            where a seed diverged.
    """

    learning_rate: float
    batch_size: int
    optimizer: str
    label: str
    labels: dict[str, int]
    seeds: int
    share_learned: float | None
    watched: float

    def to_json(self) -> dict[str, Any]:
        """Plain JSON types; what is not finite is null."""
        return {**self._asdict(), "watched": _finite(self.watched)}


@dataclass(frozen=True, repr=False)
class RateMap:
    """What became of every training of a sweep.

    Attributes:
        cells: optimizer by optimizer, batch size by batch size, rates ascending, seed by seed.
        constant_loss: training loss of the best constant answer.
        lowest_loss: the lowest training loss that any training ended with.
        curvature: at the start of the first seed, for the first optimizer.
        n_samples: training samples.
        seconds: how long it took, without what the journal had.
    """

    cells: tuple[Cell, ...]
    constant_loss: float
    lowest_loss: float
    curvature: Curvature
    n_samples: int
    seconds: float

    @classmethod
    def of(
        cls,
        trials: Sequence[Trial],
        constant: float,
        curved: Curvature,
        n_samples: int,
        seconds: float,
        thresholds: Thresholds = THRESHOLDS,
    ) -> RateMap:
        """Label trials, at least one of which did not diverge."""
        _checks.instance("thresholds", thresholds, Thresholds)
        reference = min(_facts(t, constant, constant).level for t in trials if not t.diverged)
        cells = []
        for trial in trials:
            facts = _facts(trial, constant, reference)
            gain = math.nan if trial.diverged else facts.gain
            cells.append(Cell(trial, label(facts, thresholds), learned(facts, thresholds), gain))
        return cls(tuple(cells), constant, reference, curved, n_samples, seconds)

    @property
    def rows(self) -> tuple[Row, ...]:
        """The summary: one row for each rate, batch size and optimizer."""
        groups: dict[tuple[str, int, float], list[Cell]] = {}
        for cell in self.cells:
            groups.setdefault(cell.trial.key[:3], []).append(cell)
        return tuple(_row(cells) for cells in groups.values())

    def share_learned(
        self, learning_rate: float, batch_size: int | None = None, optimizer: str | None = None
    ) -> float:
        """The share of the seeds that learned at a rate.

        Args:
            learning_rate: one of those that were swept.
            batch_size: may be left out where there was only one.
            optimizer: likewise.

        Raises:
            ArgumentError: nothing or several things were swept that fit, or one seed only.
        """
        asked = (
            ("learning_rate", learning_rate),
            ("batch_size", batch_size),
            ("optimizer", optimizer),
        )
        fits = [
            row
            for row in self.rows
            if all(value is None or getattr(row, name) == value for name, value in asked)
        ]
        if len(fits) != 1:
            raise ArgumentError(
                f"learning_rate, batch_size and optimizer must name one row of the sweep; "
                f"{learning_rate:g}, {batch_size} and {optimizer} fit {len(fits)}"
            )
        share = fits[0].share_learned
        if share is None:
            raise ArgumentError("seeds must be two or more for a share; this sweep had one")
        return share

    def best(self, batch_size: int | None = None, optimizer: str | None = None) -> Row:
        """The row with the lowest mean loss of the kept networks."""
        rows = [
            row
            for row in self.rows
            if batch_size in (None, row.batch_size) and optimizer in (None, row.optimizer)
        ]
        if not rows:
            raise ArgumentError(
                f"batch_size and optimizer must be ones of the sweep; got {batch_size}, {optimizer}"
            )
        return min(rows, key=lambda row: row.watched)

    def to_json(self) -> dict[str, Any]:
        """Cells, summary and curvature, as `clearprop rates --json` prints them."""
        found = self.curvature
        return {
            "cells": [cell.to_json() for cell in self.cells],
            "summary": [row.to_json() for row in self.rows],
            "curvature": {
                "largest": _finite(found.largest),
                "threshold": found.threshold,
                "reason": found.reason,
                "optimizer": found.optimizer["name"],
                "n_samples": found.n_samples,
            },
        }

    def __repr__(self) -> str:
        counts = {name: sum(cell.label == name for cell in self.cells) for name in LABELS}
        words = ", ".join(f"{count} {name}" for name, count in counts.items() if count)
        best = self.best()
        return (
            f"RateMap({len(self.cells)} trainings: {words}; lowest loss at learning rate "
            f"{best.learning_rate:g}, {best.optimizer}, batch {best.batch_size}; "
            f"{self.seconds:.2f} s)"
        )


def _facts(trial: Trial, constant: float, reference: float) -> Facts:
    loss = np.array(trial.train_loss)
    return Facts(loss, trial.diverged is not None, trial.reversals, constant, reference)


def _row(cells: Sequence[Cell]) -> Row:
    counts = {name: sum(cell.label == name for cell in cells) for name in LABELS}
    counts = {name: count for name, count in counts.items() if count}
    most = max(counts.values())
    first = cells[0]
    return Row(
        first.learning_rate,
        first.batch_size,
        first.optimizer,
        next(name for name, count in counts.items() if count == most),
        counts,
        len(cells),
        float(np.mean([cell.learned for cell in cells])) if len(cells) > 1 else None,
        float(np.mean([cell.trial.watched for cell in cells])),
    )


def _finite(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None
