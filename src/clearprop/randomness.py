"""Counter-based randomness: every draw is a function of (seed, purpose, step, layer).

Nothing is remembered between draws, so a resumed run, another engine, another number of threads, or
the same network alone instead of in a population, sees the same numbers. The generator is
Philox-4x64 (Salmon et al. 2011); its raw 64-bit output is the same in every NumPy release and on
every machine, and so are `uniform` and `permutation`. `normal` goes through a logarithm and a
cosine, whose last bit may differ between processors.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["MAX_SEED", "normal", "permutation", "uniform"]

MAX_SEED = 2**32 - 1  # what scikit-learn's splitters accept, too

# Each purpose has a stream of its own. Numbers are part of the file format: never reuse one.
_PURPOSES = {"start": 1, "order": 2, "dropout": 3, "curvature": 4, "plane": 5}


def _raw(seed: int, purpose: str, n: int, step: int, layer: int) -> NDArray[np.uint64]:
    key = np.array([seed, _PURPOSES[purpose]], dtype=np.uint64)
    counter = np.array([0, step, layer, 0], dtype=np.uint64)
    raw: NDArray[np.uint64] = np.random.Philox(key=key, counter=counter).random_raw(n)
    return raw


def uniform(
    seed: int, purpose: str, n: int, *, step: int = 0, layer: int = 0
) -> NDArray[np.float64]:
    """N numbers uniform in [0, 1): the upper 53 bits of each 64.

    >>> uniform(0, "start", 2).round(6).tolist() == uniform(0, "start", 3)[:2].round(6).tolist()
    True
    """
    return (_raw(seed, purpose, n, step, layer) >> np.uint64(11)) * np.float64(2.0**-53)


def normal(
    seed: int, purpose: str, n: int, *, step: int = 0, layer: int = 0
) -> NDArray[np.float64]:
    """N standard normal numbers: `√(−2 ln(1 − u)) cos 2πv` (Box & Muller 1958)."""
    u, v = uniform(seed, purpose, 2 * n, step=step, layer=layer).reshape(n, 2).T
    result: NDArray[np.float64] = np.sqrt(-2 * np.log1p(-u)) * np.cos(2 * np.pi * v)
    return result


def permutation(seed: int, epoch: int, n: int) -> NDArray[np.int64]:
    """The order of n samples in an epoch: the ranks of n random numbers.

    >>> sorted(permutation(0, epoch=3, n=4).tolist())
    [0, 1, 2, 3]
    """
    return np.argsort(_raw(seed, "order", n, epoch, 0), kind="stable").astype(np.int64)
