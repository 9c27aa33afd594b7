"""Ratio, agreement, goals and the JSON of a row."""

import json

import pytest

from clearprop.bench import ROWS, Result, goals_reached

ROW = ROWS["T3-sgd"]  # goal ≥ 4


def result(row=ROW, **changes):
    plain = {
        "ours_us": 2.0,
        "peers": {"jax": 9.0, "numpy": 60.0},
        "limit_us": 1.0,
        "differences": {"jax": 1e-6, "numpy": 1e-7},
        "tolerance": 1e-3,
    }
    return Result(row, 2, **(plain | changes))


def test_the_ratio_is_the_fastest_peers_time_over_ours():
    assert result().fastest == "jax"
    assert result().ratio == 4.5
    assert result().limit_share == 0.5
    assert result().reached is True


def test_a_ratio_below_the_goal_misses_it():
    assert result(ours_us=3.0).ratio == 3.0
    assert result(ours_us=3.0).reached is False


@pytest.mark.parametrize("apart", [0.01, float("inf")])
def test_without_agreement_there_is_no_ratio_and_no_goal(apart):
    differs = result(differences={"jax": apart, "numpy": 0.0})
    assert differs.loss_agrees is False
    assert differs.ratio is None
    assert differs.limit_share is None
    assert differs.reached is False


def test_a_failure_counts_as_disagreement():
    assert result(failure="it failed").loss_agrees is False


def test_without_a_peer_nothing_is_claimed():
    alone = result(peers={}, differences={})
    assert alone.loss_agrees is None
    assert alone.ratio is None
    assert alone.reached is None


def test_the_largest_row_needs_its_share_of_the_limit_too():
    row = ROWS["L2"]
    assert result(row, ours_us=10.0, peers={"torch": 12.0}, limit_us=8.5).reached is True
    assert result(row, ours_us=10.0, peers={"torch": 12.0}, limit_us=7.5).reached is False


def test_a_cold_start_is_judged_by_its_seconds():
    row = ROWS["S1-help"]
    start = result(row, ours_us=390e3, peers={}, differences={}, tolerance=None, limit_us=None)
    assert start.reached is True
    assert result(row, ours_us=410e3, peers={}, differences={}, tolerance=None).reached is False


def test_goals_are_counted():
    results = [result(), result(ours_us=50.0), result(peers={}, differences={}), result()]
    assert goals_reached(results) == (2, 1, 1)


def test_the_json_of_a_row_has_what_was_promised():
    written = json.loads(json.dumps(result().to_json(), allow_nan=False))
    assert written == {
        "id": "T3-sgd",
        "work": "64-32-10, batch 32",
        "ours_us": 2.0,
        "peers": {"jax": 9.0, "numpy": 60.0},
        "fastest": "jax",
        "ratio": 4.5,
        "limit_us": 1.0,
        "limit_share": 0.5,
        "loss_agrees": True,
        "loss_differences": {"jax": 1e-6, "numpy": 1e-7},
        "goal": {"ratio": 4},
        "reached": True,
        "threads": 2,
        "engine": None,
        "skipped": {},
        "failure": None,
    }


def test_a_difference_that_is_not_finite_is_null_in_json():
    written = result(differences={"jax": float("inf")}).to_json()
    assert written["loss_differences"] == {"jax": None}
    json.dumps(written, allow_nan=False)
