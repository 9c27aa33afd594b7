"""Whether the numbers of the lesson `batch-size` are right: published rates, measured noise."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from clearprop import randomness
from clearprop.engines import Data
from clearprop.engines.objective import loss_and_gradient
from clearprop.experiments.batch_size_sweep import GRID, MIDDLE, Swept, spread_of
from clearprop.experiments.compare import close, holds
from clearprop.experiments.lesson import Check
from clearprop.experiments.play import Play
from clearprop.experiments.points import LOSS, network_for

__all__ = ["checks_of"]

Floats = NDArray[np.float64]

_DRAWS, _FEWEST, _NUMBERS = 1000, 100, 10**7  # batches compared; fewer of a large table


def checks_of(found: Swept, play: Play) -> list[Check]:
    """What always holds, and what was published where the learner changed nothing."""
    checks = [_mean_check(found), _spread_check(found)]
    if play.changes:
        return checks
    best, bests = found.best_of_three(MIDDLE), [
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
            f"the best rate of {len(GRID)} with batch 1, 32 and full",
            "it moves up with the batch",
            ", ".join(f"{rate:g}" for rate in bests),
            bests == sorted(set(bests)),
            source="published",
        ),
        *checks,
    ]


def _gradients(found: Swept, rows: NDArray[np.int64]) -> Floats:
    """The gradient of each batch, given as rows of sample numbers, at the first seed's start."""
    network = network_for(found.seeds[0])
    w = np.broadcast_to(network.parameters, (len(rows), network.parameters.size))
    batch = Data(found.points.X[rows], found.points.y[rows])
    return np.asarray(loss_and_gradient(network.architecture, LOSS, w, batch).gradient)


def _mean_check(found: Swept) -> Check:
    every = np.arange(len(found.points.X))
    single, full = _gradients(found, every[:, None]), _gradients(found, every[None])[0]
    return close(
        f"the mean of all {len(every):,} gradients of single points, against the full batch's",
        full,
        single.mean(axis=0),
        tolerance=1e-12,
        source="property",
    )


def _spread_check(found: Swept) -> Check:
    """The squared error of real batches, drawn at random, beside tr Σ / B · (1 − B/n)."""
    n = len(found.points.X)
    size = min(MIDDLE, max(n // 2, 1))
    draws = int(np.clip(_NUMBERS // n, _FEWEST, _DRAWS))
    rows = np.stack(
        [randomness.permutation(found.seeds[0], k, n)[:size] for k in range(1, draws + 1)]
    )
    errors = _gradients(found, rows) - _gradients(found, np.arange(n)[None])
    squares = (errors**2).sum(axis=1)
    wanted, got = spread_of(found, size), float(squares.mean())
    margin = 4 * float(squares.std(ddof=1)) / np.sqrt(draws)
    return holds(
        f"squared error of the gradients of {draws:,} random batches of {size}",
        f"{wanted:.4g} (from tr Σ)",
        f"{got:.4g} ± {margin:.2g}",
        abs(got - wanted) <= margin,
        source="recomputed",
        note="equal within four standard errors of the mean",
    )
