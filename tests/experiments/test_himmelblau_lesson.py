"""The lesson `himmelblau`: which minimum a descent ends in."""

from __future__ import annotations

import numpy as np
import pytest

from clearprop.experiments import learn
from clearprop.experiments.himmelblau_function import f, gradient, limits_of, minima_by_descent
from clearprop.experiments.walks import walk


def test_a_walk_leaves_a_minimum_exactly_where_its_rate_exceeds_the_limit():
    minima = minima_by_descent()
    for name, limit in limits_of(minima).items():
        for factor, stays in ((0.99, True), (1.01, False)):
            end = walk("sgd", gradient, minima[name] + 1e-6, factor * limit, 3000)[-1]
            assert (np.linalg.norm(end - minima[name]) < 1e-6) == stays


def test_a_high_rate_holds_nobody_in_the_steepest_minimum():
    learned = learn("himmelblau", learning_rate=0.016)
    assert learned.lesson.ok
    held = next(check for check in learned.lesson.checks if "hold gradient descent" in check.what)
    assert held.got == "A, B, D"
    basins = next(picture for picture in learned.lesson.pictures if picture.kind == "basins-sgd")
    assert " 0 in C" in basins.alt


@pytest.mark.parametrize(("start", "depth"), [((3.0, 2.0), 0.0), ((0.0, 0.0), 170.0)])
def test_the_function_at_places_worked_by_hand(start, depth):
    assert f(np.array(start)) == depth


@pytest.mark.parametrize("eta", [1e-300, 1e-9, 1e9, 1e300])
def test_rates_far_from_any_that_is_sensible_are_told_truly(eta):
    lesson = learn("himmelblau", learning_rate=eta).lesson
    assert [check.what for check in lesson.checks if not check.ok] == []
