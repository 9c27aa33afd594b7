"""What several tests of the core share."""

from __future__ import annotations

import pytest

import clearprop as cp


@pytest.fixture
def network():
    """Two hidden layers with different activations and dropout."""
    return cp.Network([3, 4, 5, 2], hidden=["tanh", "relu"], dropout=[0.1, 0.5], seed=3)
