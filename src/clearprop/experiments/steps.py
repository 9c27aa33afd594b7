"""What the lessons on a single step share: its numbers in print, on the network, and checked."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from pathlib import Path

from clearprop.experiments.compare import close
from clearprop.experiments.lesson import Check, Picture, Worked
from clearprop.figures import (
    BackpropStep,
    NetworkDrawing,
    Theme,
    backprop_animation,
    describe_network_drawing,
    network_drawing,
)
from clearprop.ledgers import Factors, Ledger
from clearprop.ledgers.text import worked
from clearprop.ledgers.writing import number, wrapped

__all__ = [
    "animation_of",
    "arithmetic",
    "backward_picture",
    "differences",
    "forward_picture",
    "product",
]

Names = Sequence[Sequence[str]]


def arithmetic(step: Ledger, *names: str) -> Worked:
    """The equation of each array named, and the numbers of each of its entries below."""
    return Worked([line.removeprefix("  ") for name in names for line in worked(step, name)])


def product(factors: Factors, names: Sequence[str], symbol: str) -> Worked:
    """A chain-rule product of one path: each factor with its formula, then the numbers multiplied.

    Args:
        factors: of a weight of a network with one neuron in each layer.
        names: a short name for each derivative, in order, such as "∂C/∂a2".
        symbol: of the whole product.
    """
    (path,) = factors.paths
    formulas = [_bare(factor.formula) for factor in path.factors]
    wide, wider = max(map(len, names)), max(map(len, formulas))
    lines = [
        f"{name:{wide}} = {text:{wider}} = {number(factor.value)}"
        for name, text, factor in zip(names, formulas, path.factors, strict=True)
    ]
    values = [number(factor.value) for factor in path.factors]
    parts = [f"({value})" if value.startswith("−") else value for value in values]
    symbols = f"{symbol} = {' · '.join(names)}"
    return Worked([*lines, "", symbols, *wrapped("  = ", parts, " · ", f" = {number(path.value)}")])


def _bare(formula: str) -> str:
    """`W2[0,0]` as `w2`: with one neuron a layer there is nothing to tell apart."""
    return re.sub(r"\[[\d,]+\]", "", formula).replace("W", "w").replace("X", "x")


def forward_picture(
    step: Ledger, name: str, caption: str, *, names: Names = (), kind: str = "forward"
) -> Picture:
    """The first sample on its way through the network: outputs on neurons, weights on edges."""
    layers = range(1, step.network.architecture.n_layers + 1)
    values = [step["X"][0].tolist(), *(step[f"a{i}"][0].tolist() for i in layers)]
    return _picture(kind, step, name, caption, (values, names))


def backward_picture(
    step: Ledger, name: str, caption: str, *, names: Names = (), kind: str = "backward"
) -> Picture:
    """The deltas of the first sample on their way back: over the same weights, against the arrows.

    Nothing is written on the inputs: there is no pre-activation to derive by.
    """
    sizes = step.network.architecture.layer_sizes
    deltas = [step[f"delta{i}"][0].tolist() for i in range(1, len(sizes))]
    return _picture(kind, step, name, caption, ([[None] * sizes[0], *deltas], names))


def _picture(
    kind: str,
    step: Ledger,
    name: str,
    caption: str,
    labels: tuple[Sequence[Sequence[float | None]], Names],
) -> Picture:
    values, names = labels
    drawing = NetworkDrawing(
        step.network.architecture.layer_sizes,
        neuron_labels=values,
        edge_labels=[W.tolist() for W, _ in step.network.layers],
        direction="backward" if kind.startswith("backward") else "forward",
        title=name,
        neuron_names=names,
    )
    return Picture(
        kind,
        caption,
        describe_network_drawing(drawing),
        lambda theme: network_drawing(drawing, theme=theme),
    )


def differences(step: Ledger, *names: str) -> list[Check]:
    """Each gradient named beside central differences of the cost: the weights nudged, no calculus.

    Args:
        step: of any network.
        names: gradients of the step, such as "delta2" or "dW1"; all where none is named.
    """
    found = step.checks
    tolerance = 1e-8 * max(1.0, float(step["loss"]))  # the cost is rounded in parts of itself
    return [
        close(
            name, found[name].differences, found[name].values,
            tolerance=tolerance, source="finite differences",
        )
        for name in names or found
    ]  # fmt: skip


def animation_of(step: Ledger) -> Callable[[Path, Theme], None]:
    """What writes the first sample's step as a moving picture."""
    return lambda path, theme: backprop_animation(BackpropStep.of(step), path, theme=theme)
