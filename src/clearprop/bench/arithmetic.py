"""The limit: useful floating-point operations over what the machine's matrix product reaches."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Sequence

import numpy as np

__all__ = ["flops_per_step", "limit_us", "matrix_rate"]


def flops_per_step(sizes: Sequence[int], batch_size: int) -> int:
    """Useful operations of one step of one network.

    `2·b·Σ n_in·n_out` forward, as many for the weight gradients, and as many again for the input
    gradients of the layers after the first. Activations, losses and updates are not counted.

    >>> flops_per_step([784, 128, 10], 32)
    13090816
    """
    products = [n_in * n_out for n_in, n_out in itertools.pairwise(sizes)]
    return 2 * batch_size * (2 * sum(products) + sum(products[1:]))


def limit_us(sizes: Sequence[int], batch_size: int, flops_per_second: float) -> float:
    """The least time of one step of one network in microseconds, were all of it matrix products."""
    return 1e6 * flops_per_step(sizes, batch_size) / flops_per_second


def matrix_rate(
    size: int = 2048, repeats: int = 7, clock: Callable[[], float] = time.perf_counter
) -> float:
    """Operations per second of `size³` float32 products: the best of several, for it is a limit."""
    rng = np.random.default_rng(0)
    A, B = (rng.random((size, size), dtype=np.float32) for _ in range(2))
    C = A @ B  # the first is a warm-up
    seconds = []
    for _ in range(repeats):
        start = clock()
        np.matmul(A, B, out=C)
        seconds.append(clock() - start)
    return float(2 * size**3 / min(seconds))
