"""Activations over epochs, layer by layer: whether they fade, saturate or stay alive."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from clearprop.errors import ArgumentError
from clearprop.figures._curves import epoch_axis
from clearprop.figures._data import DRAWABLE, Floats, floats, same_length
from clearprop.figures.style import SMALL, TEXT, TITLE, Theme, dress, theme_named
from clearprop.figures.words import counted, number, short

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["QUANTILES", "activations_over_time", "describe_activations_over_time"]

QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)
_COLUMNS = 3
_MOST = 9  # layers


def activations_over_time(
    epochs: ArrayLike,
    layers: Mapping[str, ArrayLike],
    *,
    quantiles: bool = False,
    name: str = "Activations",
    y: str = "activation",
    theme: str | Theme = "light",
) -> Axes:
    """A picture a layer, all on one scale: the median, and the middle 50 % and 90 % around it.

    Args:
        epochs: (n_epochs,) ascending.
        layers: by name, such as "layer 1, tanh": `(n_epochs, n_values)` activations of any samples
            and neurons; or the five quantiles 5, 25, 50, 75 and 95 %, `(n_epochs, 5)`.
        quantiles: whether `layers` holds quantiles.
        name: the title of all.
        y: what is up: deltas and gradients can be drawn as well.
        theme: "light", "dark" or a Theme.

    Returns:
        The first of the Axes; the others are in its figure.

    Raises:
        ArgumentError: no layer or more than nine, other lengths, quantiles that fall.

    >>> ax = activations_over_time([0, 1], {"layer 1": [[0, 1, 2], [1, 2, 3]]})
    >>> ax.lines[0].get_ydata().tolist()
    [1.0, 2.0]
    """
    from matplotlib.figure import Figure
    from matplotlib.layout_engine import ConstrainedLayoutEngine

    x, bands = _checked(epochs, layers, quantiles=quantiles)
    chosen = theme_named(theme)
    columns = 2 if len(bands) == 4 else min(_COLUMNS, len(bands))
    rows = -(-len(bands) // columns)
    figure = Figure(
        figsize=(max(2.3 * columns + 0.4, 4.2), 1.75 * rows + 0.8),
        layout=ConstrainedLayoutEngine(w_pad=0.05, h_pad=0.05),
        facecolor=chosen.background,
    )
    grid = figure.subplots(rows, columns, sharex=True, sharey=True, squeeze=False)
    for ax, (layer, band) in zip(grid.flat, bands.items(), strict=False):
        dress(ax, chosen)
        _band(ax, chosen, x, band)
        ax.set_title(
            short(layer, 30), loc="left", fontsize=SMALL, color=chosen.ink, pad=4, parse_math=False
        )
    for place, ax in enumerate(grid.flat[len(bands) :], len(bands)):
        ax.set_visible(False)
        grid.flat[place - columns].tick_params(labelbottom=True)
    epoch_axis(grid[0, 0], x)
    _limits(grid[0, 0], list(bands.values()))
    said = f"{short(name, 60)}: median, middle 50 % and 90 %"
    figure.suptitle(said, x=0.01, ha="left", fontsize=TITLE, fontweight="bold", color=chosen.ink)
    figure.supxlabel("epoch", fontsize=TEXT, color=chosen.muted)
    figure.supylabel(short(y, 40), fontsize=TEXT, color=chosen.muted)
    first: Axes = grid[0, 0]
    return first


def describe_activations_over_time(
    epochs: ArrayLike,
    layers: Mapping[str, ArrayLike],
    *,
    quantiles: bool = False,
    name: str = "Activations",
) -> str:
    """How the middle 90 % of each layer went, in one sentence.

    >>> describe_activations_over_time([0, 1], {"layer 1": [[0, 1, 2], [1, 2, 3]]})
    'Activations over 2 epochs: layer 1 from median 1 (90 % 0.1 to 1.9) to 2 (90 % 1.1 to 2.9).'
    """
    x, bands = _checked(epochs, layers, quantiles=quantiles)
    said = ", ".join(
        f"{short(layer, 30)} from median {_middle(band[0])} to {_middle(band[-1])}"
        for layer, band in bands.items()
    )
    return f"{short(name, 60)} over {counted(len(x), 'epoch')}: {said}."


def _checked(
    epochs: ArrayLike, layers: Mapping[str, ArrayLike], *, quantiles: bool
) -> tuple[Floats, dict[str, Floats]]:
    """Epochs, and for each layer `(n_epochs, 5)` quantiles."""
    x = floats("epochs", epochs)
    if not 1 <= len(layers) <= _MOST:
        raise ArgumentError(f"layers must be 1 to {_MOST}; got {len(layers)}")
    bands = {}
    for layer, given in layers.items():
        values = floats(f"layers[{layer!r}]", given, 2)
        same_length("epochs", x, f"layers[{layer!r}]", values)
        if quantiles and values.shape[1] != len(QUANTILES):
            raise ArgumentError(
                f"layers[{layer!r}] must hold {len(QUANTILES)} quantiles an epoch (5, 25, 50, 75 "
                f"and 95 %); got {values.shape[1]}"
            )
        if quantiles and (np.diff(values, axis=1) < 0).any():
            raise ArgumentError(f"layers[{layer!r}] must hold rising quantiles")
        bands[str(layer)] = values if quantiles else _quantiles(values)
    return x, bands


def _quantiles(values: Floats) -> Floats:
    """The five quantiles of each row; NaN where the row is not finite throughout."""
    with np.errstate(invalid="ignore"):
        whole = (np.abs(values) < DRAWABLE).all(axis=1)
    found = np.full((len(values), len(QUANTILES)), np.nan)
    if whole.any():
        found[whole] = np.quantile(values[whole], QUANTILES, axis=1).T
    return found


def _band(ax: Axes, theme: Theme, x: Floats, band: Floats) -> None:
    tint = theme.palette[0]
    lone = len(x) == 1
    for low, high, alpha in ((0, 4, 0.18), (1, 3, 0.32)):
        if lone:
            ax.vlines(x, band[:, low], band[:, high], color=tint, alpha=alpha, linewidth=14)
        else:
            ax.fill_between(x, band[:, low], band[:, high], color=tint, alpha=alpha, linewidth=0)
    ax.plot(x, band[:, 2], color=tint, linewidth=1.8, marker="o" if lone else "", zorder=3)


def _limits(ax: Axes, bands: list[Floats]) -> None:
    values = np.concatenate([band.ravel() for band in bands])
    finite = values[np.isfinite(values)]
    if finite.size:
        low, high = float(finite.min()), float(finite.max())
        pad = 0.05 * (high - low) or 0.05 * abs(high) or 0.5
        ax.set_ylim(low - pad, high + pad)


def _middle(row: Floats) -> str:
    low, _, median, _, high = (number(float(value)) for value in row)
    return f"{median} (90 % {low} to {high})"
