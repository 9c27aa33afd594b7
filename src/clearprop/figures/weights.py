"""Weights over epochs: which layers move, and whether they come to rest."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from clearprop.figures._curves import epoch_axis
from clearprop.figures._data import DRAWABLE, Floats, Ints, evenly, floats, same_length
from clearprop.figures.style import Theme, colours, key, start, title
from clearprop.figures.words import counted, number

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["describe_weight_histories", "weight_histories"]

MOST = 200  # lines drawn
FEWEST = 8  # lines of a layer, where it has as many weights
MOST_EPOCHS = 400  # points of a line
DENSE = 3000  # points in all above which the lines are embedded as pixels


def weight_histories(
    epochs: ArrayLike,
    weights: ArrayLike,
    layers: ArrayLike,
    *,
    ax: Axes | None = None,
    theme: str | Theme = "light",
) -> Axes:
    """One line a weight over epochs, coloured by layer.

    Args:
        epochs: (n_epochs,), 0 being the start.
        weights: (n_epochs, n_weights) values.
        layers: (n_weights,) the layer of each weight, counted from 1.
        ax: where to draw; new Axes where None.
        theme: "light", "dark" or a Theme.

    Returns:
        The Axes. Above 200 weights an evenly spaced sample of each layer is drawn, and said.

    >>> ax = weight_histories([0, 1], [[0.1, 0.2], [0.3, 0.1]], [1, 2])
    >>> [line.get_segments()[0][:, 1].tolist() for line in ax.collections]
    [[0.1, 0.3], [0.2, 0.1]]
    """
    from matplotlib.collections import LineCollection

    ax, chosen = start(ax, theme)
    x, values, layer = _checked(epochs, weights, layers)
    sample, times = _sample(layer), evenly(len(x), MOST_EPOCHS)
    numbers = np.unique(layer)
    tints = colours(chosen, len(numbers))
    alpha = float(np.clip(12 / np.sqrt(len(sample)) / 1.5, 0.45, 0.9))
    for n, tint in zip(numbers, tints, strict=True):
        lines = values[np.ix_(times, sample[layer[sample] == n])].T  # (n_lines, n_times)
        paths = np.stack([np.broadcast_to(x[times], lines.shape), lines], axis=-1)
        ax.add_collection(
            LineCollection(
                list(paths),
                colors=tint,
                linewidths=1.0,
                alpha=alpha,
                rasterized=len(sample) * len(times) > DENSE,
            )
        )
    _frame(ax, x, values[:, sample])
    said = f"{len(sample):,} of {len(layer):,}, evenly spaced" if len(sample) < len(layer) else ""
    title(ax, chosen, f"Weights ({said})" if said else "Weights", "epoch", "value")
    names = [f"layer {n}" for n in numbers]
    key(ax, chosen, names, tints, ["-"] * len(names))
    return ax


def describe_weight_histories(epochs: ArrayLike, weights: ArrayLike, layers: ArrayLike) -> str:
    """The weight histories in one sentence: how far each layer moved.

    >>> describe_weight_histories([0, 1], [[0.1, 0.2], [0.3, 0.1]], [1, 2])
    '2 weights over 2 epochs; mean absolute change from first to last: layer 1 0.2, layer 2 0.1.'
    """
    x, values, layer = _checked(epochs, weights, layers)
    change = np.abs(values[-1] - values[0])
    moved = [(n, change[layer == n]) for n in np.unique(layer)]
    said = ", ".join(
        f"layer {n} {number(float(c.mean())) if np.isfinite(c).all() else 'not finite'}"
        for n, c in moved
    )
    count, sample = len(layer), len(_sample(layer))
    drawn = f" ({sample:,} of them drawn, evenly spaced in each layer)" if sample < count else ""
    return (
        f"{counted(count, 'weight')}{drawn} over {counted(len(x), 'epoch')}; "
        f"mean absolute change from first to last: {said}."
    )


def _checked(
    epochs: ArrayLike, weights: ArrayLike, layers: ArrayLike
) -> tuple[Floats, Floats, Ints]:
    """Epochs (E,), weights (E, n) with NaN for what cannot be drawn, layers (n,)."""
    x, values = floats("epochs", epochs), floats("weights", weights, 2)
    layer = floats("layers", layers)
    same_length("epochs", x, "weights", values)
    same_length("weights[0]", values[0], "layers", layer)
    with np.errstate(invalid="ignore"):
        values = np.where(np.abs(values) < DRAWABLE, values, np.nan)
    return x, values, layer.astype(np.int64)


def _sample(layer: Ints) -> Ints:
    """Indices of the weights drawn: all, or an evenly spaced sample of each layer by its size."""
    count = len(layer)
    if count <= MOST:
        return np.arange(count)
    chosen = []
    for n in np.unique(layer):
        own = np.flatnonzero(layer == n)
        chosen.append(own[evenly(len(own), max(FEWEST, MOST * len(own) // count))])
    return np.concatenate(chosen)


def _frame(ax: Axes, x: Floats, values: Floats) -> None:
    """Limits around what is finite."""
    epoch_axis(ax, x)
    finite = values[np.isfinite(values)]
    if finite.size:
        low, high = float(finite.min()), float(finite.max())
        pad = 0.05 * (high - low) or 0.05 * abs(high) or 0.5
        ax.set_ylim(low - pad, high + pad)
