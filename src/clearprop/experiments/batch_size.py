"""`batch-size`: the same network with 1, 32 and all points a step; the best rate moves along."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from clearprop import figures, randomness
from clearprop.engines import Data
from clearprop.engines.objective import loss_and_gradient
from clearprop.experiments.compare import close, holds
from clearprop.experiments.lesson import Block, Check, Heading, Lesson, Picture, Table, Text, Worked
from clearprop.experiments.play import Play
from clearprop.experiments.points import LOSS, Points, network_for, points_for, seeds_for
from clearprop.rates import NoiseScale, RateMap, noise_scale, sweep
from clearprop.rates.rate_map import Row

__all__ = ["teach"]

Floats = NDArray[np.float64]

_THREE = (0.5, 0.05, 0.01)  # the rates of the text
_GRID = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0)
_MIDDLE = 32
_SEEDS = 8
_SAMPLES = 1500 * 60  # that a network sees
_MOST_EPOCHS = 240
_DRAWS = 1000  # batches whose gradients are compared


@dataclass(frozen=True, eq=False)
class _Swept:
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
        return min(_THREE, key=lambda rate: self.row(rate, size).watched)


def teach(play: Play) -> Lesson:
    """A map of rates for each batch size, and the noise that explains it."""
    found = _sweep(play)
    return Lesson(
        [*_introduction(found), *_map(found), *_noise(found)],
        _checks(found, play),
        [
            "clearprop learn batch-size --batch-size 8     8 points a step in place of 32",
            "clearprop learn batch-size --seed 1",
            "clearprop learn batch-size --data my.csv      two number columns, then two classes",
        ],
    )


def _sweep(play: Play) -> _Swept:
    points, seeds = points_for(play), seeds_for(play, _SEEDS)
    n = len(points.X)
    middle = n if play.batch_size == "full" else min(int(play.batch_size or _MIDDLE), n)
    sizes = tuple(sorted({1, middle, n}))
    epochs = int(np.clip(_SAMPLES // n, 3, _MOST_EPOCHS))
    rates = sweep(
        network_for(seeds[0]), points.X, points.y, learning_rates=_GRID, seeds=seeds,
        batch_sizes=sizes, optimizer="sgd", epochs=epochs,
    )  # fmt: skip
    return _Swept(points, rates, sizes, seeds, epochs)


def _introduction(found: _Swept) -> list[Block]:
    n = len(found.points.X)
    rows = [(_size(size, n), f"{-(-n // size):,}", f"{size:,}") for size in found.sizes]
    return [
        Text(
            "A step may follow the gradient of one point, of a few, or of all of them. That number "
            "is the batch size. Here the network of the experiment moons (2-4-4-1) sees "
            f"{found.points.source}, and every training sees each point {found.epochs} times, "
            "whatever its batch size. So small batches take many steps, and large ones few:"
        ),
        Table("Steps in an epoch", ("batch", "steps an epoch", "points a step"), rows),
        Text(
            f"Each batch size is tried at {len(_GRID)} rates, from {len(found.seeds)} starts each: "
            f"{len(found.rates.cells)} trainings."
        ),
    ]


def _size(size: int, n: int) -> str:
    return f"full ({n:,})" if size == n else f"{size:,}"


def _map(found: _Swept) -> list[Block]:
    n = len(found.points.X)
    rows = []
    for size in found.sizes:
        best = found.rates.best(size)
        rows.append(
            (
                _size(size, n),
                *(found.learned(rate, size) for rate in sorted(_THREE)),
                f"{found.best_of_three(size):g}",
                f"{best.learning_rate:g}",
                f"{best.watched:.3g}",
            )
        )
    heads = ("batch", *(f"learned at η = {rate:g}" for rate in sorted(_THREE)),
             "best of these", "best of all", "its loss")  # fmt: skip
    return [
        Heading("A map of rates for each batch size"),
        _picture(found),
        Table(
            f"{len(found.seeds)} seeds each, gradient descent, {found.epochs} epochs; best: the "
            "lowest mean loss at the end",
            heads,
            rows,
        ),
        Text(_said(found)),
        _curves(found),
    ]


def _picture(found: _Swept) -> Picture:
    n = len(found.points.X)
    labels = {
        (cell.batch_size, cell.seed, cell.learning_rate): cell.label for cell in found.rates.cells
    }
    groups = {
        f"batch {_size(size, n)}": [
            [labels[size, seed, rate] for rate in _GRID] for seed in found.seeds
        ]
        for size in found.sizes
    }
    return Picture(
        "map",
        "One cell for each training, one row for each seed. Good: it learned. Slow: the loss was "
        "still falling at the end. Plateau: it came to rest above what others reach. "
        "Oscillating: the loss jumped up again and again. Dead: no better than a constant answer.",
        figures.describe_rate_map(_GRID, groups),
        lambda theme: figures.rate_map(_GRID, groups, theme=theme),
    )


def _curves(found: _Swept) -> Picture:
    n = len(found.points.X)
    series = [
        figures.Series(
            f"batch {_size(size, n)}", _GRID, [found.row(rate, size).watched for rate in _GRID]
        )
        for size in found.sizes
    ]
    what = ("Loss at the end", "learning rate", f"mean loss of {len(found.seeds)} seeds")
    return Picture(
        "loss",
        "Each line is a valley. Its lowest point is the best rate of that batch size: the larger "
        "the batch, the further right it may lie. The right wall of each is where trainings die.",
        figures.describe_series_curves(series, *what, log_x=True, log_y=True),
        lambda theme: figures.series_curves(series, *what, log_x=True, log_y=True, theme=theme),
    )


def _said(found: _Swept) -> str:
    """The best rates in words, as they are."""
    bests = [found.rates.best(size).learning_rate for size in found.sizes]
    n = len(found.points.X)
    listed = ", ".join(
        f"{best:g} with batch {_size(size, n)}"
        for size, best in zip(found.sizes, bests, strict=True)
    )
    said = f"The best rate is {listed}. "
    if bests[-1] > bests[0]:
        return said + (
            f"From batch {found.sizes[0]} to {found.sizes[-1]:,} it grows "
            f"{bests[-1] / bests[0]:.3g} times. So a learning rate means nothing without its "
            "batch size, and is never shown here without it."
        )
    return said + "On these points the batch size does not move it to the right."


def _noise(found: _Swept) -> list[Block]:
    noise, n = found.noise, len(found.points.X)
    rows = [
        (_size(size, n), f"{_spread(found, size):.3g}", f"{_ratio(found, size):.3g}")
        for size in found.sizes
    ]
    return [
        Heading("Why: the noise of a batch"),
        Text(
            "The gradient of one point does not point where the gradient of all points does. The "
            "mean of B points, drawn at random, comes nearer: its squared error falls as 1/B. A "
            "long step along a wrong direction does harm, and the more so the wronger it is. With "
            "less noise, longer steps are safe."
        ),
        Worked(
            [
                f"at the start of seed {found.seeds[0]}:",
                f"squared length of the true gradient     |G|² = {noise.gradient_squared:.4g}",
                f"squared error of one point's gradient   tr Σ = {noise.trace:.4g}",
                f"noise scale  tr Σ / |G|² = {noise.noise_scale:.4g} points",
            ]
        ),
        Table(
            "Error of a batch's gradient, and how long it is beside the true gradient",
            ("batch", "squared error", "error / |G|"),
            rows,
        ),
        Text(_noise_said(noise)),
    ]


def _noise_said(noise: NoiseScale) -> str:
    if not np.isfinite(noise.noise_scale):
        return (
            "At this start the gradient of all points is too short to be told from the noise: it "
            "takes all points to see where to go."
        )
    return (
        f"At a batch of {noise.noise_scale:.0f} points the error is as long as the gradient "
        "itself. Below that, doubling the batch halves the squared error, and up to twice the rate "
        "can be afforded. Far above it there is hardly any noise left to remove; then the "
        "curvature sets the limit (see the experiment line), and more points a step only cost time."
    )


def _spread(found: _Swept, size: int) -> float:
    """E|g_B − G|² of B points drawn without putting back: tr Σ / B · (1 − B/n)."""
    return found.noise.trace / size * (1 - size / len(found.points.X))


def _ratio(found: _Swept, size: int) -> float:
    signal = max(found.noise.gradient_squared, 0.0)
    return float(np.sqrt(_spread(found, size) / signal)) if signal else float("inf")


def _checks(found: _Swept, play: Play) -> list[Check]:
    checks = [_mean_check(found), _spread_check(found)]
    if play.changes:
        return checks
    best, bests = found.best_of_three(_MIDDLE), [
        found.rates.best(size).learning_rate for size in found.sizes
    ]  # fmt: skip
    none = found.rates.share_learned(0.5, 1) == 0
    return [
        holds(
            "the best of 0.5, 0.05 and 0.01 with batch 32",
            "0.5",
            f"{best:g}",
            best == 0.5,
            source="published",
        ),
        holds(
            "seeds that learn at η = 0.5 with batch 1",
            "none",
            found.learned(0.5, 1),
            none,
            source="published",
        ),
        holds(
            f"the best rate of {len(_GRID)} with batch 1, 32 and full",
            "it moves up with the batch",
            ", ".join(f"{rate:g}" for rate in bests),
            bests == sorted(set(bests)),
            source="published",
        ),
        *checks,
    ]


def _gradients(found: _Swept, rows: NDArray[np.int64]) -> Floats:
    """The gradient of each batch, given as rows of sample numbers, at the first seed's start."""
    network = network_for(found.seeds[0])
    w = np.broadcast_to(network.parameters, (len(rows), network.parameters.size))
    batch = Data(found.points.X[rows], found.points.y[rows])
    return np.asarray(loss_and_gradient(network.architecture, LOSS, w, batch).gradient)


def _mean_check(found: _Swept) -> Check:
    every = np.arange(len(found.points.X))
    single, full = _gradients(found, every[:, None]), _gradients(found, every[None])[0]
    return close(
        f"the mean of all {len(every):,} gradients of single points, against the full batch's",
        full,
        single.mean(axis=0),
        tolerance=1e-12,
        source="property",
    )


def _spread_check(found: _Swept) -> Check:
    """The squared error of real batches, drawn at random, beside tr Σ / B · (1 − B/n)."""
    n = len(found.points.X)
    size = min(_MIDDLE, max(n // 2, 1))
    rows = np.stack(
        [randomness.permutation(found.seeds[0], k, n)[:size] for k in range(1, _DRAWS + 1)]
    )
    errors = _gradients(found, rows) - _gradients(found, np.arange(n)[None])
    squares = (errors**2).sum(axis=1)
    wanted, got = _spread(found, size), float(squares.mean())
    margin = 4 * float(squares.std(ddof=1)) / np.sqrt(_DRAWS)
    return holds(
        f"squared error of the gradients of {_DRAWS:,} random batches of {size}",
        f"{wanted:.4g} (from tr Σ)",
        f"{got:.4g} ± {margin:.2g}",
        abs(got - wanted) <= margin,
        source="recomputed",
        note="equal within four standard errors of the mean",
    )
