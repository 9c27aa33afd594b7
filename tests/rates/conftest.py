"""The experiment `line`, and small networks."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.datasets import make_moons

import clearprop as cp


@pytest.fixture
def line():
    """y = 3x on 1..4 from w = b = 0."""
    X = np.array([[1.0], [2.0], [3.0], [4.0]])
    network = cp.Network([1, 1])
    network.parameters = [0.0, 0.0]
    return network, X, 3 * X


@pytest.fixture(scope="session")
def moons():
    X, y = make_moons(90, noise=0.1, random_state=0)
    X.flags.writeable = y.flags.writeable = False  # whoever changes the caller's data fails
    return X, y


@pytest.fixture
def network():
    network = cp.Network([2, 6, 5, 1], hidden="tanh", output="sigmoid", seed=1)
    network.parameters = network.parameters + 0.05  # no bias is 0
    return network
