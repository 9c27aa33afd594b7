"""Schedules by name: one, or several joined by +, such as "warm_up+cosine+plateau"."""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from clearprop import _checks
from clearprop.equations.schedules import SCHEDULES, warm_up
from clearprop.errors import ArgumentError

__all__ = ["check_schedule", "parted", "schedule_function"]

_WARM_UP = inspect.signature(warm_up).parameters["warm"].default


def parted(schedule: str | Mapping[str, Any]) -> tuple[str | Mapping[str, Any], bool]:
    """The schedule of the joined names, and whether the rate is lowered on a plateau as well.

    >>> parted("warm_up+cosine+plateau")
    ({'name': 'cosine', 'warm_up': 0.05}, True)
    >>> parted("plateau")
    ('constant', True)
    """
    if not isinstance(schedule, str):
        return schedule, False
    names = [name.strip() for name in schedule.split("+")]
    for name in names:
        _checks.one_of("schedule", name, (*SCHEDULES, "plateau"))
    whole = [name for name in names if name not in ("plateau", "warm_up")]
    if len(whole) > 1 or len(set(names)) < len(names):
        raise ArgumentError(
            "schedule may join one schedule with warm_up and with plateau, each once; "
            f"got {schedule!r}"
        )
    warms, lowers = "warm_up" in names, "plateau" in names
    if warms and whole:
        return {"name": whole[0], "warm_up": _WARM_UP}, lowers
    return whole[0] if whole else "warm_up" if warms else "constant", lowers


def schedule_function(schedule: str | Mapping[str, Any]) -> Callable[[float], float]:
    """Progress in [0, 1] → factor of the base rate, by a name or a mapping with options."""
    name, options = _checks.named("schedule", schedule, SCHEDULES)
    warm = options.pop("warm_up", None)
    known = list(inspect.signature(SCHEDULES[name]).parameters)[1:]
    _checks.options(f"schedule {name!r}", options, [key for key in known if key != "then"])
    function = partial(SCHEDULES[name], **options)
    if warm is not None:
        _checks.fraction("schedule warm_up", warm)
    return function if warm is None else partial(warm_up, warm=warm, then=function)


def check_schedule(schedule: Callable[[float], float]) -> None:
    """A schedule must give a finite factor, zero or above, all along the run."""
    for k in range(101):
        try:
            factor = schedule(k / 100)
            valid = math.isfinite(factor) and factor >= 0
        except (ArithmeticError, ValueError, TypeError):
            valid = False
        if not valid:
            raise ArgumentError(
                f"schedule must give a factor, zero or above, all along the run; "
                f"with these options it does not after {k} % of it"
            )
