"""What losses of short trainings say: scores worked by hand, the best, the interval."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clearprop.rates.evidence import Evidence


def evidence(*rows, doubts=None, apart=0.25):
    """One row of seeds for each rate; neighbours are a quarter of a decade apart."""
    width = max(len(row) for row in rows)
    losses = np.array([list(row) + [np.nan] * (width - len(row)) for row in rows], dtype=float)
    rates = 0.1 * 10 ** (apart * np.arange(len(rows)))
    doubts = None if doubts is None else np.array(doubts)
    return Evidence(rates, losses, 10, "compressed", 0.5, doubts)


def test_the_middle_of_a_valley_is_the_best():
    assert evidence([3], [2], [1], [2], [3]).best == 2


def test_scores_by_hand():
    rows = [1.0], [np.e**0.3], [np.e**1.2]
    # The heights are 0, 0.3, 1.2. Below the first the loss does not fall, so 0; above the last it
    # rises on, to 2.1. Neighbours weigh 0.75 at a quarter of a decade, 0.25 at half a decade.
    quarter = [0.75 * 0.3, 0.3 + 0.75 * 1.2, 1.2 + 0.75 * 2.4]
    assert evidence(*rows).scores == pytest.approx(np.array(quarter) / 2.5)
    half = [0.25 * 0.3, 0.3 + 0.25 * 1.2, 1.2 + 0.25 * 2.4]
    assert evidence(*rows, apart=0.5).scores == pytest.approx(np.array(half) / 1.5)
    assert evidence(*rows, doubts=[0, 1, 0]).scores[1] == pytest.approx(quarter[1] / 2.5 + 1)


def test_nothing_counts_as_worse_than_twenty_times_the_best():
    assert evidence([1.0], [19.0], [50.0], [np.inf]).heights == pytest.approx(
        np.log([1, 19, 20, 20])
    )


def test_a_lucky_rate_beside_a_cliff_loses_to_steady_ones():
    assert evidence([1.0], [0.96], [0.97], [0.95], [np.inf], [np.inf]).best in (1, 2)


def test_a_rate_that_is_ruled_out_is_not_the_best():
    assert evidence([3], [2], [1], doubts=[0, 0, np.inf]).best == 1


def test_only_rates_with_all_seeds_can_be_the_best():
    assert evidence([0.1], [1, 2], [3, 4]).best == 1


def test_a_rate_with_one_seed_is_raised_as_the_others_were_but_by_a_quarter_at_most():
    assert evidence([1], [2, 2.2], [2, 4]).means == pytest.approx([1.05, 2.1, 3])
    assert evidence([1], [2, 4], [2, np.inf]).means == pytest.approx([1.25, 3, np.inf])


def test_what_looks_best_may_still_lack_seeds():
    found = evidence([0.1], [5, 6], [7, 8])
    assert (found.promising, found.best) == (0, 1)


def test_more_seeds_can_be_added_in_turns():
    def more(rates, losses):
        return Evidence(rates, np.array(losses), 10, "compressed", 0.5)

    one = evidence([1.0], [2.0], [3.0])
    two = one.with_seeds(more(one.rates[:2], [[4.0], [5.0]]))
    three = two.with_seeds(more(one.rates[2:], [[6.0]]))
    assert two.tried.tolist() == [True, True, False]
    assert three.losses.tolist() == [[1, 4], [2, 5], [3, 6]]
    assert (one.trainings, two.trainings, three.trainings) == (3, 5, 6)


def test_rates_join_in_order_and_their_doubts_must_be_found_anew():
    low, high = evidence([1.0], [2.0]), evidence([3.0], [4.0], doubts=[1, 1])
    joined = high.joined(Evidence(low.rates / 1000, low.losses, 10, "compressed", 0.5))
    assert joined.losses[:, 0].tolist() == [1, 2, 3, 4]
    assert joined.doubts is None


def test_the_lowest_rate_that_diverged():
    assert evidence([1.0, 1.0], [1.0, np.inf], [np.inf, 1.0]).lowest_diverged == pytest.approx(
        0.1 * 10**0.25
    )
    assert evidence([1.0], [2.0]).lowest_diverged == np.inf


def test_noise_is_what_seeds_do_differently_and_not_what_they_do_alike():
    assert evidence([1.0, 2.0], [1.1, 2.2], [1.2, 2.4]).noise == pytest.approx(0, abs=1e-12)
    # logarithms 0, 0 and 0, 0.2: the rest is ±0.05 everywhere, with one degree of freedom
    assert evidence([1.0, 1.0], [1.0, np.e**0.2]).noise == pytest.approx(0.1)
    assert evidence([1.0], [2.0]).noise == 0


def test_the_interval_is_what_is_within_three_percent():
    assert evidence([1.5], [1.0], [1.01], [1.0], [1.5]).interval(0) == pytest.approx(
        (0.1 * 10**0.5, 0.1 * 10**0.5)
    )
    flat = evidence([9.0], [1.0], [1.0], [1.01], [1.01], [9.0])
    assert flat.interval(0) == pytest.approx((0.1 * 10**0.5, 0.1 * 10**0.75))


def test_the_interval_is_wider_where_few_samples_were_held_out():
    found = evidence([1.3], [1.0], [1.15], [1.3])
    assert found.interval(0, 10_000) == found.interval(0)
    assert found.interval(0, 20)[1] > found.interval(0, 10_000)[1]  # 22 %


def test_the_interval_is_wider_where_seeds_disagree():
    sure = evidence([1.6, 1.6], [1.2, 1.2], [1.0, 1.0], [1.2, 1.2], [1.6, 1.6])
    unsure = evidence([1.6, 1.6], [1.4, 1.0], [0.8, 1.2], [1.4, 1.0], [1.6, 1.6])
    assert sure.best == unsure.best == 2
    assert sure.interval(9)[1] < unsure.interval(0)[1]  # its own seeds say it
    alone = evidence([1.3], [1.0], [1.3])
    assert alone.interval(0)[1] < alone.interval(0.5)[1]  # what shorter trainings said


def test_nothing_but_divergence_has_scores_all_the_same():
    assert np.ptp(evidence([np.inf], [np.inf]).scores) == 0


def test_it_comes_back_from_json():
    found = evidence([1.0, np.inf], [2.0], doubts=[0.5, np.inf])
    again = Evidence.from_json(json.loads(json.dumps(found.to_json(), allow_nan=False)))
    assert again.to_json() == found.to_json()
    assert np.array_equal(again.losses, found.losses, equal_nan=True)
    assert np.array_equal(again.doubts, found.doubts)


positive = st.floats(1e-6, 1e6)


@given(st.lists(st.lists(positive, min_size=2, max_size=2), min_size=1, max_size=8), positive)
def test_the_unit_of_the_loss_changes_no_choice(rows, unit):
    one, other = evidence(*rows), evidence(*(np.array(rows) * unit))
    assert one.scores[other.best] == pytest.approx(one.scores[one.best], abs=1e-9)


@given(st.lists(st.lists(positive | st.just(np.inf), min_size=2, max_size=2), min_size=1))
def test_the_best_lies_in_its_interval(rows):
    found = evidence(*rows)
    low, high = found.interval(0.1)
    assert low <= found.rates[found.best] <= high
