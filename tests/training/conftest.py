"""Small samples, and a comparison of runs to the bit."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.datasets import make_moons

import clearprop as cp
from clearprop.engines.native import NativeEngine
from clearprop.engines.reference import ReferenceEngine


@pytest.fixture(scope="session")
def moons():
    X, y = make_moons(60, noise=0.1, random_state=0)
    X.flags.writeable = y.flags.writeable = False  # whoever changes the caller's data fails
    return X, y


@pytest.fixture(scope="session")
def line():
    X = np.linspace(-1, 1, 24)[:, None]
    return X, 2 * X[:, 0] - 0.5


@pytest.fixture
def network():
    return cp.Network([2, 6, 1], hidden="tanh", output="sigmoid", seed=1)


@pytest.fixture
def short_calls(monkeypatch):
    """The engine looks up after every second step: more than once an epoch."""
    for engine in (NativeEngine, ReferenceEngine):
        monkeypatch.setattr(engine, "steps_per_call", lambda *_: 2)


@pytest.fixture
def same():
    """Asserts that two runs have the same bits in everything but the time they took."""

    def check(first: cp.Run, second: cp.Run) -> None:
        np.testing.assert_array_equal(first.network.parameters, second.network.parameters)
        assert list(first.history) == list(second.history)
        for name, column in first.history.items():
            np.testing.assert_array_equal(column, second.history[name], err_msg=name)
        for name in ("best_epoch", "ending", "diverged", "learning_rate", "seed", "engine"):
            assert getattr(first, name) == getattr(second, name), name
        for name in ("weights", "weight_steps"):
            a, b = getattr(first, name), getattr(second, name)
            assert (a is None) == (b is None)
            if a is not None:
                np.testing.assert_array_equal(a, b)

    return check
