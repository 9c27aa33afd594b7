"""How the report words a schedule."""

from __future__ import annotations

import pytest

from clearprop.runs.report_contents import _schedule
from clearprop.training import Settings


@pytest.mark.parametrize(
    ("schedule", "words"),
    [
        ("cosine", "cosine"),
        ("plateau", "constant, lowered on a plateau"),
        ("warm_up+wsd", "wsd (warm_up 0.05)"),
        ({"name": "step", "drops": 2, "factor": 0.5}, "step (drops 2, factor 0.5)"),
        ("warm_up+cosine+plateau", "cosine (warm_up 0.05), lowered on a plateau"),
    ],
)
def test_a_schedule_is_named_with_its_options_and_the_plateau_rule(schedule, words):
    assert _schedule(Settings(schedule=schedule)) == words
