"""What trial trainings say about learning rates: scores, the best, and the interval around it.

A rate's loss is the lowest that its training held for a while, its mean over the seeds if there are
several. Its logarithm is averaged with those of the rates beside it: one lucky seed is no evidence,
and a cliff beside a rate is a danger, for it moves from seed to seed. What shorter trainings held
against a rate is added.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["Evidence"]

_WIDTH, _WEIGHT = 0.25, 0.75  # a rate so many decades away counts so much,
_FADES = 3.0  # and this many times less with every further such distance
_EASY = 1.25  # how much the first seed may have been easier than the others
_AS_GOOD = 0.03  # of the loss: rates this near to the best are as good
_WORST = 20.0  # times the lowest loss: no rate counts as worse, diverged ones included
_LEAST = 1e-300  # a loss of 0 has a logarithm, too

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Evidence:
    """Losses of trial trainings.

    Attributes:
        rates: ascending, `(n_rates,)`.
        losses: the lowest that each training held, `(n_rates, n_seeds)`; inf where one diverged,
            NaN where a seed was not tried. The first seed was tried everywhere.
        epochs: how long each training was.
        schedule: "constant", or "compressed": the whole schedule in these epochs.
        share: samples that each training saw, as a part of what the full training will see.
        doubts: what shorter trainings held against each rate, added to its score, `(n_rates,)`;
            inf where a rate cannot be the best; None for none.
    """

    rates: Floats
    losses: Floats
    epochs: int
    schedule: str
    share: float
    doubts: Floats | None = None

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
    def lowest_diverged(self) -> float:
        """The lowest rate at which a training diverged; inf where none did."""
        return float(self.rates[np.isinf(self.losses).any(axis=1)].min(initial=np.inf))

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
    def heights(self) -> Floats:
        """Logarithms of the mean losses above that of the lowest, never more than log 20."""
        means = np.maximum(self.means, _LEAST)
        lowest = means.min() if np.isfinite(means).any() else 1.0
        heights: Floats = np.log(np.minimum(means / lowest, _WORST))
        return heights

    @property
    def scores(self) -> Floats:
        """One number for each rate, the lower the better, `(n_rates,)`.

        `(h + w·h_below + w·h_above) / (1 + 2w) + doubts`, with `w = ¾ · 3^(1 − d / ¼)` where the
        rates beside it are `d` decades away. Beyond an end, the loss is taken to rise as it rises
        towards the end, and never to fall.
        """
        h, scores = self.heights, np.zeros(len(self.rates))
        if len(h) > 1:
            weights = _WEIGHT * _FADES ** (1 - np.diff(np.log10(self.rates)) / _WIDTH)
            below, above = (
                np.pad(weights, (1, 0), mode="edge"),
                np.pad(weights, (0, 1), mode="edge"),
            )
            ends = [max(h[0], 2 * h[0] - h[1])], [max(h[-1], 2 * h[-1] - h[-2])]
            padded = np.concatenate([ends[0], h, ends[1]])
            scores = (h + below * padded[:-2] + above * padded[2:]) / (1 + below + above)
        return scores if self.doubts is None else scores + self.doubts

    @property
    def promising(self) -> int:
        """Index of the rate with the lowest score, however many seeds it was tried with."""
        return int(np.argmin(self.scores))

    @property
    def best(self) -> int:
        """Index of the best rate among those that were tried with every seed."""
        return int(np.argmin(np.where(self.tried, self.scores, np.inf)))

    @property
    def noise(self) -> float:
        """How much one training's loss depends on its seed, as a share; 0 where there is one seed.

        All rates are easier from some seeds, which says nothing about the rates: what counts is by
        how much seeds differ differently at the best rate and at those beside it.
        """
        best = self.best
        near = self.losses[max(0, best - 1) : best + 2]
        near = near[np.isfinite(near).all(axis=1)]
        if min(near.shape) < 2 or not (near > 0).all():
            return 0.0
        logs = np.log(near)
        rest = logs - logs.mean(axis=0) - logs.mean(axis=1, keepdims=True) + logs.mean()
        return float(np.sqrt((rest**2).sum() / (len(near) - 1) / (near.shape[1] - 1)))

    def interval(self, noise: float, held_out: int | None = None) -> tuple[float, float]:
        """The rates around the best that are as good: within 3 %, or within the noise if larger.

        The losses of samples differ about as much as they are large, so the mean of `n` held-out
        ones is known to about `1/√n` of itself.

        Args:
            noise: of one training, where there are too few seeds here to tell.
            held_out: how many samples the losses are means over; None where none were held out.
        """
        scores, best = self.scores, self.best
        seeds = self.losses.shape[1]
        error = (noise if seeds < 2 else self.noise) / np.sqrt(seeds)
        few = 0.0 if held_out is None else 1 / np.sqrt(held_out)
        near = scores <= scores[best] + max(_AS_GOOD, np.hypot(error, few))
        first = last = best
        while first > 0 and near[first - 1]:
            first -= 1
        while last + 1 < len(near) and near[last + 1]:
            last += 1
        return float(self.rates[first]), float(self.rates[last])

    def joined(self, other: Evidence) -> Evidence:
        """Both together, ascending, without doubts."""
        rates = np.concatenate([self.rates, other.rates])
        order = np.argsort(rates)
        losses = np.concatenate([self.losses, other.losses])[order]
        return replace(self, rates=rates[order], losses=losses, doubts=None)

    def with_seeds(self, other: Evidence) -> Evidence:
        """More seeds for some of the rates."""
        width = 1 + other.losses.shape[1]
        losses = np.full((len(self.rates), width), np.nan)
        losses[:, : self.losses.shape[1]] = self.losses
        losses[np.isin(self.rates, other.rates), 1:] = other.losses
        return replace(self, losses=losses)

    def to_json(self) -> dict[str, Any]:
        """Plain JSON types; null is what is infinite, seeds not tried are left out."""
        rows = [row[~np.isnan(row)].tolist() for row in self.losses]
        doubts = [0.0] * len(self.rates) if self.doubts is None else self.doubts.tolist()
        return {
            "schedule": self.schedule,
            "epochs": self.epochs,
            "share": self.share,
            "rates": self.rates.tolist(),
            "losses": [[x if np.isfinite(x) else None for x in row] for row in rows],
            "doubts": [x if np.isfinite(x) else None for x in doubts],
        }

    @classmethod
    def from_json(cls, contents: Any) -> Evidence:
        """The evidence that `to_json` described."""
        rows = [[np.inf if x is None else float(x) for x in row] for row in contents["losses"]]
        width = max(len(row) for row in rows)
        losses = np.array([row + [np.nan] * (width - len(row)) for row in rows])
        return cls(
            rates=np.array(contents["rates"], dtype=np.float64),
            losses=losses,
            epochs=int(contents["epochs"]),
            schedule=str(contents["schedule"]),
            share=float(contents["share"]),
            doubts=np.array([np.inf if x is None else float(x) for x in contents["doubts"]]),
        )
