"""The loss on a plane through the weights of a network: a picture of where a training went.

A plane shows two of many directions, and which two decides what is seen: a random plane shows the
shape around a minimum, but hardly anything of the way to it, for random directions are nearly
perpendicular to every path; the plane of the path shows the way. `captured` says how much of it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Unpack

import numpy as np
from numpy.typing import ArrayLike, NDArray

from clearprop import _arrays, _checks, randomness
from clearprop.errors import ArgumentError, DataError
from clearprop.network import Network
from clearprop.rates.landscape import costs_at
from clearprop.rates.problem import CostChoices, Problem

__all__ = ["LossPlane", "loss_plane"]

Array = NDArray[np.float64]

_MARGIN = 0.2  # of the extent of a path, that the plane goes on around it


@dataclass(frozen=True, eq=False)
class LossPlane:
    """The cost at `centre + x · directions[0] + y · directions[1]`.

    Attributes:
        x: (grid,) coordinates across; 0, the network itself, is one of them.
        y: (grid,) coordinates up, likewise.
        losses: (grid, grid), a row for each y; what has blown up is not finite.
        centre: (p,) the network's weights.
        directions: (2, p).
        chosen: "random" or "path".
        path: (n, 2) the coordinates of a path, seen perpendicularly to the plane; or None.
        captured: the share of the path's squared distances from the centre that lies in the plane,
            from 0 to 1; None without a path.
    """

    x: Array
    y: Array
    losses: Array
    centre: Array
    directions: Array
    chosen: str
    path: Array | None
    captured: float | None

    @property
    def names(self) -> tuple[str, str]:
        """What the axes are."""
        if self.chosen == "path":
            return "path, direction 1", "path, direction 2"
        return "random direction 1", "random direction 2"

    def __repr__(self) -> str:
        here = float(self.losses[self.y == 0, self.x == 0][0])
        lowest = float(np.fmin.reduce(self.losses, axis=None))
        parts = [
            f"{len(self.y)} by {len(self.x)} places along {self.chosen} directions",
            f"cost {here:.4g} at the network, {lowest:.4g} at the lowest",
        ]
        if self.captured is not None:
            parts.append(f"{self.captured:.1%} of the path in the plane")
        return f"LossPlane({'; '.join(parts)})"


def loss_plane(
    network: Network,
    X: ArrayLike,
    y: ArrayLike,
    *,
    path: ArrayLike | None = None,
    directions: str = "random",
    seed: int = 0,
    grid: int = 41,
    span: float | None = None,
    **cost: Unpack[CostChoices],
) -> LossPlane:
    """The cost on a grid of places in a plane through the network's weights.

    - "random": normal numbers for every weight; then, for each neuron, its incoming weights are
      scaled to the length that they have in the network, so that 1 is a change as large as the
      weights themselves, neuron by neuron. Biases stay as they are. This is the filter
      normalisation of Li et al., a neuron being what a filter is to them. The two directions are
      not made perpendicular; in high dimensions they nearly are.
    - "path": the two perpendicular directions of length 1 that hold the largest share of the
      squared distances of the path from the network: the first two right singular vectors of
      `path − network.parameters`. No normalisation; 1 is a distance of 1 in weights.

    Args:
        network: the centre. Dropout plays no part.
        X: inputs, `(n_samples, n_features)`.
        y: targets, as for `train`.
        path: recorded weights, `(n, p)`, as `run.weights`; needed for "path", else only projected.
        directions: "random" or "path".
        seed: of the random directions.
        grid: places each way, from 3.
        span: half the width of the plane, in units of its directions; where None, 1 for random
            directions, and for a path its extent and a fifth more to each side.
        **cost: `loss`, `sample_weight` and `penalty`, as for `train`.

    Returns:
        Coordinates, losses, directions, the path in the plane and how much of it that is.

    Raises:
        ArgumentError: no path where one is needed, or a choice breaks a rule.
        DataError: the arrays cannot be learned from; the path is not finite or does not move.

    Example:
        >>> import numpy as np
        >>> X = np.array([[1.0], [2.0], [3.0], [4.0]])
        >>> line = Network([1, 1])
        >>> line.parameters = [3.0, 0.0]
        >>> plane = loss_plane(line, X, 3 * X, path=[[0.0, 0.0], [1.0, 2.0]], directions="path")
        >>> plane.captured, float(plane.losses.min()), plane.path.shape
        (1.0, 0.0, (2, 2))

    References:
        Li, Xu, Taylor, Studer, Goldstein, "Visualizing the loss landscape of neural nets",
        NeurIPS 2018, arXiv 1712.09913, sections 4 and 7.
    """
    _checks.one_of("directions", directions, ("random", "path"))
    _checks.integer("seed", seed, least=0)
    _checks.integer("grid", grid, least=3)
    if span is not None:
        _checks.positive("span", span)
    problem = Problem.of(network, X, y, cost)
    ways = None if path is None else _path(path, problem)
    if directions == "path":
        if ways is None:
            raise ArgumentError(
                "path must be given for directions='path': the recorded weights, as run.weights"
            )
        plane = _of_path(ways)
    else:
        plane = _random(problem, seed)
    shadow, captured = (None, None) if ways is None else _project(ways, plane)
    seen = shadow if directions == "path" else None
    across, up = (_axis(grid, span, seen, k) for k in (0, 1))
    coordinates = np.stack(np.meshgrid(across, up), axis=-1)  # (grid, grid, 2)
    losses = costs_at(problem, coordinates.reshape(-1, 2), plane).reshape(grid, grid)
    return LossPlane(across, up, losses, problem.w, plane, directions, shadow, captured)


def _path(path: ArrayLike, problem: Problem) -> Array:
    """The path as distances from the network, `(n, p)`."""
    ways, p = _arrays.numbers("path", path, np.dtype(np.float64)), len(problem.w)
    if ways.ndim != 2 or ways.shape[1] != p or not len(ways):
        raise ArgumentError(f"path must be of shape (n, {p}), as run.weights; got {ways.shape}")
    away: Array = ways - problem.w
    if not away.any():
        raise DataError("path must leave the network's weights; every place of it is the same")
    return away


def _of_path(ways: Array) -> Array:
    """The first two right singular vectors; a straight path is given any second direction."""
    return np.linalg.svd(_with_two_rows(ways), full_matrices=False)[2][:2]


def _with_two_rows(ways: Array) -> Array:
    """A path of a single place spans no plane by itself: a row of zeros changes nothing."""
    return ways if len(ways) > 1 else np.concatenate([ways, np.zeros_like(ways)])


def _random(problem: Problem, seed: int) -> Array:
    """Two directions `(2, p)`: each neuron's part as long as its incoming weights, biases 0."""
    architecture = problem.architecture
    draws = [randomness.normal(seed, "plane", len(problem.w), layer=k) for k in (0, 1)]
    plane = np.stack(draws) * architecture.is_weight
    for i in range(1, architecture.n_layers + 1):
        W, d = (architecture.view(w, f"W{i}") for w in (problem.w, plane))  # (n_in, n_out), (2, ..)
        d *= np.linalg.norm(W, axis=0) / np.linalg.norm(d, axis=1, keepdims=True)
    if not plane.any():
        raise DataError("the network's weights are all 0: random directions have no length")
    return plane


def _project(ways: Array, plane: Array) -> tuple[Array, float]:
    """The nearest coordinates in the plane, `(n, 2)`, and the share of the distances they hold."""
    shadow = np.asarray(np.linalg.lstsq(plane.T, ways.T, rcond=None)[0].T, dtype=np.float64)
    missed = ways - shadow @ plane
    return shadow, float(max(0.0, 1.0 - (missed**2).sum() / (ways**2).sum()))


def _axis(grid: int, span: float | None, path: Array | None, k: int) -> Array:
    """Evenly spaced coordinates, one of which is 0."""
    low, high = (-1.0, 1.0) if span is None else (-span, span)
    if span is None and path is not None:
        low, high = min(path[:, k].min(), 0.0), max(path[:, k].max(), 0.0)
        # A straight path has no second extent: the plane is as wide there as it is long.
        room = _MARGIN * (high - low)
        if room <= 1e-9 * np.abs(path).max():
            room = np.abs(path).max() / 2
        low, high = low - room, high + room
    step = (high - low) / (grid - 1)
    below = min(max(round(-low / step), 1), grid - 2)
    if span is None and path is not None:  # few places are moved far to meet 0: reach both ends
        step = max(step, -path[:, k].min() / below, path[:, k].max() / (grid - 1 - below))
    return np.asarray((np.arange(grid) - below) * step, dtype=np.float64)
