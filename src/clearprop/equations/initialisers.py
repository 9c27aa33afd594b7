"""Where the weights start.

`foo(noise, n_in, n_out)` scales noise that is passed in: uniform in [−1, 1) for the uniform kinds,
standard normal for the normal ones. Biases start at zero. With `Var(w)` chosen to suit the number
of inputs and outputs, signals neither die out nor blow up on their way through the layers.
"""

from __future__ import annotations

import math
from collections.abc import Callable

from clearprop.equations.activations import Array

__all__ = [
    "INITIALISERS",
    "glorot_normal",
    "glorot_uniform",
    "he_normal",
    "he_uniform",
    "lecun_normal",
    "lecun_uniform",
    "normal",
    "uniform",
]


def uniform(noise: Array, n_in: int, n_out: int, limit: float = 0.5) -> Array:
    """Uniform in [−limit, limit), whatever the layer's size."""
    return limit * noise


def normal(noise: Array, n_in: int, n_out: int, deviation: float = 0.1) -> Array:
    """Normal with a fixed standard deviation, whatever the layer's size."""
    return deviation * noise


def glorot_uniform(noise: Array, n_in: int, n_out: int) -> Array:
    """`Var(w) = 2 / (n_in + n_out)`, uniform: for tanh and sigmoid (Glorot & Bengio 2010)."""
    return math.sqrt(6 / (n_in + n_out)) * noise


def glorot_normal(noise: Array, n_in: int, n_out: int) -> Array:
    """`Var(w) = 2 / (n_in + n_out)`, normal (Glorot & Bengio 2010)."""
    return math.sqrt(2 / (n_in + n_out)) * noise


def he_uniform(noise: Array, n_in: int, n_out: int) -> Array:
    """`Var(w) = 2 / n_in`, uniform: for ReLU and its relatives (He et al. 2015)."""
    return math.sqrt(6 / n_in) * noise


def he_normal(noise: Array, n_in: int, n_out: int) -> Array:
    """`Var(w) = 2 / n_in`, normal (He et al. 2015)."""
    return math.sqrt(2 / n_in) * noise


def lecun_uniform(noise: Array, n_in: int, n_out: int) -> Array:
    """`Var(w) = 1 / n_in`, uniform (LeCun et al. 1998)."""
    return math.sqrt(3 / n_in) * noise


def lecun_normal(noise: Array, n_in: int, n_out: int) -> Array:
    """`Var(w) = 1 / n_in`, normal: what SELU asks for (Klambauer et al. 2017)."""
    return math.sqrt(1 / n_in) * noise


# name -> (scale, the noise that it scales)
INITIALISERS: dict[str, tuple[Callable[[Array, int, int], Array], str]] = {
    "uniform": (uniform, "uniform"),
    "normal": (normal, "normal"),
    "glorot_uniform": (glorot_uniform, "uniform"),
    "glorot_normal": (glorot_normal, "normal"),
    "he_uniform": (he_uniform, "uniform"),
    "he_normal": (he_normal, "normal"),
    "lecun_uniform": (lecun_uniform, "uniform"),
    "lecun_normal": (lecun_normal, "normal"),
}
