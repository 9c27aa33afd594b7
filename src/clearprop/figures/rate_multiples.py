"""Small multiples of a sweep: one little picture for each learning rate, all on one scale."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from clearprop.errors import ArgumentError
from clearprop.figures._chart import plain_decades
from clearprop.figures._data import DRAWABLE, Floats, floats, same_length
from clearprop.figures.rate_map import label_colours
from clearprop.figures.style import SMALL, TEXT, TITLE, Theme, dress, theme_named
from clearprop.figures.words import counted, number, short

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["Line", "Panel", "describe_rate_multiples", "rate_multiples"]

_COLUMNS = 6
_FAR = 3.0  # quantile ranges beyond which a value does not stretch the common scale


@dataclass(frozen=True)
class Line:
    """One line of a little picture: `x` and `y`, `(n,)`, and the label that colours it."""

    x: ArrayLike
    y: ArrayLike
    label: str


@dataclass(frozen=True)
class Panel:
    """One little picture: its title, such as "0.05", and its lines."""

    title: str
    lines: Sequence[Line]


def rate_multiples(
    panels: Sequence[Panel],
    name: str,
    y: str,
    *,
    log: bool = False,
    theme: str | Theme = "light",
) -> Axes:
    """A grid of little pictures with common axes.

    Args:
        panels: one for each learning rate, in order.
        name: the title of all, which says batch size and optimizer.
        y: what the lines show.
        log: y logarithmic, where it has positive values.
        theme: "light", "dark" or a Theme.

    Returns:
        The first of the Axes; the others are in its figure.

    >>> ax = rate_multiples([Panel("0.1", [Line([0, 1], [2, 1], "good")])], "Losses", "loss")
    >>> ax.get_title(loc="left")
    '0.1'
    """
    from matplotlib.figure import Figure
    from matplotlib.layout_engine import ConstrainedLayoutEngine

    chosen, lines = theme_named(theme), _checked(panels)
    columns = min(_COLUMNS, len(panels))
    rows = -(-len(panels) // columns)
    figure = Figure(
        figsize=(max(1.7 * columns, 3.4), 1.35 * rows + 0.6),
        layout=ConstrainedLayoutEngine(w_pad=0.04, h_pad=0.04),
        facecolor=chosen.background,
    )
    grid = figure.subplots(rows, columns, sharex=True, sharey=True, squeeze=False)
    limits = _limits([values for panel in lines for _, values, _ in panel], log=log)
    tints = label_colours(chosen)
    for ax, panel, drawn in zip(grid.flat, panels, lines, strict=False):
        dress(ax, chosen)
        for x, values, label in drawn:
            ax.plot(x, values, color=tints[label], linewidth=1.0, alpha=0.85)
        ax.set_title(
            short(panel.title),
            loc="left",
            fontsize=SMALL,
            color=chosen.ink,
            pad=3,
            parse_math=False,
        )
    for ax in grid.flat[len(panels) :]:
        ax.set_visible(False)
    if log and limits[0] > 0:
        grid[0, 0].set_yscale("log")
        plain_decades(grid[0, 0].yaxis, *limits, most=4)
    grid[0, 0].set_ylim(*limits)
    _name(figure, chosen, name, y)
    first: Axes = grid[0, 0]
    return first


def describe_rate_multiples(panels: Sequence[Panel], name: str) -> str:
    """The pictures in one sentence.

    >>> describe_rate_multiples([Panel("0.1", [Line([0, 1], [2, 1], "good")])], "Losses")
    'Losses: 1 panel with 1 line; last values 0.1: 1 good.'
    """
    lines = _checked(panels)
    ends = []
    for panel, drawn in zip(panels, lines, strict=True):
        finite = [values[np.isfinite(values)] for _, values, _ in drawn]
        last = [float(values[-1]) for values in finite if values.size]
        labels = ", ".join(dict.fromkeys(label for _, _, label in drawn))
        ends.append(f"{panel.title}: {number(float(np.median(last)))} {labels}" if last else "")
    count = sum(len(panel.lines) for panel in panels)
    return (
        f"{name}: {counted(len(panels), 'panel')} with {counted(count, 'line')}; last values "
        f"{'; '.join(end for end in ends if end)}."
    )


def _checked(panels: Sequence[Panel]) -> list[list[tuple[Floats, Floats, str]]]:
    if not panels:
        raise ArgumentError("panels must hold at least one panel; it is empty")
    return [[_line(line) for line in panel.lines] for panel in panels]


def _line(line: Line) -> tuple[Floats, Floats, str]:
    x, y = floats("x", line.x), floats("y", line.y)
    same_length("x", x, "y", y)
    with np.errstate(invalid="ignore"):
        return x, np.where(np.abs(y) < DRAWABLE, y, np.nan), line.label


def _limits(lines: Sequence[Floats], *, log: bool) -> tuple[float, float]:
    """One scale for all; a run that blows up leaves the picture instead of flattening the rest."""
    values = np.concatenate([v[np.isfinite(v)] for v in lines] or [np.zeros(0)])
    if log and (values > 0).any():
        logs = np.log(values[values > 0])
        low, high = _bulk(logs)
        return float(np.exp(low)), float(np.exp(high))
    return _bulk(values) if values.size else (0.0, 1.0)


def _bulk(values: Floats) -> tuple[float, float]:
    q1, q3 = np.quantile(values, [0.1, 0.9])
    spread = (q3 - q1) or abs(q1) or 1.0
    low = max(float(values.min()), float(q1 - _FAR * spread))
    high = min(float(values.max()), float(q3 + _FAR * spread))
    pad = 0.05 * ((high - low) or spread)
    return low - pad, high + pad


def _name(figure: Figure, theme: Theme, name: str, y: str) -> None:
    """One title and one name for each axis."""
    figure.suptitle(name, x=0.01, ha="left", fontsize=TITLE, fontweight="bold", color=theme.ink)
    figure.supxlabel("epoch", fontsize=TEXT, color=theme.muted)
    figure.supylabel(short(y, 40), fontsize=TEXT, color=theme.muted)
