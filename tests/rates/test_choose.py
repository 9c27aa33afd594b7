"""The choice of a rate: what it is made of, what it must not touch, and when it must not answer."""

from __future__ import annotations

import hashlib
import json
import random
import sys
from dataclasses import replace

import numpy as np
import pytest
from sklearn.datasets import make_moons

import clearprop as cp
from clearprop.errors import ArgumentError
from clearprop.rates.choice import Choice
from clearprop.rates.evidence import Evidence
from clearprop.training import DEFAULT_RATES, Settings
from clearprop.training.data import assemble

X, Y = make_moons(300, noise=0.2, random_state=0)


def moons_network():
    return cp.Network([2, 8, 1], hidden="tanh", output="sigmoid", seed=3)


def choose(network=None, y=Y, **choices):
    usual = {"optimizer": "sgd", "epochs": 30, "schedule": "cosine", "batch_size": 16}
    return cp.choose_learning_rate(network or moons_network(), X, y, **{**usual, **choices})


@pytest.fixture(scope="module", autouse=True)
def _shortened():
    """What is chosen by shortened trainings; tiny ones are in test_choose_in_full.py."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("clearprop.rates.trials._TINY_WORK", 0)
        yield


@pytest.fixture(scope="module")
def choice():
    return choose()


def test_the_chosen_rate_is_near_the_best_of_full_trainings(choice):
    rates = [10 ** (k / 4) for k in range(-16, 5)]
    runs = cp.train_population(
        moons_network(),
        X,
        Y,
        cp.grid(learning_rate=[*rates, choice.rate], seed=[50, 51, 52, 53]),
        validation=0.2,
        optimizer="sgd",
        epochs=30,
        schedule="cosine",
        batch_size=16,
    )
    losses = [run.history["validation_loss"][run.kept_epoch] for run in runs]
    means = np.reshape(losses, (-1, 4)).mean(axis=1)
    assert means[-1] <= 1.25 * means[:-1].min()
    assert means[-1] < 0.5 * means[0]


def test_the_answer_has_an_interval_evidence_and_a_cost(choice):
    assert choice.reliable
    assert choice.reason is None
    low, high = choice.interval
    assert low <= choice.rate <= high
    cut, explored, last = choice.evidence
    assert [each.schedule for each in choice.evidence] == ["constant", "compressed", "compressed"]
    assert cut.rates[0] == 1e-5
    assert len(cut.rates) == 12
    assert [each.epochs for each in choice.evidence] == [1, 3, 15]
    assert [each.share for each in choice.evidence] == pytest.approx([1 / 60, 1 / 10, 1 / 2])
    assert (explored.losses.shape[1], last.losses.shape[1]) == (3, 2)
    work = 12 / 60 + explored.losses.size / 10 + last.trainings / 2
    assert choice.work == pytest.approx(work)
    assert choice.rate in last.rates
    assert choice.cost > 0
    assert choice.batch_size == 16
    assert choice.verdict.startswith(
        f"The learning rate {choice.rate:g} (sgd, batch 16) was chosen"
    )
    assert f"together as much work as {work:.2g} full ones. In 15 epochs it" in choice.verdict
    assert ", the mean of 2 seeds; " in choice.verdict
    assert f"{choice.rate:g}" in repr(choice)


def test_the_compressed_trainings_are_real_ones(choice):
    """A rate of the evidence, trained again from outside: the same losses, seed by seed."""
    last = choice.evidence[-1]
    for seed, loss in enumerate(last.losses[last.best]):
        drawn = cp.Network([2, 8, 1], hidden="tanh", output="sigmoid", seed=seed)
        network = moons_network() if seed == 0 else drawn
        train, rest = held_out()
        run = cp.train(
            network,
            train[:, :2],
            train[:, 2],
            validation=(rest[:, :2], rest[:, 2]),
            learning_rate=choice.rate,
            optimizer="sgd",
            epochs=15,
            schedule="cosine",
            batch_size=16,
            seed=seed,
        )
        losses = run.history["validation_loss"][1:]
        steady = min(np.mean(losses[i : i + 3]) for i in range(13))
        assert steady == pytest.approx(loss, rel=1e-12)


def held_out():
    """The parts of `validation=0.2`, inputs and target side by side."""
    parts = assemble(moons_network(), X, Y, Settings(), validation=0.2)
    return [np.concatenate([part.X, part.y], axis=1) for part in parts]


def test_it_is_the_same_every_time(choice):
    again = choose()
    assert again.rate == choice.rate
    assert all(
        np.array_equal(a.losses, b.losses, equal_nan=True)
        for a, b in zip(again.evidence, choice.evidence, strict=True)
    )


def test_nothing_of_the_callers_is_disturbed():
    network, inputs, targets = moons_network(), X.copy(), Y.copy()

    def fingerprint():
        arrays = (network.parameters, inputs, targets, np.random.get_state()[1])  # noqa: NPY002
        data = b"".join(np.ascontiguousarray(a).tobytes() for a in arrays)
        return hashlib.sha256(data + repr(random.getstate()).encode()).hexdigest()

    before = fingerprint()
    first = cp.train(network, inputs, targets, learning_rate="fixed", epochs=2).network.parameters
    cp.choose_learning_rate(network, inputs, targets, epochs=6)
    cp.range_test(network, inputs, targets)
    assert fingerprint() == before
    second = cp.train(network, inputs, targets, learning_rate="fixed", epochs=2).network.parameters
    assert np.array_equal(first, second)  # order and dropout of what follows, too


def test_shuffled_labels_have_no_reliable_answer_and_fall_back():
    shuffled = np.random.default_rng(1).permutation(Y)
    found = choose(y=shuffled)
    assert not found.reliable
    assert found.rate == DEFAULT_RATES["sgd"]
    assert found.interval is None
    assert found.verdict.startswith("No reliable answer: at no rate does the network do better")
    assert "fixed default" in found.verdict


def test_of_few_samples_the_training_loss_decides(line):
    network, inputs, targets = line
    found = cp.choose_learning_rate(
        network, inputs, targets, optimizer="sgd", batch_size="full", epochs=60
    )
    assert found.watched == "training loss"
    assert found.batch_size == 4
    assert found.rate < 2 / 16.70061  # the only bound there is
    assert found.reliable


def test_sample_and_class_weights_count():
    weights = np.where(Y == 0, 5.0, 1.0)
    by_sample = choose(sample_weight=weights, validation=(X, Y))
    by_class = choose(class_weight={0: 5.0, 1: 1.0}, validation=(X, Y))
    plain = choose(validation=(X, Y))
    losses = [c.evidence[0].losses for c in (by_sample, by_class, plain)]
    assert np.array_equal(losses[0], losses[1])
    assert not np.array_equal(losses[0], losses[2])


def test_one_seed_is_enough_where_it_is_asked_for():
    assert choose(seeds=1).evidence[-1].losses.shape[1] == 1


def test_early_stopping_does_not_shorten_the_trials():
    stopped, whole = choose(early_stopping=1), choose()
    assert np.array_equal(stopped.evidence[-1].losses, whole.evidence[-1].losses, equal_nan=True)


@pytest.mark.parametrize(
    ("choices", "message"),
    [
        ({"learning_rate": 0.1}, "learning_rate is what is to be chosen"),
        ({"seeds": 0}, "seeds must be a whole number, 1 or more; got 0"),
        ({"epochs": 0}, "epochs must be a whole number"),
        ({"optimiser": "sgd"}, "did you mean 'optimizer'"),
    ],
)
def test_bad_input_is_refused(choices, message):
    with pytest.raises(ArgumentError, match=message):
        choose(**choices)


def test_where_every_training_diverges_scaling_is_advised():
    inputs = 1e8 * (1 + np.arange(40.0))[:, None]
    found = cp.choose_learning_rate(
        cp.Network([1, 1]), inputs, inputs[:, 0], optimizer="sgd", epochs=20
    )
    assert found.verdict == (
        "No reliable answer: all trainings diverged, also at 1e-05 (try scaling X and "
        "y); the learning rate 0.05 (sgd, batch 32) is a fixed default."
    )
    assert Choice.from_json(json.loads(json.dumps(found.to_json()))).to_json() == found.to_json()


def test_targets_that_are_all_alike_have_no_rate_of_their_own():
    found = choose(y=np.zeros(300))
    assert found.verdict == (
        "No reliable answer: all 240 targets are 0.0; the learning rate 0.05 (sgd, batch 16) is a "
        "fixed default."
    )
    assert found.evidence == ()


def test_the_best_at_an_end_widens_the_search():
    """Inputs so large that the rates of the range overshoot: 1/λ is 3e-6."""
    inputs = 700 * np.linspace(-1, 1, 40)[:, None]
    found = cp.choose_learning_rate(
        cp.Network([1, 1]), inputs, inputs[:, 0], optimizer="sgd", batch_size="full", epochs=30
    )
    assert found.evidence[-1].rates[0] < 3.16e-6
    assert found.rate < 6e-6  # 2/λ


def test_a_choice_is_the_same_after_json(choice):
    contents = json.loads(json.dumps(choice.to_json(), allow_nan=False))
    again = Choice.from_json(contents)
    assert again.to_json() == contents
    assert again.verdict == choice.verdict
    assert np.array_equal(again.evidence[-1].losses, choice.evidence[-1].losses, equal_nan=True)


@pytest.mark.parametrize(
    ("epochs", "lengths", "shares"),
    [(1, [1, 1, 1], [1 / 60, 0.1, 0.5]), (4, [1, 1, 2], [1 / 60, 0.1, 0.5])],
)
def test_parts_of_an_epoch_are_epochs_over_fewer_samples(epochs, lengths, shares):
    found = choose(epochs=epochs, validation=(X, Y), seeds=1)
    assert [each.epochs for each in found.evidence] == lengths
    # 300 samples; a batch of 16 is the least, a twentieth of them
    assert [each.share for each in found.evidence] == pytest.approx(
        [max(share, 16 / 300 / epochs) for share in shares], abs=1e-3
    )


def test_more_seeds_are_used_where_trainings_are_small():
    wide = cp.Network([2, 400, 10, 1], hidden="tanh", output="sigmoid", seed=3)
    shapes = [each.losses.shape[1] for each in choose(wide, epochs=4).evidence]
    assert shapes == [1, 2, 1]
    assert [e.losses.shape[1] for e in choose(wide, epochs=4, seeds=3).evidence] == [1, 3, 3]


LONG = Evidence(np.array([0.1, 0.2]), np.array([[1.0, 1.0], [2.0, 2.0]]), 10, "compressed", 0.5)


@pytest.mark.parametrize(
    ("losses", "constant", "n", "reason"),
    [
        ([[1.0, np.inf], [2.0, np.inf]], 2.0, 100, "from some seeds diverged"),
        ([[np.inf, np.inf]] * 2, 2.0, 100, "all trainings diverged, also at 0.1"),
        ([[1.0, 1.0], [2.0, 2.0]], 2.0, 100, None),
        ([[1.94, 1.94], [2.0, 2.0]], 2.0, 10**6, None),  # 3 % better than a constant
        ([[1.97, 1.97], [2.0, 2.0]], 2.0, 10**6, "than a constant"),
        ([[1.94, 1.94], [2.0, 2.0]], 2.0, 25, "than a constant"),  # 3 % of 25 samples is chance
    ],
)
def test_the_reasons_to_doubt(losses, constant, n, reason):
    found = sys.modules["clearprop.rates.choose"]._doubt(
        [replace(LONG, losses=np.array(losses))], constant, n
    )
    assert (reason is None and found is None) or reason in found


def test_a_rate_that_cannot_be_the_best_gives_no_answer():
    ruled_out = replace(LONG, doubts=np.array([np.inf, np.inf]))
    assert "diverged" in sys.modules["clearprop.rates.choose"]._doubt([ruled_out], 9.0, 100)


def test_networks_of_which_few_fit_into_memory_are_tried_in_turns(choice, monkeypatch):
    monkeypatch.setattr("clearprop.rates.trials.how_many_fit", lambda *_: 0)
    alone = choose()
    assert alone.rate == choice.rate
    assert all(
        np.array_equal(a.losses, b.losses, equal_nan=True)
        for a, b in zip(alone.evidence, choice.evidence, strict=True)
    )
