"""The choice where trainings are tiny: all of them whole, from many seeds."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
from sklearn.datasets import make_circles

import clearprop as cp
from clearprop.rates.choice import Choice
from clearprop.rates.evidence import Evidence
from clearprop.rates.search import search
from clearprop.rates.trials import Trials, rate_of
from clearprop.training import Settings
from clearprop.training.data import assemble

X, Y = make_circles(120, noise=0.1, factor=0.6, random_state=6)
HOW = {"optimizer": "adam", "epochs": 60, "schedule": "cosine", "batch_size": 64, "validation": 0.4}


def circles_network(seed=4):
    return cp.Network([2, 64, 64, 1], output="sigmoid", seed=seed)


@pytest.fixture(scope="module")
def choice():
    return cp.choose_learning_rate(circles_network(), X, Y, **HOW)


def test_all_trainings_are_whole(choice):
    wide, near = choice.evidence
    assert wide.losses.shape == (len(wide.rates), 4)
    assert near.losses.shape == (4, 8)
    assert [each.epochs for each in choice.evidence] == [60, 60]
    assert [each.share for each in choice.evidence] == [1, 1]
    assert wide.rates.tolist() == [rate_of(k) for k in range(-20, 3, 2)]
    assert choice.work == 12 * 4 + 4 * 8
    assert "was chosen by 80 full trainings. In 60 epochs it reached" in choice.verdict


def test_a_rate_is_found_of_which_a_tenth_of_a_training_says_nothing(choice, monkeypatch):
    """There are two updates in an epoch: shortened, no training gets anywhere."""
    monkeypatch.setattr("clearprop.rates.trials._TINY_WORK", 0)
    shortened = cp.choose_learning_rate(circles_network(), X, Y, **HOW)
    assert choice.reliable
    assert not shortened.reliable or full_loss(choice.rate) < 0.7 * full_loss(shortened.rate)
    rates = [rate_of(k) for k in range(-14, 1)]
    assert full_loss(choice.rate) < 1.3 * min(full_loss(rate) for rate in rates)


def full_loss(rate):
    """Mean loss of whole trainings from seeds that no choice has seen."""
    runs = cp.train_population(
        circles_network(),
        X,
        Y,
        cp.grid(learning_rate=[rate], seed=range(50, 66)),
        **HOW,
    )
    return np.mean([run.history["validation_loss"][run.kept_epoch] for run in runs])


def test_shuffled_labels_have_no_reliable_answer():
    shuffled = np.random.default_rng(1).permutation(Y)
    assert not cp.choose_learning_rate(circles_network(), X, shuffled, **HOW).reliable


def test_the_seeds_that_are_asked_for_are_used_in_both_rounds():
    found = cp.choose_learning_rate(circles_network(), X, Y, seeds=1, **HOW)
    assert [each.losses.shape for each in found.evidence] == [(12, 1), (4, 1)]


def test_the_best_at_an_end_widens_the_first_round():
    """Inputs so large that the rates of the range overshoot: 1/λ is 3e-6."""
    inputs = 700 * np.linspace(-1, 1, 40)[:, None]
    found = cp.choose_learning_rate(
        cp.Network([1, 1]), inputs, inputs[:, 0], optimizer="sgd", batch_size="full", epochs=30
    )
    assert found.evidence[0].rates[0] < 1e-5
    assert found.rate < 6e-6  # 2/λ


def test_where_every_training_diverges_there_is_one_round():
    inputs = 1e8 * (1 + np.arange(40.0))[:, None]
    found = cp.choose_learning_rate(
        cp.Network([1, 1]), inputs, inputs[:, 0], optimizer="sgd", epochs=20
    )
    assert len(found.evidence) == 1
    assert found.reason == "all trainings diverged, also at 1e-07 (try scaling X and y)"


def test_the_choice_is_the_same_after_json(choice):
    contents = json.loads(json.dumps(choice.to_json(), allow_nan=False))
    assert Choice.from_json(contents).verdict == choice.verdict


@pytest.mark.parametrize(
    ("sizes", "epochs", "tiny"),
    [
        ([4, 64, 64, 3], 60, True),
        ([4, 64, 64, 3], 600, False),
        ([4, 300, 300, 3], 60, False),
        ([4, 3], 490, True),
        ([4, 3], 510, False),  # an epoch takes its time, however small the network
    ],
)
def test_samples_parameters_and_epochs_decide(sizes, epochs, tiny):
    network, settings = cp.Network(sizes, output="softmax"), Settings(epochs=epochs)
    inputs = np.random.default_rng(0).normal(size=(90, 4))
    data = assemble(network, inputs, np.arange(90) % 3, settings)
    trials = Trials(network, data, settings, None, ())
    assert trials.tiny == tiny
    assert trials.seeds == ((4, 8) if tiny else trials.seeds)
    assert replace(trials, asked_seeds=5).seeds == (5, 5)


class Known:
    """Trials whose losses are a function of the step of the rate and the round."""

    tiny, seeds = True, (4, 8)

    def __init__(self, loss):
        self.loss = loss

    def run(self, steps, part, seeds):
        assert part == 1
        losses = [[self.loss(k, len(seeds), seed) for seed in seeds] for k in steps]
        rates = np.array([rate_of(k) for k in steps])
        return Evidence(rates, np.array(losses, dtype=float), 10, "compressed", part)


@pytest.mark.parametrize("at", range(-18, 3))
def test_the_bottom_of_a_valley_is_found(at):
    last = search(Known(lambda k, *_: np.exp(((k - at) / 6) ** 2)))[-1]
    assert last.rates[last.best] == rate_of(at)


@pytest.mark.parametrize(("seeds", "seed"), [(4, 3), (8, 7)])
def test_a_rate_that_diverged_in_either_round_is_out(seeds, seed):
    def loss(k, of, s):
        return np.inf if (of, s) == (seeds, seed) and k >= -6 else np.exp(((k + 4) / 6) ** 2)

    last = search(Known(loss))[-1]
    assert last.rates[last.best] < rate_of(-6)
