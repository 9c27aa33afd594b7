"""Every label on histories made by hand, and what must hold for any history."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clearprop.engines import Data
from clearprop.equations.losses import LOSSES, cost
from clearprop.errors import ArgumentError
from clearprop.rates.constant import check_varies, constant_loss
from clearprop.rates.labels import LABELS, THRESHOLDS, Facts, label, learned


def facts(losses, constant=1.0, reference=0.0, reversals=None, diverged=False):
    return Facts(np.array(losses, dtype=float), diverged, reversals, constant, reference)


FALLING = np.linspace(1.4, 0.7, 21)
LEARNED = [1.2, 0.4, 0.1, 0.05, 0.04, 0.04, 0.04, 0.04, 0.04]

BY_HAND = {
    "diverged": facts(LEARNED, diverged=True),
    "dead": facts([0.9, 1.2, 1.01, 0.99, 1.02, 1.0, 1.01, 0.995, 1.0]),
    "oscillating": facts([1.2, 0.5, 0.9, 0.3, 0.8, 0.2, 0.7, 0.1, 0.6]),
    "good": facts(LEARNED),
    "slow": facts(FALLING),
    "plateau": facts([1.2, 0.6, 0.4, 0.35, 0.35, 0.35, 0.35, 0.35, 0.35]),
}


@pytest.mark.parametrize("name", LABELS)
def test_each_label_is_given_to_a_history_of_its_kind(name):
    assert label(BY_HAND[name]) == name


def test_the_examples_cover_every_label():
    assert set(BY_HAND) == set(LABELS)


def test_a_run_without_a_finite_end_has_diverged_whatever_the_loop_says():
    assert label(facts([1.0, 0.5, np.nan])) == "diverged"
    assert not learned(facts([1.0, 0.01, np.nan]))


def test_a_slow_start_above_the_constant_answer_is_slow_not_dead():
    assert label(facts(np.linspace(1.5, 1.4, 21))) == "slow"


def test_a_loss_that_has_settled_at_the_constant_answer_is_dead_though_it_fell_to_it():
    assert label(facts([1.5, 1.1, 1.01, *[1.0] * 10])) == "dead"


def test_two_percent_below_the_constant_answer_is_more_than_nothing():
    assert label(facts([1.5, *[0.985] * 12])) == "dead"
    assert label(facts([1.5, *[0.975] * 12])) == "plateau"


def test_updates_that_turn_back_oscillate_where_the_loss_only_falls():
    assert label(facts(LEARNED, reversals=0.5)) == "oscillating"
    assert label(facts(LEARNED, reversals=0.49)) == "good"
    assert learned(facts(LEARNED, reversals=1.0))


def test_a_quarter_of_rising_epochs_oscillates():
    calm = [1.2, 0.6, 0.3, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1]
    one, two = list(calm), list(calm)
    one[6] = two[6] = two[4] = 0.15
    assert label(facts(one)) == "good"  # 1 of 8
    assert label(facts(two)) == "oscillating"  # 2 of 8


def test_rises_below_a_hundredth_of_the_gap_are_noise():
    noisy = [1.2, 0.1, *[0.05, 0.055] * 8]
    assert label(facts(noisy)) == "good"


def test_four_fifths_of_the_gap_are_learned():
    assert learned(facts([1.2, *[0.2] * 8]))
    assert not learned(facts([1.2, *[0.201] * 8]))


def test_a_last_drop_of_less_than_a_twentieth_is_a_plateau_not_slow():
    settled = [1.2, 0.6, 0.4, 0.36, 0.36, 0.36, 0.36, 0.359, 0.358]
    assert label(facts(settled)) == "plateau"


def test_one_bad_epoch_at_the_end_unlearns_nothing():
    assert learned(facts([1.2, 0.1, *[0.05] * 10, 0.5]))


def test_thresholds_can_be_changed():
    strict = replace(THRESHOLDS, learned=0.99)
    assert label(facts(LEARNED), strict) == "plateau"


def test_a_sweep_in_which_nobody_learned_is_still_labelled():
    assert label(facts([1.1, *[1.0] * 8], reference=1.0)) == "dead"


@given(
    st.lists(st.floats(0, 1e6) | st.just(float("nan")), min_size=2, max_size=30),
    st.floats(1e-3, 1e3),
    st.floats(0, 1),
    st.none() | st.floats(0, 1),
    st.booleans(),
)
def test_every_history_has_exactly_one_label_and_only_what_learned_is_good(
    losses, constant, share, reversals, diverged
):
    given_facts = facts(losses, constant, share * constant, reversals, diverged)
    name = label(given_facts)
    assert name in LABELS
    if name == "good":
        assert learned(given_facts)
    if name in ("diverged", "dead"):
        assert not learned(given_facts)


@given(st.lists(st.floats(0.01, 10), min_size=3, max_size=20), st.sampled_from([0.25, 4.0, 1024.0]))
def test_the_unit_of_the_loss_changes_no_label(losses, unit):
    one = facts(losses, 1.0, min(losses))
    other = facts(np.array(losses) * unit, unit, min(losses) * unit)
    assert label(one) == label(other)


@pytest.mark.parametrize("loss", LOSSES)
def test_no_constant_answer_of_a_fine_grid_beats_the_constant_loss(loss):
    rng = np.random.default_rng(0)
    y = (rng.random((40, 1)) < 0.3).astype(float)
    weights = rng.random(40)
    weights /= weights.mean()
    if loss == "categorical_cross_entropy":
        y = np.concatenate([y, 1 - y], axis=1)
    grid = np.linspace(-5, 5, 2001)
    answers = [np.array([a, 0.0]) if y.shape[1] == 2 else np.array([a]) for a in grid]
    for w in (None, weights):
        found = constant_loss(loss, Data(y, y, w))
        best = min(float(cost(LOSSES[loss][0](np.broadcast_to(a, y.shape), y), w)) for a in answers)
        assert found >= best - 1e-4  # what the grid leaves out
        if loss == "huber" or (loss == "mean_absolute_error" and w is not None):
            assert found <= 1.5 * best + 1e-4  # no closed form: the mean or the unweighted median
        else:
            assert found == pytest.approx(best, abs=1e-4)


def test_targets_that_are_all_alike_are_refused():
    with pytest.raises(ArgumentError, match=r"y must vary .* all 3 targets are 2\.0"):
        check_varies(Data(np.zeros((3, 1)), np.full((3, 1), 2.0)))
    with pytest.raises(ArgumentError, match=r"targets are \[0\.0, 1\.0\]"):
        check_varies(Data(np.zeros((2, 1)), np.array([[0.0, 1.0]] * 2)))
