"""The lesson `penalty`: its range, its balance, and a rate that is too high for it."""

from __future__ import annotations

import numpy as np
import pytest

from clearprop.experiments import learn
from clearprop.experiments.penalty_training import balance_of, last_weights, train_all
from clearprop.experiments.play import Play


def rows(learned, title):
    table = next(table for table in learned.lesson.tables if table.title.startswith(title))
    return {row[0]: row[1:] for row in table.rows}


def test_the_penalty_term_of_the_table_is_what_the_weights_give():
    found = train_all(Play())
    w = last_weights(found.ranged[1])
    outside = np.abs(w[np.abs(w) > 1]) - 1
    assert found.ranged[1].history["penalty"][-1] == pytest.approx(0.01 * (outside**2).sum())


def test_the_weight_at_rest_is_pulled_as_far_out_as_in():
    balance = balance_of(train_all(Play()))
    assert balance.inwards == pytest.approx(-0.2 * (balance.w - np.sign(balance.w)))
    assert balance.outwards == pytest.approx(-balance.inwards, rel=0.02)


def test_the_stronger_the_range_penalty_the_smaller_the_largest_weight(taught):
    found = rows(taught("penalty"), "The range penalty")
    largest = [float(row[3]) for row in found.values()]
    assert largest == sorted(largest, reverse=True)
    assert largest[-1] < 1.05


@pytest.mark.parametrize(
    "changes", [{"learning_rate": 0.02}, {"seed": 3}, {"batch_size": "full"}, {"batch_size": 1}]
)
def test_the_term_of_every_epoch_is_recomputed_whatever_is_changed(changes):
    lesson = learn("penalty", **changes).lesson
    assert lesson.ok
    assert sum("penalty term" in check.what for check in lesson.checks) == 3


@pytest.mark.parametrize("rate", [40, 1000])
def test_a_rate_too_high_for_the_penalty_is_told_and_shown(rate):
    learned = learn("penalty", learning_rate=rate)
    assert learned.lesson.ok
    assert any("diverged" in name for name in rows(learned, "The range penalty"))
