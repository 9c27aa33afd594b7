"""What became of several seeds at one rate: which learned, which are stuck, which learned nothing.

The shares of two small samples differ by chance. `plausible` says by how much they may.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from clearprop.training import Run

__all__ = ["FATES", "Group", "plausible"]

Floats = NDArray[np.float64]

# From the worst to the best, each with the label that colours it in a figure.
FATES = {"nothing": "dead", "stuck": "plateau", "nearly": "slow", "learned": "good"}

_STUCK = 0.95  # of the accuracy that counts as learned: below, a run is stuck
_LITTLE = 0.02  # more accuracy than the commonest class gives
_SURE = 0.95  # of an interval


@dataclass(frozen=True, eq=False)
class Group:
    """The runs of all seeds at one learning rate.

    Attributes:
        rate: the learning rate.
        runs: one for each seed.
        goal: the accuracy that counts as learned.
        commonest: the accuracy of always saying the more frequent class.
    """

    rate: float
    runs: Sequence[Run]
    goal: float
    commonest: float

    @cached_property
    def accuracy(self) -> list[Floats]:
        """Of every seed: at the start and after every epoch."""
        return [run.history["train_accuracy"] for run in self.runs]

    @cached_property
    def first(self) -> NDArray[np.int64]:
        """The first epoch at the goal, −1 where there is none."""
        return np.array([_first(a >= self.goal) for a in self.accuracy])

    @cached_property
    def fates(self) -> list[str]:
        """One of `FATES` for each seed."""
        return [self._fate(a) for a in self.accuracy]

    def count(self, fate: str) -> int:
        """Seeds with this fate."""
        return self.fates.count(fate)

    @property
    def epochs(self) -> Floats:
        """Epochs to the goal of the seeds that learned, ascending."""
        learned = [k for k, fate in zip(self.first, self.fates, strict=True) if fate == "learned"]
        return np.sort(np.array(learned, dtype=np.float64))

    @property
    def mean_wait(self) -> float:
        """Epochs to the goal; a seed that did not get there counts with all its epochs."""
        waits = [
            k if fate == "learned" else len(a) - 1
            for k, fate, a in zip(self.first, self.fates, self.accuracy, strict=True)
        ]
        return float(np.mean(waits))

    @property
    def usual(self) -> str:
        """Between which epochs the middle half of the seeds that learned did."""
        if not self.epochs.size:
            return "–"
        low, middle, high = np.quantile(self.epochs, [0.25, 0.5, 0.75])
        return f"{middle:.0f} ({low:.0f} to {high:.0f})"

    def _fate(self, accuracy: Floats) -> str:
        last = accuracy[-max(1, len(accuracy) // 4) :]
        if not np.isfinite(last).all() or np.median(last) <= self.commonest + _LITTLE:
            return "nothing"
        if accuracy.max() >= self.goal:
            return "learned"
        return "stuck" if accuracy.max() < _STUCK * self.goal else "nearly"


def plausible(draws: int, share: float) -> tuple[int, int]:
    """Between which counts 95 of 100 samples lie, where each draw succeeds with this probability.

    >>> plausible(10, 0.7)
    (4, 9)
    """
    chances = [
        math.comb(draws, k) * share**k * (1 - share) ** (draws - k) for k in range(draws + 1)
    ]
    tail, total = (1 - _SURE) / 2, np.cumsum(chances)
    low = int(np.argmax(total > tail))
    high = int(np.argmax(total >= 1 - tail))
    return low, high


def _first(reached: NDArray[np.bool_]) -> int:
    return int(np.argmax(reached)) if reached.any() else -1
