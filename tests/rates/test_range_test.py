"""The range test: its curve against a loop written out, its rules on curves with known answers."""

from __future__ import annotations

import json
import sys
from dataclasses import replace

import numpy as np
import pytest

import clearprop as cp
from clearprop.errors import ArgumentError
from clearprop.rates import range_test
from clearprop.rates.range_test import RULES

X = np.linspace(-1, 1, 40)[:, None]


def look(**choices):
    usual = {"optimizer": "sgd", "batch_size": 10, "shuffle": False}
    return range_test(cp.Network([1, 6, 1], hidden="tanh"), X, X**2, **{**usual, **choices})


def test_the_curve_is_that_of_a_loop_written_out(line):
    network, X4, y4 = line
    found = range_test(
        network, X4, y4, optimizer="sgd", batch_size=3, shuffle=False, lowest=1e-4, highest=1.0
    )
    w, b = 0.0, 0.0
    for step, (rate, loss) in enumerate(zip(found.rates, found.losses, strict=True)):
        assert rate == pytest.approx(1e-4 * 1e4 ** ((step + 0.5) / 100))
        rows = slice(0, 3) if step % 2 == 0 else slice(3, 4)  # a short last batch
        error = w * X4[rows, 0] + b - y4[rows, 0]
        assert loss == pytest.approx(np.mean(error**2), rel=1e-9)
        w -= rate * 2 * np.mean(error * X4[rows, 0])
        b -= rate * 2 * np.mean(error)
    assert len(found.rates) < 100  # it stops where the loss is four times its lowest


def test_one_pass_where_it_has_enough_batches():
    many = np.linspace(-1, 1, 300)[:, None]
    found = range_test(cp.Network([1, 1]), many, many, batch_size=2, highest=1e-3)
    assert len(found.rates) == 150


def test_every_rule_on_a_parabola_in_the_logarithm():
    rates = 10 ** np.linspace(-4, 0, 81)
    losses = np.log10(rates / 0.01) ** 2  # lowest at 0.01, steepest at the start
    assert RULES["minimum_tenth"](rates, losses) == pytest.approx(0.001)
    assert RULES["steepest"](rates, losses) == pytest.approx(1e-4)
    assert RULES["valley"](rates, losses) == pytest.approx(10 ** (-4 + 2 * 2 / 3), rel=0.1)


def test_the_steepest_fall_is_measured_against_the_logarithm():
    rates = 10 ** np.linspace(-4, 0, 81)
    losses = -np.tanh(4 * np.log10(rates / 0.03))
    assert RULES["steepest"](rates, losses) == pytest.approx(0.03, rel=0.06)


def test_the_valley_is_the_longest_fall_though_others_are_deeper():
    losses = np.array([5, 0, 9, 8, 7, 6, 5.5, 5.2, 5.1, 9.0])
    assert RULES["valley"](np.arange(1.0, 11), losses) in (5.0, 6.0, 7.0)


def test_the_rules_give_a_band():
    found = look()
    assert found.band == (min(found.suggestions.values()), max(found.suggestions.values()))
    assert json.loads(json.dumps(found.to_json(), allow_nan=False))["band"] == list(found.band)
    assert "sgd, batch 10" in repr(found)


def test_a_loss_that_never_falls_has_no_band():
    suggest = sys.modules["clearprop.rates.range_test"]._suggest
    assert suggest(np.array([0.1, 0.2, 0.3]), np.array([1.0, 1.0, 2.0])) == {}
    empty = replace(look(), suggestions={})
    assert empty.band is None
    assert "never falls" in repr(empty)
    assert empty.to_json()["band"] is None


@pytest.mark.parametrize(
    ("choices", "message"),
    [
        ({"lowest": 0}, "lowest must be a finite number above zero"),
        ({"lowest": 1, "highest": 0.1}, "highest must be above lowest, 1; got 0.1"),
        ({"learning_rate": 0.1}, "learning_rate is what the test looks for"),
        ({"lowest": 1e30, "highest": 1e40}, "lowest must leave some rates that train"),
    ],
)
def test_bad_input_is_refused(choices, message):
    with pytest.raises(ArgumentError, match=message):
        look(**choices)
