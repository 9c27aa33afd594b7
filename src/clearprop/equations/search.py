"""Learning without any gradient: what one would try before knowing backpropagation.

Both need only costs, and both show why gradients are wanted: trying k values for each of p weights
takes k^p costs, and a random nudge is seldom a good one.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from typing import TypeAlias

from array_api_compat import array_namespace

from clearprop.equations.activations import Array

__all__ = ["exhaustive_search", "random_nudge"]

Cost: TypeAlias = Callable[[Array], Array]


def exhaustive_search(C: Cost, w: Array, values: Sequence[float]) -> tuple[Array, Array]:
    """Try every combination of `values` for all p weights: `k^p` costs.

    Args:
        C: the cost of parameters `(p,)`.
        w: any vector of the right length and type, `(p,)`; only its shape and dtype are used.
        values: the k values that each weight may take.

    Returns:
        The best parameters and their cost.

    >>> import numpy as np
    >>> best, c = exhaustive_search(lambda w: (w[0] - 1) ** 2 + w[1] ** 2, np.zeros(2), [-1, 0, 1])
    >>> best.tolist(), float(c)
    ([1.0, 0.0], 0.0)
    """
    xp = array_namespace(w)
    every = (xp.asarray(c, dtype=w.dtype) for c in itertools.product(values, repeat=w.shape[-1]))
    best = next(every)
    lowest = C(best)
    for candidate in every:
        c = C(candidate)
        if c < lowest:
            best, lowest = candidate, c
    return best, lowest


def random_nudge(C: Cost, w: Array, c: Array, i: int, amount: float) -> tuple[Array, Array]:
    """Change weight i by a (random) amount and keep the change only if the cost falls.

    Args:
        C: the cost of parameters `(p,)`.
        w: the parameters so far, `(p,)`.
        c: their cost, `C(w)`, carried along so that each nudge takes one cost.
        i: which weight; drawn by whoever calls.
        amount: how far; drawn by whoever calls.

    Returns:
        The parameters to go on with and their cost.
    """
    xp = array_namespace(w)
    nudged = w + amount * xp.astype(xp.arange(w.shape[-1]) == i, w.dtype)
    c_nudged = C(nudged)
    return (nudged, c_nudged) if c_nudged < c else (w, c)
