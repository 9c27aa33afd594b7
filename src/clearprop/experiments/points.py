"""Points in a plane with two classes, half-moons or a learner's own, and the network for them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from clearprop import randomness
from clearprop.engines import Data
from clearprop.engines.objective import loss_and_gradient
from clearprop.equations.gradients import central_differences, crosses_kink
from clearprop.experiments.compare import close
from clearprop.experiments.lesson import Check
from clearprop.experiments.own_table import check_both_kept, two_numbers_two_classes
from clearprop.experiments.play import Play
from clearprop.figures import Boundary
from clearprop.network import Network
from clearprop.tables import prepare

__all__ = [
    "LOSS",
    "MOON_NAMES",
    "Points",
    "boundary",
    "gradient_check",
    "half_moons",
    "network_for",
    "points_for",
    "seeds_for",
]

Floats = NDArray[np.float64]

LOSS = "binary_cross_entropy"
MOONS, NOISE = 1500, 0.1
MOON_NAMES = ("upper moon", "lower moon")
_NUDGE = 1e-6  # of the finite differences
_GRID = 100  # places along each axis of a decision boundary
_MARGIN = 0.08  # of the range, around the points


@dataclass(frozen=True, eq=False)
class Points:
    """What the network learns from.

    Attributes:
        X: as the network sees them, `(n, 2)`.
        y: 0 or 1, `(n, 1)`.
        places: the points in their own units, `(n, 2)`.
        encode: from places to what the network sees.
        feature_names: of the two columns.
        class_names: of 0 and 1.
        source: where they come from, in words.
    """

    X: Floats
    y: Floats
    places: Floats
    encode: Callable[[Floats], Floats]
    feature_names: tuple[str, str]
    class_names: tuple[str, str]
    source: str

    @property
    def commonest(self) -> float:
        """The accuracy of always saying the class that is more frequent."""
        share = float(self.y.mean())
        return max(share, 1 - share)


def points_for(play: Play) -> Points:
    """1,500 half-moon points with noise 0.1, or the learner's own table."""
    if play.data is not None:
        return _own(play.data)
    X, y = half_moons(play.seed or 0)
    return Points(
        X, y, X, lambda places: places, ("x1", "x2"),
        MOON_NAMES, f"{MOONS:,} points on two half-moons, with noise {NOISE:g}",
    )  # fmt: skip


def half_moons(seed: int, n: int = MOONS, noise: float = NOISE) -> tuple[Floats, Floats]:
    """Two half circles, one upside down: `(cos t, sin t)` and `(1 − cos t, ½ − sin t)`, with noise.

    The same numbers as scikit-learn's `make_moons`, whose import takes longer than this lesson;
    that is why they come from NumPy's old generator.

    >>> X, y = half_moons(0)
    >>> X.shape, y.shape, float(y.mean())
    ((1500, 2), (1500, 1), 0.5)
    """
    draws = np.random.RandomState(seed)
    t = np.linspace(0, np.pi, n // 2)
    upper, lower = np.stack([np.cos(t), np.sin(t)]), np.stack([1 - np.cos(t), 1 - np.sin(t) - 0.5])
    order = np.arange(n)
    draws.shuffle(order)
    X = np.concatenate([upper, lower], axis=1).T[order]
    y = (order >= n // 2).astype(np.float64)[:, None]
    return X + draws.normal(scale=noise, size=X.shape), y


def _own(path: str | Path) -> Points:
    table, target = two_numbers_two_classes(path)
    ready = prepare(table, target=target, task="classification", test=0.0, validation=0.0)
    names = ready.schema.column_names
    check_both_kept(path, names, ready.notes)
    places = np.column_stack([table[name].to_numpy().astype(np.float64) for name in names])
    classes = ready.schema.decode(np.array([[0.0], [1.0]])).values
    return Points(
        ready.train.X,
        ready.train.y,
        places,
        lambda at: ready.schema.encode({names[0]: at[:, 0], names[1]: at[:, 1]}).X,
        (names[0], names[1]),
        (str(classes[0]), str(classes[1])),
        f"the {table.num_rows:,} rows of {Path(path).name}",
    )


def network_for(seed: int) -> Network:
    """2-4-4-1: ReLU hidden, sigmoid output, He initialisation; 37 parameters."""
    return Network(
        [2, 4, 4, 1], hidden="relu", output="sigmoid", initialiser="he_normal", seed=seed
    )


def seeds_for(play: Play, count: int) -> list[int]:
    """So many seeds from the learner's own on, or from 0."""
    first = play.seed or 0
    return [(first + k) % (randomness.MAX_SEED + 1) for k in range(count)]


def boundary(network: Network, points: Points) -> Boundary:
    """What a decision boundary is drawn from."""
    x, y = (_span(points.places[:, k]) for k in (0, 1))
    across, up = np.meshgrid(x, y)
    field = network.predict(points.encode(np.column_stack([across.ravel(), up.ravel()])))
    said = network.predict(points.X)[:, 0] >= 0.5
    return Boundary(
        points.feature_names,
        points.places,
        points.y[:, 0].astype(np.int64),
        points.class_names,
        x,
        y,
        field.reshape(across.shape),
        said != (points.y[:, 0] == 1),
    )


def gradient_check(network: Network, points: Points, where: str) -> Check:
    """The gradient at a network's weights, by backpropagation and by central differences.

    A ReLU whose inputs are all 0 and whose bias has never moved stands right at its kink. There the
    two sides have different slopes, so what would take it across is left out.
    """
    architecture, data, w = network.architecture, Data(points.X, points.y), network.parameters

    def cost(w: Floats) -> Floats:
        return np.asarray(loss_and_gradient(architecture, LOSS, w, data).losses)

    def sides(w: Floats) -> NDArray[np.bool_]:
        trace = loss_and_gradient(architecture, LOSS, w, data).trace[:-1]
        return np.concatenate([(z > 0).reshape(len(w), -1) for _, z, _ in trace], axis=1)

    smooth = ~np.asarray(crosses_kink(sides, w, _NUDGE))
    by_rule = loss_and_gradient(architecture, LOSS, w[None], data).gradient[0]
    # A difference of costs is known to their own rounding, which a large cost makes large.
    rounding = 8 * np.finfo(np.float64).eps * float(cost(w[None])[0]) / _NUDGE
    count = f"all {w.size}" if smooth.all() else f"{smooth.sum()} of {w.size}"
    return close(
        f"gradient of {count} parameters {where}",
        central_differences(cost, w, _NUDGE)[smooth],
        by_rule[smooth],
        tolerance=1e-7 + rounding,
        source="finite differences",
        note="" if smooth.all() else "the others would take a ReLU across its kink",
    )


def _span(values: Floats) -> Floats:
    low, high = float(values.min()), float(values.max())
    margin = _MARGIN * ((high - low) or 1.0)
    return np.linspace(low - margin, high + margin, _GRID)
