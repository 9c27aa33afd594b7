"""The lesson `toy`, as a learner sees it; its numbers themselves are worked in test_toy.py."""

from __future__ import annotations

import numpy as np
import pytest

from clearprop.experiments import learn
from clearprop.experiments.lesson import Text
from experiments.test_toy import PUBLISHED


def said(lesson):
    return " ".join(block.text for block in lesson.blocks if isinstance(block, Text))


def test_both_columns_and_the_published_one_stand_side_by_side(taught):
    table = taught("toy").lesson.tables[1]
    assert table.heads == ("weight", "start", "nudged", "published", "chain rule")
    nudged, published, ruled = np.array([row[2:] for row in table.rows], dtype=float).T
    np.testing.assert_array_equal(published, PUBLISHED)
    np.testing.assert_allclose(nudged, PUBLISHED, rtol=0, atol=1e-7)
    gaps = np.abs(ruled - PUBLISHED)
    assert 1e-5 < gaps.max() < 1e-4  # the exact chain rule ends near, and not there


def test_the_misprint_of_the_text_is_named(taught):
    lesson = taught("toy").lesson
    assert "misprint" in said(lesson)
    assert any("0.0001" in check.note and "0.0003" in check.note for check in lesson.checks)


def test_losses_and_outputs_of_both_ways_are_compared(taught):
    got = {(check.what, check.got) for check in taught("toy").lesson.checks}
    assert {
        ("loss at the start, nudged", "0.33455"),
        ("loss before the last step, nudged", "0.000328"),
        ("loss before the last step, chain rule", "0.000326"),
        ("output in the end, nudged", "-0.0174781"),
        ("output in the end, chain rule", "-0.0174362"),
    } <= got


@pytest.mark.parametrize(("eta", "arrives"), [(0.1, True), (2.0, False), (1e300, False)])
def test_at_another_rate_nothing_is_called_published(eta, arrives, tmp_path):
    learned = learn("toy", learning_rate=eta)
    assert learned.lesson.ok
    assert "published" not in {check.source for check in learned.lesson.checks}
    assert ("does not come down" in said(learned.lesson)) != arrives
    assert learned.write_page(tmp_path).exists()
