"""The lesson `five-classes`: losses and slopes by school algebra, and what a learner changes."""

from __future__ import annotations

import math

import numpy as np
import pytest

from clearprop.experiments import learn
from clearprop.experiments.five_classes_training import learn_animals
from clearprop.experiments.lesson import Text


def numbers(rows):
    return np.array([[float(cell.replace("−", "-")) for cell in row[1:]] for row in rows])


def said(lesson):
    return " ".join(block.text for block in lesson.blocks if isinstance(block, Text))


def test_targets_are_one_hot_for_the_five_animals(taught):
    table = taught("five-classes").lesson.tables[0]
    assert table.heads == ("animal", "dog", "cat", "mouse", "cow", "hen")
    np.testing.assert_array_equal(numbers(table.rows), np.eye(5))


def test_the_loss_of_each_row_is_minus_the_logarithm_of_the_true_probability(taught):
    rows = numbers(taught("five-classes").lesson.tables[1].rows)
    p = rows[:, :5]
    np.testing.assert_allclose(p.sum(axis=1), 1, atol=3e-3)
    np.testing.assert_array_equal(rows[:, 5], np.diag(p))
    for true, loss in rows[:, 5:]:
        assert loss == pytest.approx(-math.log(true), abs=1.5e-3)


def test_the_slopes_are_p_minus_y_and_the_mean_divides_by_five(taught):
    tables = taught("five-classes").lesson.tables
    p, slopes = numbers(tables[1].rows)[:, :5], numbers(tables[2].rows)
    np.testing.assert_allclose(slopes[:, :5], p - np.eye(5), atol=1.1e-3)
    np.testing.assert_allclose(slopes[:, 5], np.diag(slopes[:, :5]) / 5, atol=2e-4)


def test_before_training_all_is_a_guess_among_five(taught):
    checks = {check.what: check.got for check in taught("five-classes").lesson.checks}
    assert float(checks["loss before training: ln 5"]) == pytest.approx(math.log(5))
    assert checks["delta before training, true class and others"] == "-0.16, 0.04"


def test_new_animals_are_counted_once_each():
    found = learn_animals(0.5, 20, seed=0)
    assert found.counts.sum(axis=1).tolist() == [40] * 5
    assert found.counts[0, 1] > 0  # small dogs are taken for cats


@pytest.mark.parametrize(
    "changes",
    [{"seed": 3}, {"batch_size": "full"}, {"batch_size": 1}, {"learning_rate": 1e3}],
)
def test_it_holds_when_played_with(changes):
    lesson = learn("five-classes", **changes).lesson
    assert [check for check in lesson.checks if not check.ok] == []


def test_a_rate_without_measure_is_said_to_diverge():
    lesson = learn("five-classes", learning_rate=1e308).lesson
    assert lesson.ok
    assert "diverges" in said(lesson)
