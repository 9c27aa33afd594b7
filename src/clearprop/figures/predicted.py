"""Predicted against true: a good regression lies along the diagonal."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from clearprop.figures._data import DRAWABLE, Floats, evenly, floats, same_length
from clearprop.figures.style import SMALL, Theme, start, title
from clearprop.figures.words import counted, number

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["describe_predicted_against_true", "predicted_against_true"]

MOST = 2000  # points drawn; more hide one another
DENSE = 400  # points above which they are embedded as pixels


def predicted_against_true(
    true: ArrayLike,
    predicted: ArrayLike,
    *,
    ax: Axes | None = None,
    theme: str | Theme = "light",
) -> Axes:
    """One point a row, the diagonal of a perfect prediction, and a band of one RMSE around it.

    Args:
        true: targets (n,), in their own units.
        predicted: predictions (n,). Pairs that are not finite are left out and said; above 2,000
            pairs an evenly spaced sample is drawn, and said.
        ax: where to draw; new Axes where None.
        theme: "light", "dark" or a Theme.

    Returns:
        The Axes.

    >>> ax = predicted_against_true([1.0, 2.0, 3.0], [1.1, 1.9, 3.2])
    >>> ax.collections[0].get_offsets().tolist()
    [[1.0, 1.1], [2.0, 1.9], [3.0, 3.2]]
    """
    ax, chosen = start(ax, theme, (4.8, 4.2))
    t, p, lost = pairs(true, predicted)
    at = evenly(len(t), MOST)
    ax.scatter(
        t[at],
        p[at],
        s=16,
        color=chosen.palette[0],
        alpha=_alpha(len(at)),
        linewidths=0,
        rasterized=len(at) > DENSE,
        zorder=2,
    )
    low, high = _range(t, p)
    ax.set(xlim=(low, high), ylim=(low, high), aspect="equal")
    _diagonal(ax, chosen, (low, high), rmse(t, p))
    said = f" ({len(at):,} of {len(t):,} rows)" if len(at) < len(t) else ""
    said += f" ({lost:,} not finite)" if lost else ""
    title(ax, chosen, f"Predicted against true{said}", "true", "predicted")
    return ax


def describe_predicted_against_true(true: ArrayLike, predicted: ArrayLike) -> str:
    """Predicted against true in one sentence.

    >>> describe_predicted_against_true([1.0, 2.0, 3.0], [1.5, 2.5, 2.5])
    'Predicted against true values of 3 rows: true from 1 to 3, predicted from 1.5 to 2.5, \
root mean squared error 0.5, R² 0.625.'
    """
    t, p, lost = pairs(true, predicted)
    if len(t) == 0:
        return f"Predicted against true values: none of {counted(lost, 'row')} is finite."
    spread = float(np.std(t / _scale(t))) * _scale(t)
    ratio = rmse(t, p) / spread if spread > 0 else 0.0
    r2 = f", R² {number(1 - ratio * ratio)}" if spread > 0 else ""
    rest = f"; {counted(lost, 'row')} not finite" if lost else ""
    return (
        f"Predicted against true values of {counted(len(t), 'row')}: "
        f"true from {number(t.min())} to {number(t.max())}, "
        f"predicted from {number(p.min())} to {number(p.max())}, "
        f"root mean squared error {number(rmse(t, p))}{r2}{rest}."
    )


def pairs(true: ArrayLike, predicted: ArrayLike) -> tuple[Floats, Floats, int]:
    """The finite pairs, each (m,), and how many were left out."""
    t, p = floats("true", true), floats("predicted", predicted)
    same_length("true", t, "predicted", p)
    with np.errstate(invalid="ignore"):
        good = (np.abs(t) < DRAWABLE) & (np.abs(p) < DRAWABLE)
    return t[good], p[good], int((~good).sum())


def rmse(true: Floats, predicted: Floats) -> float:
    """sqrt(mean((predicted - true)²)), scaled so that no square overflows; 0 for no rows."""
    if len(true) == 0:
        return 0.0
    error = predicted - true
    scale = _scale(error)
    return float(np.sqrt(np.mean((error / scale) ** 2)) * scale)


def _scale(values: Floats) -> float:
    return float(np.abs(values).max()) or 1.0


def _alpha(count: int) -> float:
    """Few points stand alone, many let one another through."""
    return float(np.clip(40 / np.sqrt(max(count, 1)) / 4, 0.3, 0.85))


def _range(true: Floats, predicted: Floats) -> tuple[float, float]:
    """One range for both axes, with a margin."""
    if len(true) == 0:
        return 0.0, 1.0
    low = float(min(true.min(), predicted.min()))
    high = float(max(true.max(), predicted.max()))
    pad = 0.05 * (high - low) or 0.05 * abs(high) or 0.5
    return low - pad, high + pad


def _diagonal(ax: Axes, theme: Theme, ends: tuple[float, float], error: float) -> None:
    """Where predicted equals true, and the band of one RMSE around it."""
    line = np.array(ends)
    ax.fill_between(
        line, line - error, line + error, color=theme.palette[1], alpha=0.13, linewidth=0, zorder=1
    )
    ax.plot(line, line, color=theme.palette[1], linewidth=1.4, zorder=3)
    ax.annotate(
        f"line: perfect\nband: ± RMSE {number(error)}",
        (0.03, 0.97),
        xycoords="axes fraction",
        color=theme.palette[1],
        fontsize=SMALL,
        va="top",
        linespacing=1.4,
    )
