"""Rates and noise: a sign alone is no fault; it takes harm that shows beside it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from sklearn.datasets import make_circles, make_classification

import clearprop as cp
from clearprop.diagnosis.case import Case
from clearprop.diagnosis.course import course
from clearprop.diagnosis.thresholds import limits_from
from diagnosis.trainings import fit, net, scaled

EPOCHS = 40
FALLING = 0.3 + 0.7 * 0.8 ** np.arange(EPOCHS + 1)


@pytest.fixture(scope="module")
def trained():
    return fit(net(), penalty={"l2": 3e-3}, epochs=EPOCHS)


def told(trained, loss, *, rates=None, validation=None):
    """The symptoms that the history alone shows: losses over the start's, and rates."""
    history = dict(trained.run.history)
    history["train_loss"] = np.asarray(loss)
    history["validation_loss"] = np.asarray(loss if validation is None else validation)
    if rates is not None:
        history["learning_rate"] = np.concatenate([[np.nan], rates])
    found = cp.diagnose(replace(trained.run, history=history))
    return [each.symptom for each in found.findings]


def swinging(size, around=0.3):
    """A loss that goes up and down by so much of its start from one epoch to the next."""
    loss = around + size / 2 * np.where(np.arange(EPOCHS + 1) % 2, 1, -1)
    loss[0] = 1.0
    return loss


def test_the_course_of_a_loss_by_hand(trained):
    history = dict(trained.run.history)
    history["train_loss"] = np.array([4.0, 6.0, 2.0, 3.0, 1.0])
    history["validation_loss"] = np.array([8.0, 7.0, 4.0, 2.0, 3.0])
    history["learning_rate"] = np.array([np.nan, 0.1, 0.1, 0.1, 0.1])
    case = Case(replace(trained.run, history=history), None, None, limits_from())
    how = course(case)
    assert how.rising == pytest.approx(1 / 3)  # of the three changes after the first
    assert how.swing == pytest.approx(1.5 / 4)  # the median of 1 and 2
    assert (how.peak, how.lowest, how.last) == (1.5, 0.25, 0.25)
    assert how.second_half == 0.25  # from 4 to 3, against 8 to 4
    assert how.late_fall == pytest.approx(1 / 3)
    assert how.fall == pytest.approx(5 / 8)
    assert how.lost == 4 / 2  # too short to leave the last five out
    assert how.trained_lost == 3 / 1
    assert how.adrift == 3 / 2
    assert how.settled is False


def test_a_loss_that_goes_up_and_down_near_its_lowest_is_no_fault(trained):
    assert told(trained, swinging(0.03)) == []


def test_a_violent_swing_is_a_rate_that_is_too_high(trained):
    assert told(trained, swinging(0.1)) == ["rate_too_high"]


def test_a_swing_that_throws_away_what_was_reached_is_a_rate_that_is_too_high(trained):
    loss = swinging(0.03)
    loss[:20] = np.linspace(1, 0.2, 20)
    assert told(trained, loss) == ["rate_too_high"]
    # Where the training loss alone went on falling, it is another fault, if any.
    steady = np.linspace(1, 0.2, EPOCHS + 1)
    assert told(trained, steady, validation=loss) == ["overfitting"]


def test_under_a_schedule_that_falls_a_swing_that_is_over_is_no_fault(trained):
    falling = 0.1 * np.linspace(1, 0, EPOCHS)
    assert told(trained, swinging(0.1), rates=falling) == []
    assert told(trained, swinging(0.1, around=0.8), rates=falling) == ["rate_too_high"]


def test_a_loss_thrown_far_up_that_comes_down_again_is_no_fault(trained):
    def thrown(end):
        return np.concatenate([[1.0, 40.0], np.geomspace(30, end, EPOCHS - 1)])

    assert told(trained, thrown(0.3)) == []
    assert told(trained, thrown(0.7)) == ["rate_too_high"]


def test_a_loss_that_rose_all_in_all_is_not_judged_too_low(slow):
    steady = np.linspace(1, 0.95, len(slow.run.history["epoch"]))
    assert told(slow, steady) == ["rate_too_low"]
    hill = 1 + 0.1 * np.sin(np.linspace(0, 0.9 * np.pi, len(steady)))  # up, then not all the way
    assert told(slow, steady, validation=hill) == []


def test_a_fall_without_weights_is_not_judged_too_low(trained):
    line = np.linspace(1, 0.9, EPOCHS + 1)
    run = replace(trained.run, weights=None, weight_steps=None)
    assert told(replace(trained, run=run), line) == []


def test_few_weights_that_spread_by_chance_are_no_bad_start():
    # Steep layers, but for the last with its one row of weights none beyond the limit.
    random = np.random.default_rng(0)
    X = random.normal(size=(120, 4))
    network = net((16,) * 11, sizes=(4, 1), output="identity", seed=3)
    for i in range(1, 13):
        network[f"W{i}"][:] *= 2.4
    found = fit(network, data=(X, X[:, 0]), learning_rate=0.003).symptoms()
    assert "bad_start" not in found
    assert "exploding_gradients" in found


def test_a_saddle_that_curves_down_weakly_is_a_plateau():
    X, y = make_circles(400, noise=0.15, factor=0.5, random_state=0)
    network = net((8, 8, 8), "tanh", (2, 2), seed=0)
    for name in ("W1", "W2", "W3", "W4"):
        network[name][:] *= 0.39
    run = fit(network, (scaled(X), y), optimizer="sgd", learning_rate=0.03, batch_size="full",
              epochs=90)  # fmt: skip
    (found,) = run.diagnose().findings
    assert found.symptom == "plateau"
    assert 0.01 < found.evidence["negative_curvature_over_largest"] < 0.1


def test_noise_is_no_cause_where_the_update_rule_divides_by_it():
    X, y = make_classification(300, 12, n_informative=6, n_classes=3, random_state=1)
    noisy = {"batch_size": 1, "learning_rate": 0.5}
    network = net((16,), "tanh", (12, 3), seed=1)
    assert fit(network, (scaled(X), y), optimizer="sgd", **noisy).symptoms() == ["noisy_batches"]
    found = fit(network, (scaled(X), y), optimizer="adam", **noisy).symptoms()
    assert found == ["rate_too_high"]
