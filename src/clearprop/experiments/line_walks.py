"""Gradient descent on the line y = wx + b, by exact slopes and by measured ones."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from clearprop.engines import Data
from clearprop.engines.objective import loss_and_gradient
from clearprop.equations.gradients import finite_differences
from clearprop.equations.updates import sgd
from clearprop.network import Network
from clearprop.rates import curvature

__all__ = [
    "LONG",
    "NUDGE",
    "SHOWN",
    "Walk",
    "X",
    "Y",
    "as_published",
    "cost_at",
    "exact_slope",
    "limit_of_the_line",
    "line_network",
    "walked",
]

Floats = NDArray[np.float64]

X = np.array([[1.0], [2.0], [3.0], [4.0]])
Y = 3 * X
SHOWN, LONG = 10, 1000  # steps in the tables, steps in the curves
NUDGE = 1e-4  # of the finite differences
LOSS = "mean_squared_error"


@dataclass(frozen=True)
class Walk:
    """(w, b) before each step and after the last, `(steps + 1, 2)`; loss and gradient there."""

    path: Floats
    losses: Floats
    gradients: Floats


def line_network() -> Network:
    """One input, one output, no activation: y = wx + b, from w = b = 0."""
    network = Network([1, 1])
    network.parameters = [0.0, 0.0]
    return network


def limit_of_the_line() -> float:
    """2/λmax, of the largest eigenvalue that Lanczos finds with exact Hessian products."""
    return 2 / curvature(line_network(), X, Y).largest


def cost_at(w: Floats) -> Floats:
    """The loss of parameters `(..., 2)`, computed in float64, by the engine's own functions."""
    flat = np.atleast_2d(w).astype(np.float64)
    losses = loss_and_gradient(line_network().architecture, LOSS, flat, Data(X, Y)).losses
    return np.asarray(losses).reshape(w.shape[:-1])


def exact_slope(w: Floats) -> Floats:
    """The gradient by backpropagation, in float64."""
    flat = w[None].astype(np.float64)
    gradient = loss_and_gradient(line_network().architecture, LOSS, flat, Data(X, Y)).gradient[0]
    return np.asarray(gradient)


def measured_slope(w: Floats) -> Floats:
    """The gradient by finite differences, as the text has it."""
    return np.asarray(finite_differences(cost_at, w, NUDGE))


def walked(start: Floats, slope: Callable[[Floats], Floats], eta: float, steps: int) -> Walk:
    """Gradient descent along a slope; weights keep the precision they start with."""
    w, path, gradients = start, [start], []
    with np.errstate(all="ignore"):  # a rate that is too high walks to infinity
        for t in range(1, steps + 1):
            gradients.append(slope(w))
            stepped, _ = sgd(w.astype(np.float64), gradients[-1], (), t, eta)
            w = stepped.astype(w.dtype)
            path.append(w)
        gradients.append(slope(w))
        return Walk(np.stack(path), cost_at(np.stack(path)), np.stack(gradients))


def as_published(eta: float, steps: int = SHOWN) -> Walk:
    """float32 weights, float64 arithmetic, gradients by finite differences."""
    return walked(np.zeros(2, dtype=np.float32), measured_slope, eta, steps)
