"""Trainings that look as if something were wrong, and are well."""

from __future__ import annotations

import numpy as np
import pytest

import clearprop as cp
from diagnosis.trainings import IRIS, MOONS, fit, net

REGRESSION = (IRIS[0][:, :3], IRIS[0][:, 3])

WELL = {
    "adam": lambda: fit(net(), penalty={"l2": 3e-3}),
    "sgd, one sample at a time": lambda: fit(
        net((16,), "tanh", (2, 2)), MOONS, optimizer="sgd", batch_size=1, learning_rate=0.02
    ),
    "a regression": lambda: fit(
        net(sizes=(3, 1), output="identity"), REGRESSION, penalty={"l2": 1e-2}
    ),
    "absolute errors": lambda: fit(
        net(sizes=(3, 1), output="identity"), REGRESSION, loss="mean_absolute_error",
        schedule="cosine", penalty={"l2": 1e-2},
    ),
    "converged, nothing moves": lambda: fit(
        net(()), optimizer="momentum", learning_rate=0.1, batch_size="full", epochs=400,
        penalty={"l2": 1e-2},
    ),
    "converged in float32, rate to zero": lambda: fit(
        net((4,), "tanh", dtype="float32"), schedule="cosine", epochs=200, penalty={"l2": 1e-2},
        early_stopping=30,
    ),
    "dropout and a cosine": lambda: fit(net(dropout=0.2), schedule="cosine"),
}  # fmt: skip


@pytest.mark.parametrize("kind", WELL)
def test_a_healthy_training_gets_a_clean_bill(kind):
    trained = WELL[kind]()
    found = trained.diagnose()
    assert found.healthy, found
    assert found.findings == ()
    assert found.sentences == ("Nothing is wrong with the training.",)
    assert cp.diagnose(trained.run).healthy


def test_a_catapult_is_healthy():
    # The first step throws the loss up; it lands where the cost is flatter, and learns.
    _X, _y, rates = *MOONS, np.geomspace(0.5, 8, 9)
    thrown = 0
    for rate in rates:
        trained = fit(net((16, 16), sizes=(2, 2)), MOONS, optimizer="sgd", learning_rate=rate,
                      batch_size="full", epochs=300, penalty={"l2": 3e-3})  # fmt: skip
        loss = trained.run.history["train_loss"]
        if loss[1:].max() > 1.1 * loss[0] and loss[-50:].max() < 0.3:
            thrown += 1
            assert trained.symptoms() == []
    assert thrown


def test_few_epochs_are_too_few_to_tell():
    assert fit(net(), epochs=1, learning_rate=0.01).diagnose().healthy
