"""The confusion matrix: which class is taken for which."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from clearprop.errors import ArgumentError
from clearprop.figures._data import Floats, Ints, evenly, floats
from clearprop.figures.style import SMALL, TEXT, Theme, start, title
from clearprop.figures.words import percent, short

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["confusion_matrix", "describe_confusion_matrix"]

SHARES_UP_TO = 8  # classes; beyond, a cell has room for its count only
NUMBERS_UP_TO = 24  # classes; beyond, colour alone
NAMES_UP_TO = 40  # names on an axis; beyond, an evenly spaced sample


def confusion_matrix(
    matrix: ArrayLike,
    class_names: Sequence[str],
    *,
    ax: Axes | None = None,
    theme: str | Theme = "light",
) -> Axes:
    r"""Counts, and the share of each true class: hits in blue, mistakes in orange.

    Args:
        matrix: counts (n_classes, n_classes), true class down, predicted class across.
        class_names: (n_classes,) names in the order of the matrix.
        ax: where to draw; new Axes where None.
        theme: "light", "dark" or a Theme.

    Returns:
        The Axes; the shade of a cell is its share of the row. Above 8 classes the cells hold
        counts only and none for zero, above 24 nothing but colour.

    >>> ax = confusion_matrix([[8, 2], [1, 9]], ["no", "yes"])
    >>> [text.get_text() for text in ax.texts]
    ['8\n80.0%', '2\n20.0%', '1\n10.0%', '9\n90.0%']
    """
    counts = _counts(matrix, class_names)
    k = len(counts)
    side = min(3.4 + 0.22 * max(k - 4, 0), 7.0)
    ax, chosen = start(ax, theme, (side + 1.2, side + 0.4))
    ax.grid(visible=False)
    ax.spines[:].set_visible(False)
    shares = _shares(counts)
    shades = _shades(shares, chosen)
    ax.imshow(shades, interpolation="nearest", aspect="equal")
    if k <= NUMBERS_UP_TO:
        _gaps(ax, chosen, k)
        _numbers(ax, chosen, counts, shares, shades)
    _names(ax, class_names)
    title(ax, chosen, f"Confusion matrix ({counts.sum():,} rows)", "predicted", "true")
    return ax


def describe_confusion_matrix(matrix: ArrayLike, class_names: Sequence[str]) -> str:
    """The confusion matrix in one sentence, with the most frequent mistake.

    >>> describe_confusion_matrix([[8, 2], [1, 9]], ["no", "yes"])
    "Confusion matrix of 2 classes: 17 of 20 rows are right (85.0%); the most frequent mistake \
takes 'no' for 'yes', 2 times."
    """
    counts = _counts(matrix, class_names)
    total, right = int(counts.sum()), int(np.trace(counts))
    share = f" ({percent(right / total)})" if total else ""
    wrong = counts - np.diag(np.diag(counts))
    mistake = "no row is taken for another class"
    if wrong.any():
        i, j = np.unravel_index(int(wrong.argmax()), wrong.shape)
        times = "once" if wrong[i, j] == 1 else f"{wrong[i, j]:,} times"
        true, taken = short(class_names[int(i)]), short(class_names[int(j)])
        mistake = f"the most frequent mistake takes '{true}' for '{taken}', {times}"
    return (
        f"Confusion matrix of {len(counts)} classes: {right:,} of {total:,} rows are right{share}; "
        f"{mistake}."
    )


def _counts(matrix: ArrayLike, class_names: Sequence[str]) -> Ints:
    """The matrix as whole numbers, as wide as it is high and as there are names."""
    values = floats("matrix", matrix, 2)
    k = len(class_names)
    if values.shape != (k, k):
        raise ArgumentError(
            f"matrix must be of shape ({k}, {k}) for {k} class names; got {values.shape}"
        )
    if not (np.isfinite(values).all() and (values >= 0).all() and (values % 1 == 0).all()):
        raise ArgumentError("matrix must hold whole numbers, zero or above; got other values")
    return values.astype(np.int64)


def _shares(counts: Ints) -> Floats:
    """Each count as a share of its row; a row without samples has shares of zero."""
    rows = counts.sum(axis=1, keepdims=True)
    shares: Floats = counts / np.maximum(rows, 1)
    return shares


def _shades(shares: Floats, theme: Theme) -> Floats:
    """Colours (k, k, 3): from the background to blue on the diagonal, to orange off it."""
    from matplotlib.colors import to_rgb

    hit, miss, paper = (
        np.array(to_rgb(c)) for c in (theme.palette[0], theme.palette[1], theme.background)
    )
    full = np.where(np.eye(len(shares), dtype=bool)[..., None], hit, miss)
    # The root lets a mistake of one in a hundred be seen.
    weight = np.where(shares > 0, 0.05 + 0.70 * np.sqrt(shares), 0.0)[..., None]
    shades: Floats = paper + weight * (full - paper)
    return shades


def _gaps(ax: Axes, theme: Theme, k: int) -> None:
    """Thin lines between the cells, faint where a cell is empty of colour."""
    edges = np.arange(k + 1) - 0.5
    for edge in edges:
        ax.axhline(edge, color=theme.faint, linewidth=1.0)
        ax.axvline(edge, color=theme.faint, linewidth=1.0)


def _numbers(ax: Axes, theme: Theme, counts: Ints, shares: Floats, shades: Floats) -> None:
    """The count in each cell and below it the share, where there is room; else no zeros either."""
    k = len(counts)
    roomy = k <= SHARES_UP_TO
    size = {2: 13.0, 3: 12.0, 4: 11.0, 5: 10.0}.get(k, TEXT - 0.5 if roomy else SMALL)
    for (i, j), count in np.ndenumerate(counts):
        if count == 0 and not roomy:
            continue
        text = f"{count:,}" if roomy or count < 10_000 else f"{count / 1000:.0f}k"
        if roomy and count:
            text += f"\n{percent(float(shares[i, j])) if k <= 5 else format(shares[i, j], '.0%')}"
        colour = theme.muted if count == 0 else _readable(shades[i, j])
        cell = ax.text(
            j, i, text, ha="center", va="center", fontsize=size, color=colour, linespacing=1.35
        )
        cell.set_in_layout(False)  # it lies inside the axes; leaving it out halves the time


def _readable(shade: Floats) -> str:
    """Black or white, whichever stands out more from `shade` (relative luminance)."""
    linear = np.where(shade <= 0.04045, shade / 12.92, ((shade + 0.055) / 1.055) ** 2.4)
    return "#101418" if linear @ [0.2126, 0.7152, 0.0722] > 0.18 else "#ffffff"


def _names(ax: Axes, class_names: Sequence[str]) -> None:
    """Class names on both axes, slanted below where they would touch."""
    k = len(class_names)
    at = evenly(k, NAMES_UP_TO)
    names = [short(class_names[i], 18) for i in at]
    ax.set_xticks(at, names, parse_math=False)
    ax.set_yticks(at, names, parse_math=False)
    ax.tick_params(length=0)
    if sum(map(len, names)) > 30 or k > 12:
        for text in ax.get_xticklabels():
            text.set(rotation=40, ha="right", rotation_mode="anchor")
