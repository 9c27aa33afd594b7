"""The lesson `ways-to-learn`: what each way counts, and that each really descends."""

from __future__ import annotations

import pytest

from clearprop.experiments import learn
from clearprop.experiments.ways import STEPPED, Cost, by_steps, network_of, task


@pytest.mark.parametrize("name", STEPPED)
def test_every_way_gets_to_a_loss_that_is_asked_for(name):
    C = Cost(network_of(2, 0), *task())
    start = float(C(C.network.parameters))
    outcome = by_steps(STEPPED[name], C, target=start / 20, eta=0.1, seed=0, most=20_000)
    assert outcome.reached
    assert outcome.loss <= start / 20


def test_measured_and_derived_slopes_take_the_same_steps(taught):
    rows = {row[0]: row for row in taught("ways-to-learn").lesson.tables[0].rows}
    measured, derived = rows["all differences"], rows["backpropagation"]
    assert measured[2] == derived[2]
    assert int(measured[1]) == 5 * int(derived[1])  # p + 1, with p = 4


@pytest.mark.parametrize("eta", [3, 1e300])
def test_a_rate_that_is_too_high_is_called_so(eta):
    lesson = learn("ways-to-learn", learning_rate=eta).lesson
    assert lesson.ok
    assert "diverged" in {row[3] for row in lesson.tables[0].rows}
