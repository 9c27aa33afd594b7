"""The lessons `quadratic` and `line`, as a learner plays with them."""

from __future__ import annotations

import pytest

from clearprop.experiments import learn
from clearprop.experiments.lesson import Worked


@pytest.mark.parametrize(
    ("eta", "words"),
    [
        (0.9, "jumps across"),
        (1.1, "longer"),
        (0.4, "one side"),
        (1, "to and fro"),
        (0.5, "first is enough"),
    ],
)
def test_the_quadratic_says_what_a_rate_does(eta, words):
    learned = learn("quadratic", learning_rate=eta)
    assert learned.lesson.ok
    assert any(words in getattr(block, "text", "") for block in learned.lesson.blocks)


@pytest.mark.parametrize(("eta", "steps"), [(1e300, 0), (1e80, 1), (1e50, 3)])
def test_the_quadratic_shows_the_steps_whose_cost_a_float_can_hold(eta, steps):
    lesson = learn("quadratic", learning_rate=eta).lesson
    assert lesson.ok
    assert len(lesson.tables[0].rows) == steps + 1
    worked = next(block for block in lesson.blocks if isinstance(block, Worked))
    assert "beyond a float's range" in worked.lines[-1]


def test_the_line_works_its_first_step_at_the_rate_in_use():
    lesson = learn("line", learning_rate=0.12).lesson
    worked = next(block for block in lesson.blocks if isinstance(block, Worked))
    assert worked.lines[-1] == "w ← 0 − 0.12 · (-45) = 5.4"


@pytest.mark.parametrize(
    ("eta", "fate"), [(1e-9, "arrives"), (0.119, "arrives"), (0.12, "diverges"), (1e9, "diverges")]
)
def test_the_line_separates_rates_at_two_over_the_largest_eigenvalue(eta, fate):
    learned = learn("line", learning_rate=eta)
    assert learned.lesson.ok
    assert learned.lesson.checks[-1].got == fate
    assert learned.file_name == f"line-learning_rate-{eta}.html"


def test_the_line_names_the_standstill_of_float32(taught):
    lesson = taught("line").lesson
    still = next(check for check in lesson.checks if "stands still" in check.what)
    assert float(still.got) == 0
    assert any("float32" in getattr(block, "text", "") for block in lesson.blocks)


def test_what_diverges_on_the_map_of_the_line_follows_from_the_largest_eigenvalue(taught):
    checks = {check.what: check for check in taught("line").lesson.checks}
    lost = checks["trainings of the map that diverge"]
    assert lost.ok
    assert lost.got == "30 of 90"
