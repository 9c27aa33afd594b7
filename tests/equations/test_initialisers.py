"""Initialisers: the variance that each promises, from noise that is handed in."""

from __future__ import annotations

import numpy as np
import pytest

from clearprop.equations.activations import ACTIVATIONS
from clearprop.equations.initialisers import INITIALISERS, normal, uniform

N_IN, N_OUT, DRAWS = 30, 50, 200_000
VARIANCE = {
    "uniform": 0.5**2 / 3,
    "normal": 0.1**2,
    "glorot_uniform": 2 / 80,
    "glorot_normal": 2 / 80,
    "he_uniform": 2 / 30,
    "he_normal": 2 / 30,
    "lecun_uniform": 1 / 30,
    "lecun_normal": 1 / 30,
}


def noise(kind):
    rng = np.random.default_rng(11)
    return rng.uniform(-1, 1, DRAWS) if kind == "uniform" else rng.normal(size=DRAWS)


def test_every_initialiser_has_its_variance_here():
    assert VARIANCE.keys() == INITIALISERS.keys()


@pytest.mark.parametrize("name", INITIALISERS)
def test_mean_and_variance_are_those_promised(name):
    scale, kind = INITIALISERS[name]
    w = scale(noise(kind), N_IN, N_OUT)
    deviation = np.sqrt(VARIANCE[name] / DRAWS)
    assert abs(w.mean()) < 5 * deviation
    assert w.var() == pytest.approx(VARIANCE[name], rel=5 * np.sqrt(2 / DRAWS))


@pytest.mark.parametrize("name", INITIALISERS)
def test_the_kind_of_noise_is_in_the_name_and_noise_is_only_scaled(name):
    scale, kind = INITIALISERS[name]
    assert name.endswith(kind)
    values = np.array([[-1.0, 0.0, 0.5]], dtype=np.float32)
    w = scale(values, N_IN, N_OUT)
    assert w.dtype == np.float32
    factor = np.sqrt(VARIANCE[name] * (3 if kind == "uniform" else 1))
    np.testing.assert_allclose(w, factor * values, rtol=1e-6)


def test_fixed_sizes_are_options():
    assert uniform(np.array([-1.0]), 1, 1, 0.2) == -0.2
    assert normal(np.array([2.0]), 1, 1, 0.3) == 0.6


@pytest.mark.parametrize(
    ("initialiser", "activation"), [("he_normal", "relu"), ("lecun_normal", "selu")]
)
def test_signals_keep_their_size_through_many_layers(initialiser, activation):

    rng = np.random.default_rng(5)
    a = rng.normal(size=(200, 100))
    for _ in range(10):
        W = INITIALISERS[initialiser][0](rng.normal(size=(100, 100)), 100, 100)
        z = a @ W
        a = ACTIVATIONS[activation][0](z)
    assert 0.3 < (a * a).mean() < 3
