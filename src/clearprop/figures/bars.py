"""Numbers side by side: what each method needed, how long each engine took."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from clearprop.errors import ArgumentError
from clearprop.figures._chart import checked_marks, drawable, mark_across, scale, scaled
from clearprop.figures._data import Floats, floats
from clearprop.figures.style import SMALL, TEXT, Theme, start, title
from clearprop.figures.words import number, short

if TYPE_CHECKING:
    from collections.abc import Mapping

    from matplotlib.axes import Axes

__all__ = ["bars", "describe_bars"]

_ROOM = 0.16  # of the axis, for the numbers at the ends


def bars(
    name: str,
    labels: Sequence[str],
    values: ArrayLike,
    *,
    x_name: str = "",
    log: bool = False,
    marks: Mapping[str, float] | None = None,
    ax: Axes | None = None,
    theme: str | Theme = "light",
) -> Axes:
    """Horizontal bars in the order given, from the top, each with its number at its end.

    On a logarithmic axis the length of a bar means nothing by itself, so it begins at the edge; a
    value of zero or below, or one that is not finite, has no bar there, but its number.

    Args:
        name: the title.
        labels: what each bar is.
        values: (n,) as many numbers.
        x_name: what is measured, with its unit.
        log: a logarithmic axis.
        marks: places to draw as dashed lines, by what to call them.
        ax: where to draw; new Axes, as high as is needed, where None.
        theme: "light", "dark" or a Theme.

    Returns:
        The Axes.

    Raises:
        ArgumentError: labels and values of different lengths, or a mark that is not finite.

    >>> ax = bars("Evaluations", ["backpropagation", "finite differences"], [2, 74])
    >>> [text.get_text() for text in ax.texts]
    ['2', '74']
    """
    lengths, places = _checked(labels, values), checked_marks("marks", marks)
    ax, chosen = start(ax, theme, (5.8, min(1.25 + 0.3 * len(lengths), 12.0)))
    drawn = drawable(lengths, log=log)
    rows = np.arange(len(lengths))
    _frame(ax, drawn, log=log)
    left = ax.get_xlim()[0] if log else 0.0
    seen = np.isfinite(drawn)
    ax.barh(rows[seen], drawn[seen] - left, left=left, height=0.66, color=chosen.palette[0])
    for row, length in zip(rows, lengths, strict=True):
        end = drawn[row] if seen[row] else left
        below = end < 0 and not log
        ax.annotate(
            number(float(length)),
            (end, row),
            xytext=(-4 if below else 4, 0),
            textcoords="offset points",
            color=chosen.ink,
            fontsize=SMALL,
            ha="right" if below else "left",
            va="center",
        )
    ax.set_ylim(len(lengths) - 0.5, -0.5)
    ax.set_yticks(rows, [""] * len(rows))
    ax.set_yticklabels([short(label, 30) for label in labels], parse_math=False)
    ax.tick_params(axis="y", length=0, labelsize=TEXT, labelcolor=chosen.ink)
    ax.grid(visible=False, axis="y")
    above = mark_across(ax, chosen, places)
    title(ax, chosen, name, scaled(x_name, log=log) if x_name else "", above=above)
    return ax


def describe_bars(
    name: str,
    labels: Sequence[str],
    values: ArrayLike,
    *,
    x_name: str = "",
    marks: Mapping[str, float] | None = None,
) -> str:
    """All bars in one sentence.

    >>> describe_bars("Evaluations", ["backpropagation", "finite differences"], [2, 74])
    'Evaluations: backpropagation 2, finite differences 74.'
    """
    lengths, places = _checked(labels, values), checked_marks("marks", marks)
    measured = f" ({short(x_name, 48)})" if x_name else ""
    said = ", ".join(
        f"{short(label, 30)} {number(float(length))}"
        for label, length in zip(labels, lengths, strict=True)
    )
    marked = "".join(f"; {short(what)} at {number(place)}" for what, place in places.items())
    return f"{short(name, 80)}{measured}: {said}{marked}."


def _checked(labels: Sequence[str], values: ArrayLike) -> Floats:
    lengths = floats("values", values)
    if len(labels) != len(lengths):
        raise ArgumentError(f"labels must be as many as values ({len(lengths)}); got {len(labels)}")
    return lengths


def _frame(ax: Axes, drawn: Floats, *, log: bool) -> None:
    """From zero, or on a log axis from half a decade below the least, with room for the numbers."""
    finite = drawn[np.isfinite(drawn)]
    if log and finite.size:
        low, high = finite.min() / 3, finite.max()
        scale(ax, "x", np.array([low, high * (high / low) ** _ROOM]), log=True, room=1e-12)
        return
    low, high = min(finite.min(initial=0.0), 0.0), max(finite.max(initial=0.0), 0.0)
    room = _ROOM * (high - low) or 1.0
    ax.set_xlim(low - room * (low < 0), high + room * (high > 0 or low == 0))
    if low < 0:
        ax.axvline(0.0, color=ax.spines["left"].get_edgecolor(), linewidth=0.9)
        ax.spines["left"].set_visible(False)
