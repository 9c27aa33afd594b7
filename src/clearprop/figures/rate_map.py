"""The map of learning rates: one coloured and lettered cell for each training of a sweep."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from clearprop.errors import ArgumentError
from clearprop.figures._chart import checked_marks, mark_across, plain_decades
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
    (x, blocks), places = _checked(rates, groups), checked_marks("thresholds", thresholds)
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
    plain_decades(ax.xaxis, edges[0], edges[-1])
    ax.grid(visible=False)
    ax.tick_params(axis="y", length=0)
    above = mark_across(ax, chosen, places)
    title(ax, chosen, "What becomes of a training", "learning rate (log scale)", above=above)
    _key(ax, chosen, [label for block in blocks.values() for row in block for label in row])
    return ax


def describe_rate_map(
    rates: ArrayLike, groups: Groups, *, thresholds: Mapping[str, float] | None = None
) -> str:
    """The map in one sentence for each group.

    >>> describe_rate_map([0.01, 0.1], {"sgd, batch 4": [["good", "diverged"]]})
    'Learning rates from 0.01 to 0.1. sgd, batch 4: 1 good from 0.01 to 0.01, 1 diverged.'
    """
    (x, blocks), places = _checked(rates, groups), checked_marks("thresholds", thresholds)
    said = [f"Learning rates from {number(x[0])} to {number(x[-1])}."]
    said += [f"{name} is {number(rate)}." for name, rate in places.items()]
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
                    f"groups[{name!r}] must hold {', '.join(_COLOURS)}; "
                    f"got {min(unknown, key=str)!r}"
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
