"""What every layer does with some samples: signal forward, gradient back, units that do nothing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from clearprop.architecture import Architecture
from clearprop.engines import Data
from clearprop.engines.objective import loss_and_gradient

__all__ = ["LayerSigns", "Look", "look_at"]

Array = NDArray[Any]

RECTIFIERS = ("relu",)
SATURATING = ("tanh", "sigmoid")


@dataclass(frozen=True)
class LayerSigns:
    """One layer on some samples.

    Attributes:
        activation: its name.
        gradient: mean absolute `∂C/∂W`.
        variance: of the pre-activations over samples and units.
        inactive: share of the units that are active for fewer than so many samples; ReLU only.
        zero_deltas: share of the `∂C/∂z` that are exactly 0; ReLU only.
        saturated: share of the activations in the flat parts; tanh and sigmoid only.
    """

    activation: str
    gradient: float
    variance: float
    inactive: float
    zero_deltas: float
    saturated: float


@dataclass(frozen=True)
class Look:
    """A network on some samples.

    Attributes:
        loss: without penalties.
        gradient: root mean square of `∂C/∂w` over all parameters.
        steepest: `∂C/∂w`, `(p,)`.
        layers: first to last; the last is the output.
        output: `a_L`, `(n, n_out)`.
    """

    loss: float
    gradient: float
    steepest: Array
    layers: tuple[LayerSigns, ...]
    output: Array


def look_at(
    architecture: Architecture, loss: str, w: Array, data: Data, limits: dict[str, float]
) -> Look:
    """Forward and back once, in float64, without dropout or penalties."""
    X, y, weights = (None if part is None else part.astype(np.float64) for part in _parts(data))
    with np.errstate(all="ignore"):  # weights that have blown up; the numbers tell
        here = loss_and_gradient(
            architecture,
            loss,
            w.astype(np.float64),
            Data(X, y, weights),  # type: ignore[arg-type]
        )
        gradients = architecture.layers(here.gradient)
        layers = tuple(
            _signs(name, dW, z, a, delta, limits)
            for name, (dW, _), (_, z, a), delta in zip(
                architecture.activations, gradients, here.trace, here.deltas, strict=True
            )
        )
        size = float(np.sqrt(np.mean(here.gradient**2)))
    return Look(float(here.losses), size, here.gradient, layers, here.trace[-1][2])


def _parts(data: Data) -> tuple[Array, Array, Array | None]:
    return data.X, data.y, data.weights


def _signs(
    name: str, dW: Array, z: Array, a: Array, delta: Array, limits: dict[str, float]
) -> LayerSigns:
    inactive = zero = saturated = 0.0
    if name in RECTIFIERS:
        inactive = float(np.mean(np.mean(z > 0, axis=0) < limits["inactive"]))
        zero = float(np.mean(delta == 0))
    if name in SATURATING:
        centred = a if name == "tanh" else 2 * a - 1
        saturated = float(np.mean(np.abs(centred) > limits["saturated_value"]))
    return LayerSigns(name, float(np.abs(dW).mean()), float(z.var()), inactive, zero, saturated)
