"""The house style: two themes of one colour-blind-safe palette, and plain axes.

The colours are Okabe and Ito's, darkened on white and lightened on black until text drawn in them
is readable. Nothing is told by colour alone: lines carry their names, classes their markers.

Okabe, M. and Ito, K. (2008), "Color Universal Design", https://jfly.uni-koeln.de/color/
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from clearprop._checks import one_of
from clearprop.figures.words import short

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = [
    "DARK",
    "LIGHT",
    "Theme",
    "colours",
    "dress",
    "key",
    "markers",
    "start",
    "theme_named",
    "title",
]


@dataclass(frozen=True)
class Theme:
    """One set of colours, as "#rrggbb".

    Attributes:
        background: behind everything.
        ink: text and what matters most.
        muted: axes and second thoughts.
        faint: grid lines and fills.
        palette: lines and classes, in order of use.
    """

    name: str
    background: str
    ink: str
    muted: str
    faint: str
    palette: tuple[str, ...]


LIGHT = Theme(
    name="light",
    background="#ffffff",
    ink="#1b1f24",
    muted="#59626e",
    faint="#e4e7eb",
    palette=("#0072b2", "#c44e00", "#007f5c", "#a8517f", "#8a6d00", "#3d8fc9", "#555b63"),
)
DARK = Theme(
    name="dark",
    background="#171a20",
    ink="#eceff3",
    muted="#a3acb8",
    faint="#2f353e",
    palette=("#56b4e9", "#ff8f4a", "#2fc79a", "#e79cc4", "#e8c547", "#8fa8ff", "#b4bac4"),
)
_THEMES = {"light": LIGHT, "dark": DARK}

_MARKERS = "osD^vP*X<>pHd8hs"
TITLE, TEXT, SMALL = 11.5, 9.5, 8.5  # font sizes in points
SIZE = (5.4, 3.4)  # inches


def theme_named(theme: str | Theme) -> Theme:
    """The theme of that name; a Theme is returned as it is."""
    return theme if isinstance(theme, Theme) else _THEMES[one_of("theme", theme, _THEMES)]


def start(
    ax: Axes | None, theme: str | Theme, size: tuple[float, float] = SIZE
) -> tuple[Axes, Theme]:
    """`ax`, or new Axes on a new Figure of `size` inches, in the house style."""
    chosen = theme_named(theme)
    if ax is None:
        from matplotlib.figure import Figure
        from matplotlib.layout_engine import ConstrainedLayoutEngine

        layout = ConstrainedLayoutEngine(w_pad=0.08, h_pad=0.08)
        figure = Figure(figsize=size, layout=layout, facecolor=chosen.background)
        ax = figure.add_subplot()
    dress(ax, chosen)
    return ax, chosen


def dress(ax: Axes, theme: Theme) -> None:
    """Two spines, a faint grid behind the data, one size of text."""
    ax.set_facecolor(theme.background)
    ax.set_axisbelow(True)
    ax.grid(visible=True, color=theme.faint, linewidth=0.8)
    ax.spines[["top", "right"]].set_visible(False)
    ax.spines[["left", "bottom"]].set_color(theme.muted)
    ax.tick_params(which="both", color=theme.muted, labelcolor=theme.muted, labelsize=SMALL)
    ax.tick_params(which="minor", length=0)
    for axis in (ax.xaxis, ax.yaxis):
        axis.get_offset_text().set(color=theme.muted, fontsize=SMALL)


def title(ax: Axes, theme: Theme, text: str, x: str, y: str = "", *, above: float = 0.0) -> None:
    """The title, flush left, and the names of the axes; every text is taken literally.

    `above` is the height in points of what stands between the axes and the title.
    """
    ax.set_title(
        text,
        loc="left",
        color=theme.ink,
        fontsize=TITLE,
        fontweight="bold",
        pad=12 + above,
        parse_math=False,
    )
    ax.set_xlabel(short(x, 48), color=theme.muted, fontsize=TEXT, parse_math=False)
    ax.set_ylabel(short(y, 40), color=theme.muted, fontsize=TEXT, parse_math=False)


def colours(theme: Theme, count: int) -> list[str]:
    """`count` distinct colours: the palette, or evenly spaced steps of viridis beyond it."""
    if count <= len(theme.palette):
        return list(theme.palette[:count])
    from matplotlib import colormaps
    from matplotlib.colors import to_hex

    low, high = (0.0, 0.85) if theme.name == "light" else (0.25, 1.0)
    return [to_hex(colormaps["viridis"](step)) for step in np.linspace(low, high, count)]


def markers(count: int) -> list[str]:
    """`count` markers, which tell what colours tell to whoever sees no colours."""
    return [_MARKERS[k % len(_MARKERS)] for k in range(count)]


def key(
    ax: Axes, theme: Theme, names: Sequence[str], tints: Sequence[str], markers: Sequence[str]
) -> None:
    """Names beside their marks, right of the axes; "-" is drawn as a line."""
    from matplotlib.lines import Line2D

    handles = [
        Line2D(
            [],
            [],
            color=tint,
            linestyle="-" if mark == "-" else "",
            marker="" if mark == "-" else mark,
            linewidth=2,
            markersize=6,
            markerfacecolor="none" if tint == theme.ink else tint,
        )
        for tint, mark in zip(tints, markers, strict=True)
    ]
    legend = ax.legend(
        handles,
        ["name"] * len(names),
        loc="upper left",
        bbox_to_anchor=(1.0, 1.02),
        frameon=False,
        fontsize=SMALL,
        handlelength=1.2,
        labelspacing=0.45,
        ncols=1 + (len(names) > 12),
    )
    # Set afterwards: a legend drops names that start with "_" and reads "$" as mathematics.
    for text, name in zip(legend.get_texts(), names, strict=True):
        text.set_parse_math(False)
        text.set_text(short(name, 18))
        text.set_color(theme.ink)
