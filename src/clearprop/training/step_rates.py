"""The learning rate of every step: base rate × plateau factor × schedule, in this order.

Nothing is stored for it while a training runs. The schedule is a function of the progress, and the
plateau rule a function of the watched loss, which the history has.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from clearprop.training.settings import Settings
from clearprop.training.watch import Watch

__all__ = ["rates_of_steps", "schedule_factors"]

Array = NDArray[Any]


def schedule_factors(
    settings: Settings, schedule: Callable[[float], float], steps: range, total: int
) -> Array:
    """What the schedule multiplies the rate by at each of these steps, from 0, `(len(steps),)`.

    A step stands in the middle of its share of the run, so that no schedule that begins or ends at
    zero wastes a step on it.
    """
    if settings.schedule == "constant":  # a million calls would outlast a million steps
        return np.ones(len(steps))
    return np.array([schedule((step + 0.5) / total) for step in steps])


def rates_of_steps(settings: Settings, watched: Array, steps: int, steps_per_epoch: int) -> Array:
    """The rate that each step of a training was taken with, `(steps,)`.

    Args:
        settings: of the training.
        watched: the loss that it watched at the end of every epoch, that of the start first.
        steps: taken in all.
        steps_per_epoch: of a whole epoch.
    """
    total = settings.epochs * steps_per_epoch
    factors = schedule_factors(settings, settings.schedule_function(), range(steps), total)
    lowered = _plateau_factors(settings, watched[: -(-steps // steps_per_epoch)])
    rates: Array = settings.base_rate * np.repeat(lowered, steps_per_epoch)[:steps] * factors
    return rates


def _plateau_factors(settings: Settings, watched: Array) -> Array:
    """What the plateau rule multiplies the rate by in the epoch after each of these losses."""
    rule, watch = settings.plateau(), Watch.start(np.zeros((1, 0)))
    if rule is None:
        return np.ones(len(watched))
    factors, alive = [], np.array([True])
    for loss in watched:
        watch.lower_rates(np.array([loss]), alive, rule)
        factors.append(watch.factor[0])
    return np.array(factors)
