"""Schedules: how the learning rate moves during a training.

A schedule is a pure function of the progress `t`, 0 at the first step and 1 at the end, and returns
the factor by which the base rate is multiplied. Because it knows only the progress, the same
schedule serves a run of 10 steps and one of a million. Step `s` of `S` (from 0) has
`t = (s + ½)/S`, the middle of its share: no step is wasted where a schedule is zero at its ends.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TypeAlias

__all__ = [
    "SCHEDULES",
    "constant",
    "cosine",
    "coslog4",
    "cyclical",
    "exponential",
    "one_cycle",
    "polynomial",
    "sgdr",
    "step",
    "warm_up",
    "wsd",
]

Schedule: TypeAlias = Callable[..., float]


def constant(t: float) -> float:
    """`1`."""
    return 1.0


def step(t: float, drops: int = 3, factor: float = 0.1) -> float:
    """`factor^k` after the k-th of `drops` evenly spaced drops.

    >>> [round(step(t, drops=1, factor=0.5), 3) for t in (0, 0.49, 0.5, 1)]
    [1.0, 1.0, 0.5, 0.5]
    """
    return float(factor ** min(drops, math.floor(t * (drops + 1))))


def exponential(t: float, final: float = 0.01) -> float:
    """`final^t`: the same percentage off at every step."""
    return float(final**t)


def polynomial(t: float, power: float = 1.0, final: float = 0.0) -> float:
    """`final + (1 − final)(1 − t)^power`; power 1 is a straight line."""
    return float(final + (1 - final) * (1 - t) ** power)


def cosine(t: float, final: float = 0.0) -> float:
    """`final + (1 − final) · ½(1 + cos πt)` (Loshchilov & Hutter 2017)."""
    return final + (1 - final) * 0.5 * (1 + math.cos(math.pi * t))


def one_cycle(t: float, peak: float = 0.25, start: float = 1 / 25, final: float = 1e-5) -> float:
    """Up from `start` to 1 by half a cosine until `t = peak`, then down to `final` (fastai)."""
    if t < peak:
        return 1 + (start - 1) * cosine(t / peak)
    return cosine((t - peak) / (1 - peak), final)


def cyclical(t: float, cycles: int = 4, lowest: float = 0.1) -> float:
    """Triangles between `lowest` and 1 (Smith 2017)."""
    phase = (t * cycles) % 1
    return lowest + (1 - lowest) * (1 - abs(2 * phase - 1))


def sgdr(t: float, cycles: int = 3, growth: float = 2.0, final: float = 0.0) -> float:
    """Cosine with warm restarts; each cycle is `growth` times the one before (Loshchilov 2017)."""
    t *= sum(growth**k for k in range(cycles))  # from here on in lengths of the first cycle
    length = 1.0
    for _ in range(cycles - 1):
        if t < length:
            break
        t -= length
        length *= growth
    return cosine(min(t / length, 1.0), final)


def wsd(t: float, warm: float = 0.05, decay: float = 0.2) -> float:
    """Warm-up, stable, decay: linear up, flat, then `1 − √x` over the last part (Hägele 2024)."""
    if t < warm:
        return t / warm
    if t > 1 - decay:
        return 1 - math.sqrt(1 - (1 - t) / decay)  # x = 1 − (1 − t)/decay, exactly 1 at the end
    return 1.0


def coslog4(t: float) -> float:
    """`½(1 − cos(2π log2(1 + 15t)))`: four waves, each longer than the last (RealMLP, 2024)."""
    return 0.5 * (1 - math.cos(2 * math.pi * math.log2(1 + 15 * t)))


def warm_up(t: float, warm: float = 0.05, then: Schedule = constant, **options: float) -> float:
    """Linear from 0 to 1 over the first part, then any other schedule over what is left.

    >>> [round(warm_up(t, 0.1, cosine), 3) for t in (0, 0.05, 0.1, 0.55, 1)]
    [0.0, 0.5, 1.0, 0.5, 0.0]
    """
    return t / warm if t < warm else then((t - warm) / (1 - warm), **options)


SCHEDULES: dict[str, Schedule] = {
    "constant": constant,
    "step": step,
    "exponential": exponential,
    "polynomial": polynomial,
    "cosine": cosine,
    "warm_up": warm_up,
    "one_cycle": one_cycle,
    "cyclical": cyclical,
    "sgdr": sgdr,
    "wsd": wsd,
    "coslog4": coslog4,
}
