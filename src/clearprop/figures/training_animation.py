"""A training as a moving picture: the decision boundary on the left, the loss on the right."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from clearprop import _checks
from clearprop.errors import ArgumentError
from clearprop.figures._chart import names_right
from clearprop.figures._curves import epoch_axis, logarithmic
from clearprop.figures._data import Floats, column, evenly, floats, parts
from clearprop.figures.animation import animate
from clearprop.figures.boundary import Boundary, decision_boundary
from clearprop.figures.style import Theme, start, title
from clearprop.figures.words import counted, number
from clearprop.network import Network

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["boundaries_over", "describe_training_animation", "training_animation"]

_SIZE = (7.4, 3.1)  # inches
_MARGIN = 0.08  # of the samples' extent, around them


def training_animation(
    boundaries: Sequence[Boundary],
    epochs: ArrayLike,
    history: Mapping[str, ArrayLike],
    path: str | os.PathLike[str],
    *,
    frames: int = 24,
    fps: float = 6.0,
    theme: str | Theme = "light",
) -> None:
    """Write how the boundary moves while the loss falls.

    Args:
        boundaries: one for each record, as from `boundaries_over`.
        epochs: (n_records,) the epoch of each, ascending.
        history: columns `epoch`, `train_loss` and perhaps `validation_loss`.
        path: ends in .gif, or in .mp4 where ffmpeg is installed.
        frames: at most so many records are shown, evenly spaced, the first and last among them.
        fps: frames a second.
        theme: "light", "dark" or a Theme.

    Raises:
        ArgumentError: boundaries and epochs of different lengths, a history without losses.
        WriteError: the file cannot be written.
    """
    times = _times(boundaries, epochs)
    _checks.integer("frames", frames, least=2)
    shown = evenly(len(times), frames)

    def draw(k: int, chosen: Theme) -> Axes:
        return training_frame(boundaries[shown[k]], float(times[shown[k]]), history, theme=chosen)

    animate(draw, len(shown), path, fps=fps, theme=theme)


def describe_training_animation(
    boundaries: Sequence[Boundary], epochs: ArrayLike, history: Mapping[str, ArrayLike]
) -> str:
    """The moving picture in one sentence: mistakes and losses, at first and at last."""
    times = _times(boundaries, epochs)
    said = ", ".join(
        f"{name} loss {_ends(values)}" for name, values in parts(history, "loss").items()
    )
    wrong = [int(np.sum(boundaries[k].misclassified)) for k in (0, -1)]
    rows = counted(len(np.asarray(boundaries[0].points)), "row")
    return (
        f"Decision boundary from epoch {number(times[0])} to {number(times[-1])}: {wrong[0]:,} of "
        f"{rows} misclassified at first, {wrong[1]:,} at last; {said}."
    )


def _ends(values: Floats) -> str:
    finite = values[np.isfinite(values)]
    if finite.size == 0:
        return "never finite"
    return f"from {number(finite[0])} to {number(finite[-1])}"


def _times(boundaries: Sequence[Boundary], epochs: ArrayLike) -> Floats:
    times = floats("epochs", epochs)
    if len(boundaries) != len(times):
        raise ArgumentError(
            f"boundaries must be as many as epochs ({len(times)}); got {len(boundaries)}"
        )
    return times


def training_frame(
    boundary: Boundary,
    epoch: float,
    history: Mapping[str, ArrayLike],
    *,
    theme: str | Theme = "light",
) -> Axes:
    """One frame: the boundary at that epoch, the loss up to there in full colour."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=_SIZE)
    # Fixed places, not a layout: frames must not jump where a name comes or goes.
    left = figure.add_axes((0.095, 0.17, 0.38, 0.68))
    right = figure.add_axes((0.695, 0.17, 0.20, 0.68))
    ax, chosen = start(left, theme)
    figure.set_facecolor(chosen.background)
    decision_boundary(boundary, ax=ax, theme=chosen)
    title(ax, chosen, f"Epoch {epoch:,.4g}", *boundary.feature_names)
    _loss(right, chosen, column(history, "epoch"), parts(history, "loss"), epoch)
    return ax


def boundaries_over(
    network: Network,
    weights: ArrayLike,
    X: ArrayLike,
    y: ArrayLike,
    *,
    feature_names: tuple[str, str] = ("x1", "x2"),
    class_names: Sequence[str] | None = None,
    places: int = 60,
) -> list[Boundary]:
    """What the network says at every place of the plane, with each of the recorded weights.

    Args:
        network: of two inputs, with probabilities as output: sigmoid, or softmax.
        weights: (n_records, p), as `run.weights`.
        X: (n, 2) samples.
        y: (n,) the class of each, counted from 0.
        feature_names: of the inputs.
        class_names: of the classes; their numbers where None.
        places: of the grid, each way.

    Returns:
        One `Boundary` a record, all on the same grid.
    """
    points, labels = floats("X", X, 2), floats("y", y).astype(np.int64)
    sizes = network.architecture.layer_sizes
    if sizes[0] != 2 or network.architecture.activations[-1] not in ("sigmoid", "softmax"):
        raise ArgumentError(
            "network must have two inputs and a sigmoid or softmax output to have a boundary; "
            f"got {network!r}"
        )
    records = floats("weights", weights, 2)
    across, up = (_places(points[:, k], _checks.integer("places", places, least=2)) for k in (0, 1))
    grid = np.column_stack([axis.ravel() for axis in np.meshgrid(across, up)])
    names = list(class_names or [str(k) for k in range(max(sizes[-1], 2))])
    found = []
    for row in records:
        here = Network.of(network.architecture, row.astype(network.dtype), network.initialiser)
        field = _probabilities(here, grid).reshape(len(up), len(across), -1)
        wrong = _probabilities(here, points).argmax(axis=1) != labels
        found.append(
            Boundary(feature_names, points, labels, names, across, up, field, misclassified=wrong)
        )
    return found


def _probabilities(network: Network, X: Floats) -> Floats:
    """Of every class, `(n, n_classes)`."""
    output = network.predict(X).astype(np.float64)
    return np.column_stack([1 - output, output]) if output.shape[1] == 1 else output


def _places(values: Floats, count: int) -> Floats:
    low, high = values.min(), values.max()
    margin = _MARGIN * ((high - low) or 1.0)
    return np.linspace(low - margin, high + margin, count)


def _loss(
    ax: Axes, theme: Theme, epochs: Floats, lines: Mapping[str, Floats], epoch: float
) -> None:
    """The whole curve faint, in full colour up to the epoch, and a dot there."""
    from matplotlib.ticker import MaxNLocator

    ax, _ = start(ax, theme)
    epoch_axis(ax, epochs)
    ax.xaxis.set_major_locator(MaxNLocator(nbins=4, integer=True))
    done = epochs <= epoch
    for values, tint in zip(lines.values(), theme.palette, strict=False):
        ax.plot(epochs, values, color=theme.muted, alpha=0.35, linewidth=1.0)
        ax.plot(epochs[done], values[done], color=tint, linewidth=1.8)
        ax.plot(epochs[done][-1:], values[done][-1:], color=tint, marker="o", markersize=5)
    log = logarithmic(ax, *lines.values())
    title(ax, theme, "Loss (log scale)" if log else "Loss", "epoch")
    ends = [values[np.isfinite(values)][-1:] for values in lines.values()]
    names_right(
        ax,
        [name for name, end in zip(lines, ends, strict=True) if end.size],
        [float(end[0]) for end in ends if end.size],
        [tint for tint, end in zip(theme.palette, ends, strict=False) if end.size],
    )
