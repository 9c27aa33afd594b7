"""What training costs as something grows, beside what it would cost in exact proportion."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from clearprop.errors import ArgumentError
from clearprop.figures._data import Floats, floats, same_length
from clearprop.figures.style import SMALL, Theme, start, title
from clearprop.figures.words import number

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["cost_curve", "describe_cost_curve"]

_MARKERS = ("o", "s", "D", "^")


def cost_curve(
    sizes: ArrayLike,
    costs: Mapping[str, ArrayLike],
    amounts: ArrayLike,
    *,
    name: str,
    along: str,
    per: str = "step",
    amount: str = "",
    ax: Axes | None = None,
    theme: str | Theme = "light",
) -> Axes:
    """Cost against size, both logarithmic, with a guide line in proportion to the amount of work.

    A cost that runs along its guide, or below it, grows no faster than the work does.

    Args:
        sizes: (n,) what grows, above zero.
        costs: by name, (n,) microseconds each; ours first.
        amounts: (n,) the work at each size, such as the number of parameters. The guide passes
            through the first name's last cost.
        name: the title.
        along: what grows, in words.
        per: what the costs are of.
        amount: what the guide is in proportion to, in words; by default `along`.
        ax: where to draw; new Axes where None.
        theme: "light", "dark" or a Theme.

    Returns:
        The Axes.

    >>> ax = cost_curve([1, 10, 100], {"ours": [2, 10, 90]}, [1, 10, 100],
    ...                 name="Samples", along="samples")
    >>> ax.get_xscale(), ax.get_yscale(), ax.lines[0].get_ydata().round(2).tolist()
    ('log', 'log', [0.9, 9.0, 90.0])
    """
    ax, chosen = start(ax, theme, (4.8, 3.4))
    x, lines, guide = _checked(sizes, costs, amounts)
    ax.plot(x, guide, color=chosen.muted, linewidth=1.1, linestyle=(0, (4, 3)))
    for values, colour, marker in zip(lines.values(), chosen.palette, _MARKERS, strict=False):
        ax.plot(x, values, color=colour, linewidth=1.8, marker=marker, markersize=4.5)
    _frame(ax, x, [guide, *lines.values()])
    _name_lines(ax, chosen, lines, f"in proportion to {amount or along}")
    title(ax, chosen, name, along, f"microseconds per {per}")
    return ax


def describe_cost_curve(
    sizes: ArrayLike, costs: Mapping[str, ArrayLike], *, along: str, per: str = "step"
) -> str:
    """The curve in one sentence.

    >>> describe_cost_curve([1, 10], {"ours": [2, 9]}, along="samples")
    'Cost in microseconds per step from 1 to 10 samples: ours 2 to 9.'
    """
    x, lines, _ = _checked(sizes, costs, sizes)
    said = ", ".join(
        f"{name} {number(line[0], 3)} to {number(line[-1], 3)}" for name, line in lines.items()
    )
    return f"Cost in microseconds per {per} from {number(x[0])} to {number(x[-1])} {along}: {said}."


def _checked(
    sizes: ArrayLike, costs: Mapping[str, ArrayLike], amounts: ArrayLike
) -> tuple[Floats, dict[str, Floats], Floats]:
    """Sizes, costs by name and the guide, all above zero and of one length."""
    x, work = floats("sizes", sizes), floats("amounts", amounts)
    lines = {name: floats(f"costs[{name!r}]", values) for name, values in costs.items()}
    if not lines:
        raise ArgumentError("costs must have at least one name; it is empty")
    named = {"sizes": x, "amounts": work, **{f"costs[{name!r}]": y for name, y in lines.items()}}
    for argument, values in named.items():
        same_length("sizes", x, argument, values)
        if not (np.isfinite(values) & (values > 0)).all():
            raise ArgumentError(f"{argument} must hold finite numbers above zero")
    first = next(iter(lines.values()))
    return x, lines, first[-1] * work / work[-1]


def _frame(ax: Axes, x: Floats, lines: list[Floats]) -> None:
    """Logarithmic axes with a little room, and plain numbers at the decades."""
    from matplotlib.ticker import FuncFormatter, LogLocator, NullLocator

    values = np.concatenate(lines)
    ax.set_xlim(x.min() / 1.3, x.max() * 1.3)
    ax.set_ylim(values.min() / 1.6, values.max() * 2.5)  # room for the key
    ax.set_xscale("log")
    ax.set_yscale("log")
    for axis in (ax.xaxis, ax.yaxis):
        axis.set_major_locator(LogLocator(numticks=8))
        axis.set_minor_locator(NullLocator())
        axis.set_major_formatter(FuncFormatter(lambda value, _: number(value)))


def _name_lines(ax: Axes, theme: Theme, lines: Mapping[str, Floats], words: str) -> None:
    """A key of lines, markers and the dashed guide, in the corner that growing costs leave free."""
    from matplotlib.lines import Line2D

    handles = [
        Line2D([], [], color=colour, linewidth=1.8, marker=marker, markersize=4.5)
        for _, colour, marker in zip(lines, theme.palette, _MARKERS, strict=False)
    ]
    handles.append(Line2D([], [], color=theme.muted, linewidth=1.1, linestyle=(0, (4, 3))))
    names = [*lines, words]
    legend = ax.legend(
        handles,
        ["name"] * len(names),
        loc="upper left",
        frameon=False,
        fontsize=SMALL,
        handlelength=2.2,
        borderaxespad=0.2,
        labelspacing=0.35,
    )
    # Set afterwards: a legend drops names that start with "_" and reads "$" as mathematics.
    for text, shown in zip(legend.get_texts(), names, strict=True):
        text.set_parse_math(False)
        text.set_text(shown)
        text.set_color(theme.ink)
