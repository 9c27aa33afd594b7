"""What a step of the compiled core should cost, and so which shape and how many threads.

The unit is one multiply-add of a register. Constants were fitted once, on one machine; they decide
about time only, never about a result.
"""

from __future__ import annotations

import itertools

from clearprop.engines.base import Plan

__all__ = ["SHAPES", "evaluation_threads", "seconds_per_step", "shape", "threads"]

SHAPES = ("lanes", "panels")

_SECONDS = 0.35e-9  # a register's multiply-add, in the middle of a product
_WORTH_A_THREAD = 2e-5  # seconds of a step from which two threads on one network pay
_WORTH_STARTING = 2e-4  # seconds of a call from which another thread pays


def shape(plan: Plan, members: int, lanes: int) -> str:
    """The cheaper of the two for this many members."""
    return min(SHAPES, key=lambda each: _operations(plan, members, lanes, each))


def seconds_per_step(plan: Plan, members: int, lanes: int) -> float:
    """Of all members, on one thread."""
    return min(_operations(plan, members, lanes, each) for each in SHAPES) * _SECONDS


def threads(plan: Plan, members: int, lanes: int, chosen: str, available: int) -> int:
    """How many threads a call should use."""
    units = -(-members // lanes) if chosen == "lanes" else members
    if units > 1:
        return min(available, units)
    step = _operations(plan, members, lanes, chosen) * _SECONDS
    return available if step > _WORTH_A_THREAD and chosen == "panels" else 1


def evaluation_threads(plan: Plan, members: int, n: int, available: int) -> int:
    """How many threads an evaluation of n samples should use."""
    seconds = members * n * plan.architecture.n_parameters / 16 * _SECONDS
    return available if seconds > _WORTH_STARTING else 1


def _operations(plan: Plan, members: int, lanes: int, chosen: str) -> float:
    """Registers' multiply-adds of one step of all members, with what surrounds them."""
    total = 0.0
    for n_in, n_out in itertools.pairwise(plan.architecture.layer_sizes):
        columns = n_out if chosen == "lanes" else -(-n_out // lanes)
        total += (3 * plan.batch_size + 12) * (n_in + 2) * columns
    units = -(-members // lanes) if chosen == "lanes" else members
    return units * (total + 200)
