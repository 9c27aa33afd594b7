"""Loss over epochs: whether it falls, and whether the validation loss follows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from clearprop.figures._curves import (
    epoch_axis,
    logarithmic,
    mark_divergence,
    mark_kept,
    name_ends,
    plot_parts,
)
from clearprop.figures._data import Floats, column, parts, restored
from clearprop.figures.style import Theme, start, title
from clearprop.figures.words import counted, number

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["describe_loss_curves", "loss_curves"]


def loss_curves(
    history: Mapping[str, ArrayLike],
    best_epoch: int | None = None,
    *,
    ax: Axes | None = None,
    theme: str | Theme = "light",
) -> Axes:
    """Training and validation loss over epochs, the kept epoch ringed.

    y is logarithmic where the values are positive and span a factor of 20 or more.

    Args:
        history: columns `epoch`, `train_loss` and perhaps `validation_loss`, each (n_epochs,);
            what is not finite is left out and said.
        best_epoch: the epoch whose network was kept, as in the column `epoch`.
        ax: where to draw; new Axes where None.
        theme: "light", "dark" or a Theme.

    Returns:
        The Axes.

    >>> ax = loss_curves({"epoch": [1, 2], "train_loss": [0.7, 0.3]}, best_epoch=2)
    >>> ax.lines[0].get_ydata().tolist()
    [0.7, 0.3]
    """
    ax, chosen = start(ax, theme)
    epochs, lines = column(history, "epoch"), parts(history, "loss")
    plot_parts(ax, chosen, epochs, lines)
    epoch_axis(ax, epochs)
    log = logarithmic(ax, *lines.values())
    title(ax, chosen, "Loss", "epoch", "loss (log scale)" if log else "loss")
    mark_kept(ax, chosen, epochs, _judged(lines), best_epoch)
    mark_divergence(ax, chosen, epochs, lines["training"])
    name_ends(ax, chosen, epochs, lines, lambda value: number(value, 3))
    return ax


def describe_loss_curves(history: Mapping[str, ArrayLike], best_epoch: int | None = None) -> str:
    """The loss curves in one sentence.

    >>> describe_loss_curves({"epoch": [1, 2], "train_loss": [0.7, 0.3]}, best_epoch=2)
    'Loss over 2 epochs: training from 0.7 to 0.3; kept: epoch 2 with training loss 0.3.'
    """
    epochs, lines = column(history, "epoch"), parts(history, "loss")
    said = ", ".join(from_to(name, values) for name, values in lines.items())
    kept = restored(epochs, _judged(lines), best_epoch)
    judge = "validation" if "validation" in lines else "training"
    end = f"; kept: epoch {kept[0]:,.0f} with {judge} loss {number(kept[1])}" if kept else ""
    return f"Loss over {counted(len(epochs), 'epoch')}: {said}{end}."


def from_to(name: str, values: Floats) -> str:
    """How one line went, in a few words."""
    finite = values[np.isfinite(values)]
    if finite.size == 0:
        return f"{name} never finite"
    if finite.size == 1:
        return f"{name} {number(finite[0])}"
    lost = "" if np.isfinite(values[-1]) else " and then not finite"
    return f"{name} from {number(finite[0])} to {number(finite[-1])}{lost}"


def _judged(lines: Mapping[str, Floats]) -> Floats:
    """The line by which an epoch is chosen: validation where there is one."""
    return lines.get("validation", lines["training"])
