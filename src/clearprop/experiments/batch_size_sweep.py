"""What the lesson `batch-size` sweeps: rates, seeds and batch sizes, and the noise of a batch."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from clearprop.experiments.play import Play
from clearprop.experiments.points import LOSS, Points, network_for, points_for, seeds_for
from clearprop.rates import NoiseScale, RateMap, noise_scale, sweep
from clearprop.rates.rate_map import Row

__all__ = ["GRID", "MIDDLE", "THREE", "Swept", "spread_of", "sweep_all"]

THREE = (0.5, 0.05, 0.01)  # the rates of the text
GRID = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0)
MIDDLE = 32
_SEEDS = 8
_SAMPLES = 1500 * 60  # that a network sees
_MOST_EPOCHS = 240


@dataclass(frozen=True, eq=False)
class Swept:
    """Every rate, from every seed, with every batch size."""

    points: Points
    rates: RateMap
    sizes: tuple[int, ...]
    seeds: list[int]
    epochs: int

    @cached_property
    def noise(self) -> NoiseScale:
        """Of the gradient where the first seed starts."""
        return noise_scale(network_for(self.seeds[0]), self.points.X, self.points.y, loss=LOSS)

    def row(self, rate: float, size: int) -> Row:
        """What the seeds say together."""
        return next(
            row for row in self.rates.rows if row.learning_rate == rate and row.batch_size == size
        )

    def learned(self, rate: float, size: int) -> str:
        """Such as "6 of 8"."""
        share = self.row(rate, size).share_learned or 0.0
        return f"{round(share * len(self.seeds))} of {len(self.seeds)}"

    def best_of_three(self, size: int) -> float:
        """The rate of the text with the lowest mean loss at the end."""
        return min(THREE, key=lambda rate: self.row(rate, size).watched)


def sweep_all(play: Play) -> Swept:
    """Nine rates, eight seeds, and one, some and all points a step."""
    points, seeds = points_for(play), seeds_for(play, _SEEDS)
    n = len(points.X)
    middle = n if play.batch_size == "full" else min(int(play.batch_size or MIDDLE), n)
    sizes = tuple(sorted({1, middle, n}))
    epochs = int(np.clip(_SAMPLES // n, 3, _MOST_EPOCHS))
    rates = sweep(
        network_for(seeds[0]), points.X, points.y, learning_rates=GRID, seeds=seeds,
        batch_sizes=sizes, optimizer="sgd", epochs=epochs,
    )  # fmt: skip
    return Swept(points, rates, sizes, seeds, epochs)


def spread_of(found: Swept, size: int) -> float:
    """E|g_B − G|² of B points drawn without putting back: tr Σ / B · (1 − B/n)."""
    return found.noise.trace / size * (1 - size / len(found.points.X))
