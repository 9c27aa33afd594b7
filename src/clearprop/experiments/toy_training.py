"""The two trainings of `toy`: by nudging every weight, and by the chain rule."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from clearprop.engines import Data
from clearprop.engines.objective import loss_and_gradient
from clearprop.equations.gradients import finite_differences
from clearprop.equations.updates import sgd
from clearprop.network import Network
from clearprop.training import train_population

__all__ = [
    "EPOCHS",
    "LOSS",
    "NUDGE",
    "Walk",
    "X",
    "Y",
    "by_chain_rule",
    "by_differences",
    "cost",
    "network",
]

Floats = NDArray[np.float64]

X, Y = np.array([[1.0, 1.0]]), np.array([[0.0]])
LOSS = "mean_squared_error"
EPOCHS, NUDGE = 100, 1e-4
_START = (
    *(-0.0053, -0.5820, -0.2723, 0.3793, -0.5204, 0.1896),  # W1
    *(-0.0140, 0.5607, -0.0628),  # b1
    *(0.1528, -0.1745, -0.1135),  # W2
    -0.5516,  # b2
)


@dataclass(frozen=True)
class Walk:
    """One training.

    Attributes:
        path: weights before each step and after the last, `(steps + 1, 13)`; fewer where it
            diverged.
        losses: the loss at each.
    """

    path: Floats
    losses: Floats

    @property
    def before_last(self) -> float:
        """The loss that the last step started from: the one the text prints."""
        return float(self.losses[-2])

    @property
    def output(self) -> float:
        """What the network answers in the end."""
        return float(Network.of(network().architecture, self.path[-1]).predict(X)[0, 0])


def network() -> Network:
    """The 2-3-1 network with the text's starting weights."""
    start = Network([2, 3, 1], hidden="sigmoid", output="identity")
    start.parameters = _START
    return start


def cost(w: NDArray[Any]) -> Floats:
    """The loss of parameters `(..., 13)`, computed in float64 however they are stored: `(...)`."""
    flat = np.atleast_2d(w).astype(np.float64)
    with np.errstate(all="ignore"):  # a rate that is too high ends in infinity
        losses = loss_and_gradient(network().architecture, LOSS, flat, Data(X, Y)).losses
    return np.asarray(losses).reshape(w.shape[:-1])


def by_differences(eta: float) -> Walk:
    """As the text does it: weights kept in float32, each nudged by 1e-4, all updated together."""
    w = network().parameters.astype(np.float32)
    path = [w]
    with np.errstate(all="ignore"):
        for t in range(1, EPOCHS + 1):
            slope = finite_differences(cost, w, NUDGE)
            w = sgd(w.astype(np.float64), slope, (), t, eta)[0].astype(np.float32)
            if not np.isfinite(cost(w)):
                break
            path.append(w)
    return Walk(np.stack(path).astype(np.float64), np.array([cost(w) for w in path]))


def by_chain_rule(eta: float) -> Walk:
    """The engine's own training, in float64."""
    (run,) = train_population(
        network(), X, Y, [{"learning_rate": eta}], optimizer="sgd", batch_size="full",
        loss=LOSS, epochs=EPOCHS, record_weights="step", restore_best=False,
    )  # fmt: skip
    path = np.asarray(run.weights, dtype=np.float64)
    losses = cost(path)
    kept = int(np.isfinite(losses).cumprod().sum())  # weights may be finite and the loss not
    return Walk(path[:kept], losses[:kept])
