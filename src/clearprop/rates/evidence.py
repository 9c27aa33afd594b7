"""What short trainings say about learning rates: scores, the best, and the interval around it.

A rate's loss is the lowest that its training held for a while, its mean over the seeds if there are
several. Its logarithm is averaged with half of each neighbour's: one lucky seed is no evidence,
and a cliff beside a rate is a danger, for it moves from seed to seed. (To count a cliff for less
was tried: some rates came nearer to the best, but one went over the edge.)
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["Evidence"]

_NEIGHBOUR = 0.5  # weight of each neighbour's score
_EASY = 1.25  # how much the first seed may have been easier than the others
_AS_GOOD = 0.03  # of the loss: rates this near to the best are as good
_WORST = 1e6  # times the lowest loss: a diverged rate is this bad
_LEAST = 1e-300  # a loss of 0 has a logarithm, too

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Evidence:
    """Losses of short trainings.

    Attributes:
        rates: ascending, `(n_rates,)`.
        losses: the lowest that each training held, `(n_rates, n_seeds)`; inf where one diverged,
            NaN where a seed was not tried. The first seed was tried everywhere.
        epochs: how long each training was.
        schedule: "constant", or "compressed": the whole schedule in these epochs.
    """

    rates: Floats
    losses: Floats
    epochs: int
    schedule: str

    @property
    def tried(self) -> NDArray[np.bool_]:
        """Rates that were tried with every seed, `(n_rates,)`."""
        tried: NDArray[np.bool_] = np.all(~np.isnan(self.losses), axis=1)
        return tried

    @property
    def trainings(self) -> int:
        """How many trainings there were."""
        return int((~np.isnan(self.losses)).sum())

    @property
    def means(self) -> Floats:
        """Mean loss of each rate, `(n_rates,)`; where one seed was tried, what all might give.

        That is the first seed's loss, raised as much as elsewhere the other seeds raised it, but by
        no more than a quarter: rates that fail now and then say nothing about the others.
        """
        losses, tried = self.losses, self.tried
        first = np.maximum(losses[:, 0], _LEAST)
        usable = tried & np.isfinite(losses).all(axis=1)
        ratio = (losses[usable].mean(axis=1) / first[usable]).min(initial=_EASY)
        means: Floats = np.where(tried, losses.mean(axis=1), first * ratio)
        return means

    @property
    def scores(self) -> Floats:
        """One number for each rate, the lower the better, `(n_rates,)`."""
        means = self.means
        lowest = means[np.isfinite(means)].min(initial=np.inf)
        worst = _WORST * max(lowest, _LEAST) if np.isfinite(lowest) else 1.0
        alone = np.log(np.clip(means, _LEAST, worst))
        padded = np.pad(alone, 1, mode="edge")
        scores: Floats = (alone + _NEIGHBOUR * (padded[:-2] + padded[2:])) / (1 + 2 * _NEIGHBOUR)
        return scores

    @property
    def promising(self) -> int:
        """Index of the rate with the lowest score, however many seeds it was tried with."""
        return int(np.argmin(self.scores))

    @property
    def best(self) -> int:
        """Index of the best rate among those that were tried with every seed."""
        return int(np.argmin(np.where(self.tried, self.scores, np.inf)))

    @property
    def interval(self) -> tuple[float, float]:
        """The rates around the best that are as good: within 3 % or the seeds' standard error."""
        scores, best = self.scores, self.best
        here, error = self.losses[best], 0.0
        if len(here) > 1 and 0 < here.mean() < np.inf:
            error = float(here.std(ddof=1) / np.sqrt(len(here)) / here.mean())
        near = scores <= scores[best] + np.log1p(max(_AS_GOOD, error))
        first = last = best
        while first > 0 and near[first - 1]:
            first -= 1
        while last + 1 < len(near) and near[last + 1]:
            last += 1
        return float(self.rates[first]), float(self.rates[last])

    def joined(self, other: Evidence) -> Evidence:
        """Both together, ascending."""
        rates = np.concatenate([self.rates, other.rates])
        order = np.argsort(rates)
        losses = np.concatenate([self.losses, other.losses])[order]
        return Evidence(rates[order], losses, self.epochs, self.schedule)

    def with_seeds(self, other: Evidence) -> Evidence:
        """More seeds for some of the rates."""
        width = 1 + other.losses.shape[1]
        losses = np.full((len(self.rates), width), np.nan)
        losses[:, : self.losses.shape[1]] = self.losses
        losses[np.isin(self.rates, other.rates), 1:] = other.losses
        return Evidence(self.rates, losses, self.epochs, self.schedule)

    def to_json(self) -> dict[str, Any]:
        """Plain JSON types; null is a training that diverged, seeds not tried are left out."""
        rows = [row[~np.isnan(row)].tolist() for row in self.losses]
        return {
            "schedule": self.schedule,
            "epochs": self.epochs,
            "rates": self.rates.tolist(),
            "losses": [[x if np.isfinite(x) else None for x in row] for row in rows],
        }

    @classmethod
    def from_json(cls, contents: Any) -> Evidence:
        """The evidence that `to_json` described."""
        rows = [[np.inf if x is None else float(x) for x in row] for row in contents["losses"]]
        width = max(len(row) for row in rows)
        losses = np.array([row + [np.nan] * (width - len(row)) for row in rows])
        rates = np.array(contents["rates"], dtype=np.float64)
        return cls(rates, losses, int(contents["epochs"]), str(contents["schedule"]))
