"""The lesson `landscape`: which minimum a rate ends in, and a plane through a real loss."""

from __future__ import annotations

import numpy as np
import pytest

from clearprop.experiments import learn
from clearprop.experiments.landscape import cost, slope


def test_the_lowest_of_many_places_is_the_wide_minimum():
    places = np.linspace(-9, 9, 20001)
    assert places[cost(places[:, None]).argmin()] == pytest.approx(0, abs=1e-3)
    assert (np.diff(np.sign(slope(places))) > 0).sum() == 3  # three minima


@pytest.mark.parametrize(
    ("eta", "words"),
    [
        (0.3, "3.874"),
        (1, "is not at rest after 400 steps"),
        (0.01, "is not at rest after 400 steps"),
    ],
)
def test_a_rate_of_the_learners_own_is_told_truly(eta, words):
    lesson = learn("landscape", learning_rate=eta).lesson
    assert lesson.ok
    assert any(words in getattr(block, "text", "") for block in lesson.blocks)


def test_the_share_of_the_way_in_the_plane_is_stated(taught):
    lesson = taught("landscape").lesson
    share = next(check for check in lesson.checks if "share of the way" in check.what)
    said = f"{float(share.got):.1%}"
    assert any(said in getattr(block, "text", "") for block in lesson.blocks)
