"""Accuracy or R² over epochs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from clearprop._checks import one_of
from clearprop.figures._curves import (
    epoch_axis,
    mark_divergence,
    mark_kept,
    name_ends,
    plot_parts,
)
from clearprop.figures._data import Floats, column, parts, restored
from clearprop.figures.style import Theme, start, title
from clearprop.figures.words import counted, number, percent

if TYPE_CHECKING:
    from collections.abc import Callable

    from matplotlib.axes import Axes

__all__ = ["describe_score_curves", "score_curves"]

_NAMES = {"accuracy": "Accuracy", "r2": "R²"}
_LOWEST_R2 = -1.0  # twice the error of predicting the mean; worse needs no exact reading


def score_curves(
    history: Mapping[str, ArrayLike],
    score: str,
    best_epoch: int | None = None,
    *,
    ax: Axes | None = None,
    theme: str | Theme = "light",
) -> Axes:
    """Training and validation accuracy or R² over epochs, the kept epoch ringed.

    Args:
        history: columns `epoch`, `train_<score>`, perhaps `validation_<score>`, each (n_epochs,).
        score: "accuracy" or "r2". R² below -1 lies outside the picture, and that is said.
        best_epoch: the epoch whose network was kept.
        ax: where to draw; new Axes where None.
        theme: "light", "dark" or a Theme.

    Returns:
        The Axes.

    >>> ax = score_curves({"epoch": [1, 2], "train_accuracy": [0.5, 0.9]}, "accuracy")
    >>> ax.lines[0].get_ydata().tolist()
    [0.5, 0.9]
    """
    name, shown = _NAMES[one_of("score", score, _NAMES)], _shown(score)
    ax, chosen = start(ax, theme)
    epochs, lines = column(history, "epoch"), parts(history, score)
    plot_parts(ax, chosen, epochs, lines)
    epoch_axis(ax, epochs)
    hidden = _limits(ax, score, np.concatenate(list(lines.values())))
    title(ax, chosen, name + (" (values below -1 not shown)" if hidden else ""), "epoch", name)
    mark_kept(ax, chosen, epochs, lines.get("validation", lines["training"]), best_epoch)
    mark_divergence(ax, chosen, epochs, lines["training"])
    name_ends(ax, chosen, epochs, lines, shown)
    return ax


def describe_score_curves(
    history: Mapping[str, ArrayLike], score: str, best_epoch: int | None = None
) -> str:
    """The score curves in one sentence.

    >>> describe_score_curves({"epoch": [1, 2], "train_accuracy": [0.5, 0.9]}, "accuracy")
    'Accuracy over 2 epochs: training from 50.0% to 90.0%, highest 90.0% at epoch 2.'
    """
    name, shown = _NAMES[one_of("score", score, _NAMES)], _shown(score)
    epochs, lines = column(history, "epoch"), parts(history, score)
    said = ", ".join(_line(part, epochs, values, shown) for part, values in lines.items())
    kept = restored(epochs, lines.get("validation", lines["training"]), best_epoch)
    end = f"; kept: epoch {kept[0]:,.0f} with {shown(kept[1])}" if kept else ""
    return f"{name} over {counted(len(epochs), 'epoch')}: {said}{end}."


def _shown(score: str) -> Callable[[float], str]:
    return percent if score == "accuracy" else number


def _line(part: str, epochs: Floats, values: Floats, shown: Callable[[float], str]) -> str:
    """How one line went, and where it was highest."""
    finite = np.flatnonzero(np.isfinite(values))
    if finite.size == 0:
        return f"{part} never finite"
    top = finite[np.argmax(values[finite])]
    first, last = shown(float(values[finite[0]])), shown(float(values[finite[-1]]))
    went = f"from {first} to {last}" if finite.size > 1 else first
    return f"{part} {went}, highest {shown(float(values[top]))} at epoch {epochs[top]:,.0f}"


def _limits(ax: Axes, score: str, values: Floats) -> bool:
    """Fit y to the values, never above 1 by much; whether some R² lie below the picture."""
    from matplotlib.ticker import PercentFormatter

    if score == "accuracy":
        ax.yaxis.set_major_formatter(PercentFormatter(xmax=1.0))
    finite = values[np.isfinite(values)]
    if finite.size == 0:
        ax.set_ylim(0.0, 1.0)
        return False
    low, high = max(float(finite.min()), _LOWEST_R2), max(float(finite.max()), _LOWEST_R2 + 0.1)
    pad = max(0.06 * (high - low), 0.01)
    ax.set_ylim(low - pad, min(high + pad, 1.0 + 0.2 * pad))  # nothing beyond 1 to read
    return bool((finite < _LOWEST_R2).any())
