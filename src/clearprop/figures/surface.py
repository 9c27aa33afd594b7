"""A function of two numbers as contours, with walks over it: how descents differ."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from clearprop.figures._data import Floats
from clearprop.figures._surface import Checked, Path2D, Surface, checked, depths, described, levels
from clearprop.figures.style import SMALL, Theme, colours, key, markers, start, title
from clearprop.figures.words import number, short

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["Path2D", "Surface", "describe_surface_2d", "surface_2d"]

_DOTTED = 80  # places of a path up to which each is shown
_SHAPES = 12  # that are shown of a longer one


def surface_2d(
    surface: Surface,
    paths: Sequence[Path2D] = (),
    *,
    name: str = "Contours",
    ax: Axes | None = None,
    theme: str | Theme = "light",
) -> Axes:
    """Contours with their heights, deeper places darker; paths from a hollow mark to a full one.

    The heights are even, or even in the logarithm above the lowest where the range is wide. What a
    path does beyond the grid is not in sight.

    Args:
        surface: the grid, its names, its known minima.
        paths: the walks, in order of colour.
        name: the title.
        ax: where to draw; new Axes where None.
        theme: "light", "dark" or a Theme.

    Returns:
        The Axes.

    Raises:
        ArgumentError: arrays of shapes that do not fit, places that do not rise.

    >>> bowl = Surface([-1, 0, 1], [-1, 0, 1], [[2, 1, 2], [1, 0, 1], [2, 1, 2]], "w1", "w2")
    >>> ax = surface_2d(bowl, [Path2D("sgd", [1, 0.5, 0.1], [1, 0.5, 0.1])])
    >>> ax.lines[0].get_xdata().tolist()
    [1.0, 0.5, 0.1]
    """
    data = checked(surface, paths)
    ax, chosen = start(ax, theme, (5.8, 4.2))
    ax.grid(visible=False)
    _contours(ax, chosen, data)
    tints = colours(chosen, len(paths) + 1)[1:]  # the first is the surface's
    marks = markers(len(paths))
    for (_, x, y), tint, marker in zip(data.paths, tints, marks, strict=True):
        _walk(ax, chosen, (x, y), tint, marker)
    _minima(ax, chosen, data)
    ax.set(xlim=(data.x[0], data.x[-1]), ylim=(data.y[0], data.y[-1]))
    title(ax, chosen, name, surface.x_name, surface.y_name)
    if paths:
        key(ax, chosen, [path.label for path in paths], tints, marks)
    return ax


def describe_surface_2d(
    surface: Surface, paths: Sequence[Path2D] = (), *, name: str = "Contours"
) -> str:
    """Surface and paths in one sentence.

    >>> bowl = Surface([-1, 0, 1], [-1, 0, 1], [[2, 1, 2], [1, 0, 1], [2, 1, 2]], "w1", "w2")
    >>> describe_surface_2d(bowl)
    'Contours over w1 and w2: f from 0 to 2, lowest at w1 = 0, w2 = 0.'
    """
    return described(surface, paths, name)


def _contours(ax: Axes, theme: Theme, data: Checked) -> None:
    from matplotlib.colors import BoundaryNorm

    heights = levels(data.z)
    norm = BoundaryNorm(heights, 256)
    z = np.ma.masked_invalid(data.z)
    ax.contourf(data.x, data.y, z, levels=heights, norm=norm, cmap=depths(theme), zorder=0)
    if heights[0] < np.nanmin(data.z):  # a plain: nothing to draw lines around
        return
    lines = ax.contour(
        data.x,
        data.y,
        z,
        levels=heights[1:-1],
        colors=theme.muted,
        linewidths=0.6,
        linestyles="solid",
        zorder=1,
    )
    ax.clabel(
        lines,
        heights[2:-1:3],
        fmt=lambda value: number(value, 3),
        fontsize=SMALL - 1.5,
        colors=theme.ink,
        zorder=1.5,
    )


def _walk(ax: Axes, theme: Theme, place: tuple[Floats, Floats], tint: str, marker: str) -> None:
    """A line with its places, or some of them where they are many; its start is hollow."""
    x, y = place
    ax.plot(
        x,
        y,
        color=tint,
        linewidth=1.4,
        marker=marker,
        markevery=1 if len(x) <= _DOTTED else len(x) // _SHAPES,
        markersize=3.4,
        zorder=3,
        rasterized=len(x) > 4000,
    )
    for end, face, size in ((0, theme.background, 7.0), (-1, tint, 7.5)):
        ax.plot(
            x[[end]],
            y[[end]],
            marker=marker,
            markersize=size,
            markerfacecolor=face,
            markeredgecolor=tint if end == 0 else theme.background,
            markeredgewidth=1.6 if end == 0 else 0.8,
            linestyle="",
            zorder=3.5,
        )


def _minima(ax: Axes, theme: Theme, data: Checked) -> None:
    """A cross with its name, on the roomier side."""
    middle = (data.x[0] + data.x[-1]) / 2
    for name, x, y in data.minima:
        ax.plot(
            [x],
            [y],
            marker="X",
            markersize=8,
            color=theme.ink,
            markeredgewidth=0.8,
            zorder=4,
            markeredgecolor=theme.background,
            linestyle="",
        )
        ax.annotate(
            short(name),
            (x, y),
            xytext=(7 if x < middle else -7, 6),
            textcoords="offset points",
            color=theme.ink,
            fontsize=SMALL,
            ha="left" if x < middle else "right",
            zorder=5,
            parse_math=False,
            bbox={"boxstyle": "round,pad=0.15", "fc": theme.background, "ec": "none", "alpha": 0.7},
        )
