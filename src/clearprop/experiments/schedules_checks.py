"""What checks the schedules: factors by hand, rates of steps, the plateau rule, the choice."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np

from clearprop.equations.schedules import SCHEDULES
from clearprop.experiments.compare import close, holds
from clearprop.experiments.lesson import Check
from clearprop.experiments.schedules_training import (
    COMPOSED,
    EPOCHS,
    PLATEAU,
    REDUCED,
    Task,
    losses_of,
)
from clearprop.rates import Choice
from clearprop.training import Run

__all__ = ["schedule_checks"]

# What each factor is by its own formula, worked by hand: progress → factor.
_BY_HAND: dict[str, Mapping[float, float]] = {
    "constant": {0.0: 1.0, 0.5: 1.0, 1.0: 1.0},
    "step": {0.0: 1.0, 0.25: 0.1, 0.5: 0.01, 1.0: 0.001},
    "exponential": {0.0: 1.0, 0.5: 0.1, 1.0: 0.01},
    "polynomial": {0.0: 1.0, 0.25: 0.75, 1.0: 0.0},
    "cosine": {0.0: 1.0, 1 / 3: 0.75, 0.5: 0.5, 1.0: 0.0},
    "warm_up": {0.0: 0.0, 0.025: 0.5, 0.05: 1.0, 1.0: 1.0},
    "one_cycle": {0.0: 0.04, 0.125: 0.52, 0.25: 1.0, 1.0: 1e-5},
    "wsd": {0.0: 0.0, 0.025: 0.5, 0.5: 1.0, 0.85: 0.5, 1.0: 0.0},
    "cyclical": {0.0: 0.1, 0.125: 1.0, 0.25: 0.1, 0.3125: 0.55, 1.0: 0.1},
    "sgdr": {0.0: 1.0, 1 / 14: 0.5, 1 / 7 + 1e-12: 1.0, 2 / 7: 0.5, 1.0: 0.0},
    "coslog4": {0.0: 0.0, (math.sqrt(2) - 1) / 15: 1.0, 1 / 15: 0.0, 1.0: 0.0},
}


def schedule_checks(
    task: Task, runs: dict[str, tuple[Run, ...]], choice: Choice, *, played: bool
) -> list[Check]:
    """All of them; with changes, those that hold whatever is changed."""
    calms = [] if played else [_calms(runs)]
    return [*_formulas(), *_rates(task, runs), *_plateau(runs), *_chosen(choice), *calms]


def _calms(runs: dict[str, tuple[Run, ...]]) -> Check:
    """Every start ends lower under a cosine than any does at the constant rate."""
    highest = float(losses_of(runs["cosine"])[:, -1].max())
    lowest = float(losses_of(runs["constant"])[:, -1].min())
    return holds(
        "highest loss under a cosine, lowest at the constant rate", "the first is lower",
        f"{highest:.5f}, {lowest:.5f}", highest < lowest, source="recomputed",
    )  # fmt: skip


def _formulas() -> list[Check]:
    checks = [
        close(
            f"factor of {name} at t = {', '.join(f'{t:.4g}' for t in places)}",
            list(places.values()), [SCHEDULES[name](t) for t in places], tolerance=1e-9,
            source="by hand",
        )
        for name, places in _BY_HAND.items()
    ]  # fmt: skip
    known = sum(name in _BY_HAND for name in SCHEDULES)
    checks.append(
        holds(
            "schedules worked by hand", f"{len(SCHEDULES)} of {len(SCHEDULES)}",
            f"{known} of {len(SCHEDULES)}", known == len(SCHEDULES), source="the registry",
        )
    )  # fmt: skip
    return checks


def _rates(task: Task, runs: dict[str, tuple[Run, ...]]) -> list[Check]:
    """What the engine was given, against base rate times factor in the middle of each step."""
    checks = []
    for name, (run, *_) in runs.items():
        if name == REDUCED:
            continue
        total = EPOCHS * run.steps_per_epoch
        t = (np.arange(run.steps) + 0.5) / total
        if name == COMPOSED:
            cosine = 0.5 * (1 + np.cos(np.pi * (t - 0.05) / 0.95))
            factors = np.where(t < 0.05, t / 0.05, cosine)
        else:
            factors = np.array([SCHEDULES[name](each) for each in t])
        checks.append(
            close(
                f"rate of every step, {name}", task.rate * factors, run.step_rates,
                tolerance=1e-12, relative=True, source="base rate · factor((step + ½)/steps)",
            )
        )  # fmt: skip
    return checks


def _plateau(runs: dict[str, tuple[Run, ...]]) -> list[Check]:
    """The rate of every epoch, followed through the losses by the rule as it is told."""
    run = runs[REDUCED][0]
    rate, best, waited, should = run.learning_rate, math.inf, 0, []
    for loss in run.history["train_loss"][: run.epochs]:
        best, waited = (float(loss), 0) if loss < best else (best, waited + 1)
        if waited == PLATEAU["patience"]:
            rate, waited = max(rate * PLATEAU["factor"], run.learning_rate / 1000), 0
        should.append(rate)
    got = run.step_rates[:: run.steps_per_epoch]
    return [
        close(
            f"rate of every epoch, {REDUCED}", should[: len(got)], got, tolerance=1e-12,
            relative=True, source="the rule, followed through the losses",
        )
    ]  # fmt: skip


def _chosen(choice: Choice) -> list[Check]:
    low, high = choice.interval or (choice.rate, choice.rate)
    tried = choice.evidence[-1]
    found = choice.rate in tried.rates if choice.reliable else True
    return [
        holds(
            "the chosen rate was itself tried in the last round, and lies in its interval",
            f"from {low:g} to {high:g}", f"{choice.rate:g}",
            bool(found) and low <= choice.rate <= high, source="the evidence",
        )
    ]  # fmt: skip
