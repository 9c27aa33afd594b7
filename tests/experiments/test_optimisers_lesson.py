"""The lesson `optimisers`: every rule from one start, on the same batches."""

from __future__ import annotations

import pytest

from clearprop.equations.updates import UPDATES
from clearprop.experiments import learn


def test_every_rule_has_a_row_and_a_line(taught):
    lesson = taught("optimisers").lesson
    assert [row[0] for row in lesson.tables[0].rows] == list(UPDATES)
    drawn = " ".join(picture.alt for picture in lesson.pictures if picture.kind.startswith("loss"))
    assert all(rule[:12] in drawn for rule in UPDATES)


@pytest.mark.parametrize(
    "change",
    [
        {"learning_rate": 100.0},
        {"learning_rate": 1e-8},
        {"batch_size": "full"},
        {"seed": 3, "batch_size": 1},
    ],
)
def test_first_steps_agree_with_the_slope_on_the_first_batch(change):
    lesson = learn("optimisers", **change).lesson
    assert lesson.ok
    assert sum("first step" in check.what for check in lesson.checks) == 9
