"""A function of two numbers as a landscape in perspective, with walks over it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from clearprop.errors import ArgumentError
from clearprop.figures._data import Floats
from clearprop.figures._surface import (
    Checked,
    Path2D,
    Surface,
    checked,
    depths,
    described,
    levels,
    wide,
)
from clearprop.figures.style import SMALL, TEXT, Theme, colours, key, markers, theme_named, title
from clearprop.figures.words import number, short

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["describe_surface_3d", "surface_3d"]

_MOST = 90  # lines of the mesh in each direction
_LIFT = 0.012  # of the height, that paths lie above the surface


def surface_3d(
    surface: Surface,
    paths: Sequence[Path2D] = (),
    *,
    name: str = "Surface",
    view: tuple[float, float] = (35.0, -60.0),
    ax: Axes | None = None,
    theme: str | Theme = "light",
) -> Axes:
    """The surface as a mesh, deeper places darker, and the paths upon it, seen through all hills.

    Where the range of the function is wide, heights are logarithmic above the lowest; the numbers
    on the axis are the function's own. Above 90 lines a direction every second or third is drawn.

    Args:
        surface: the grid, its names, its known minima.
        paths: the walks, in order of colour.
        name: the title.
        view: degrees above the horizon and around.
        ax: Axes of projection "3d"; new ones where None.
        theme: "light", "dark" or a Theme.

    Returns:
        The Axes.

    Raises:
        ArgumentError: as surface_2d, and where `ax` has no third axis.

    >>> bowl = Surface([-1, 0, 1], [-1, 0, 1], [[2, 1, 2], [1, 0, 1], [2, 1, 2]], "w1", "w2")
    >>> surface_3d(bowl).get_zlabel()
    'f'
    """
    data = checked(surface, paths)
    axes, chosen = _start(ax, theme, keyed=bool(paths))
    axes.view_init(*view)
    axes.set_box_aspect(None, zoom=0.93)  # room for the names of the axes
    _mesh(axes, chosen, data)
    tints = colours(chosen, len(paths) + 1)[1:]
    marks = markers(len(paths))
    for (_, x, y), tint, marker in zip(data.paths, tints, marks, strict=True):
        _walk(axes, chosen, data, (x, y), (tint, marker))
    for what, *place in data.minima:
        _minimum(axes, chosen, data, what, (place[0], place[1]))
    title(axes, chosen, name, surface.x_name, surface.y_name)
    scaled = wide(data.z) is not None
    axes.set_zlabel(
        f"{short(surface.z_name)} (log scale)" if scaled else short(surface.z_name),
        color=chosen.muted,
        fontsize=TEXT,
        parse_math=False,
    )
    if paths:
        key(axes, chosen, [path.label for path in paths], tints, marks)
    found: Axes = axes
    return found


def describe_surface_3d(
    surface: Surface, paths: Sequence[Path2D] = (), *, name: str = "Surface"
) -> str:
    """Surface and paths in one sentence.

    >>> bowl = Surface([-1, 0, 1], [-1, 0, 1], [[2, 1, 2], [1, 0, 1], [2, 1, 2]], "w1", "w2")
    >>> describe_surface_3d(bowl)
    'Surface over w1 and w2: f from 0 to 2, lowest at w1 = 0, w2 = 0.'
    """
    return described(surface, paths, name)


def _start(ax: Axes | None, theme: str | Theme, *, keyed: bool) -> tuple[Any, Theme]:
    """Axes with three dimensions, their panes and grid in the colours of the theme."""
    chosen = theme_named(theme)
    axes: Any = ax
    if axes is None:
        from matplotlib.figure import Figure

        figure = Figure(figsize=(6.0, 4.6), facecolor=chosen.background)
        axes = figure.add_axes((0.02, 0.06, 0.74 if keyed else 0.92, 0.86), projection="3d")
    elif axes.name != "3d":
        raise ArgumentError(
            f'ax must be Axes of projection "3d" (figure.add_subplot(projection="3d")); '
            f"got {axes.name!r}"
        )
    axes.computed_zorder = False
    axes.set_facecolor(chosen.background)
    for axis in (axes.xaxis, axes.yaxis, axes.zaxis):
        axis.set_pane_color(chosen.background)
        axis.line.set_color(chosen.muted)
        axis._axinfo["grid"].update(color=chosen.faint, linewidth=0.7)
    axes.tick_params(color=chosen.muted, labelcolor=chosen.muted, labelsize=SMALL - 0.5)
    return axes, chosen


def _raised(z: Floats, data: Checked) -> Floats:
    """Heights as they are drawn: logarithmic above the lowest where the range is wide."""
    small = wide(data.z)
    if small is None:
        return z
    return np.log1p((z - np.nanmin(data.z)) / small)


def _mesh(axes: Any, theme: Theme, data: Checked) -> None:
    from matplotlib.ticker import FixedFormatter, FixedLocator, MaxNLocator

    across, up = (max(1, -(-n // _MOST)) for n in (len(data.x), len(data.y)))
    x, y, z = data.x[::across], data.y[::up], data.z[::up, ::across]
    heights = _raised(z, data)
    axes.plot_surface(
        *np.meshgrid(x, y),
        heights,
        cmap=depths(theme),
        rcount=_MOST,
        ccount=_MOST,
        linewidth=0.15,
        edgecolor=theme.muted,
        alpha=0.95,
        zorder=1,
    )
    axes.xaxis.set_major_locator(MaxNLocator(5))
    axes.yaxis.set_major_locator(MaxNLocator(5))
    if wide(data.z) is None:
        axes.zaxis.set_major_locator(MaxNLocator(5))
        return
    ticks = levels(data.z)[[0, 2, 5, 8, 11]]
    axes.zaxis.set_major_locator(FixedLocator(_raised(ticks, data).tolist()))
    axes.zaxis.set_major_formatter(FixedFormatter([number(tick, 2) for tick in ticks]))


def _above(data: Checked, x: Floats, y: Floats) -> Floats:
    """The drawn height a little above the surface."""
    all_heights = _raised(data.z, data)
    lift = _LIFT * (np.nanmax(all_heights) - np.nanmin(all_heights))
    heights: Floats = _raised(data.height(x, y), data) + lift
    return heights


def _walk(
    axes: Any, theme: Theme, data: Checked, place: tuple[Floats, Floats], look: tuple[str, str]
) -> None:
    """A line in the path's colour, its marker hollow at the start and full at the end."""
    (x, y), (tint, marker) = place, look
    z = _above(data, x, y)
    axes.plot(x, y, z, color=tint, linewidth=2.0, zorder=3)
    seen = np.flatnonzero(np.isfinite(z))
    for at, face in ((seen[:1], theme.background), (seen[-1:], tint)):
        axes.plot(
            x[at],
            y[at],
            z[at],
            marker=marker,
            markersize=6.5,
            markerfacecolor=face,
            markeredgecolor=tint,
            markeredgewidth=1.5,
            linestyle="",
            zorder=4,
        )


def _minimum(axes: Any, theme: Theme, data: Checked, name: str, place: tuple[float, float]) -> None:
    x, y = (np.array([value]) for value in place)
    z = _above(data, x, y)
    if not np.isfinite(z).all():
        return
    axes.plot(
        x,
        y,
        z,
        marker="X",
        markersize=8,
        color=theme.ink,
        linestyle="",
        zorder=4,
        markeredgecolor=theme.background,
        markeredgewidth=0.8,
    )
    axes.text(x[0], y[0], z[0], f"  {short(name)}", color=theme.ink, fontsize=SMALL, zorder=5)
