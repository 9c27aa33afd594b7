"""A row's work made concrete: the same data, start and order of samples for ours and every peer."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from clearprop import randomness
from clearprop.architecture import Architecture

__all__ = ["Task", "Work", "make_task", "rates_between"]

Array = NDArray[Any]

N_ORDERS = 4  # epochs with an order of their own; then they come round again


@dataclass(frozen=True)
class Work:
    """What is to be trained.

    Attributes:
        sizes: of the layers; ReLU inside, sigmoid for one output and softmax for several.
        batch_size: samples a step; `n_samples` is a multiple of it.
        rule: "sgd" or "adam".
        rates: the learning rate of every network; several make a population.
        n_samples: of the data.
        checked_epochs: after how many the losses are compared.
    """

    sizes: tuple[int, ...]
    batch_size: int
    rule: str
    rates: tuple[float, ...]
    n_samples: int
    checked_epochs: int = 2


@dataclass(frozen=True)
class Task:
    """A work with its data.

    Attributes:
        work: what is to be trained.
        X, y: the samples, float32 `(n, n_in)` and `(n, n_out)`; classes as one-hot rows.
        start: where every network starts, float32 `(p,)`.
        orders: the order of the samples in each epoch, the same for all networks,
            int64 `(N_ORDERS, n)`.
    """

    work: Work
    X: Array
    y: Array
    start: Array
    orders: NDArray[np.int64]

    @property
    def n_networks(self) -> int:
        """`m`."""
        return len(self.work.rates)

    @property
    def n_batches(self) -> int:
        """Steps an epoch."""
        return self.work.n_samples // self.work.batch_size

    @property
    def binary(self) -> bool:
        """Sigmoid with binary cross-entropy, instead of softmax with the categorical one."""
        return self.work.sizes[-1] == 1

    @cached_property
    def architecture(self) -> Architecture:
        """Of every network."""
        return architecture_of(self.work)

    def starts(self) -> list[tuple[Array, Array]]:
        """A fresh `(W, b)` of every layer, each `(m, ...)`; of one network without the m."""
        lead = (self.n_networks, 1) if self.n_networks > 1 else (1,)
        return self.architecture.layers(np.tile(self.start, lead))

    def flatten(self, layers: list[tuple[Any, Any]]) -> Array:
        """The inverse: parameters `(m, p)`, also of one network."""
        arrays = [(np.asarray(W), np.asarray(b)) for W, b in layers]
        return self.architecture.flatten(arrays).reshape(self.n_networks, -1)


def rates_between(low: float, high: float, count: int) -> tuple[float, ...]:
    """Rates evenly spaced in their logarithm.

    >>> [round(rate, 12) for rate in rates_between(0.01, 1.0, 3)]
    [0.01, 0.1, 1.0]
    """
    return tuple(np.geomspace(low, high, count).tolist())


def architecture_of(work: Work) -> Architecture:
    """ReLU inside, sigmoid or softmax at the end."""
    return Architecture.build(work.sizes, "relu", "sigmoid" if work.sizes[-1] == 1 else "softmax")


def make_task(work: Work, seed: int = 0) -> Task:
    """The work with data, start and orders drawn from a seed."""
    draw = _moons if work.sizes[-1] == 1 else _taught
    X, y = draw(work, np.random.default_rng(seed))
    orders = [randomness.permutation(seed, epoch, work.n_samples) for epoch in range(N_ORDERS)]
    return Task(
        work,
        X.astype(np.float32),
        y.astype(np.float32),
        architecture_of(work).initial_parameters(seed).astype(np.float32),
        np.stack(orders),
    )


def _moons(work: Work, rng: np.random.Generator) -> tuple[Array, Array]:
    """Two half circles with noise; inputs beyond the second are noise alone."""
    n = work.n_samples
    angle, upper = rng.uniform(0, np.pi, n), rng.random(n) < 0.5
    X = rng.normal(0, 1, (n, work.sizes[0]))
    X[:, :2] *= 0.2
    X[:, 0] += np.where(upper, np.cos(angle), 1 - np.cos(angle)) - 0.5
    X[:, 1] += np.where(upper, np.sin(angle), 0.5 - np.sin(angle)) - 0.25
    return X, upper[:, None]


def _taught(work: Work, rng: np.random.Generator) -> tuple[Array, Array]:
    """Normal inputs, labelled by the largest output of a random linear teacher."""
    X = rng.normal(0, 1, (work.n_samples, work.sizes[0]))
    teacher = rng.normal(0, 1, (work.sizes[0], work.sizes[-1]))
    return X, np.eye(work.sizes[-1])[(X @ teacher).argmax(axis=1)]
