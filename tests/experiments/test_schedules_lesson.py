"""The lesson `schedules`: the rate of every step, and what a falling rate calms."""

from __future__ import annotations

import pytest

from clearprop.equations.schedules import SCHEDULES
from clearprop.experiments import learn


def test_every_schedule_is_shown_and_its_factors_are_worked_by_hand(taught):
    lesson = taught("schedules").lesson
    shown = {row[0] for row in lesson.tables[0].rows}
    assert set(SCHEDULES) <= shown
    assert sum(check.what.startswith("factor of") for check in lesson.checks) == len(SCHEDULES)


@pytest.mark.parametrize(
    "change", [{"learning_rate": 5.0}, {"batch_size": "full", "seed": 2**32 - 1}]
)
def test_rates_of_steps_stay_right_with_changes(change):
    lesson = learn("schedules", **change).lesson
    assert lesson.ok
    said = any("every run diverges" in getattr(block, "text", "") for block in lesson.blocks)
    assert said == ("learning_rate" in change)


@pytest.mark.parametrize("name", ["schedules", "optimisers"])
def test_a_batch_larger_than_the_data_is_called_by_what_it_is(name):
    titles = [table.title for table in learn(name, batch_size=1000).lesson.tables]
    assert any("batch 200 of 200" in title for title in titles)
