"""`diagnose`: its arguments, what it can say without samples, and its JSON."""

from __future__ import annotations

import json

import numpy as np
import pytest

import clearprop as cp
from clearprop.diagnosis import SYMPTOMS, Diagnosis, Finding
from clearprop.diagnosis.case import constant_loss
from clearprop.diagnosis.remedies import ADVICE, CANDIDATES
from clearprop.diagnosis.symptoms import EXPLAINS
from clearprop.errors import ArgumentError, DataError
from diagnosis.trainings import IRIS, fit, net, split


def test_the_tables_of_symptoms_agree():
    assert set(SYMPTOMS) == set(ADVICE) == set(CANDIDATES)
    assert set(EXPLAINS) <= set(SYMPTOMS)
    order = list(SYMPTOMS)
    for cause, effects in EXPLAINS.items():
        assert cause not in effects
        # A cause is told before what it explains, so that one pass finds the causes.
        assert all(order.index(cause) < order.index(effect) for effect in effects)


def test_without_samples_the_run_alone_is_diagnosed_and_the_rest_is_listed(slow, lost):
    found = cp.diagnose(slow.run)
    assert [each.symptom for each in found.findings] == ["rate_too_low"]
    looked = {"rate_too_low", "rate_too_high", "overfitting", "stalled_prodigy"}
    assert set(found.unchecked) == set(SYMPTOMS) - looked
    assert "takes the training samples" in found.sentences[1]
    assert [each.symptom for each in cp.diagnose(lost.run).findings] == ["rate_too_high"]


def test_without_a_validation_part_overfitting_cannot_be_looked_for():
    X, y = IRIS
    run = cp.train(net(), X, y, learning_rate="fixed", epochs=5, record_weights="epoch")
    found = cp.diagnose(run, X, y)
    assert found.unchecked == {"overfitting": "for the training had no validation part"}


def test_json_has_the_promised_keys_and_is_plain(slow, healthy):
    contents = slow.diagnose(try_remedies=True).to_json()
    assert json.loads(json.dumps(contents, allow_nan=False)) == contents
    assert contents.keys() == {"healthy", "findings", "unchecked"}
    assert contents["healthy"] is False
    (finding,) = contents["findings"]
    assert finding.keys() == {"symptom", "cause", "evidence", "remedy", "tried"}
    keys = {"epochs", "judged_by", "untouched", "trials", "advised"}
    assert finding["tried"].keys() == keys
    assert {"remedy", "loss", "helped"} == finding["tried"]["trials"][0].keys()
    assert healthy.diagnose().to_json() == {"healthy": True, "findings": [], "unchecked": {}}


def test_what_is_not_finite_is_null():
    found = Finding("rate_too_high", "c.", {"loss": np.float64(np.inf), "n": np.int64(2)}, "r.")
    assert found.to_json()["evidence"] == {"loss": None, "n": 2}
    assert str(Diagnosis((found,), {})) == "rate too high: c. r."


def test_a_threshold_can_be_moved(slow):
    assert slow.symptoms(thresholds={"distance": 1e-9}) == []


def test_of_a_population_the_best_run_is_diagnosed():
    X, y, validation = split(*IRIS)
    runs = cp.train_population(
        net(), X, y, [{"learning_rate": 0.1}, {"learning_rate": 1e4}], optimizer="sgd",
        validation=validation, epochs=30, record_weights="epoch",
    )  # fmt: skip
    assert runs.diverged.tolist() == [False, True]
    assert cp.diagnose(runs, X, y, validation=validation).healthy


def test_all_members_diverged_is_one_clear_sentence():
    X, y = IRIS
    runs = cp.train_population(
        net(), X, y, [{"learning_rate": 1e6}, {"learning_rate": 1e7}], optimizer="sgd", epochs=5
    )
    with pytest.raises(ArgumentError, match="all 2 members of the population diverged"):
        cp.diagnose(runs, X, y)


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"X": IRIS[0]}, ArgumentError, "X and y belong together"),
        ({"validation": 0.2}, ArgumentError, "validation belongs to X and y"),
        ({"sample_weight": [1.0]}, ArgumentError, "sample_weight belongs to X and y"),
        ({"try_remedies": True}, ArgumentError, "try_remedies needs the training samples"),
        ({"X": IRIS[0], "y": np.ones(150)}, DataError, "y must vary to be learned: all 150"),
        ({"X": IRIS[0][:, :2], "y": IRIS[1]}, DataError, "X must have 4 features"),
        ({"thresholds": {"x": 1}}, ArgumentError, "thresholds has no 'x'"),
    ],
)
def test_bad_arguments_are_refused_in_one_sentence(healthy, arguments, error, message):
    with pytest.raises(error, match=message):
        cp.diagnose(healthy.run, **arguments)


def test_constant_amounts_are_named():
    X = IRIS[0]
    run = cp.train(
        net(sizes=(4, 1), output="identity"), X, X[:, 0], learning_rate="fixed", epochs=2
    )
    with pytest.raises(DataError, match=r"all 150 training targets are 3\.5$"):
        cp.diagnose(run, X, np.full(150, 3.5))


def test_what_is_no_run_is_refused():
    with pytest.raises(ArgumentError, match="run must be a Run; got 'run'"):
        cp.diagnose("run")


def test_the_constant_answer_of_each_loss_by_hand():
    y = np.array([[0.0], [0.0], [0.0], [4.0]])
    assert constant_loss("mean_squared_error", y) == 3.0
    assert constant_loss("half_squared_error", y) == 1.5
    assert constant_loss("mean_absolute_error", y) == 1.0
    entropy = -(0.75 * np.log(0.75) + 0.25 * np.log(0.25))
    assert constant_loss("binary_cross_entropy", y / 4) == pytest.approx(entropy)
    rows = np.eye(2)[[0, 0, 0, 1]]
    assert constant_loss("categorical_cross_entropy", rows) == pytest.approx(entropy)


def test_more_samples_than_are_measured_are_spread_evenly():
    X = np.linspace(-1, 1, 3001)[:, None]
    run = cp.train(cp.Network([1, 4, 1]), X, X**2, learning_rate="fixed", epochs=3,
                   record_weights="epoch",
                   sample_weight=np.linspace(0.5, 1.5, 3001))  # fmt: skip
    assert cp.diagnose(run, X, X**2, sample_weight=np.linspace(0.5, 1.5, 3001)).healthy


def test_the_samples_and_the_run_are_left_as_they_are(slow):
    before = slow.run.network.parameters.copy(), slow.X.copy()
    slow.diagnose(try_remedies=True)
    np.testing.assert_array_equal(before[0], slow.run.network.parameters)
    np.testing.assert_array_equal(before[1], slow.X)


def test_blown_up_weights_are_no_reason_to_fail():
    trained = fit(net(), optimizer="sgd", learning_rate=30.0, divergence_factor=1e300, seed=2)
    assert trained.symptoms() == ["rate_too_high"]
