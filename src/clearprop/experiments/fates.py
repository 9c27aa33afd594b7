"""What became of several seeds at one rate: which learned, which are stuck, which learned nothing.

The shares of two small samples differ by chance. `by_chance` says how easily.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from clearprop.training import Run

__all__ = ["FATES", "Group", "by_chance"]

Floats = NDArray[np.float64]

# From the worst to the best, each with the label that colours it in a figure.
FATES = {"nothing": "dead", "stuck": "plateau", "nearly": "slow", "learned": "good"}

_STUCK = 0.95  # of the accuracy that counts as learned: below, a run is stuck
_LITTLE = 0.02  # more accuracy than the commonest class gives


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
        return [self._fate(run, a) for run, a in zip(self.runs, self.accuracy, strict=True)]

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

    def _fate(self, run: Run, accuracy: Floats) -> str:
        last = accuracy[-max(1, len(accuracy) // 4) :]
        if run.diverged or np.median(last) <= self.commonest + _LITTLE:
            return "nothing"
        if accuracy.max() >= self.goal:
            return "learned"
        return "stuck" if accuracy.max() < _STUCK * self.goal else "nearly"


def by_chance(first: tuple[int, int], second: tuple[int, int]) -> float:
    """How probable counts this far apart are where both samples have the same share.

    Fisher's exact test, two-sided: all ways to share out the successes that are no more probable
    than the one at hand.

    Args:
        first: successes and draws of one sample.
        second: of the other.

    >>> round(by_chance((7, 10), (3, 10)), 4)
    0.1789
    """
    (k, n), (j, m) = first, second
    ways = [math.comb(n, i) * math.comb(m, k + j - i) for i in range(k + j + 1)]
    as_far = sum(count for count in ways if count <= ways[k])
    return as_far / math.comb(n + m, k + j)


def _first(reached: NDArray[np.bool_]) -> int:
    return int(np.argmax(reached)) if reached.any() else -1
