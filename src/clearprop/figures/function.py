"""A function and its derivative over one axis: an activation, or a loss against the prediction."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from clearprop.errors import ArgumentError
from clearprop.figures._chart import drawable, names_right, scale
from clearprop.figures._data import Floats, floats, same_length
from clearprop.figures.style import Theme, start, title
from clearprop.figures.words import number, short

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["describe_function_curve", "function_curve"]

_DASHES = ("-", (0, (5, 2)))  # the function, its derivative
_BEYOND = 2.0  # heights of the function, above and below it, within which its derivative is drawn


def function_curve(
    name: str,
    x: ArrayLike,
    f: ArrayLike,
    df: ArrayLike,
    *,
    labels: tuple[str, str] = ("f", "f′"),  # noqa: RUF001 - a prime is meant
    x_name: str = "z",
    ax: Axes | None = None,
    theme: str | Theme = "light",
) -> Axes:
    """The function as a full line and its derivative as a dashed one, on one scale.

    On one scale the height of the dashed line is the steepness of the full one. Where it is far
    steeper than high, the dashed line leaves the picture.

    Args:
        name: the title.
        x: (n,) rising places.
        f: (n,) the function there.
        df: (n,) its derivative there.
        labels: what to call the two.
        x_name: what is across.
        ax: where to draw; new Axes where None.
        theme: "light", "dark" or a Theme.

    Returns:
        The Axes.

    Raises:
        ArgumentError: arrays of different lengths, or x that does not rise.

    >>> ax = function_curve("Square", [-1, 0, 1], [1, 0, 1], [-2, 0, 2])
    >>> [line.get_ydata().tolist() for line in ax.lines[-2:]]
    [[1.0, 0.0, 1.0], [-2.0, 0.0, 2.0]]
    """
    places, lines = _checked(x, f, df)
    ax, chosen = start(ax, theme)
    scale(ax, "x", places, log=False, room=0.0)
    scale(ax, "y", _in_sight(*lines), log=False, room=0.06)
    _origin(ax, chosen)
    for values, dash, tint in zip(lines, _DASHES, chosen.palette, strict=False):
        ax.plot(places, values, color=tint, linewidth=2.0, linestyle=dash)
    ends = [(k, values[np.isfinite(values)]) for k, values in enumerate(lines)]
    ends = [(k, values) for k, values in ends if values.size]
    names_right(
        ax,
        [labels[k] for k, _ in ends],
        [float(values[-1]) for _, values in ends],
        [chosen.palette[k] for k, _ in ends],
    )
    title(ax, chosen, name, x_name)
    return ax


def describe_function_curve(
    name: str,
    x: ArrayLike,
    f: ArrayLike,
    df: ArrayLike,
    *,
    labels: tuple[str, str] = ("f", "f′"),  # noqa: RUF001 - a prime is meant
    x_name: str = "z",
) -> str:
    """The two in one sentence: their ranges, and where the derivative is steepest.

    >>> describe_function_curve("Square", [-1, 0, 1], [1, 0, 1], [-2, 0, 2], labels=("f", "df"))
    'Square over z from -1 to 1: f between 0 and 1; df between -2 and 2, farthest from 0 at z = -1.'
    """
    places, lines = _checked(x, f, df)
    span = f"from {number(places[0])} to {number(places[-1])}"
    said = [_range(label, values) for label, values in zip(labels, lines, strict=True)]
    if np.isfinite(lines[1]).any():
        at = places[np.nanargmax(np.abs(lines[1]))]
        said[1] += f", farthest from 0 at {short(x_name)} = {number(at)}"
    return f"{short(name, 80)} over {short(x_name)} {span}: {'; '.join(said)}."


def _checked(x: ArrayLike, f: ArrayLike, df: ArrayLike) -> tuple[Floats, tuple[Floats, Floats]]:
    places, values, slopes = floats("x", x), floats("f", f), floats("df", df)
    same_length("x", places, "f", values)
    same_length("x", places, "df", slopes)
    if not (np.isfinite(places).all() and (np.diff(places) > 0).all() and len(places) > 1):
        raise ArgumentError("x must hold two or more finite, rising places")
    return places, (drawable(values, log=False), drawable(slopes, log=False))


def _in_sight(values: Floats, slopes: Floats) -> Floats:
    """All values, and the slopes that do not flatten them: a pole would take the whole scale."""
    finite = values[np.isfinite(values)]
    if finite.size == 0:
        return slopes
    low, high = finite.min(), finite.max()
    room = _BEYOND * (high - low)
    near = np.clip(slopes, low - room, high + room) if room > 0 else slopes
    return np.concatenate([finite, near])


def _origin(ax: Axes, theme: Theme) -> None:
    """Thin lines through zero, where it is in sight."""
    for limits, line in ((ax.get_xlim(), ax.axvline), (ax.get_ylim(), ax.axhline)):
        if limits[0] < 0 < limits[1]:
            line(0.0, color=theme.muted, linewidth=0.9, zorder=1.5)


def _range(label: str, values: Floats) -> str:
    finite = values[np.isfinite(values)]
    if finite.size == 0:
        return f"{short(label)} without a value"
    return f"{short(label)} between {number(finite.min())} and {number(finite.max())}"
