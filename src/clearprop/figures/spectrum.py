"""The eigenvalues of a Hessian: how curved the loss is, in how many directions, and which way."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from clearprop.errors import ArgumentError
from clearprop.figures._chart import mark_across
from clearprop.figures._data import Floats, floats
from clearprop.figures.style import Theme, key, start, title
from clearprop.figures.words import number, short

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["describe_hessian_spectrum", "hessian_spectrum"]

_DECADES = 8  # below the largest; what is smaller lies in the linear part around zero
_SIDE = 4  # ticks to either side of zero
_KINDS = ("positive", "zero", "negative")


def hessian_spectrum(
    eigenvalues: ArrayLike,
    threshold: float | None = None,
    *,
    threshold_name: str = "2/η",
    name: str = "Eigenvalues of the Hessian",
    ax: Axes | None = None,
    theme: str | Theme = "light",
) -> Axes:
    """One dot an eigenvalue, the largest on top; logarithmic to both sides, linear around zero.

    As in numpy.linalg.matrix_rank, an eigenvalue counts as zero up to n · ε · the largest
    magnitude: its sign is rounding.

    Args:
        eigenvalues: (n,) in any order.
        threshold: the curvature above which the optimizer is unstable; a dashed line.
        threshold_name: what to call it.
        name: the title.
        ax: where to draw; new Axes where None.
        theme: "light", "dark" or a Theme.

    Returns:
        The Axes.

    Raises:
        ArgumentError: eigenvalues or threshold that are not finite.

    >>> ax = hessian_spectrum([0.5, -0.1, 20], threshold=18)
    >>> [line.get_xdata().tolist() for line in ax.lines[:2]]
    [[20.0, 0.5], [-0.1]]
    """
    values, kinds = _checked(eigenvalues, threshold)
    ax, chosen = start(ax, theme)
    ranks = np.arange(1, len(values) + 1)
    tints = (chosen.palette[0], chosen.muted, chosen.palette[1])
    here = [k for k, kind in enumerate(_KINDS) if (kinds == kind).any()]
    for k in here:
        own = kinds == _KINDS[k]
        ax.plot(
            values[own],
            ranks[own],
            color=tints[k],
            marker="oDs"[k],
            markersize=5 if len(values) <= 60 else 3,
            linestyle="",
            zorder=3,
            rasterized=len(values) > 2000,
        )
    _scale(ax, values, threshold)
    ax.axvline(0.0, color=chosen.muted, linewidth=0.9, zorder=1.5)
    ax.set_ylim(len(values) + 0.5 + 0.02 * len(values), 0.5 - 0.02 * len(values))
    above = mark_across(ax, chosen, {} if threshold is None else {threshold_name: threshold})
    title(ax, chosen, name, "eigenvalue (log scale on both sides of 0)", "rank", above=above)
    counts = [f"{_KINDS[k]} ({int((kinds == _KINDS[k]).sum()):,})" for k in here]
    key(ax, chosen, counts, [tints[k] for k in here], ["oDs"[k] for k in here])
    return ax


def describe_hessian_spectrum(
    eigenvalues: ArrayLike,
    threshold: float | None = None,
    *,
    threshold_name: str = "2/η",
    name: str = "Eigenvalues of the Hessian",
) -> str:
    """The spectrum in one sentence.

    >>> describe_hessian_spectrum([0.5, -0.1, 20], threshold=18)
    'Eigenvalues of the Hessian: 3 from -0.1 to 20; 2 positive, 1 negative; 1 above 2/η = 18.'
    """
    values, kinds = _checked(eigenvalues, threshold)
    counts = [(int((kinds == kind).sum()), kind) for kind in _KINDS]
    said = ", ".join(f"{count:,} {kind}" for count, kind in counts if count)
    end = ""
    if threshold is not None:
        beyond = int((values > threshold).sum())
        end = f"; {beyond:,} above {short(threshold_name)} = {number(threshold)}"
    span = f"from {number(values[-1])} to {number(values[0])}"
    return f"{short(name, 80)}: {len(values):,} {span}; {said}{end}."


def _checked(eigenvalues: ArrayLike, threshold: float | None) -> tuple[Floats, NDArray[np.str_]]:
    """Eigenvalues, falling, and the kind of each."""
    values = floats("eigenvalues", eigenvalues)
    if not np.isfinite(values).all():
        raise ArgumentError("eigenvalues must be finite")
    if threshold is not None and not np.isfinite(threshold):
        raise ArgumentError(f"threshold must be a finite number or None; got {threshold}")
    values = np.sort(values)[::-1]
    tiny = np.abs(values).max() * len(values) * np.finfo(np.float64).eps
    kinds = np.where(np.abs(values) <= tiny, "zero", np.where(values > 0, "positive", "negative"))
    return values, kinds


def _scale(ax: Axes, values: Floats, threshold: float | None) -> None:
    """Decades to both sides as far as there are values, a linear part around zero."""
    from matplotlib.ticker import FixedLocator, FuncFormatter, MaxNLocator, NullLocator

    ax.yaxis.set_major_locator(MaxNLocator(nbins=7, integer=True))

    sizes = np.abs(values[values != 0])
    if sizes.size == 0:
        ax.set_xlim(-1, 1)
        return
    largest = sizes.max()
    least = max(sizes.min(), largest * 10.0**-_DECADES)
    first, last = np.floor(np.log10(least)), np.ceil(np.log10(largest))
    low = values.min() * 3 if values.min() < 0 else -(10.0**first)
    high = max(values.max(), threshold if threshold and threshold < 10 * largest else 0.0)
    ax.set_xscale("symlog", linthresh=10.0**first, linscale=1.0)
    ax.set_xlim(low, high * 3 if high > 0 else 10.0**first)
    step = max(1, int(np.ceil((last - first + 1) / _SIDE)))
    decades = 10.0 ** np.arange(last, first, -step)  # not the first: it would touch 0
    ax.xaxis.set_major_locator(FixedLocator([*-decades, 0.0, *decades[::-1]]))
    ax.xaxis.set_minor_locator(NullLocator())
    ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _: number(value)))
