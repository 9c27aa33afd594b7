"""Any lines over any number: losses over steps, weights over epochs, times over sizes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from clearprop.errors import ArgumentError
from clearprop.figures._chart import (
    checked_marks,
    drawable,
    mark_across,
    names_right,
    scale,
    scaled,
)
from clearprop.figures._data import Floats, floats, same_length
from clearprop.figures.style import Theme, colours, key, start, title
from clearprop.figures.words import counted, number, short

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["Series", "describe_series_curves", "series_curves"]

_NAMED = 10  # lines with their names at their ends; more have a key
_DOTTED = 15  # points of a line up to which each is shown
_DENSE = 4000  # points above which a line is embedded as pixels
_SAID = 8  # lines told one by one in words


@dataclass(frozen=True, eq=False)
class Series:
    """One line: its name, and `x` and `y`, each `(n,)`, in the order in which they are joined."""

    label: str
    x: ArrayLike
    y: ArrayLike


def series_curves(
    series: Sequence[Series],
    name: str,
    x: str,
    y: str,
    *,
    log_x: bool = False,
    log_y: bool = False,
    marks: Mapping[str, float] | None = None,
    ax: Axes | None = None,
    theme: str | Theme = "light",
) -> Axes:
    """Lines with their names at their right ends, or in a key where they are more than ten.

    Up to 15 points of a line are dotted. What is not finite, and on a log axis what is not above
    zero, leaves a gap.

    Args:
        series: the lines, in order of colour.
        name: the title.
        x: what is across, with its unit.
        y: what is up, with its unit.
        log_x: x logarithmic.
        log_y: y logarithmic.
        marks: places on x to draw as dashed lines, by what to call them, such as "2/λmax".
        ax: where to draw; new Axes where None.
        theme: "light", "dark" or a Theme.

    Returns:
        The Axes.

    Raises:
        ArgumentError: no series, x and y of different lengths, or a mark that is not finite.

    >>> ax = series_curves([Series("sgd", [0, 1, 2], [1, 0.5, 0.3])], "Loss", "step", "loss")
    >>> ax.lines[0].get_ydata().tolist()
    [1.0, 0.5, 0.3]
    """
    lines, places = _checked(series, log_x=log_x, log_y=log_y), checked_marks("marks", marks)
    ax, chosen = start(ax, theme)
    tints = colours(chosen, len(lines))
    for line, tint in zip(lines, tints, strict=True):
        _plot(ax, line, tint)
    scale(ax, "x", np.concatenate([line.x for line in lines]), log=log_x, room=0.02)
    scale(ax, "y", np.concatenate([line.y for line in lines]), log=log_y)
    above = mark_across(ax, chosen, places)
    title(ax, chosen, name, scaled(x, log=log_x), scaled(y, log=log_y), above=above)
    if len(lines) > _NAMED:
        key(ax, chosen, [line.label for line in lines], tints, ["-"] * len(lines))
    elif len(lines) > 1 or lines[0].label:
        ended = [(line, tint) for line, tint in zip(lines, tints, strict=True) if line.said.size]
        names_right(
            ax,
            [line.label for line, _ in ended],
            [float(line.said[-1]) for line, _ in ended],
            [tint for _, tint in ended],
        )
    return ax


def describe_series_curves(
    series: Sequence[Series],
    name: str,
    x: str,
    y: str,
    *,
    log_x: bool = False,
    log_y: bool = False,
    marks: Mapping[str, float] | None = None,
) -> str:
    """The lines in one sentence: where each begins and ends, and its extremes in between.

    >>> describe_series_curves([Series("sgd", [0, 2], [1, 0.3])], "Loss", "step", "loss")
    'Loss: loss over step from 0 to 2: sgd from 1 to 0.3.'
    """
    lines, places = _checked(series, log_x=log_x, log_y=log_y), checked_marks("marks", marks)
    across = np.concatenate([line.x for line in lines])
    across = across[np.isfinite(across)]
    span = f" from {number(across.min())} to {number(across.max())}" if across.size else ""
    said = ", ".join(_course(line) for line in lines[:_SAID])
    if len(lines) > _SAID:
        said += f" and {counted(len(lines) - _SAID, 'more line')}"
    lost = sum(line.lost for line in lines)
    gaps = f"; {counted(lost, 'point')} without a place on the axes" if lost else ""
    marked = "".join(f"; {short(what)} at {number(place)}" for what, place in places.items())
    return f"{short(name, 80)}: {short(y, 48)} over {short(x, 48)}{span}: {said}{gaps}{marked}."


@dataclass(frozen=True, eq=False)
class _Line:
    """One line, checked; what has no place on the axes is NaN."""

    label: str
    x: Floats
    y: Floats
    lost: int

    @property
    def said(self) -> Floats:
        """The values that are drawn."""
        return self.y[np.isfinite(self.y) & np.isfinite(self.x)]


def _checked(series: Sequence[Series], *, log_x: bool, log_y: bool) -> list[_Line]:
    if len(series) == 0:
        raise ArgumentError("series must hold at least one line; it is empty")
    lines = []
    for i, one in enumerate(series):
        x, y = floats(f"series[{i}].x", one.x), floats(f"series[{i}].y", one.y)
        same_length(f"series[{i}].x", x, f"series[{i}].y", y)
        x, y = drawable(x, log=log_x), drawable(y, log=log_y)
        lines.append(_Line(one.label, x, y, int((~np.isfinite(x) | ~np.isfinite(y)).sum())))
    return lines


def _plot(ax: Axes, line: _Line, tint: str) -> None:
    ax.plot(
        line.x,
        line.y,
        color=tint,
        linewidth=1.8,
        marker="o" if len(line.x) <= _DOTTED or line.said.size == 1 else "",
        markersize=4.5,
        solid_capstyle="round",
        rasterized=len(line.x) > _DENSE,
    )


def _course(line: _Line) -> str:
    """How one line goes: its ends, and its lowest or highest value where that is neither."""
    values = line.said
    label = short(line.label) or "the line"
    if values.size == 0:
        return f"{label} without a value"
    first, last = values[0], values[-1]
    if values.size == 1:
        return f"{label} {number(first)}"
    low, high = values.min(), values.max()
    extremes = [
        f"{word} {number(value)}"
        for word, value in (("lowest", low), ("highest", high))
        if value not in (first, last)
    ]
    inside = f" ({', '.join(extremes)})" if extremes else ""
    return f"{label} from {number(first)} to {number(last)}{inside}"
