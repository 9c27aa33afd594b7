"""What a step of the compiled core should cost, and so which shape and how many threads.

The unit is one multiply-add of a register. Constants were fitted once, on one machine, and a team
of threads must prove itself besides: on a busy machine, threads that wait for each other may be
slower than one. All of this decides about time only, never about a result.
"""

from __future__ import annotations

import itertools

from clearprop.engines.base import Plan

__all__ = ["SHAPES", "TeamTrial", "evaluation_threads", "seconds_per_step", "shape", "threads"]

SHAPES = ("panels", "lanes")  # the first where both cost the same

_SECONDS = 0.35e-9  # a register's multiply-add, in the middle of a product
_WORTH_A_THREAD = 4e-6  # seconds between two waits of a team from which it pays
_WORTH_STARTING = 3e-4  # seconds of a call from which another thread pays
_MOST_LANE_BYTES = 2**24  # that the samples of a batch may take in lanes


def shape(plan: Plan, members: int, lanes: int) -> str:
    """The cheaper of the two for this many members."""
    if members == 1 or _lane_bytes(plan, lanes) > _MOST_LANE_BYTES:
        return "panels"
    return min(SHAPES, key=lambda each: _operations(plan, members, lanes, each))


def seconds_per_step(plan: Plan, members: int, lanes: int) -> float:
    """Of all members, on one thread."""
    return min(_operations(plan, members, lanes, each) for each in SHAPES) * _SECONDS


def threads(plan: Plan, members: int, lanes: int, chosen: str, available: int, steps: int) -> int:
    """How many threads a call of so many steps should use."""
    units = -(-members // lanes) if chosen == "lanes" else members
    if units > 1:
        seconds = _operations(plan, members, lanes, chosen) * _SECONDS * steps
        return min(available, units) if seconds > _WORTH_STARTING else 1
    waits = 2 * plan.architecture.n_layers + 2
    between = _operations(plan, members, lanes, chosen) * _SECONDS / waits
    return available if between >= _WORTH_A_THREAD and chosen == "panels" else 1


def evaluation_threads(plan: Plan, members: int, n: int, available: int) -> int:
    """How many threads an evaluation of n samples should use."""
    seconds = members * n * plan.architecture.n_parameters / 16 * _SECONDS
    return available if seconds > _WORTH_STARTING else 1


class TeamTrial:
    """Whether a team of threads or one alone is faster, by the calls so far.

    Both are tried in turn at first; then the faster works, and now and then the other is given a
    chance: the more seldom, the slower it was. Of each, the best time counts, and is slowly
    forgotten: what disturbs a call for a moment only ever makes it longer.
    """

    _FIRST = 5  # calls in turn; the very first does not count, for it pays for new memory
    _FORGET = 1.05  # by which a time grows when it is tried again

    def __init__(self, again_after: int = 8) -> None:
        self._again_after = again_after
        self._seconds: dict[bool, float] = {}  # as a team? -> seconds of a step
        self._calls = 0  # for which there was a choice
        self._since = 0  # those since the other had a chance

    def choose(self, team: int) -> int:
        """One thread, or as many as the model proposes."""
        if team == 1:
            return 1
        self._calls += 1
        if self._calls <= self._FIRST or len(self._seconds) < 2:
            return team if self._calls % 2 else 1
        better = self._seconds[True] <= self._seconds[False]
        self._since += 1
        behind = self._seconds[not better] / max(self._seconds[better], 1e-12)
        if self._since >= self._again_after * behind:
            self._since, better = 0, not better
        return team if better else 1

    def record(self, threads: int, seconds_per_step: float) -> None:
        """How long a step took with so many."""
        if self._calls > 1:
            before = self._seconds.get(threads > 1, float("inf"))
            self._seconds[threads > 1] = min(before * self._FORGET, seconds_per_step)


def _lane_bytes(plan: Plan, lanes: int) -> int:
    """Inputs, activations and slopes of a batch of `lanes` networks, at eight bytes a number."""
    return 3 * 8 * lanes * plan.batch_size * sum(plan.architecture.layer_sizes)


def _operations(plan: Plan, members: int, lanes: int, chosen: str) -> float:
    """Registers' multiply-adds of one step of all members, with what surrounds them."""
    total = 0.0
    for n_in, n_out in itertools.pairwise(plan.architecture.layer_sizes):
        columns = n_out if chosen == "lanes" else -(-n_out // lanes)
        total += (3 * plan.batch_size + 12) * (n_in + 2) * columns
        if chosen == "panels":
            total += 10 * plan.batch_size  # rows that are short, and mostly empty
    units = -(-members // lanes) if chosen == "lanes" else members
    return units * (total + 200)
