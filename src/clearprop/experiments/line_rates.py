"""Many rates on the line, side by side: what w does at each, and a map of what becomes of them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from clearprop import figures
from clearprop.experiments.compare import holds
from clearprop.experiments.lesson import Block, Check, Heading, Picture, Text
from clearprop.network import Network
from clearprop.rates import RateMap, sweep
from clearprop.training import train_population

__all__ = ["many_rates", "sweep_checks", "swept"]

Floats = NDArray[np.float64]

_SHARES = (0.05, 0.25, 0.45, 0.55, 0.85, 0.99, 1.01, 1.1)  # of 2/λmax
_STEPS, _SWEPT, _SEEDS = 40, 100, 5
_FAR = 12.0  # beyond it, w leaves the little pictures


def swept(network: Network, X: Floats, y: Floats, limit: float) -> RateMap:
    """Trainings from several starts at rates on both sides of the limit, each labelled."""
    rates = [float(f"{limit * 1.3**k:.4g}") for k in np.arange(-12, 6) + 0.5]
    return sweep(
        network, X, y, learning_rates=rates, seeds=_SEEDS, batch_sizes=["full"],
        optimizers=["sgd"], epochs=_SWEPT,
    )  # fmt: skip


def many_rates(network: Network, X: Floats, y: Floats, limit: float, found: RateMap) -> list[Block]:
    """Small pictures of w, and the map."""
    return [
        Heading("Rates on both sides of the limit"),
        Text(
            "The same start at eight rates, given as shares of 2/λmax. Below a half, w comes from "
            "one side. From a half on it crosses over at each step, and dies away the more slowly "
            "the nearer the rate is to the limit. Above the limit it grows."
        ),
        _multiples(network, X, y, limit),
        Text(
            f"And {_SEEDS} starts at each of {len({c.learning_rate for c in found.cells})} rates. "
            "Where a start lies makes no difference to which rates diverge: the curvature of this "
            "loss is the same everywhere."
        ),
        _map(found, limit),
    ]


def _multiples(network: Network, X: Floats, y: Floats, limit: float) -> Picture:
    rates = [share * limit for share in _SHARES]
    runs = train_population(
        network, X, y, [{"learning_rate": rate} for rate in rates], optimizer="sgd",
        batch_size="full", epochs=_STEPS, record_weights="step", restore_best=False,
    )  # fmt: skip
    panels = []
    for share, run in zip(_SHARES, runs, strict=True):
        w = np.asarray(run.weights)[:, 0]
        shown = np.where(np.abs(w - 3) < _FAR, w, np.nan)
        label = "diverged" if share > 1 else "oscillating" if share > 0.5 else "good"
        line = figures.Line(np.arange(len(w)), shown, label)
        panels.append(figures.Panel(f"η = {share * limit:.4f}, {share:.2f} of it", [line]))
    name = f"w over {_STEPS} steps (gradient descent, full batch of {len(X)})"
    return Picture(
        "multiples",
        "One little picture for each rate, all on one scale; the lowest point that matters is "
        "w = 3. With the full batch, an epoch is one step.",
        figures.describe_rate_multiples(panels, name),
        lambda theme: figures.rate_multiples(panels, name, "w", theme=theme),
    )


def _map(found: RateMap, limit: float) -> Picture:
    rates = sorted({cell.learning_rate for cell in found.cells})
    seeds = sorted({cell.seed for cell in found.cells})
    label = {(cell.seed, cell.learning_rate): cell.label for cell in found.cells}
    groups = {"sgd, full batch of 4": [[label[seed, rate] for rate in rates] for seed in seeds]}
    marks = {"1/λmax": limit / 2, "2/λmax": limit}
    return Picture(
        "map",
        f"A column for each rate, a row for each start, {_SWEPT} steps each. Right of 2/λmax "
        "everything diverges; between the two lines steps cross over, and still arrive.",
        figures.describe_rate_map(rates, groups, thresholds=marks),
        lambda theme: figures.rate_map(rates, groups, thresholds=marks, theme=theme),
    )


def sweep_checks(found: RateMap, limit: float) -> list[Check]:
    """Which trainings diverge, and which turn back on themselves, follows from λmax alone."""
    above = [cell.learning_rate > limit for cell in found.cells]
    lost = [cell.label == "diverged" for cell in found.cells]
    crossing = [limit / 2 < cell.learning_rate < limit for cell in found.cells]
    turning = [cell.label == "oscillating" for cell in found.cells]
    return [
        holds(
            what, f"{sum(should)} of {len(should)}, all {where}", f"{sum(got)} of {len(got)}",
            should == got, source="2/λmax",
        )
        for what, where, should, got in (
            ("trainings of the map that diverge", "above 2/λmax", above, lost),
            ("trainings of the map that oscillate", "between 1/λmax and 2/λmax", crossing, turning),
        )
    ]  # fmt: skip
