"""`watched_only`: the same training with fewer numbers about it."""

from __future__ import annotations

import numpy as np
import pytest

import clearprop as cp

X = np.linspace(-1, 1, 40)[:, None]
MEMBERS = cp.grid(learning_rate=[0.01, 0.1, 1e4], seed=[0, 1])


def train(**choices):
    network = cp.Network([1, 5, 1], hidden="tanh")
    return cp.train_population(
        network, X, X**2, MEMBERS, optimizer="sgd", epochs=8, batch_size=4, **choices
    )


@pytest.mark.parametrize("engine", ["auto", "reference"])
def test_networks_and_validation_losses_are_the_same_bits(engine):
    whole = train(validation=0.25, engine=engine)
    lean = train(validation=0.25, engine=engine, watched_only=True)
    assert "train_loss" not in lean.history
    for one, other in zip(whole, lean, strict=True):
        assert np.array_equal(one.network.parameters, other.network.parameters)
        assert one.best_epoch == other.best_epoch
        assert np.array_equal(
            one.history["validation_loss"], other.history["validation_loss"], equal_nan=True
        )
        assert (one.diverged is None) == (other.diverged is None)


def test_without_a_validation_part_the_training_loss_is_watched():
    assert np.array_equal(
        train().history["train_loss"],
        train(watched_only=True).history["train_loss"],
        equal_nan=True,
    )
