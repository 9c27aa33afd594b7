"""What the figures over epochs share: lines with their names at the end, and the kept epoch."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from clearprop.figures._chart import plain_decades
from clearprop.figures._data import DRAWABLE, Floats, restored
from clearprop.figures.style import SMALL, TEXT, Theme

if TYPE_CHECKING:
    from collections.abc import Callable

    from matplotlib.axes import Axes

__all__ = ["epoch_axis", "logarithmic", "mark_divergence", "mark_kept", "name_ends", "plot_parts"]

DENSE = 4000  # points of a line above which it is embedded as pixels
LINE_HEIGHT = 12.0  # points between two names, at least
LOG_RATIO = 20.0  # a log axis helps where the largest value is this many times the smallest


def epoch_axis(ax: Axes, epochs: Floats) -> None:
    """Whole epochs below, with room for one epoch only."""
    from matplotlib.ticker import MaxNLocator

    first, last = float(epochs[0]), float(epochs[-1])
    pad = 0.5 if first == last else 0.02 * (last - first)
    ax.set_xlim(first - pad, last + pad)
    ax.xaxis.set_major_locator(MaxNLocator(nbins=7, integer=True))


def logarithmic(ax: Axes, *lines: Floats) -> bool:
    """Make y logarithmic where all values are positive and span more than a decade or so."""
    values = np.concatenate([line[np.isfinite(line)] for line in lines])
    low, high = values.min(initial=np.inf), values.max(initial=-np.inf)
    if not 1 / DRAWABLE < low <= high / LOG_RATIO:
        return False
    decades = np.log10(high) - np.log10(low)
    margin = 10 ** (0.05 * decades)
    ax.set_ylim(low / margin, high * margin)  # before the scale, whose own limits may overflow
    ax.set_yscale("log")
    plain_decades(ax.yaxis, low, high)
    return True


def plot_parts(ax: Axes, theme: Theme, epochs: Floats, parts: Mapping[str, Floats]) -> None:
    """One line a part; a lone point is drawn as a dot."""
    for values, colour in zip(parts.values(), theme.palette, strict=False):
        lone = np.isfinite(values).sum() == 1
        ax.plot(
            epochs,
            values,
            color=colour,
            linewidth=1.8,
            marker="o" if lone else "",
            markersize=5,
            solid_capstyle="round",
            rasterized=len(epochs) > DENSE,
        )


def name_ends(
    ax: Axes,
    theme: Theme,
    epochs: Floats,
    parts: Mapping[str, Floats],
    shown: Callable[[float], str],
) -> None:
    """Each line's name and last value right of it, never one upon the other."""
    ends = []
    bottom, top = ax.get_ylim()
    for (name, values), colour in zip(parts.items(), theme.palette, strict=False):
        finite = np.flatnonzero(np.isfinite(values))
        if finite.size:
            x, y = float(epochs[finite[-1]]), float(values[finite[-1]])
            ends.append((x, min(max(y, bottom), top), f"{name}\n{shown(y)}", colour))
    heights = [ax.transData.transform((x, y))[1] for x, y, _, _ in ends]
    points = 72.0 / ax.get_figure(root=True).dpi  # type: ignore[union-attr]
    for (x, y, text, colour), shift in zip(ends, _apart(heights, points), strict=True):
        ax.annotate(
            text,
            (x, y),
            xytext=(1.0, shift),
            textcoords=("axes fraction", "offset points"),
            color=colour,
            fontsize=SMALL,
            va="center",
            annotation_clip=False,
            parse_math=False,
        )


def _apart(heights: list[float], points: float) -> list[float]:
    """Shifts in points that keep names of two lines from covering one another."""
    need = 2 * LINE_HEIGHT
    if len(heights) < 2:
        return [0.0] * len(heights)
    gap = (heights[0] - heights[1]) * points
    shift = max(0.0, need - abs(gap)) / 2
    return [shift, -shift] if gap >= 0 else [-shift, shift]


def mark_kept(
    ax: Axes, theme: Theme, epochs: Floats, values: Floats, best_epoch: int | None
) -> None:
    """A thin line at the kept epoch and a ring around its value."""
    point = restored(epochs, values, best_epoch)
    if point is None:
        return
    ax.axvline(point[0], color=theme.muted, linewidth=0.9, linestyle=(0, (3, 3)), zorder=1.5)
    ax.plot(
        *point,
        marker="o",
        markersize=8,
        markerfacecolor="none",
        markeredgecolor=theme.ink,
        markeredgewidth=1.5,
        linestyle="",
        zorder=5,
        clip_on=False,  # an accuracy of 100 % lies at the edge
    )
    # The words stand on the roomier side of the point, across and up.
    across, up = ax.transAxes.inverted().transform(ax.transData.transform(point))
    late, high = across > 0.5, up > 0.5
    ax.annotate(
        f"kept: epoch {best_epoch:,}",
        (point[0], 0.0 if high else 1.0),
        xycoords=("data", "axes fraction"),
        xytext=(-4 if late else 4, 3 if high else -2),
        textcoords="offset points",
        color=theme.muted,
        fontsize=SMALL,
        ha="right" if late else "left",
        va="bottom" if high else "top",
    )


def mark_divergence(ax: Axes, theme: Theme, epochs: Floats, values: Floats) -> None:
    """Say from which epoch on there are no numbers, and shade what is missing."""
    finite = np.flatnonzero(np.isfinite(values))
    if finite.size and finite[-1] == len(values) - 1:
        return
    lost = 0 if finite.size == 0 else int(finite[-1]) + 1
    left = epochs[lost] if lost == 0 else epochs[lost - 1]
    ax.axvspan(float(left), ax.get_xlim()[1], color=theme.faint, alpha=0.6, linewidth=0, zorder=0)
    ax.annotate(
        f"no finite value from epoch {epochs[lost]:,.0f} on",
        (0.98, 0.5),
        xycoords="axes fraction",
        color=theme.palette[1],
        fontsize=TEXT,
        fontweight="bold",
        ha="right",
        va="center",
        bbox={"boxstyle": "round,pad=0.4", "facecolor": theme.background, "edgecolor": "none"},
        zorder=6,
    )
