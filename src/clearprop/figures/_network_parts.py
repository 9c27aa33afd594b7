"""The circles, arrows and numbers of a drawn network."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clearprop.figures._network_layout import RADIUS, Layout, label_share
from clearprop.figures.style import Theme
from clearprop.figures.words import number, short

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from clearprop.figures.network import NetworkDrawing

__all__ = ["Label", "draw_edges", "draw_neurons", "text_of", "write_edges"]

Label = str | float | None

_FAN = 25  # edges between two layers above which they are drawn thin


def text_of(label: Label) -> str:
    """A label as it is written: a text, or a number with three digits."""
    if label is None:
        return ""
    return short(label, 12) if isinstance(label, str) else number(float(label), 3)


def draw_edges(
    ax: Axes, theme: Theme, place: Layout, gap: int, *, forward: bool, lit: bool
) -> None:
    """An arrow for every weight between layers `gap` and `gap + 1`, from rim to rim."""
    from matplotlib.patches import FancyArrowPatch

    tint = theme.palette[0 if forward else 1] if lit else theme.faint
    thin = 1.1 if len(place.centres[gap]) * len(place.centres[gap + 1]) <= _FAN else 0.6
    for first in place.centres[gap]:
        for second in place.centres[gap + 1]:
            way = second - first
            step = way / (way @ way) ** 0.5 * (RADIUS + 0.02)
            ends = (first + step, second - step)
            ax.add_patch(
                FancyArrowPatch(
                    *(ends if forward else ends[::-1]),
                    arrowstyle="-|>",
                    mutation_scale=8,
                    shrinkA=0,
                    shrinkB=0,
                    color=tint,
                    linewidth=thin,
                    zorder=2,
                )
            )


def write_edges(
    ax: Axes,
    theme: Theme,
    place: Layout,
    gap: int,
    labels: list[list[Label]],
    size: float,
    *,
    lit: bool,
) -> None:
    """Each number on its own edge, on a patch of the background."""
    starts, ends = place.centres[gap], place.centres[gap + 1]
    share = label_share(len(starts), len(ends)) or 0.5
    ink = theme.ink if lit else theme.muted
    for i, row in enumerate(labels):
        for j, label in enumerate(row):
            x, y = starts[i] + share * (ends[j] - starts[i])
            said = text_of(label)
            tall = min(0.9 * size, 6.3 * size / max(len(said), 1))
            _write(ax, theme, (x, y), said, tall, ink)


def draw_neurons(
    ax: Axes, theme: Theme, place: Layout, drawing: NetworkDrawing, lit: set[int], size: float
) -> None:
    """A circle for every neuron, its value in it and its name below."""
    from matplotlib.patches import Circle

    tint = theme.palette[drawing.direction == "backward"]
    for layer, centres in enumerate(place.centres):
        for i, (x, y) in enumerate(centres):
            on = layer in lit
            ax.add_patch(
                Circle(
                    (x, y),
                    RADIUS,
                    facecolor=theme.background,
                    edgecolor=tint if on else theme.faint,
                    linewidth=1.8,
                    zorder=4,
                )
            )
            said = text_of(drawing.neuron_labels[layer][i]) if len(drawing.neuron_labels) else ""
            tall = min(size, 6.0 * size / max(len(said), 1))
            _write(ax, theme, (x, y), said, tall, theme.ink if on else theme.muted)
            if len(drawing.neuron_names):
                name = short(drawing.neuron_names[layer][i], 12)
                _write(ax, theme, (x, y - RADIUS - 0.11), name, 0.9 * size, theme.muted)


def _write(
    ax: Axes, theme: Theme, at: tuple[float, float], text: str, size: float, ink: str
) -> None:
    """A text above everything, on a patch of the background; nothing where it is empty."""
    if text:
        ax.text(
            *at,
            text,
            color=ink,
            fontsize=size,
            ha="center",
            va="center",
            bbox={"boxstyle": "square,pad=0.1", "fc": theme.background, "ec": "none"},
            zorder=5,
            parse_math=False,
        )
