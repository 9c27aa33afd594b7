"""The learning rate over epochs, never without the batch size and the optimizer it belongs to."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from clearprop.figures._curves import epoch_axis, logarithmic, plot_parts
from clearprop.figures._data import column
from clearprop.figures.style import Theme, start, title
from clearprop.figures.words import counted, number, short

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["describe_learning_rate_curve", "learning_rate_curve"]


def learning_rate_curve(
    history: Mapping[str, ArrayLike],
    optimizer: str,
    batch_size: int,
    *,
    ax: Axes | None = None,
    theme: str | Theme = "light",
) -> Axes:
    """The learning rate of each epoch, logarithmic where it spans a factor of 20 or more.

    Args:
        history: columns `epoch` and `learning_rate`, each (n_epochs,). Where Prodigy added
            `adapted_rate`, that is drawn: the rate in force.
        optimizer: the optimizer's name; a rate means nothing without it.
        batch_size: samples per step; nor without this.
        ax: where to draw; new Axes where None.
        theme: "light", "dark" or a Theme.

    Returns:
        The Axes.

    >>> ax = learning_rate_curve({"epoch": [1, 2], "learning_rate": [0.1, 0.05]}, "sgd", 32)
    >>> ax.get_title(loc="left")
    'Learning rate (sgd, batch size 32)'
    """
    ax, chosen = start(ax, theme, (5.4, 2.1))
    epochs, rates = column(history, "epoch"), _in_force(history)
    plot_parts(ax, chosen, epochs, {"rate": rates})
    epoch_axis(ax, epochs)
    if not logarithmic(ax, rates):
        top = float(np.max(rates, initial=0.0, where=np.isfinite(rates)))
        ax.set_ylim(0.0, 1.15 * top if top > 0 else 1.0)
    title(
        ax,
        chosen,
        f"Learning rate ({short(optimizer)}, batch size {batch_size:,})",
        "epoch",
        "learning rate",
    )
    return ax


def describe_learning_rate_curve(
    history: Mapping[str, ArrayLike], optimizer: str, batch_size: int
) -> str:
    """The learning rate over epochs in one sentence.

    >>> describe_learning_rate_curve({"epoch": [1, 2], "learning_rate": [0.1, 0.1]}, "sgd", 32)
    'Learning rate over 2 epochs (sgd, batch size 32): 0.1 throughout.'
    """
    rates = _in_force(history)
    finite = rates[np.isfinite(rates)]
    if finite.size == 0:
        said = "never finite"
    elif finite.min() == finite.max():
        said = f"{number(finite[0])} throughout"
    else:
        said = (
            f"from {number(finite[0])} to {number(finite[-1])}, "
            f"highest {number(finite.max())}, lowest {number(finite.min())}"
        )
    setting = f"{short(optimizer)}, batch size {batch_size:,}"
    return f"Learning rate over {counted(len(rates), 'epoch')} ({setting}): {said}."


def _in_force(history: Mapping[str, ArrayLike]) -> NDArray[np.float64]:
    """Prodigy's own rate where it was recorded, else the learning rate."""
    return column(history, "adapted_rate" if "adapted_rate" in history else "learning_rate")
