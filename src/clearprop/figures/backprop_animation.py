"""One step of backpropagation as a moving picture: values forward, deltas back, new weights."""

from __future__ import annotations

import itertools
import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from clearprop.errors import ArgumentError
from clearprop.figures._data import Floats, floats, numeric
from clearprop.figures.animation import animate
from clearprop.figures.network import NetworkDrawing, network_drawing
from clearprop.figures.style import Theme
from clearprop.figures.words import number

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from clearprop.ledgers import Ledger

__all__ = [
    "BackpropStep",
    "backprop_animation",
    "backprop_drawings",
    "describe_backprop_animation",
]


@dataclass(frozen=True, eq=False)
class BackpropStep:
    """The numbers of one step on one sample.

    Attributes:
        activations: of every layer, the inputs first: `(n_0,)`, `(n_1,)`, ..., `(n_L,)`.
        deltas: `∂C/∂z` of every layer but the inputs: `(n_1,)`, ..., `(n_L,)`.
        weights: before the step, `(n_in, n_out)` each.
        new_weights: after it.
    """

    activations: Sequence[ArrayLike]
    deltas: Sequence[ArrayLike]
    weights: Sequence[ArrayLike]
    new_weights: Sequence[ArrayLike]

    @classmethod
    def of(cls, step: Ledger, sample: int = 0) -> BackpropStep:
        """From a ledger; activations and deltas are those of one of its samples."""
        layers = range(1, step.plan.architecture.n_layers + 1)
        return cls(
            [step["X"][sample], *(step[f"a{i}"][sample] for i in layers)],
            [step[f"delta{i}"][sample] for i in layers],
            [step[f"W{i}"] for i in layers],
            [step[f"W{i}_new"] for i in layers],
        )


def backprop_animation(
    step: BackpropStep,
    path: str | os.PathLike[str],
    *,
    fps: float = 0.8,
    theme: str | Theme = "light",
) -> None:
    """Write the step as a moving picture: one frame a layer forward, one back, one at the end.

    Args:
        step: values, deltas and weights.
        path: ends in .gif, or in .mp4 where ffmpeg is installed.
        fps: frames a second.
        theme: "light", "dark" or a Theme.

    Raises:
        ArgumentError: numbers of shapes that do not fit, or a network too large to be drawn.
        WriteError: the file cannot be written.
    """
    drawings = backprop_drawings(step)

    def draw(k: int, chosen: Theme) -> Axes:
        return network_drawing(drawings[k], theme=chosen)

    animate(draw, len(drawings), path, fps=fps, hold=2 / fps, theme=theme)


def describe_backprop_animation(step: BackpropStep) -> str:
    """The step in one sentence: what comes out, what goes back, how far the weights move.

    >>> step = BackpropStep([[1.0], [0.5]], [[0.2]], [[[2.0]]], [[[1.9]]])
    >>> describe_backprop_animation(step)
    'One step of backpropagation, 1-1: output 0.5; deltas of layer 1 0.2; weights of layer 1 move \
by at most 0.1.'
    """
    a, deltas, W, W_new = _checked(step)
    shape = "-".join(str(len(values)) for values in a)
    said = [f"output {_listed(a[-1])}"]
    said += [f"deltas of layer {i} {_listed(deltas[i - 1])}" for i in range(len(deltas), 0, -1)]
    said += [
        f"weights of layer {i} move by at most {number(float(np.abs(new - old).max()), 3)}"
        for i, (old, new) in enumerate(zip(W, W_new, strict=True), start=1)
    ]
    return f"One step of backpropagation, {shape}: {'; '.join(said)}."


def _listed(values: Floats) -> str:
    return ", ".join(number(float(value), 3) for value in values)


def backprop_drawings(step: BackpropStep) -> list[NetworkDrawing]:
    """The frames, for whoever wants them one by one.

    >>> step = BackpropStep([[1.0], [0.5]], [[0.2]], [[[2.0]]], [[[1.9]]])
    >>> [drawing.title for drawing in backprop_drawings(step)]
    ['Forward: inputs', 'Forward: values of layer 1', 'Backward: deltas of layer 1', 'New weights']
    """
    a, deltas, W, W_new = _checked(step)
    sizes, depth = [len(values) for values in a], len(deltas)
    names = [[f"x{j + 1}" for j in range(sizes[0])]]
    names += [[f"a{i}[{j}]" for j in range(n)] for i, n in enumerate(sizes[1:], start=1)]
    slopes = names[:1] + [[f"δ{i}[{j}]" for j in range(n)] for i, n in enumerate(sizes) if i]
    blank = [[None] * n for n in sizes]
    drawings = []
    for layer in range(depth + 1):
        said = f"values of layer {layer}" if layer else "inputs"
        labels = [a[i].tolist() if i <= layer else blank[i] for i in range(depth + 1)]
        lit = range(layer + 1)
        drawings.append(NetworkDrawing(sizes, labels, W, "forward", f"Forward: {said}", names, lit))
    for layer in range(depth, 0, -1):
        back = [i >= layer for i in range(depth + 1)]
        labels = [(deltas[i - 1] if back[i] else a[i]).tolist() for i in range(depth + 1)]
        called = [slopes[i] if back[i] else names[i] for i in range(depth + 1)]
        said = f"Backward: deltas of layer {layer}"
        lit = range(layer, depth + 1)
        drawings.append(NetworkDrawing(sizes, labels, W, "backward", said, called, lit))
    drawings.append(NetworkDrawing(sizes, blank, W_new, "forward", "New weights", names))
    return drawings


def _checked(
    step: BackpropStep,
) -> tuple[list[Floats], list[Floats], list[Floats], list[Floats]]:
    """All numbers as arrays whose shapes fit one another."""
    a = [floats(f"activations[{i}]", values) for i, values in enumerate(step.activations)]
    sizes = [len(values) for values in a]
    pairs = list(itertools.pairwise(sizes))
    found = []
    for name, wanted in (
        ("deltas", [(n,) for n in sizes[1:]]),
        ("weights", pairs),
        ("new_weights", pairs),
    ):
        arrays = [numeric(name, values) for values in getattr(step, name)]
        shapes = [array.shape for array in arrays]
        if shapes != wanted:
            raise ArgumentError(
                f"{name} must be of the shapes {wanted}, as the activations are; got {shapes}"
            )
        found.append(arrays)
    return a, found[0], found[1], found[2]
