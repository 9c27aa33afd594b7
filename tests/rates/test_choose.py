"""The choice of a rate: what it is made of, what it must not touch, and when it must not answer."""

from __future__ import annotations

import hashlib
import json
import random
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
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
    cut, last = choice.evidence
    assert (cut.schedule, last.schedule) == ("constant", "compressed")
    assert cut.rates[0] == 1e-5
    assert len(cut.rates) == 12
    assert (cut.epochs, last.epochs) == (2, 10)
    assert choice.rate in last.rates
    assert choice.cost > 0
    assert choice.batch_size == 16
    assert "(sgd, batch 16)" in choice.verdict
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
            epochs=10,
            schedule="cosine",
            batch_size=16,
            seed=seed,
        )
        losses = run.history["validation_loss"][1:]
        steady = min(np.mean(losses[i : i + 2]) for i in range(9))
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


def evidence(*rows):
    width = max(len(row) for row in rows)
    losses = np.array([list(row) + [np.nan] * (width - len(row)) for row in rows], dtype=float)
    return Evidence(np.array([0.1 * 2**i for i in range(len(rows))]), losses, 10, "compressed")


def test_the_middle_of_a_valley_is_the_best():
    assert evidence([3], [2], [1], [2], [3]).best == 2


def test_scores_by_hand():
    found = evidence([1.0], [np.e**0.1], [np.e])
    # the logarithms are 0, 0.1, 1; an end is its own neighbour
    assert found.scores == pytest.approx([(0 + 0.05) / 2, (0.1 + 0.5) / 2, (1 + 0.55) / 2])


def test_a_lucky_rate_beside_a_cliff_loses_to_steady_ones():
    assert evidence([1.0], [0.96], [0.97], [0.95], [np.inf], [np.inf]).best in (1, 2)


def test_only_rates_with_all_seeds_can_be_the_best():
    assert evidence([0.1], [1, 2], [3, 4]).best == 1


def test_a_rate_with_one_seed_is_raised_as_the_others_were_but_by_a_quarter_at_most():
    assert evidence([1], [2, 2.2], [2, 4]).means == pytest.approx([1.05, 2.1, 3])
    assert evidence([1], [2, 4], [2, np.inf]).means == pytest.approx([1.25, 3, np.inf])


def test_what_looks_best_may_still_lack_seeds():
    found = evidence([0.1], [5, 6], [7, 8])
    assert (found.promising, found.best) == (0, 1)


def test_more_seeds_can_be_added_in_turns():
    one = evidence([1.0], [2.0], [3.0])
    two = one.with_seeds(Evidence(one.rates[:2], np.array([[4.0], [5.0]]), 10, "compressed"))
    three = two.with_seeds(Evidence(one.rates[2:], np.array([[6.0]]), 10, "compressed"))
    assert two.tried.tolist() == [True, True, False]
    assert three.losses.tolist() == [[1, 4], [2, 5], [3, 6]]
    assert (one.trainings, two.trainings, three.trainings) == (3, 5, 6)


def test_the_interval_is_what_is_within_three_percent():
    assert evidence([1.5], [1.0], [1.01], [1.5]).interval == pytest.approx((0.2, 0.4))
    assert evidence([1.5], [1.0], [1.2], [1.5]).interval == pytest.approx((0.2, 0.2))


def test_the_interval_is_wider_where_seeds_disagree():
    sure = evidence([1.3] * 3, [1.0, 1.0, 1.0], [1.3] * 3)
    unsure = evidence([1.3] * 3, [0.5, 1.0, 1.5], [1.3] * 3)
    assert sure.interval[1] < unsure.interval[1]


def test_nothing_but_divergence_has_scores_all_the_same():
    assert np.ptp(evidence([np.inf], [np.inf]).scores) == 0


def test_the_reasons_to_doubt():
    doubt = sys.modules["clearprop.rates.choose"]._doubt
    assert "diverged" in doubt(evidence([1.0, np.inf]), 2.0, 100)
    assert doubt(evidence([1.0, 1.0]), 2.0, 100) is None
    assert doubt(evidence([1.94, 1.94]), 2.0, 10**6) is None  # 3 % better than a constant
    assert "constant" in doubt(evidence([1.97, 1.97]), 2.0, 10**6)
    assert "constant" in doubt(evidence([1.94, 1.94]), 2.0, 25)  # 3 % of 25 samples is chance


positive = st.floats(1e-6, 1e6)


@given(st.lists(st.lists(positive, min_size=2, max_size=2), min_size=1, max_size=8), positive)
def test_the_unit_of_the_loss_changes_no_choice(rows, unit):
    one, other = evidence(*rows), evidence(*(np.array(rows) * unit))
    assert one.scores[other.best] == pytest.approx(one.scores[one.best], abs=1e-9)


@given(st.lists(st.lists(positive | st.just(np.inf), min_size=2, max_size=2), min_size=1))
def test_the_best_lies_in_its_interval(rows):
    found = evidence(*rows)
    low, high = found.interval
    assert low <= found.rates[found.best] <= high
