"""The cost along one weight: its slope at some places, and a descent that follows it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from clearprop.errors import ArgumentError
from clearprop.figures._chart import drawable, scale
from clearprop.figures._data import Floats, floats, numeric, same_length
from clearprop.figures.style import SMALL, Theme, key, markers, start, title
from clearprop.figures.words import counted, number, short

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["describe_tangent_curve", "tangent_curve"]

_REACH = 0.11  # of the axis, to either side of a point, that its tangent is drawn
_EDGE = 0.2  # of the axis: beside its ends, a slope is written above its point
_MOST = 5  # descents with colours of their own


def tangent_curve(
    x: ArrayLike,
    cost: ArrayLike,
    at: ArrayLike,
    slope: ArrayLike,
    steps: ArrayLike | Mapping[str, ArrayLike] = (),
    *,
    name: str = "Cost along one weight",
    x_name: str = "w",
    y_name: str = "cost",
    ax: Axes | None = None,
    theme: str | Theme = "light",
) -> Axes:
    """The curve, a tangent with its slope at each point, and the steps of a descent upon it.

    The heights of points and steps are read off the curve: between two of its places, off the
    straight line between them.

    Args:
        x: (n,) rising values of the weight.
        cost: (n,) the cost at each.
        at: (m,) where to draw tangents, within x; or one number, or nothing.
        slope: (m,) the derivative there.
        steps: (k,) the weight before each step and after the last; or several such descents by
            name. Steps beyond x leave the picture, and the description says so.
        name: the title.
        x_name: what is across.
        y_name: what is up.
        ax: where to draw; new Axes where None.
        theme: "light", "dark" or a Theme.

    Returns:
        The Axes.

    Raises:
        ArgumentError: lengths that differ, x that does not rise, a tangent beyond x.

    >>> ax = tangent_curve([-1, 0, 1], [1, 0, 1], at=[1], slope=[2], steps=[1, -1])
    >>> [text.get_text() for text in ax.texts]
    ['slope 2']
    """
    data = _checked(x, cost, at, slope, steps)
    ax, chosen = start(ax, theme)
    scale(ax, "x", data.x, log=False, room=0.03)
    scale(ax, "y", data.cost, log=False, room=0.09)
    ax.plot(data.x, data.cost, color=chosen.palette[0], linewidth=2.0, zorder=2)
    for place, steep in zip(data.at, data.slope, strict=True):
        _tangent(ax, chosen, data, float(place), float(steep))
    tints = chosen.palette[1 : _MOST + 1]
    marks = markers(len(data.descents))
    for walk, tint, marker in zip(data.descents.values(), tints, marks, strict=False):
        _descent(ax, chosen, data, walk, (tint, marker))
    if any(data.descents):
        shown = list(data.descents)
        key(ax, chosen, shown, tints[: len(shown)], marks)
    title(ax, chosen, name, x_name, y_name)
    return ax


def describe_tangent_curve(
    x: ArrayLike,
    cost: ArrayLike,
    at: ArrayLike,
    slope: ArrayLike,
    steps: ArrayLike | Mapping[str, ArrayLike] = (),
    *,
    name: str = "Cost along one weight",
    x_name: str = "w",
    y_name: str = "cost",
) -> str:
    """The curve in one sentence: its lowest point, the slopes, and where each descent went.

    >>> describe_tangent_curve([-1, 0, 1], [1, 0, 1], [1], [2], [1, 0.5, 0])
    'Cost along one weight: lowest cost 0 at w = 0; slope 2 at w = 1; 2 steps from w = 1 to w = 0.'
    """
    data, w = _checked(x, cost, at, slope, steps), short(x_name)
    parts = []
    if np.isfinite(data.cost).any():
        low = int(np.nanargmin(data.cost))
        lowest = f"lowest {short(y_name)} {number(data.cost[low])}"
        parts.append(f"{lowest} at {w} = {number(data.x[low])}")
    for place, steep in zip(data.at, data.slope, strict=True):
        parts.append(f"slope {number(float(steep))} at {w} = {number(float(place))}")
    for label, walk in data.descents.items():
        beyond = int(np.isnan(data.height(walk)).sum())
        said = f"{counted(len(walk) - 1, 'step')} from {w} = {number(walk[0])}"
        said += f" to {w} = {number(walk[-1])}"
        said += f" ({beyond:,} of the {counted(len(walk), 'place')} not in sight)" if beyond else ""
        parts.append(f"{short(label)}: {said}" if label else said)
    return f"{short(name, 80)}: {'; '.join(parts) or 'never finite'}."


@dataclass(frozen=True, eq=False)
class _Arrays:
    """All that is drawn, checked."""

    x: Floats
    cost: Floats
    at: Floats
    slope: Floats
    descents: dict[str, Floats]

    def height(self, places: Floats) -> Floats:
        """The curve there; NaN beyond its ends."""
        return np.interp(places, self.x, self.cost, left=np.nan, right=np.nan)


def _checked(
    x: ArrayLike,
    cost: ArrayLike,
    at: ArrayLike,
    slope: ArrayLike,
    steps: ArrayLike | Mapping[str, ArrayLike],
) -> _Arrays:
    places, costs = floats("x", x), drawable(floats("cost", cost), log=False)
    same_length("x", places, "cost", costs)
    if not (np.isfinite(places).all() and (np.diff(places) > 0).all() and len(places) > 1):
        raise ArgumentError("x must hold two or more finite, rising places")
    points = np.atleast_1d(numeric("at", at))
    slopes = np.atleast_1d(numeric("slope", slope))
    if points.ndim > 1 or slopes.shape != points.shape:
        raise ArgumentError(f"slope must be as long as at {points.shape}; got shape {slopes.shape}")
    if not ((places[0] <= points) & (points <= places[-1])).all():
        raise ArgumentError(
            f"at must lie between the ends of x, {number(places[0])} and {number(places[-1])}"
        )
    if not np.isfinite(slopes).all():
        raise ArgumentError("slope must be finite")
    if not isinstance(steps, Mapping):
        lone = numeric("steps", steps)
        steps = {"": lone} if lone.size else {}
    if len(steps) > _MOST:
        raise ArgumentError(f"steps must be {_MOST} descents or fewer; got {len(steps)}")
    walks = {str(label): floats(f"steps[{label!r}]", walk) for label, walk in steps.items()}
    return _Arrays(places, costs, points, slopes, walks)


def _tangent(ax: Axes, theme: Theme, data: _Arrays, place: float, steep: float) -> None:
    """A short straight line through the curve, dotted at the point, its slope below it.

    Below a tangent there is room: cost curves bend upwards.
    """
    low, high = ax.get_ylim()
    reach = _REACH * (data.x[-1] - data.x[0])
    if abs(steep) * reach > 0.25 * (high - low):  # a steep one is as short as it is on the paper
        reach = 0.25 * (high - low) / abs(steep)
    y = float(data.height(np.array([place]))[0])
    if not np.isfinite(y):
        return
    tint, share = theme.ink, (place - data.x[0]) / (data.x[-1] - data.x[0])
    left, cramped = steep < 0, share < _EDGE if steep < 0 else share > 1 - _EDGE
    ends = np.array([place - reach, place + reach])
    ax.plot(ends, y + steep * (ends - place), color=tint, linewidth=1.6, zorder=4)
    ax.plot([place], [y], color=tint, marker="o", markersize=5.5, linestyle="", zorder=5)
    ax.annotate(
        f"slope {number(steep, 3)}",
        (place, y),
        xytext=(-6 if left != cramped else 6, 3 if cramped else -3),
        textcoords="offset points",
        color=tint,
        fontsize=SMALL,
        ha="right" if left != cramped else "left",
        va="bottom" if cramped else "top",
        zorder=6,
    )


def _descent(ax: Axes, theme: Theme, data: _Arrays, walk: Floats, look: tuple[str, str]) -> None:
    """Marks upon the curve, joined in their order; the first is hollow."""
    tint, marker = look
    heights = data.height(walk)
    ax.plot(
        walk,
        heights,
        color=tint,
        linewidth=1.1,
        marker=marker,
        markersize=5,
        markeredgecolor=theme.background,
        markeredgewidth=0.6,
        zorder=3,
    )
    ax.plot(
        walk[:1],
        heights[:1],
        marker=marker,
        markersize=6.5,
        markerfacecolor=theme.background,
        markeredgecolor=tint,
        markeredgewidth=1.6,
        linestyle="",
        zorder=3.5,
    )
