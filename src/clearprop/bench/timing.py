"""Times that can be compared: after warm-up, interleaved, the median of several."""

from __future__ import annotations

import math
import statistics
import time
from collections.abc import Callable, Mapping

from clearprop.bench.contestant import Repeatable

__all__ = ["ROUNDS", "SETTLE", "TARGET", "fastest", "interleave", "seconds_for"]

Clock = Callable[[], float]

TARGET = 0.08  # seconds a timing should take
ROUNDS = 5
SETTLE = 0.1  # seconds in which the idle threads of the one before stop turning in circles
_FEWEST = 3  # rounds of what is very slow
_BUDGET = 1.5  # seconds after which a contestant has been timed enough
_ENOUGH = 0.25  # of the target: what a trial must take before its time is believed


def interleave(
    contestants: Mapping[str, Repeatable],
    *,
    target: float = TARGET,
    rounds: int = ROUNDS,
    clock: Clock = time.perf_counter,
) -> dict[str, float]:
    """Median seconds of one repetition of each.

    Ours, peer, peer, ours, peer, ...: a machine that grows slower or faster does so for all.
    Every round begins with another contestant. A slow one is timed in fewer rounds.

    Args:
        contestants: what to time.
        target: seconds a timing should take; the number of repetitions follows from it.
        rounds: timings of each.
        clock: seconds, as of `time.perf_counter`.
    """
    counts = {name: _count(each, target, clock) for name, each in contestants.items()}
    times: dict[str, list[float]] = {name: [] for name in contestants}
    names = list(contestants)
    for turn in range(rounds):
        shift = turn % max(len(names), 1)
        for name in names[shift:] + names[:shift]:
            spent = sum(times[name]) * counts[name]
            if turn < _FEWEST or spent < _BUDGET:
                taken = seconds_for(contestants[name], counts[name], clock)
                times[name].append(taken / counts[name])
    return {name: statistics.median(each) for name, each in times.items()}


def seconds_for(each: Repeatable, count: int, clock: Clock = time.perf_counter) -> float:
    """Seconds for so many repetitions from the start."""
    time.sleep(SETTLE)
    each.reset()
    start = clock()
    each.run(count)
    return clock() - start


def fastest(variants: Mapping[str, Repeatable], clock: Clock = time.perf_counter) -> str:
    """The name of the variant that is fastest in a short contest."""
    medians = interleave(variants, target=TARGET / 4, rounds=3, clock=clock)
    return min(medians, key=medians.__getitem__)


def _count(each: Repeatable, target: float, clock: Clock) -> int:
    """How many repetitions take about `target` seconds; it warms up on the way."""
    each.reset()
    each.run(1)  # the first pays for caches, pools and just-in-time compilation
    count = 1
    while True:
        taken = seconds_for(each, count, clock)
        if taken >= _ENOUGH * target:
            return max(1, math.floor(count * target / taken))
        count *= 4
