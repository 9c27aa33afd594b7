"""Three trainings that several files look at."""

from __future__ import annotations

import pytest

from diagnosis.trainings import fit, net


@pytest.fixture(scope="session")
def healthy():
    return fit(net(), penalty={"l2": 3e-3})


@pytest.fixture(scope="session")
def slow():
    return fit(net(), learning_rate=1e-5)


@pytest.fixture(scope="session")
def lost():
    return fit(net(), optimizer="sgd", learning_rate=1e6)
