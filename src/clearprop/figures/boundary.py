"""The decision boundary over two features: what the network would say at every place."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from clearprop.errors import ArgumentError
from clearprop.figures._data import Floats, evenly, floats, numeric
from clearprop.figures.style import Theme, colours, key, markers, start, title
from clearprop.figures.words import counted, percent, short

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["Boundary", "decision_boundary", "describe_decision_boundary"]

MOST = 1500  # points drawn
DENSE = 300  # points above which they are embedded as pixels


@dataclass(frozen=True, eq=False)
class Boundary:
    """What the decision boundary is drawn from.

    Attributes:
        feature_names: of the axes, across and up.
        points: (n, 2) samples in their own units.
        labels: (n,) index of each sample's true class.
        class_names: (n_classes,) at least two.
        grid_x: (nx,) places across, rising.
        grid_y: (ny,) places up, rising.
        field: (ny, nx, n_classes) probabilities at each place; (ny, nx) where there are two
            classes and only the second one's probability is known.
        misclassified: (n,) whether the network takes the sample for another class.
    """

    feature_names: tuple[str, str]
    points: ArrayLike
    labels: ArrayLike
    class_names: Sequence[str]
    grid_x: ArrayLike
    grid_y: ArrayLike
    field: ArrayLike
    misclassified: ArrayLike


@dataclass(frozen=True, eq=False)
class _Arrays:
    """The same, checked and as arrays."""

    points: Floats
    labels: NDArray[np.int64]
    x: Floats
    y: Floats
    field: Floats
    wrong: NDArray[np.bool_]


def decision_boundary(
    boundary: Boundary,
    *,
    name: str = "Decision boundary",
    ax: Axes | None = None,
    theme: str | Theme = "light",
) -> Axes:
    """A pale field of the predicted class, its crisp border, the samples, the mistakes ringed.

    The field is the stronger, the surer the network is. Above 1,500 samples an evenly spaced
    sample of them is drawn, and said.

    Args:
        boundary: the samples and the probabilities on a grid.
        name: the title.
        ax: where to draw; new Axes where None.
        theme: "light", "dark" or a Theme.

    Returns:
        The Axes.
    """
    data = _checked(boundary)
    ax, chosen = start(ax, theme, (5.6, 3.9))
    ax.grid(visible=False)
    tints = colours(chosen, len(boundary.class_names))
    _field(ax, chosen, data, tints)
    _borders(ax, chosen, data)
    at = evenly(len(data.points), MOST)
    _samples(ax, chosen, data, at, tints)
    said = f" ({len(at):,} of {len(data.points):,} rows)" if len(at) < len(data.points) else ""
    title(ax, chosen, f"{name}{said}", *boundary.feature_names)
    marks = markers(len(tints))
    names = [*boundary.class_names]
    if data.wrong.any():
        names, tints, marks = [*names, "misclassified"], [*tints, chosen.ink], [*marks, "o"]
    key(ax, chosen, names, tints, marks)
    return ax


def describe_decision_boundary(boundary: Boundary, *, name: str = "Decision boundary") -> str:
    """The decision boundary in one sentence: how much of the plane each class holds."""
    data = _checked(boundary)
    winner = data.field.argmax(axis=-1)
    held = np.bincount(winner.ravel(), minlength=len(boundary.class_names)) / winner.size
    order = np.argsort(-held, kind="stable")[:5]
    areas = ", ".join(f"{short(boundary.class_names[k])} {percent(float(held[k]))}" for k in order)
    more = " among others" if len(held) > len(order) else ""
    first, second = (short(name) for name in boundary.feature_names)
    return (
        f"{short(name, 80)} over {first} and {second}: shares of the plane {areas}{more}; "
        f"{int(data.wrong.sum()):,} of {counted(len(data.points), 'row')} misclassified."
    )


def _checked(boundary: Boundary) -> _Arrays:
    """The arrays of `boundary`, or an error that names the one of the wrong shape."""
    points, x, y = (
        floats("points", boundary.points, 2),
        floats("grid_x", boundary.grid_x),
        floats("grid_y", boundary.grid_y),
    )
    field = numeric("field", boundary.field)
    if field.ndim == 2:
        field = np.stack([1 - field, field], axis=-1)
    labels, wrong = np.asarray(boundary.labels), np.asarray(boundary.misclassified)
    n, k = len(points), len(boundary.class_names)
    rules = {
        "points": (points.shape, (n, 2)),
        "labels": (labels.shape, (n,)),
        "misclassified": (wrong.shape, (n,)),
        "field": (field.shape, (len(y), len(x), k)),
    }
    for name, (came, wanted) in rules.items():
        if came != wanted:
            raise ArgumentError(f"{name} must be of shape {wanted}; got {came}")
    if min(len(x), len(y)) < 2 or k < 2:
        raise ArgumentError("grid_x, grid_y and class_names must have two entries or more")
    return _Arrays(points, labels.astype(np.int64), x, y, np.nan_to_num(field), wrong.astype(bool))


def _field(ax: Axes, theme: Theme, data: _Arrays, tints: Sequence[str]) -> None:
    """Pale colour of the winning class at each place, paler where the network is unsure."""
    from matplotlib.colors import to_rgb

    paper = np.array(to_rgb(theme.background))
    full = np.array([to_rgb(tint) for tint in tints])  # (n_classes, 3)
    k = len(tints)
    winner, sure = data.field.argmax(axis=-1), data.field.max(axis=-1)
    sure = np.clip((sure - 1 / k) / (1 - 1 / k), 0.0, 1.0)
    weight = (0.08 + 0.26 * sure)[..., None]
    ax.imshow(
        paper + weight * (full[winner] - paper),
        origin="lower",
        aspect="auto",
        extent=_extent(data),
        interpolation="nearest",
        zorder=0,
    )


def _extent(data: _Arrays) -> tuple[float, float, float, float]:
    """The outer edges of the cells around the grid's places."""
    dx = (data.x[-1] - data.x[0]) / (len(data.x) - 1) / 2
    dy = (data.y[-1] - data.y[0]) / (len(data.y) - 1) / 2
    return data.x[0] - dx, data.x[-1] + dx, data.y[0] - dy, data.y[-1] + dy


def _borders(ax: Axes, theme: Theme, data: _Arrays) -> None:
    """Where a class is as probable as the best of the others."""
    k = data.field.shape[-1]
    for c in range(1 if k == 2 else k):
        lead = data.field[..., c] - np.delete(data.field, c, axis=-1).max(axis=-1)
        if lead.min() < 0 < lead.max():
            ax.contour(data.x, data.y, lead, levels=[0.0], colors=theme.ink, linewidths=1.3)


def _samples(
    ax: Axes, theme: Theme, data: _Arrays, at: NDArray[np.int64], tints: Sequence[str]
) -> None:
    """The samples, a colour and a marker a class, and a ring around each mistake."""
    points, labels, wrong = data.points[at], data.labels[at], data.wrong[at]
    size = 30.0 if len(at) <= DENSE else 14.0
    dense = len(at) > DENSE
    for k, (tint, marker) in enumerate(zip(tints, markers(len(tints)), strict=True)):
        own = points[labels == k]
        ax.scatter(
            own[:, 0],
            own[:, 1],
            s=size,
            marker=marker,
            color=tint,
            edgecolors=theme.background,
            linewidths=0.6,
            rasterized=dense,
            zorder=3,
        )
    ax.scatter(
        points[wrong, 0],
        points[wrong, 1],
        s=size * 3.4,
        facecolors="none",
        edgecolors=theme.ink,
        linewidths=1.3,
        rasterized=dense,
        zorder=4,
    )
    left, right, bottom, top = _extent(data)
    ax.set(xlim=(left, right), ylim=(bottom, top))
