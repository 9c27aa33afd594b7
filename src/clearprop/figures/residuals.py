"""Residuals: how far off, and to which side."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from clearprop.figures._data import Floats
from clearprop.figures.predicted import pairs
from clearprop.figures.style import SMALL, Theme, start, title
from clearprop.figures.words import counted, number

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["describe_residual_histogram", "residual_histogram"]


def residual_histogram(
    true: ArrayLike,
    predicted: ArrayLike,
    *,
    ax: Axes | None = None,
    theme: str | Theme = "light",
) -> Axes:
    """How the residuals, predicted minus true, are spread around zero.

    Args:
        true: targets (n,), in their own units.
        predicted: predictions (n,). Pairs that are not finite are left out and said.
        ax: where to draw; new Axes where None.
        theme: "light", "dark" or a Theme.

    Returns:
        The Axes; the bars are its patches.

    >>> ax = residual_histogram([0.0, 0.0, 0.0, 0.0], [1.0, 1.0, -1.0, -1.0])
    >>> sum(int(bar.get_height()) for bar in ax.patches)
    4
    """
    ax, chosen = start(ax, theme)
    t, p, lost = pairs(true, predicted)
    said = f" ({lost:,} rows not finite)" if lost else ""
    title(ax, chosen, f"Residuals{said}", "predicted minus true", "rows")
    ax.grid(visible=False, axis="x")
    residuals = p - t
    if len(residuals) == 0:
        return ax
    edges = _edges(residuals)
    heights, _ = np.histogram(residuals, edges)
    ax.bar(
        edges[:-1],
        heights.astype(float),
        width=np.diff(edges),
        align="edge",
        color=chosen.palette[0],
        edgecolor=chosen.background,
        linewidth=0.6,
    )
    _mark(ax, chosen, float(residuals.mean()))
    return ax


def describe_residual_histogram(true: ArrayLike, predicted: ArrayLike) -> str:
    """The residuals in one sentence.

    >>> describe_residual_histogram([0.0, 0.0], [1.0, -1.0])
    'Residuals (predicted minus true) of 2 rows: mean 0, median 0, standard deviation 1, \
from -1 to 1.'
    """
    t, p, lost = pairs(true, predicted)
    if len(t) == 0:
        return f"Residuals: none of {counted(lost, 'row')} is finite."
    residuals = p - t
    scale = float(np.abs(residuals).max()) or 1.0
    spread = float(np.std(residuals / scale)) * scale
    rest = f"; {counted(lost, 'row')} not finite" if lost else ""
    return (
        f"Residuals (predicted minus true) of {counted(len(t), 'row')}: "
        f"mean {number(residuals.mean())}, median {number(float(np.median(residuals)))}, "
        f"standard deviation {number(spread)}, "
        f"from {number(residuals.min())} to {number(residuals.max())}{rest}."
    )


def _edges(residuals: Floats) -> Floats:
    """Edges of 8 to 40 equal bins (square root rule), or of one around equal residuals."""
    low, high = float(residuals.min()), float(residuals.max())
    count = int(np.clip(np.sqrt(len(residuals)), 8, 40))
    edges = np.linspace(low, high, count + 1)
    if (np.diff(edges) > 0).all():
        return edges
    pad = 0.05 * abs(low) or 0.5
    return np.array([low - pad, high + pad])


def _mark(ax: Axes, theme: Theme, mean: float) -> None:
    """Zero, where all should lie, and the mean, where they do."""
    ax.axvline(0.0, color=theme.ink, linewidth=1.2)
    ax.axvline(mean, color=theme.palette[1], linewidth=1.6, linestyle=(0, (4, 2)))
    ax.annotate(
        f"mean {number(mean, 3)}",
        (0.98, 0.97),
        xycoords="axes fraction",
        ha="right",
        va="top",
        color=theme.palette[1],
        fontsize=SMALL,
    )
