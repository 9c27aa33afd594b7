"""`batch-size`: the same network with 1, 32 and all points a step; the best rate moves along."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from clearprop import figures
from clearprop.experiments.batch_size_checks import checks_of
from clearprop.experiments.batch_size_sweep import GRID, THREE, Swept, spread_of, sweep_all
from clearprop.experiments.lesson import Block, Heading, Lesson, Picture, Table, Text, Worked
from clearprop.experiments.play import Play
from clearprop.rates import NoiseScale

__all__ = ["teach"]

Floats = NDArray[np.float64]


def teach(play: Play) -> Lesson:
    """A map of rates for each batch size, and the noise that explains it."""
    found = sweep_all(play)
    return Lesson(
        [*_introduction(found), *_map(found), *_noise(found)],
        checks_of(found, play),
        [
            "clearprop learn batch-size --batch-size 8     8 points a step in place of 32",
            "clearprop learn batch-size --seed 1",
            "clearprop learn batch-size --data my.csv      two number columns, then two classes",
        ],
    )


def _introduction(found: Swept) -> list[Block]:
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
            f"Each batch size is tried at {len(GRID)} rates, from {len(found.seeds)} starts each: "
            f"{len(found.rates.cells)} trainings."
        ),
    ]


def _size(size: int, n: int) -> str:
    return f"full ({n:,})" if size == n else f"{size:,}"


def _map(found: Swept) -> list[Block]:
    n = len(found.points.X)
    rows = []
    for size in found.sizes:
        best = found.rates.best(size)
        rows.append(
            (
                _size(size, n),
                *(found.learned(rate, size) for rate in sorted(THREE)),
                f"{found.best_of_three(size):g}",
                f"{best.learning_rate:g}",
                f"{best.watched:.3g}",
            )
        )
    heads = ("batch", *(f"learned at η = {rate:g}" for rate in sorted(THREE)),
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


def _picture(found: Swept) -> Picture:
    n = len(found.points.X)
    labels = {
        (cell.batch_size, cell.seed, cell.learning_rate): cell.label for cell in found.rates.cells
    }
    groups = {
        f"batch {_size(size, n)}": [
            [labels[size, seed, rate] for rate in GRID] for seed in found.seeds
        ]
        for size in found.sizes
    }
    return Picture(
        "map",
        "One cell for each training, one row for each seed. Good: it learned. Slow: the loss was "
        "still falling at the end. Plateau: it came to rest above what others reach. "
        "Oscillating: the loss jumped up again and again. Dead: no better than a constant answer.",
        figures.describe_rate_map(GRID, groups),
        lambda theme: figures.rate_map(GRID, groups, theme=theme),
    )


def _curves(found: Swept) -> Picture:
    n = len(found.points.X)
    series = [
        figures.Series(
            f"batch {_size(size, n)}", GRID, [found.row(rate, size).watched for rate in GRID]
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


def _said(found: Swept) -> str:
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


def _noise(found: Swept) -> list[Block]:
    noise, n = found.noise, len(found.points.X)
    rows = [
        (_size(size, n), f"{spread_of(found, size):.3g}", f"{_ratio(found, size):.3g}")
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


def _ratio(found: Swept, size: int) -> float:
    signal = max(found.noise.gradient_squared, 0.0)
    return float(np.sqrt(spread_of(found, size) / signal)) if signal else float("inf")
