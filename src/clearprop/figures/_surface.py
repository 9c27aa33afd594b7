"""What both pictures of a surface share: the checked data, its contour levels, its colours."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from clearprop.errors import ArgumentError
from clearprop.figures._chart import drawable
from clearprop.figures._data import Floats, floats, same_length
from clearprop.figures.style import Theme
from clearprop.figures.words import counted, number, short

if TYPE_CHECKING:
    from matplotlib.colors import Colormap

__all__ = ["Path2D", "Surface", "checked", "depths", "described", "levels", "wide"]

_LEVELS = 12
_WIDE = 6.0  # the range is wide where its upper half takes this many times its lower half;
# a bowl of equal sides over a square has 3


@dataclass(frozen=True, eq=False)
class Surface:
    """A function of two numbers on a grid.

    Attributes:
        x: (nx,) rising places across.
        y: (ny,) rising places up.
        z: (ny, nx) the function there.
        x_name: what is across.
        y_name: what is up.
        minima: named places, `(name, x, y)` each.
        z_name: what the function is called.
    """

    x: ArrayLike
    y: ArrayLike
    z: ArrayLike
    x_name: str
    y_name: str
    minima: Sequence[tuple[str, float, float]] = ()
    z_name: str = "f"


@dataclass(frozen=True, eq=False)
class Path2D:
    """A walk over a surface: its name and its places `x` and `y`, each `(n,)`, in order."""

    label: str
    x: ArrayLike
    y: ArrayLike


@dataclass(frozen=True, eq=False)
class Checked:
    """Surface and paths as arrays; what is not finite is NaN."""

    x: Floats
    y: Floats
    z: Floats
    minima: list[tuple[str, float, float]]
    paths: list[tuple[str, Floats, Floats]]

    def height(self, x: Floats, y: Floats) -> Floats:
        """The function at places between those of the grid, bilinear; NaN beyond its edges."""
        across = np.interp(x, self.x, np.arange(len(self.x)), left=np.nan, right=np.nan)
        up = np.interp(y, self.y, np.arange(len(self.y)), left=np.nan, right=np.nan)
        inside = np.isfinite(across) & np.isfinite(up)
        i = np.clip(np.nan_to_num(up).astype(np.int64), 0, len(self.y) - 2)
        j = np.clip(np.nan_to_num(across).astype(np.int64), 0, len(self.x) - 2)
        s, t = across - j, up - i
        below = (1 - s) * self.z[i, j] + s * self.z[i, j + 1]
        above = (1 - s) * self.z[i + 1, j] + s * self.z[i + 1, j + 1]
        return np.where(inside, (1 - t) * below + t * above, np.nan)


def checked(surface: Surface, paths: Sequence[Path2D]) -> Checked:
    """The arrays, or an error that names the one that is wrong."""
    x, y = floats("surface.x", surface.x), floats("surface.y", surface.y)
    for name, places in (("x", x), ("y", y)):
        if len(places) < 2 or not np.isfinite(places).all() or not (np.diff(places) > 0).all():
            raise ArgumentError(f"surface.{name} must hold two or more finite, rising places")
    z = drawable(floats("surface.z", surface.z, 2), log=False)
    if z.shape != (len(y), len(x)):
        raise ArgumentError(f"surface.z must be of shape ({len(y)}, {len(x)}); got {z.shape}")
    if not np.isfinite(z).any():
        raise ArgumentError("surface.z must have finite values; it has none")
    minima = [(str(name), float(a), float(b)) for name, a, b in surface.minima]
    walks = []
    for i, path in enumerate(paths):
        a, b = floats(f"paths[{i}].x", path.x), floats(f"paths[{i}].y", path.y)
        same_length(f"paths[{i}].x", a, f"paths[{i}].y", b)
        walks.append((path.label, drawable(a, log=False), drawable(b, log=False)))
    return Checked(x, y, z, minima, walks)


def wide(z: Floats) -> float | None:
    """Where the range of z is wide: the height above its lowest value that counts as small."""
    low, middle, high = np.nanquantile(z, [0.0, 0.5, 1.0])
    if middle <= low or high - low <= _WIDE * (middle - low):
        return None
    near = float(np.nanquantile(z, 0.02) - low)
    return max(near, float(high - low) * 1e-6)


def levels(z: Floats) -> Floats:
    """Rising heights for contours: even, or even in the logarithm where the range is wide."""
    low, high = float(np.nanmin(z)), float(np.nanmax(z))
    small = wide(z)
    if high == low:
        return np.array([low - 0.5, low + 0.5])
    if small is None:
        return np.linspace(low, high, _LEVELS)
    above = np.geomspace(small, high - low, _LEVELS - 1)
    return np.concatenate([[low], low + above])


def depths(theme: Theme) -> Colormap:
    """From deep to high: a strong blue to the colour of the page."""
    from matplotlib.colors import LinearSegmentedColormap, to_rgb

    deep, page = np.array(to_rgb(theme.palette[0])), np.array(to_rgb(theme.background))
    colours = [tuple(page + share * (deep - page)) for share in (0.62, 0.3, 0.04)]
    return LinearSegmentedColormap.from_list("depths", colours)


def described(surface: Surface, paths: Sequence[Path2D], name: str) -> str:
    """Surface and paths in one sentence."""
    data = checked(surface, paths)
    z, f = data.z, short(surface.z_name)
    i, j = np.unravel_index(int(np.nanargmin(z)), z.shape)
    x_name, y_name = short(surface.x_name, 40), short(surface.y_name, 40)
    parts = [
        f"{f} from {number(float(np.nanmin(z)))} to {number(float(np.nanmax(z)))}, "
        f"lowest at {x_name} = {number(data.x[j])}, {y_name} = {number(data.y[i])}"
    ]
    parts += [f"{short(what)} at ({number(a)}, {number(b)})" for what, a, b in data.minima]
    for label, a, b in data.paths:
        steps = counted(len(a) - 1, "step")
        ends = [f"({number(a[k])}, {number(b[k])})" for k in (0, -1)]
        fell = data.height(a[[0, -1]], b[[0, -1]])
        height = "".join(
            f", {f} {number(fell[0])} to {number(fell[1])} on the surface"
            if np.isfinite(fell).all()
            else ""
        )
        parts.append(f"{short(label)}: {steps} from {ends[0]} to {ends[1]}{height}")
    return f"{short(name, 80)} over {x_name} and {y_name}: {'; '.join(parts)}."
