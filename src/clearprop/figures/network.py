"""A network as circles and arrows: values on its neurons, weights on its edges."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from numpy.typing import NDArray

from clearprop._checks import one_of
from clearprop.errors import ArgumentError
from clearprop.figures._network_layout import Layout, label_share, layout
from clearprop.figures._network_parts import (
    Label,
    draw_edges,
    draw_neurons,
    text_of,
    write_edges,
)
from clearprop.figures.style import SMALL, Theme, start, title
from clearprop.figures.words import counted, short

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["NetworkDrawing", "describe_network_drawing", "network_drawing"]

_MOST = (8, 12)  # layers, neurons of a layer
_SAID = 12  # weights between two layers told one by one in words


@dataclass(frozen=True, eq=False)
class NetworkDrawing:
    """What is drawn: a label is a text, a number (written with three digits), or None for nothing.

    Attributes:
        layer_sizes: neurons of each layer, the inputs first; up to 8 layers of up to 12.
        neuron_labels: for each layer a label for each neuron, written into its circle; or nothing.
        edge_labels: for each pair of layers a label for each weight, as in `W`: `(n_in, n_out)`; an
            entry of None leaves a pair of layers without.
        direction: where the arrows point: "forward" to the outputs, "backward" to the inputs.
        title: above the drawing.
        neuron_names: for each layer a name for each neuron, written below its circle; or nothing.
        lit: the layers in full colour, counted from 0; all where None. The others are pale.
    """

    layer_sizes: Sequence[int]
    neuron_labels: Sequence[Sequence[Label] | NDArray[Any]] = ()
    edge_labels: Sequence[Sequence[Sequence[Label]] | NDArray[Any] | None] = ()
    direction: str = "forward"
    title: str = "Network"
    neuron_names: Sequence[Sequence[str]] = ()
    lit: Collection[int] | None = None


def network_drawing(
    drawing: NetworkDrawing, *, ax: Axes | None = None, theme: str | Theme = "light"
) -> Axes:
    """Neurons as circles with their values, weights as arrows with theirs.

    Where more than four neurons meet more than four, the edges have no room for numbers: they are
    left out, and that is said below the drawing. In `ax` of your own the texts shrink with it.

    Args:
        drawing: sizes, labels, names and direction.
        ax: where to draw; new Axes, as large as is needed, where None.
        theme: "light", "dark" or a Theme.

    Returns:
        The Axes, in inches.

    Raises:
        ArgumentError: too many layers or neurons, labels of another shape, an unknown direction.

    >>> ax = network_drawing(NetworkDrawing([1, 1], [[0.5], [0.62]], [[[1.25]]]))
    >>> [text.get_text() for text in ax.texts]
    ['1.25', '0.5', '0.62']
    """
    sizes, edges = _checked(drawing)
    place = layout(sizes, [_written(edges, gap, sizes) for gap in range(len(sizes) - 1)])
    ax, chosen = start(ax, theme, (place.width, place.height + 0.55))
    ax.set_axis_off()
    ax.set_aspect("equal", adjustable="box")
    ax.set(xlim=(0.0, place.width), ylim=(0.0, place.height))
    size = SMALL * _shrink(ax, place)
    lit = set(range(len(sizes))) if drawing.lit is None else set(drawing.lit)
    for gap in range(len(sizes) - 1):
        on = {gap, gap + 1} <= lit
        draw_edges(ax, chosen, place, gap, forward=drawing.direction == "forward", lit=on)
        if _written(edges, gap, sizes):
            write_edges(ax, chosen, place, gap, edges[gap] or [], size, lit=on)
    draw_neurons(ax, chosen, place, drawing, lit, size)
    title(ax, chosen, drawing.title, "")
    if left_out := _left_out(sizes, edges):
        ax.text(0.0, 0.0, left_out, color=chosen.muted, fontsize=size, va="top")
    return ax


def describe_network_drawing(drawing: NetworkDrawing) -> str:
    """The drawing in one sentence: sizes, values and weights.

    >>> describe_network_drawing(NetworkDrawing([1, 1], [[0.5], [0.62]], [[[1.25]]]))
    'Network 1-1, forward: layer 0: 0.5; layer 1: 0.62; weights from layer 0 to layer 1: 1.25.'
    """
    sizes, edges = _checked(drawing)
    parts = []
    for layer, labels in enumerate(drawing.neuron_labels):
        names = drawing.neuron_names[layer] if len(drawing.neuron_names) else [""] * len(labels)
        said = [
            f"{short(name)} {text_of(label)}".strip()
            for name, label in zip(names, labels, strict=True)
            if text_of(label)
        ]
        if said:
            parts.append(f"layer {layer}: {', '.join(said)}")
    for gap, rows in enumerate(edges):
        weights = [text_of(label) for row in (rows or []) for label in row if text_of(label)]
        if weights:
            more = f" and {len(weights) - _SAID} more" if len(weights) > _SAID else ""
            told = ", ".join(weights[:_SAID])
            parts.append(f"weights from layer {gap} to layer {gap + 1}: {told}{more}")
    shape = "-".join(str(n) for n in sizes)
    end = f": {'; '.join(parts)}" if parts else ""
    return f"{short(drawing.title, 80)} {shape}, {drawing.direction}{end}."


Edges = list[list[list[Label]] | None]


def _checked(drawing: NetworkDrawing) -> tuple[list[int], Edges]:
    """Sizes and edge labels; an error that names what is of the wrong shape."""
    one_of("direction", drawing.direction, ("forward", "backward"))
    sizes = [int(n) for n in drawing.layer_sizes]
    layers, neurons = _MOST
    if not 2 <= len(sizes) <= layers or not all(1 <= n <= neurons for n in sizes):
        raise ArgumentError(
            f"layer_sizes must have 2 to {layers} layers of 1 to {neurons} neurons to be drawn; "
            f"got {sizes}"
        )
    for name in ("neuron_labels", "neuron_names"):
        lengths = [len(row) for row in getattr(drawing, name)]
        if lengths and lengths != sizes:
            raise ArgumentError(f"{name} must have rows of {sizes} labels; got {lengths}")
    given = drawing.edge_labels
    edges: Edges = [None if rows is None else [list(row) for row in rows] for rows in given]
    if edges and len(edges) != len(sizes) - 1:
        raise ArgumentError(
            f"edge_labels must have {counted(len(sizes) - 1, 'entry', 'entries')}, one for each "
            f"pair of layers; got {len(edges)}"
        )
    for gap, rows in enumerate(edges):
        widths = None if rows is None else [len(row) for row in rows]
        if widths is not None and widths != [sizes[gap + 1]] * sizes[gap]:
            raise ArgumentError(
                f"edge_labels[{gap}] must be of shape ({sizes[gap]}, {sizes[gap + 1]}); "
                f"got rows of {widths}"
            )
    return sizes, edges or [None] * (len(sizes) - 1)


def _written(edges: Edges, gap: int, sizes: Sequence[int]) -> bool:
    """Whether the edges between layers `gap` and `gap + 1` have labels and room for them."""
    return edges[gap] is not None and label_share(sizes[gap], sizes[gap + 1]) is not None


def _left_out(sizes: Sequence[int], edges: Edges) -> str:
    """What is said where there was no room for the numbers on the edges."""
    gaps = [
        f"{gap} and {gap + 1}"
        for gap in range(len(edges))
        if edges[gap] is not None and not _written(edges, gap, sizes)
    ]
    return f"weights between layers {', '.join(gaps)} not written: too many" if gaps else ""


def _shrink(ax: Axes, place: Layout) -> float:
    """How much smaller than in Axes of its own the drawing comes out in `ax`."""
    figure = ax.get_figure(root=True)
    width, height = figure.get_size_inches()  # type: ignore[union-attr]
    box = ax.get_subplotspec()
    if box is not None:
        grid = box.get_gridspec()
        width, height = width / grid.ncols, height / grid.nrows
    return float(min(1.0, width / place.width, height / (place.height + 0.3)))
