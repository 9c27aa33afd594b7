"""The map of learning rates: one coloured and lettered cell for each training of a sweep."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from clearprop.errors import ArgumentError
from clearprop.figures._data import Floats, floats
from clearprop.figures.style import SMALL, Theme, start, title
from clearprop.figures.words import counted, number, short

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["describe_rate_map", "label_colours", "rate_map"]

Groups = Mapping[str, Sequence[Sequence[str]]]

# Which colour of the palette each label has, from the best to the worst.
_COLOURS = {"good": 2, "slow": 5, "plateau": 4, "oscillating": 1, "dead": 6, "diverged": 3}
_LETTERS = {"diverged": "x"}
_MOST_LETTERS = 800  # cells; in more, a letter is too small to read
_GAP = 0.6  # rows between two groups


def label_colours(theme: Theme) -> dict[str, str]:
    """The colour of every label.

    >>> from clearprop.figures.style import LIGHT
    >>> label_colours(LIGHT)["good"]
    '#007f5c'
    """
    return {name: theme.palette[i] for name, i in _COLOURS.items()}


def rate_map(
    rates: ArrayLike,
    groups: Groups,
    *,
    thresholds: Mapping[str, float] | None = None,
    ax: Axes | None = None,
    theme: str | Theme = "light",
) -> Axes:
    """Cells over a logarithmic axis of learning rates; a row for each seed, a block for each group.

    Args:
        rates: (n_rates,) ascending, above zero.
        groups: by name, such as "sgd, batch 32": for each seed the label at every rate.
        thresholds: rates to draw as lines, by what to call them, such as "2/λmax".
        ax: where to draw; new Axes where None.
        theme: "light", "dark" or a Theme.

    Returns:
        The Axes.

    >>> ax = rate_map([0.01, 0.1], {"sgd, batch 4": [["good", "diverged"]]})
    >>> ax.get_xscale(), [text.get_text() for text in ax.texts]
    ('log', ['g', 'x'])
    """
    x, blocks = _checked(rates, groups)
    rows = sum(len(block) for block in blocks.values())
    height = 1.3 + 0.2 * rows + 0.25 * len(blocks)
    ax, chosen = start(ax, theme, (7.6, min(max(height, 2.2), 14.0)))
    edges = _edges(x)
    ax.set_xlim(edges[0], edges[-1])
    ax.set_xscale("log")
    top, ticks = 0.0, []
    for name, block in blocks.items():
        _draw_block(ax, chosen, edges, block, top, lettered=rows * len(x) <= _MOST_LETTERS)
        ticks.append((top + len(block) / 2, name))
        top += len(block) + _GAP
    ax.set_ylim(top - _GAP, 0)
    ax.set_yticks([place for place, _ in ticks])
    ax.set_yticklabels([short(name, 28) for _, name in ticks], parse_math=False)
    _frame(ax)
    _draw_thresholds(ax, chosen, thresholds or {})
    title(ax, chosen, "What becomes of a training", "learning rate (log scale)")
    _key(ax, chosen, [label for block in blocks.values() for row in block for label in row])
    return ax


def describe_rate_map(
    rates: ArrayLike, groups: Groups, *, thresholds: Mapping[str, float] | None = None
) -> str:
    """The map in one sentence for each group.

    >>> describe_rate_map([0.01, 0.1], {"sgd, batch 4": [["good", "diverged"]]})
    'Learning rates from 0.01 to 0.1. sgd, batch 4: 1 good from 0.01 to 0.01, 1 diverged.'
    """
    x, blocks = _checked(rates, groups)
    said = [f"Learning rates from {number(x[0])} to {number(x[-1])}."]
    said += [f"{name} is {number(rate)}." for name, rate in (thresholds or {}).items()]
    for name, block in blocks.items():
        counts = Counter(label for row in block for label in row)
        words = [f"{counts[label]:,} {label}" for label in _COLOURS if counts[label]]
        good = [x[i] for row in block for i, label in enumerate(row) if label == "good"]
        if good:
            words[0] += f" from {number(min(good))} to {number(max(good))}"
        said.append(f"{name}: {', '.join(words)}.")
    return " ".join(said)


def _checked(rates: ArrayLike, groups: Groups) -> tuple[Floats, dict[str, list[list[str]]]]:
    x = floats("rates", rates)
    if not (np.isfinite(x).all() and (x > 0).all() and (np.diff(x) > 0).all()):
        raise ArgumentError("rates must be finite, above zero and ascending")
    blocks = {name: [list(row) for row in block] for name, block in groups.items()}
    if not blocks or not all(blocks.values()):
        raise ArgumentError("groups must have at least one group with one row of labels")
    for name, block in blocks.items():
        for row in block:
            if len(row) != len(x):
                raise ArgumentError(
                    f"groups[{name!r}] must have {counted(len(x), 'label')} a row; got {len(row)}"
                )
            if unknown := set(row) - set(_COLOURS):
                raise ArgumentError(
                    f"groups[{name!r}] must hold {', '.join(_COLOURS)}; got {min(unknown)!r}"
                )
    return x, blocks


def _edges(x: Floats) -> Floats:
    """Borders of the cells: half way between two rates on the logarithmic axis, `(n + 1,)`."""
    logs = np.log(x)
    middle = (logs[1:] + logs[:-1]) / 2
    half = middle[0] - logs[0] if len(x) > 1 else 0.5
    last = logs[-1] - middle[-1] if len(x) > 1 else 0.5
    edges: Floats = np.exp(np.concatenate([[logs[0] - half], middle, [logs[-1] + last]]))
    return edges


def _draw_block(
    ax: Axes, theme: Theme, edges: Floats, block: list[list[str]], top: float, *, lettered: bool
) -> None:
    tints = label_colours(theme)
    for i, row in enumerate(block):
        ax.bar(
            edges[:-1],
            0.92,
            np.diff(edges),
            bottom=top + i + 0.04,
            align="edge",
            color=[tints[label] for label in row],
            edgecolor=theme.background,
            linewidth=0.6,
        )
        for left, right, label in zip(edges, edges[1:], row, strict=False):
            if lettered:
                ax.text(
                    np.sqrt(left * right),
                    top + i + 0.52,
                    _LETTERS.get(label, label[0]),
                    color=theme.background,
                    fontsize=SMALL - 1.5,
                    ha="center",
                    va="center",
                )


def _frame(ax: Axes) -> None:
    from matplotlib.ticker import FuncFormatter, LogLocator, NullLocator

    low, high = ax.get_xlim()
    ax.xaxis.set_major_locator(LogLocator(subs=(1,) if high / low > 30 else (1, 2, 5), numticks=9))
    ax.xaxis.set_minor_locator(NullLocator())
    ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _: number(value)))
    ax.grid(visible=False)
    ax.tick_params(axis="y", length=0)


def _draw_thresholds(ax: Axes, theme: Theme, thresholds: Mapping[str, float]) -> None:
    """A line across all blocks; outside of the axis, the words alone, at that end."""
    low, high = ax.get_xlim()
    for name, rate in thresholds.items():
        inside = low <= rate <= high
        if inside:
            ax.axvline(rate, color=theme.ink, linewidth=1.4, linestyle=(0, (4, 2)))
        across = np.log(rate / low) / np.log(high / low) if inside else float(rate > high)
        arrow = "" if inside else "← " if rate < low else " →"
        said = f"{name} = {number(rate)}"
        ax.annotate(
            said + arrow if rate > high else arrow + said,
            (float(np.clip(across, 0, 1)), 1.0),
            xycoords="axes fraction",
            xytext=(0, 3),
            textcoords="offset points",
            color=theme.ink,
            fontsize=SMALL,
            ha="center" if 0.15 < across < 0.85 else "left" if across <= 0.15 else "right",
            va="bottom",
            parse_math=False,
        )


def _key(ax: Axes, theme: Theme, labels: Sequence[str]) -> None:
    """The labels that occur, with their letters, right of the axes."""
    from matplotlib.patches import Patch

    tints = label_colours(theme)
    here = [name for name in _COLOURS if name in set(labels)]
    legend = ax.legend(
        handles=[
            Patch(facecolor=tints[name], label=f"{_LETTERS.get(name, name[0])}  {name}")
            for name in here
        ],
        loc="upper left",
        bbox_to_anchor=(1.0, 1.02),
        frameon=False,
        fontsize=SMALL,
        handlelength=1.0,
    )
    for text in legend.get_texts():
        text.set_color(theme.ink)
