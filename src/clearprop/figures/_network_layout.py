"""Where the neurons and edges of a drawn network lie, in inches, so that no text covers another."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from clearprop.figures._data import Floats

__all__ = ["COMB", "RADIUS", "Layout", "label_share", "layout"]

RADIUS = 0.27  # of a neuron
PITCH = 0.86  # from one neuron of a layer to the next
LABEL_HALF = 0.24  # half the width of the longest number on an edge
NARROW, WIDE = 1.3, 1.75  # from one layer to the next: without numbers on the edges, with them
MARGIN = 0.45
COMB = 4  # edges on the less crowded side of two layers up to which each has room for its number


@dataclass(frozen=True)
class Layout:
    """Centres of the neurons, a `(n, 2)` array for each layer, and the size of it all."""

    centres: tuple[Floats, ...]
    width: float
    height: float


def label_share(n_in: int, n_out: int) -> float | None:
    """How far along each edge between two layers its number stands; None where there is no room.

    An edge from place i to place j is at height i(1 − t) + jt at the share t of its way. At
    t = 1/(n_out + 1) these heights are t apart and all different: a comb, in which every number
    lies on its own edge and on no other. Near the end of the edges the same holds for n_in.
    """
    if min(n_in, n_out) > COMB:
        return None
    if n_in == 1 or n_out == 1:
        return 0.5
    return 1 / (n_out + 1) if n_out <= n_in else n_in / (n_in + 1)


def layout(sizes: Sequence[int], labelled: Sequence[bool]) -> Layout:
    """The places of all neurons; `labelled` says between which layers the edges have numbers."""
    across = [MARGIN + RADIUS]
    for n_in, n_out, written in zip(sizes[:-1], sizes[1:], labelled, strict=True):
        across.append(across[-1] + _gap(n_in, n_out, written=written))
    tallest = max(sizes)
    height = (tallest - 1) * PITCH + 2 * (RADIUS + 0.25)
    centres = []
    for x, n in zip(across, sizes, strict=True):
        y = height / 2 + PITCH * ((n - 1) / 2 - np.arange(n))
        centres.append(np.column_stack([np.full(n, x), y]))
    return Layout(tuple(centres), across[-1] + RADIUS + MARGIN, height)


def _gap(n_in: int, n_out: int, *, written: bool) -> float:
    share = label_share(n_in, n_out) if written else None
    if share is None:
        return NARROW + 0.1 * max(n_in, n_out)  # a steep fan needs more way
    free = RADIUS + LABEL_HALF + 0.04  # from the nearer neuron's centre to the middle of the number
    return max(WIDE, free / min(share, 1 - share))
