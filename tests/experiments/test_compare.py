"""Whether numbers are called equal: just inside of a tolerance, and not just outside."""

from __future__ import annotations

import numpy as np
import pytest

from clearprop.experiments.compare import close, printed


@pytest.mark.parametrize(("gap", "ok"), [(0.9e-6, True), (1.1e-6, False), (np.nan, False)])
def test_numbers_are_equal_within_the_tolerance(gap, ok):
    assert close("w", [1.0, 5.0], [1.0, 5.0 + gap], tolerance=1e-6, source="by hand").ok is ok


@pytest.mark.parametrize(("gap", "ok"), [(0.9e-3, True), (1.1e-3, False)])
def test_a_relative_tolerance_is_in_parts_of_the_number(gap, ok):
    got = close("w", [1000.0], [1000.0 + gap], tolerance=1e-6, relative=True, source="by hand")
    assert got.ok is ok


def test_numbers_of_another_shape_are_not_equal():
    assert not close("w", [1.0, 1.0], [[1.0], [1.0]], tolerance=1.0, source="by hand").ok


@pytest.mark.parametrize(("got", "ok"), [(0.4549, True), (0.4551, False), (-0.45, False)])
def test_printed_numbers_are_equal_if_they_round_to_the_same_digits(got, ok):
    assert printed("w", ["0.45"], [got]).ok is ok
