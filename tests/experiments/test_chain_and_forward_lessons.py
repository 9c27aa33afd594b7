"""The lessons `chain` and `forward`: their numbers by school algebra, and what may change."""

from __future__ import annotations

import math

import pytest

from clearprop.experiments import learn
from clearprop.experiments.lesson import Text, Worked


def sigmoid(z):
    return 1 / (1 + math.exp(-z))


def texts(lesson):
    return " ".join(block.text for block in lesson.blocks if isinstance(block, Text))


def lines(lesson):
    return [line for block in lesson.blocks if isinstance(block, Worked) for line in block.lines]


def test_the_chain_shows_each_factor_with_its_formula_and_number(taught):
    a1 = sigmoid(0.8 * 1.5 + 0.1)
    a2 = sigmoid(-0.5 * a1 + 0.2)
    factors = (2 * (a2 - 0.7), a2 * (1 - a2), -0.5, a1 * (1 - a1), 1.5)
    shown = [line.replace("−", "-").split(" = ") for line in lines(taught("chain").lesson)]
    for symbol, formula, value in zip(
        ("∂C/∂a2", "∂a2/∂z2", "∂z2/∂a1", "∂a1/∂z1", "∂z1/∂w1"),
        ("2(a - y)", "sigmoid′(z2)", "w2", "sigmoid′(z1)", "x"),
        factors,
        strict=True,
    ):
        row = next(row for row in shown if row[0].strip() == symbol and len(row) == 3)
        assert row[1].strip() == formula
        assert float(row[2]) == pytest.approx(value, rel=1e-3)
    product = next(row for row in shown if row[0] == " " and row[1].endswith("· 1.5"))
    assert float(product[-1]) == pytest.approx(math.prod(factors), rel=1e-3)


def test_the_chain_checks_every_factor_by_a_nudge_of_its_own(taught):
    measured = [check.what for check in taught("chain").lesson.checks if "differ" in check.source]
    assert measured[:5] == ["∂C/∂a2", "∂a2/∂z2", "∂z2/∂a1", "∂a1/∂z1", "∂z1/∂w1"]


@pytest.mark.parametrize("changes", [{"seed": 7}, {"learning_rate": 5.0}, {"seed": 2}])
def test_the_chain_holds_for_other_weights_and_rates(changes):
    learned = learn("chain", **changes)
    assert learned.lesson.ok
    assert f"η = {changes.get('learning_rate', 0.5):g}" in texts(learned.lesson)


def test_a_step_that_is_too_long_is_said_to_be():
    assert "it falls" in texts(learn("chain").lesson)
    assert "too long" in texts(learn("chain", learning_rate=100.0).lesson)


def test_forward_shows_every_value_before_and_after_activation(taught):
    table = taught("forward").lesson.tables[0]
    hidden = [sigmoid(z) for z in (1.0, 1.3, 0.8)]
    total = 0.3 * hidden[0] + 0.5 * hidden[1] + 0.9 * hidden[2]
    expected = [*zip((1.0, 1.3, 0.8), hidden, strict=True), (total, sigmoid(total))]
    for row, (z, a) in zip(table.rows, expected, strict=False):
        assert float(row[1]) == pytest.approx(z, abs=1e-5)
        assert float(row[2]) == pytest.approx(a, abs=1e-6)
    assert float(table.rows[-1][-1]) == pytest.approx(sigmoid(total) ** 2, abs=1e-6)


def test_forward_holds_for_other_weights():
    learned = learn("forward", seed=3)
    assert learned.lesson.ok
    assert "in the head" not in [check.source for check in learned.lesson.checks]
