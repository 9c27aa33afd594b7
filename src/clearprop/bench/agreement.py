"""Quality before time: a contestant that trains something else is not faster, it is wrong."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from clearprop.bench.task import Task
from clearprop.engines import Data, Plan
from clearprop.engines.reference import ReferenceEngine

__all__ = ["TOLERANCES", "difference", "has_moved", "losses_of", "start_losses"]

Array = NDArray[Any]

# Largest relative difference of a loss. Adam divides by √v̂, which makes much of rounding where a
# gradient is nearly zero.
TOLERANCES = {"sgd": 0.001, "adam": 0.005}
_MOVES = 5  # tolerances by which training must change the loss, or comparing it says nothing


def losses_of(task: Task, parameters: Array) -> Array:
    """The loss of every network on all samples, `(m,)`: one judge for all, in float64."""
    data = Data(task.X.astype(np.float64), task.y.astype(np.float64))
    losses, _ = ReferenceEngine().evaluate(
        _judging_plan(task), np.asarray(parameters, dtype=np.float64), data
    )
    return losses


def start_losses(task: Task) -> Array:
    """The loss before the first step, `(m,)`."""
    return losses_of(task, np.tile(task.start, (task.n_networks, 1)))


def difference(ours: Array, theirs: Array) -> float:
    """The largest relative difference between two losses of a network; inf where one is not finite.

    >>> difference(np.array([1.0, 2.0]), np.array([1.0, 1.5]))
    0.25
    """
    if ours.shape != theirs.shape or not (np.isfinite(ours) & np.isfinite(theirs)).all():
        return float("inf")
    scale = np.maximum(np.maximum(np.abs(ours), np.abs(theirs)), np.finfo(np.float64).tiny)
    return float((np.abs(ours - theirs) / scale).max())


def has_moved(before: Array, after: Array, tolerance: float) -> bool:
    """Whether training changed most losses by so much that agreeing on them is no accident.

    >>> has_moved(np.array([1.0, 1.0, 1.0]), np.array([0.5, 0.5, 1.0]), 0.01)
    True
    """
    change = np.abs(after - before) / np.maximum(np.abs(before), np.finfo(np.float64).tiny)
    return bool(np.median(change) >= _MOVES * tolerance)


def _judging_plan(task: Task) -> Plan:
    """Architecture and loss; evaluating looks at nothing else."""
    return Plan(
        architecture=task.architecture,
        loss="binary_cross_entropy" if task.binary else "categorical_cross_entropy",
        rule=task.work.rule,
        rule_options={},
        penalties={},
        clip=None,
        dropout=np.zeros((task.n_networks, task.architecture.n_layers)),
        seeds=(0,) * task.n_networks,
        batch_size=task.work.batch_size,
        score="accuracy",
    )
