"""`cp.train` chooses its rate unless it is told one, and never fails for want of a choice."""

from __future__ import annotations

import hashlib
import os
import random
import signal
import warnings

import numpy as np
import pytest
from sklearn.datasets import make_moons

import clearprop as cp
from clearprop import training
from clearprop.errors import ArgumentError, Interrupted

X, Y = make_moons(200, noise=0.2, random_state=0)
HOW = {"epochs": 12, "batch_size": 16, "schedule": "cosine"}


def moons_network():
    return cp.Network([2, 8, 1], hidden="tanh", output="sigmoid", seed=3)


@pytest.fixture(scope="module")
def run():
    return cp.train(moons_network(), X, Y, **HOW)


def test_where_no_rate_is_named_it_is_chosen_and_the_evidence_is_with_the_run(run):
    choice = cp.choose_learning_rate(moons_network(), X, Y, **HOW)
    assert choice.reliable
    assert run.learning_rate == run.choice.rate == choice.rate
    assert run.settings.learning_rate == choice.rate
    asked = cp.train(moons_network(), X, Y, learning_rate="auto", **HOW)
    assert np.array_equal(asked.network.parameters, run.network.parameters)


def test_after_the_choice_the_training_is_the_one_at_that_rate(run):
    alone = training.train(moons_network(), X, Y, learning_rate=run.choice.rate, **HOW)
    assert np.array_equal(run.network.parameters, alone.network.parameters)
    assert np.array_equal(run.history["train_loss"], alone.history["train_loss"])


def test_a_rate_that_is_named_is_used():
    fixed = cp.train(moons_network(), X, Y, learning_rate="fixed", **HOW)
    number = cp.train(moons_network(), X, Y, learning_rate=0.02, **HOW)
    settings = cp.Settings(learning_rate=0.02, **HOW)
    assert fixed.choice is number.choice is None
    assert fixed.learning_rate == training.DEFAULT_RATES["adam"]
    assert number.learning_rate == 0.02
    of_settings = cp.train(moons_network(), X, Y, settings)
    assert of_settings.choice is None
    assert np.array_equal(of_settings.network.parameters, number.network.parameters)


def test_a_word_prevails_over_the_rate_of_the_settings():
    settings = cp.Settings(learning_rate=1e-9, **HOW)
    assert cp.train(moons_network(), X, Y, settings, learning_rate="auto").choice is not None
    fixed = cp.train(moons_network(), X, Y, settings, learning_rate="fixed")
    assert fixed.learning_rate == training.DEFAULT_RATES["adam"]


def test_a_run_can_be_repeated_by_its_settings(run):
    again = cp.train(moons_network(), X, Y, run.settings)
    assert np.array_equal(again.network.parameters, run.network.parameters)


def test_the_choice_is_made_with_the_validation_part_and_the_weights_of_the_training():
    of_training = {"validation": (X[:50], Y[:50]), "sample_weight": 1.0 + 9.0 * Y}
    run = cp.train(moons_network(), X, Y, **of_training, **HOW)
    choice = cp.choose_learning_rate(moons_network(), X, Y, **of_training, **HOW)
    without = [cp.choose_learning_rate(moons_network(), X, Y, **HOW)] + [
        cp.choose_learning_rate(moons_network(), X, Y, **{name: each}, **HOW)
        for name, each in of_training.items()
    ]
    losses = run.choice.to_json()["evidence"]
    assert losses == choice.to_json()["evidence"]
    assert all(losses != other.to_json()["evidence"] for other in without)


def test_nothing_of_the_callers_is_disturbed():
    network, inputs, targets, weights = moons_network(), X.copy(), Y.copy(), np.ones(len(X))

    def fingerprint():
        arrays = (network.parameters, inputs, targets, weights, np.random.get_state()[1])  # noqa: NPY002
        data = b"".join(np.ascontiguousarray(a).tobytes() for a in arrays)
        return hashlib.sha256(data + repr(random.getstate()).encode()).hexdigest()

    before = fingerprint()
    cp.train(network, inputs, targets, sample_weight=weights, validation=0.2, epochs=4)
    assert fingerprint() == before


@pytest.mark.parametrize(
    ("inputs", "targets", "reason"),
    [
        (X, np.ones(len(X)), r"all 160 targets are 1\.0"),
        (X[:1], Y[:1], "there is one target only"),
        (X, np.random.default_rng(1).permutation(Y), "at no rate does the network do better"),
    ],
    ids=["constant targets", "one sample", "noise"],
)
def test_where_no_choice_is_possible_the_default_serves_and_a_warning_says_why(
    inputs, targets, reason
):
    with pytest.warns(
        UserWarning, match=f"No reliable answer: {reason}.*is a fixed default"
    ) as told:
        run = cp.train(moons_network(), inputs, targets, epochs=20, batch_size=16)
    assert len(told) == 1
    assert told[0].filename == __file__
    assert not run.choice.reliable
    assert run.learning_rate == run.choice.rate == training.DEFAULT_RATES["adam"]


def test_two_samples_are_trained_on():
    run = cp.train(cp.Network([1, 4, 1], hidden="tanh"), [[0.0], [1.0]], [0.0, 1.0], epochs=30)
    assert run.choice.watched == "training loss"
    assert run.history["train_loss"][-1] < run.history["train_loss"][0]


def test_where_everything_diverges_the_run_is_handed_back_and_both_are_told():
    inputs = 1e8 * (1 + np.arange(40.0))[:, None]
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        run = cp.train(cp.Network([1, 1]), inputs, inputs[:, 0], optimizer="sgd", epochs=5)
    assert run.diverged
    assert "all trainings diverged" in str(told[0].message)
    assert "diverged at step" in str(told[1].message)
    assert {each.filename for each in told} == {__file__}


def test_the_hooks_are_told_of_the_training_alone(tmp_path):
    seen = []
    hooks = cp.Hooks(callbacks=[seen.append], checkpoint=tmp_path / "state")
    cp.train(moons_network(), X, Y, hooks=hooks, **HOW)
    assert [report.epoch for report in seen] == list(range(1, 13))


def test_a_training_that_was_stopped_resumes_at_the_rate_it_had(tmp_path, run):
    def stop(report):
        if report.epoch == 4:
            os.kill(os.getpid(), signal.SIGTERM)

    hooks = cp.Hooks(callbacks=[stop], checkpoint=tmp_path / "state")
    with pytest.raises(Interrupted):
        cp.train(moons_network(), X, Y, hooks=hooks, **HOW)
    hooks = cp.Hooks(checkpoint=cp.Checkpoint(tmp_path / "state", resume=True))
    resumed = cp.train(moons_network(), X, Y, hooks=hooks, **HOW)
    assert np.array_equal(resumed.network.parameters, run.network.parameters)


def test_stopped_while_choosing_there_is_no_run_yet():
    def stop(report):
        os.kill(os.getpid(), signal.SIGTERM)

    with pytest.raises(Interrupted, match="learning rate was being chosen") as stopped:
        cp.choose_learning_rate(moons_network(), X, Y, on_steps=[stop], **HOW)
    assert stopped.value.runs is None


@pytest.mark.parametrize(
    ("choices", "message"),
    [
        ({"learning_rate": "best"}, "must be a number above zero, 'auto' or 'fixed'; got 'best'"),
        ({"learning_rate": -1}, "learning_rate must be a finite number above zero; got -1"),
        ({"hooks": 3}, "hooks must be"),
        ({"epoch": 3}, "did you mean 'epochs'"),
    ],
)
def test_bad_input_is_refused_before_anything_is_trained(choices, message, monkeypatch):
    monkeypatch.setattr("clearprop.rates.automatic.choose_learning_rate", None)
    with pytest.raises(ArgumentError, match=message):
        cp.train(moons_network(), X, Y, **choices)


def test_a_rule_that_finds_its_rate_itself_needs_none_chosen():
    run = cp.train(moons_network(), X, Y, optimizer="prodigy", epochs=3)
    assert run.choice is None
    assert run.learning_rate == training.DEFAULT_RATES["prodigy"]
    assert set(training.DEFAULT_RATES) >= training.SELF_TUNED
