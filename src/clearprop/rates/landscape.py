"""The cost at many places in the space of parameters at once: each is a member of a population."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from clearprop.engines import Data
from clearprop.equations.backprop import forward, sample_losses
from clearprop.equations.losses import cost
from clearprop.equations.penalties import PENALTIES
from clearprop.rates.problem import BLOCK_BYTES, Problem

__all__ = ["costs_at"]

Array = NDArray[np.float64]


def costs_at(problem: Problem, coordinates: Array, directions: Array) -> Array:
    """The cost at `w + coordinates @ directions`, in blocks of places and samples that fit.

    Args:
        problem: the cost and the network's weights `w`.
        coordinates: `(m, k)` places.
        directions: `(k, p)`.

    Returns:
        `(m,)`; not finite where the network blows up.
    """
    n = len(problem.data.X)
    rows = min(n, problem.block)
    a_place = max(rows * problem.bytes_per_sample, 4 * problem.w.nbytes)
    at_once = max(1, BLOCK_BYTES // a_place)
    costs = np.zeros(len(coordinates))
    with threadpool_limits(1, user_api="blas"), np.errstate(all="ignore"):  # the result tells
        for i in range(0, len(coordinates), at_once):
            part = slice(i, i + at_once)
            w = problem.w + coordinates[part] @ directions
            for start in range(0, n, rows):
                block = problem.samples(slice(start, start + rows))
                costs[part] += len(block.X) / n * _mean_loss(problem, w, block)
            for name, strength in problem.penalties.items():
                costs[part] += strength * PENALTIES[name][0](w * problem.architecture.is_weight)
    return costs


def _mean_loss(problem: Problem, w: Array, block: Data) -> Array:
    """The mean loss of every member `(m, p)` on one block of samples."""
    architecture = problem.architecture
    trace = forward(block.X, architecture.layers(w), architecture.activations)
    losses: Array = cost(sample_losses(trace, block.y, problem.loss), block.weights)
    return losses
