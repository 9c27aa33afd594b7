"""What charts of any two numbers share: scales, named lines, named places across."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from clearprop.errors import ArgumentError
from clearprop.figures._data import DRAWABLE, Floats
from clearprop.figures.style import SMALL, Theme
from clearprop.figures.words import number, short

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.axis import Axis

__all__ = [
    "checked_marks",
    "drawable",
    "mark_across",
    "names_right",
    "plain_decades",
    "scale",
    "scaled",
    "spread",
]

LINE = 12.0  # points from one line of text to the next
LETTER = 4.8  # points, about the width of a letter of that text


def drawable(values: Floats, *, log: bool) -> Floats:
    """`values` with NaN for what has no place on the axis: on a log axis, zero and below too."""
    with np.errstate(invalid="ignore"):
        keep = np.abs(values) < DRAWABLE
        if log:
            keep &= values > 1 / DRAWABLE
    return np.where(keep, values, np.nan)


def scale(ax: Axes, which: str, values: Floats, *, log: bool, room: float = 0.04) -> None:
    """Limits around the finite `values` and, where `log`, a logarithmic axis with plain numbers."""
    finite = values[np.isfinite(values)]
    limits = ax.set_xlim if which == "x" else ax.set_ylim
    if finite.size == 0:
        limits(0.1 if log else 0.0, 1.0)
    elif log:
        low, high = np.log(finite.min()), np.log(finite.max())
        pad = room * (high - low) or np.log(2.0)
        limits(float(np.exp(low - pad)), float(np.exp(high + pad)))
    else:
        first, last = float(finite.min()), float(finite.max())
        pad = room * (last - first) or 0.05 * abs(first) or 0.5
        limits(first - pad, last + pad)
    if not log:
        return
    (ax.set_xscale if which == "x" else ax.set_yscale)("log")
    if which == "x":
        plain_decades(ax.xaxis, *ax.get_xlim())
    else:
        plain_decades(ax.yaxis, *ax.get_ylim())


def plain_decades(axis: Axis, low: float, high: float, *, most: int = 8) -> None:
    """At most about so many ticks of a logarithmic axis, written as this project writes numbers."""
    from matplotlib.ticker import FuncFormatter, LogLocator, NullLocator

    few = np.log10(high) - np.log10(low) < 2.5
    axis.set_major_locator(LogLocator(subs=(1, 2, 5) if few else (1,), numticks=most))
    axis.set_minor_locator(NullLocator())
    axis.set_major_formatter(FuncFormatter(lambda value, _: number(value)))


def scaled(name: str, *, log: bool) -> str:
    """The name of an axis, with its scale where that is logarithmic.

    >>> scaled("size (neurons)", log=True), scaled("loss", log=True), scaled("loss", log=False)
    ('size (neurons, log scale)', 'loss (log scale)', 'loss')
    """
    if not log:
        return name
    return f"{name[:-1]}, log scale)" if name.endswith(")") else f"{name} (log scale)"


def spread(wanted: Sequence[float], gap: float, low: float, high: float) -> list[float]:
    """Places near the `wanted` ones, in their order, `gap` apart, inside of `low` and `high`.

    The nearest such places in the sense of least squares. Where there is no room for all, they
    go beyond `low`.

    >>> spread([0.5, 0.5, 0.0], 0.2, 0.0, 1.0)
    [0.4, 0.6, 0.0]
    """
    if len(wanted) == 0:
        return []
    order = np.argsort(wanted, kind="stable")
    steps = gap * np.arange(len(order))
    blocks: list[list[float]] = []  # of places that touch: [sum, count]
    for value in np.asarray(wanted, dtype=np.float64)[order] - steps:
        blocks.append([float(value), 1.0])
        while len(blocks) > 1 and blocks[-2][0] / blocks[-2][1] >= blocks[-1][0] / blocks[-1][1]:
            total, count = blocks.pop()
            blocks[-1] = [blocks[-1][0] + total, blocks[-1][1] + count]
    level = np.concatenate([np.full(int(count), total / count) for total, count in blocks])
    places = np.minimum(np.maximum(level, low), high - steps[-1]) + steps
    found = np.empty(len(order))
    found[order] = places
    return [float(place) for place in found.round(12)]


def names_right(
    ax: Axes, names: Sequence[str], heights: Sequence[float], tints: Sequence[str]
) -> None:
    """Names right of the axes, each near its height, never one upon the other."""
    if not names:
        return
    ends = ax.transAxes.inverted().transform(
        ax.transData.transform([(ax.get_xlim()[0], height) for height in heights])
    )[:, 1]
    box = ax.get_position()
    figure = ax.get_figure(root=True)
    points = box.height * figure.get_size_inches()[1] * 72.0  # type: ignore[union-attr]
    places = spread(np.clip(ends, 0.0, 1.0).tolist(), LINE / points, 0.0, 1.0)
    for name, place, tint in zip(names, places, tints, strict=True):
        ax.annotate(
            short(name, 26),
            (1.0, place),
            xycoords="axes fraction",
            xytext=(4, 0),
            textcoords="offset points",
            color=tint,
            fontsize=SMALL,
            va="center",
            annotation_clip=False,
            parse_math=False,
        )


def checked_marks(argument: str, marks: Mapping[str, float] | None) -> dict[str, float]:
    """Named places as finite numbers."""
    found = {str(name): float(value) for name, value in (marks or {}).items()}
    for name, value in found.items():
        if not np.isfinite(value):
            raise ArgumentError(f"{argument}[{name!r}] must be a finite number; got {value}")
    return found


def mark_across(ax: Axes, theme: Theme, marks: Mapping[str, float]) -> float:
    """A dashed line at each place and its name above the axes, in rows where names would touch.

    A place beyond the axis is named at that end, with an arrow. Returns the height of all names in
    points: the title must stand above them.
    """
    low, high = ax.get_xlim()
    box = ax.get_position()
    figure = ax.get_figure(root=True)
    width = box.width * figure.get_size_inches()[0] * 72.0  # type: ignore[union-attr]
    rows: list[float] = []  # where each row of names is free again, in points
    for name, value in sorted(marks.items(), key=lambda item: item[1]):
        inside = low <= value <= high
        if inside:
            ax.axvline(value, color=theme.ink, linewidth=1.2, linestyle=(0, (4, 2)), zorder=2.5)
        across = _share(ax, value) if inside else float(value > high)
        said = f"{short(name, 30)} = {number(value)}"
        said = said if inside else f"{said} →" if value > high else f"← {said}"
        long = LETTER * len(said)
        left = min(max(across * width - long / 2, 0.0), max(width - long, 0.0))
        row = next((i for i, free in enumerate(rows) if free <= left), len(rows))
        rows[row : row + 1] = [left + long + 8]
        ax.annotate(
            said,
            (across, 1.0),
            xycoords="axes fraction",
            xytext=(left + long / 2 - across * width, 3 + LINE * row),
            textcoords="offset points",
            color=theme.ink,
            fontsize=SMALL,
            ha="center",
            va="bottom",
            parse_math=False,
        )
    return LINE * len(rows)


def _share(ax: Axes, value: float) -> float:
    """How far along the axis `value` lies, 0 at its left end and 1 at its right end."""
    place = ax.transData.transform((value, ax.get_ylim()[0]))
    return float(np.clip(ax.transAxes.inverted().transform(place)[0], 0.0, 1.0))
