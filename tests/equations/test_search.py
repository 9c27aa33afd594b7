"""Learning without gradients."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from clearprop.equations.search import exhaustive_search, random_nudge

VALUES = (-1.0, 0.0, 0.5, 2.0)


def bowl(centre):
    return lambda w: ((w - np.array(centre)) ** 2).sum(-1)


@given(st.lists(st.floats(-3, 3), min_size=1, max_size=4))
def test_exhaustive_search_finds_the_nearest_grid_point(centre):
    best, lowest = exhaustive_search(bowl(centre), np.zeros(len(centre)), VALUES)
    by_hand = sum(min((v - c) ** 2 for v in VALUES) for c in centre)
    np.testing.assert_allclose(lowest, by_hand, rtol=1e-12, atol=1e-300)
    assert lowest == bowl(centre)(best)
    assert set(best.tolist()) <= set(VALUES)


def test_exhaustive_search_takes_k_to_the_p_costs_and_keeps_the_dtype():
    asked = []

    def C(w):
        asked.append(tuple(w.tolist()))
        return w.sum()

    best, lowest = exhaustive_search(C, np.zeros(3, dtype=np.float32), VALUES)
    assert len(asked) == len(set(asked)) == 4**3
    assert best.dtype == np.float32
    assert (best.tolist(), float(lowest)) == ([-1, -1, -1], -3)


def test_of_equals_the_first_is_kept():
    best, _ = exhaustive_search(lambda w: 0.0 * w.sum(), np.zeros(2), VALUES)
    assert best.tolist() == [-1, -1]


def test_a_nudge_that_helps_is_kept_with_its_cost():
    C, w = bowl([1.0, 1.0]), np.array([0.0, 0.0])
    nudged, c = random_nudge(C, w, C(w), 1, 0.5)
    assert nudged.tolist() == [0.0, 0.5]
    assert float(c) == 1.25
    assert w.tolist() == [0, 0]


def test_a_nudge_that_does_not_help_is_taken_back():
    C, w = bowl([1.0, 1.0]), np.array([0.0, 0.0])
    for amount in (-0.5, 2.0):  # uphill, and across to exactly the same height
        kept, c = random_nudge(C, w, C(w), 0, amount)
        assert kept is w
        assert float(c) == 2


def test_a_nudge_into_nan_is_taken_back():
    kept, c = random_nudge(lambda w: np.sqrt(w).sum(), np.array([0.0]), np.asarray(0.0), 0, 0.0)
    assert kept.tolist() == [0.0]
    kept, c = random_nudge(lambda w: w.sum() * np.nan, np.array([1.0]), np.asarray(5.0), 0, 1.0)
    assert (kept.tolist(), float(c)) == ([1.0], 5.0)


def test_a_nudge_takes_one_cost():
    asked = []
    random_nudge(lambda w: asked.append(w) or w.sum(), np.zeros(3), np.asarray(0.0), 1, 0.1)
    assert len(asked) == 1


def test_many_nudges_never_make_the_cost_rise_and_get_somewhere():
    rng, C = np.random.default_rng(2), bowl([1.0, -2.0, 0.5])
    w = np.zeros(3)
    c, costs = C(w), []
    for _ in range(300):
        w, c = random_nudge(C, w, c, int(rng.integers(3)), float(rng.normal()) / 3)
        costs.append(float(c))
    assert (np.diff(costs) <= 0).all()
    assert costs[-1] < 0.01
    assert costs[-1] == C(w)
