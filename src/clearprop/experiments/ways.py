"""Five ways to train a small network, each counting how often it computes the network."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from clearprop.engines import Data
from clearprop.engines.objective import loss_and_gradient
from clearprop.equations.backprop import forward, sample_losses
from clearprop.equations.gradients import finite_difference, finite_differences
from clearprop.equations.losses import cost
from clearprop.equations.search import exhaustive_search, random_nudge
from clearprop.equations.updates import sgd
from clearprop.network import Network

__all__ = [
    "LOSS",
    "LOST",
    "STEPPED",
    "Cost",
    "Outcome",
    "by_grid",
    "by_steps",
    "network_of",
    "task",
]

Floats = NDArray[np.float64]

LOSS = "mean_squared_error"
NUDGE = 1e-6  # of the finite differences
LOST = 1e6  # a loss above it has diverged
_REACH = 0.5  # standard deviation of a random nudge


class Cost:
    """The loss as a function of the parameters `(..., p)`; counts the networks it computes."""

    def __init__(self, network: Network, X: Floats, y: Floats) -> None:
        self.network, self.X, self.y = network, X, y
        self.count = 0

    def __call__(self, w: Floats) -> Floats:
        """The loss, by one forward pass for each row of `w`."""
        self.count += int(np.prod(w.shape[:-1]))
        architecture = self.network.architecture
        trace = forward(self.X, architecture.layers(w), architecture.activations)
        return np.asarray(cost(sample_losses(trace, self.y, LOSS), None))

    def gradient(self, w: Floats) -> tuple[float, Floats]:
        """Loss and gradient by one forward and one backward pass."""
        self.count += 1
        found = loss_and_gradient(self.network.architecture, LOSS, w[None], Data(self.X, self.y))
        return float(found.losses[0]), np.asarray(found.gradient[0])


@dataclass(frozen=True)
class Outcome:
    """What one way needed.

    Attributes:
        evaluations: networks computed, forward.
        steps: changes of the weights, or for the grid the combinations.
        loss: at the end.
        reached: whether that is the loss asked for.
        seconds: by the clock of this machine.
    """

    evaluations: int
    steps: int
    loss: float
    reached: bool
    seconds: float


def task() -> tuple[Floats, Floats]:
    """Nine points on `0.9 tanh(1.3 x − 0.4) + 0.2`, which one hidden neuron can meet."""
    x = np.linspace(-2.0, 2.0, 9)[:, None]
    return x, 0.9 * np.tanh(1.3 * x - 0.4) + 0.2


def network_of(hidden: int, seed: int) -> Network:
    """1 → hidden tanh → 1."""
    return Network([1, hidden, 1], hidden="tanh", seed=seed)


def by_grid(C: Cost, values: tuple[float, ...]) -> tuple[Floats, Outcome]:
    """Every combination of the values."""
    started = time.perf_counter()
    w, lowest = exhaustive_search(C, C.network.parameters, values)
    seconds = time.perf_counter() - started
    return w, Outcome(C.count, C.count, float(lowest), True, seconds)


def by_steps(
    way: Callable[[Cost, float, int], Iterator[float]],
    C: Cost,
    *,
    target: float,
    eta: float,
    seed: int,
    most: int,
) -> Outcome:
    """One of the stepping ways until the loss is as low as `target`, or `most` evaluations."""
    started, steps, loss = time.perf_counter(), -1, float("inf")
    for loss in way(C, eta, seed):
        steps += 1
        if loss <= target or not loss < LOST or C.count >= most:
            break
    return Outcome(C.count, steps, loss, loss <= target, time.perf_counter() - started)


def _nudging(C: Cost, _eta: float, seed: int) -> Iterator[float]:
    """A random change of a random weight, kept only if the loss falls: one evaluation each."""
    draws, w = np.random.default_rng(seed), C.network.parameters.copy()
    c = C(w)
    yield float(c)
    while True:
        i, amount = int(draws.integers(len(w))), float(draws.normal(scale=_REACH))
        w, c = random_nudge(C, w, c, i, amount)
        yield float(c)


def _one_by_one(C: Cost, eta: float, _seed: int) -> Iterator[float]:
    """The slope along one weight by a nudge, a step along it, the next weight: two each."""
    w, i = C.network.parameters.copy(), 0
    while True:
        at = _Remembering(C)
        slope = finite_difference(at, w, i, NUDGE)
        yield float(at.last)
        w = w - eta * slope * (np.arange(len(w)) == i)
        i = (i + 1) % len(w)


def _all_at_once(C: Cost, eta: float, _seed: int) -> Iterator[float]:
    """All slopes by nudges, then one step: p + 1 each."""
    w, t = C.network.parameters.copy(), 0
    while True:
        at, t = _Remembering(C), t + 1
        slopes = finite_differences(at, w, NUDGE)
        yield float(at.last)
        w, _ = sgd(w, slopes, (), t, eta)


def _backpropagating(C: Cost, eta: float, _seed: int) -> Iterator[float]:
    """All slopes by one forward and one backward pass."""
    w, t = C.network.parameters.copy(), 0
    while True:
        loss, slopes = C.gradient(w)
        yield loss
        t += 1
        w, _ = sgd(w, slopes, (), t, eta)


class _Remembering:
    """A cost that remembers the last value: a difference ends with the cost of w itself."""

    def __init__(self, C: Cost) -> None:
        self.C, self.last = C, np.array(0.0)

    def __call__(self, w: Floats) -> Floats:
        self.last = self.C(w)
        return self.last


STEPPED: dict[str, Callable[[Cost, float, int], Iterator[float]]] = {
    "random nudge": _nudging,
    "one weight at a time": _one_by_one,
    "all differences": _all_at_once,
    "backpropagation": _backpropagating,
}
