"""Prodigy that never got going is told from Prodigy that works and from data that teach nothing."""

from __future__ import annotations

import numpy as np
import pytest

from diagnosis.trainings import fit, net


@pytest.mark.parametrize(
    "optimizer",
    ["prodigy", {"name": "prodigy", "d0": 0.02}, {"name": "prodigy", "d_coefficient": 2}],
    ids=str,
)
def test_prodigy_that_trains_has_not_stalled_also_where_it_began_large_enough(optimizer):
    trained = fit(net(), optimizer=optimizer, learning_rate=1.0)
    assert trained.run.history["train_loss"][-1] < 0.3
    assert "stalled_prodigy" not in trained.symptoms()
    if optimizer != "prodigy" and "d0" in optimizer:  # no growth is needed there
        d = trained.run.history["adapted_rate"]
        assert d[-1] < 10 * d[0]


def test_data_that_teach_nothing_are_no_stall():
    random = np.random.default_rng(0)
    X, y = random.normal(size=(600, 4)), random.integers(0, 3, 600)
    network = net((4,))
    network["W2"][:] *= 0.1  # it begins with a uniform guess, and that is the best there is
    trained = fit(network, data=(X, y), optimizer="prodigy", learning_rate=1.0, epochs=3)
    loss = trained.run.history["train_loss"]
    assert loss.min() > 0.9 * loss[0]
    assert "stalled_prodigy" not in trained.symptoms()


def test_prodigy_that_learned_by_small_steps_is_too_slow_but_has_not_stalled():
    slow = {"name": "prodigy", "d0": 0.01}
    trained = fit(net((32, 32)), optimizer=slow, learning_rate=0.03, batch_size="full", epochs=10)
    loss = trained.run.history["train_loss"]
    assert loss[-1] < 0.6 * loss[0]
    assert trained.symptoms() == ["rate_too_low"]


@pytest.mark.parametrize("more", [{"learning_rate": 0.003}, {"learning_rate": 1.0, "epochs": 1,
                                                             "batch_size": 64}])  # fmt: skip
def test_too_low_a_rate_and_too_few_steps_are_told_as_a_stall(more):
    found = fit(net(), optimizer="prodigy", **more).finding()
    assert found.symptom == "stalled_prodigy"
    assert found.evidence["way_over_weight"] < 0.02
    assert "Prodigy never got going" in found.cause


def test_a_remedy_is_tried_and_advised():
    found = fit(net(), optimizer="prodigy", learning_rate=0.003).finding(try_remedies=True)
    tried = [trial["remedy"] for trial in found.tried["trials"]]
    assert set(tried) == {"learning rate 1", "d0 0.0001", "d0 0.01", "d_coefficient 3",
                          "d_coefficient 10"}  # fmt: skip
    assert found.tried["advised"] == "learning rate 1"
    assert found.tried["trials"][0]["loss"] < 0.5 * found.tried["untouched"]


def test_a_finding_without_the_start_measures_by_the_kept_weights():
    trained = fit(net(), optimizer="prodigy", learning_rate=0.003, record_weights=None)
    assert trained.symptoms() == ["stalled_prodigy"]


def test_other_rules_cannot_stall_as_prodigy_does(slow):
    assert "stalled_prodigy" not in slow.symptoms()
