"""λmax along a training: the right place, the right rate, the right limit."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import clearprop as cp
from clearprop.errors import ArgumentError, DataError


def trained(network, X, y, **choices):
    settings = {"optimizer": "sgd", "learning_rate": 0.1, "batch_size": "full", "epochs": 6,
                "record_weights": "epoch"}  # fmt: skip
    return cp.train(network, X, y, **(settings | choices))


def test_the_line_curves_alike_everywhere(line):
    network, X, y = line
    found = cp.sharpness(trained(network, X, y), X, y)
    assert found.steps.tolist() == list(range(7))
    np.testing.assert_allclose(found.largest, (17 + np.sqrt(269)) / 2, rtol=1e-12)
    np.testing.assert_allclose(found.learning_rates, 0.1)
    np.testing.assert_allclose(found.limits, 20)
    assert found.converged.all()
    assert found.reason is None
    assert found.full_batch


def test_every_record_is_measured_at_its_own_weights(moons, network):
    X, y = moons
    run = trained(network, X, y, learning_rate=2.0, penalty={"l2": 0.01})
    found = cp.sharpness(run, X, y)
    for w, largest in zip(run.weights, found.largest, strict=True):
        there = network.copy()
        there.parameters = w
        alone = cp.curvature(there, X, y, penalty={"l2": 0.01})
        assert largest == pytest.approx(alone.largest, rel=1e-7)
    assert len(np.unique(found.largest)) == 7


def test_loss_weights_and_classes_are_those_of_the_run(moons):
    X, y = moons
    y = (np.arange(90) < 20).astype(float)
    network = cp.Network([2, 4, 1], hidden="tanh", output="sigmoid", seed=0)
    run = trained(network, X, y, loss="mean_squared_error", class_weight="balanced")
    weights = np.where(y == 1, 90 / 40, 90 / 140)
    found = cp.sharpness(run, X, y)
    there = cp.curvature(network, X, y, loss="mean_squared_error", sample_weight=weights)
    assert found.largest[0] == pytest.approx(there.largest, rel=1e-9)
    sample = np.random.default_rng(0).uniform(0.5, 1, 90)
    run = trained(network, X, y)
    found = cp.sharpness(run, X, y, sample_weight=sample)
    there = cp.curvature(network, X, y, sample_weight=sample)
    assert found.largest[0] == pytest.approx(there.largest, rel=1e-7)


@pytest.mark.parametrize("record", ["step", "epoch", 2])
def test_rates_are_those_of_the_step_that_led_there(moons, network, record):
    X, y = moons
    run = trained(network, X, y, batch_size=32, epochs=4, schedule="cosine", record_weights=record)
    found = cp.sharpness(run, X, y)
    factor = 0.5 * (1 + np.cos(np.pi * (np.maximum(found.steps, 1) - 0.5) / 12))
    np.testing.assert_allclose(found.learning_rates, 0.1 * factor, rtol=1e-12)
    np.testing.assert_allclose(found.limits, 2 / found.learning_rates)
    assert not found.full_batch
    assert "limit holds for the full batch only" in repr(found)


def test_a_rate_lowered_on_a_plateau_counts(line):
    network, X, y = line
    run = trained(
        network, X, y, epochs=40, learning_rate=0.119, record_weights="step",
        reduce_on_plateau={"patience": 1, "least_improvement": 50.0},
    )  # fmt: skip
    found = cp.sharpness(run, X, y)
    np.testing.assert_allclose(found.learning_rates[1:], run.history["learning_rate"][1:])
    assert found.learning_rates[-1] < found.learning_rates[1]


def test_a_rate_of_zero_has_no_limit(line):
    network, X, y = line
    run = trained(network, X, y, epochs=2, schedule={"name": "step", "drops": 1, "factor": 0.0})
    found = cp.sharpness(run, X, y)
    assert found.learning_rates[-1] == 0
    assert found.limits[-1] == np.inf


def test_training_above_the_limit_shows(line):
    network, X, y = line
    run = trained(network, X, y, learning_rate=0.13, epochs=3)
    text = repr(cp.sharpness(run, X, y))
    assert "4 records, sgd, batch 4 of 4" in text
    assert "above its learning rate's limit at 4 of 4" in text
    assert "λmax 16.7 at the start, 16.7 at the end" in text


@pytest.mark.parametrize(
    ("optimizer", "factor"), [("momentum", 3.8), ("nesterov", 3.8 / 2.8), ("sgd", 2)]
)
def test_limits_go_with_the_optimizer(line, optimizer, factor):
    network, X, y = line
    found = cp.sharpness(trained(network, X, y, optimizer=optimizer, learning_rate=0.01), X, y)
    np.testing.assert_allclose(found.limits, factor / 0.01)


@pytest.mark.parametrize(
    ("optimizer", "reason"),
    [("adam", "which a run does not record"), ("adadelta", "sets the length of its steps")],
)
def test_rules_without_a_limit_say_why(line, optimizer, reason):
    network, X, y = line
    found = cp.sharpness(trained(network, X, y, optimizer=optimizer, epochs=1), X, y)
    assert found.limits is None
    assert reason in found.reason
    assert f"no limit: {found.reason}" in repr(found)


def test_records_may_be_thinned_out(line):
    network, X, y = line
    found = cp.sharpness(trained(network, X, y, epochs=10), X, y, every=4)
    assert found.steps.tolist() == [0, 4, 8, 10]


def test_a_member_of_a_population_is_measured_to_its_own_end(moons, network):
    X, y = moons
    members = cp.grid(learning_rate=[0.5, 1e4])
    runs = cp.train_population(
        network, X, y, members, optimizer="momentum", batch_size="full", epochs=12,
        early_stopping=3, record_weights="epoch",
    )  # fmt: skip
    assert runs[1].epochs < runs[0].epochs  # the other went on
    for run in runs:
        found = cp.sharpness(run, X, y)
        assert found.steps[-1] == run.epochs
        assert found.learning_rates[0] == run.learning_rate


def test_weights_that_have_blown_up_give_nan_and_are_counted(line):
    network, X, y = line
    run = trained(network, X, y)
    deep = trained(cp.Network([1, 2, 1], hidden="softplus", seed=0), X, y, learning_rate=1e-3)
    weights = deep.weights.copy()
    weights[3] = 1e200
    found = cp.sharpness(replace(deep, weights=weights), X, y)
    assert np.isnan(found.largest).tolist() == [False] * 3 + [True] + [False] * 3
    assert "1 records not converged" in repr(found)
    assert "not converged" not in repr(cp.sharpness(run, X, y))


def test_full_batch_gradient_descent_comes_to_the_edge_of_stability(moons):
    # Sharpness grows until it meets 2/η and then stays near it (Cohen et al. 2021).
    X, y = moons
    network = cp.Network([2, 16, 16, 1], hidden="tanh", seed=0)
    run = trained(network, X, y, loss="half_squared_error", learning_rate=0.3, epochs=400)
    found = cp.sharpness(run, X, y, every=20)
    late = found.largest[-8:] / found.limits[-8:]
    assert found.largest[0] < found.limits[0]
    assert late.min() > 0.8
    assert late.max() < 1.5
    assert run.history["train_loss"][-1] < 0.5 * run.history["train_loss"][0]


def test_a_run_without_weights_and_other_samples_are_refused(moons, network):
    X, y = moons
    bare = trained(network, X, y, record_weights=None)
    with pytest.raises(ArgumentError, match="run must hold recorded weights; train with"):
        cp.sharpness(bare, X, y)
    with pytest.raises(ArgumentError, match="run must be a Run"):
        cp.sharpness(network, X, y)
    run = trained(network, X, y, batch_size=8, validation=0.2)
    with pytest.raises(DataError, match=r"6 epochs of these make 72 steps, but the run took 54"):
        cp.sharpness(run, X, y)
    with pytest.raises(ArgumentError, match="every must be a whole number, 1 or more"):
        cp.sharpness(run, X, y, every=0)
    stopped = trained(network, X, y, batch_size=8, validation=0.2, early_stopping=1,
                      learning_rate=1e-9, epochs=50)  # fmt: skip
    assert stopped.ending in ("early_stopping", "epochs")
    with pytest.raises(DataError, match="but the run took"):
        cp.sharpness(stopped, X, y)
