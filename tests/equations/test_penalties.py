"""Penalties and clipping."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from clearprop.equations.gradients import central_differences, relative_error
from clearprop.equations.penalties import (
    PENALTIES,
    clip_norm,
    clip_value,
    leaving_range,
    leaving_range_backward,
)
from golden.tolerances import TOLERANCES

W = np.array([3.0, -0.5, 0.25, -2.0])
BY_HAND = {
    "l1": (5.75, [1, -1, 1, -1]),
    "l2": ((9 + 0.25 + 0.0625 + 4) / 2, [3, -0.5, 0.25, -2]),
    "leaving_range": (2.0**2 + 1.0**2, [4, 0, 0, -2]),  # 3 is 2 above 1, −2 is 1 below −1
}


def test_every_penalty_is_worked_by_hand():
    assert BY_HAND.keys() == PENALTIES.keys()


@pytest.mark.parametrize("name", PENALTIES)
def test_value_and_gradient_are_those_worked_by_hand(name):
    forward, backward = PENALTIES[name]
    value, dw = BY_HAND[name]
    assert float(forward(W)) == value
    assert backward(W).tolist() == dw


@pytest.mark.parametrize("name", PENALTIES)
def test_gradient_is_the_slope_of_the_value(name):
    forward, backward = PENALTIES[name]
    limit = TOLERANCES["central differences", "float64"]
    measured = central_differences(forward, W, limit.h)
    assert relative_error(backward(W), measured, limit.floor).max() <= limit.relative


@pytest.mark.parametrize("name", PENALTIES)
def test_a_population_has_one_penalty_a_member_and_dtypes_are_kept(name):
    forward, backward = PENALTIES[name]
    many = np.stack([W, 2 * W]).astype(np.float32)
    assert forward(many).dtype == backward(many).dtype == np.float32
    assert forward(many).tolist() == [float(forward(W)), float(forward(2 * W))]
    np.testing.assert_array_equal(backward(many)[1], backward(2 * W))


@pytest.mark.parametrize("name", PENALTIES)
def test_nothing_pulls_at_zero(name):
    forward, backward = PENALTIES[name]
    assert forward(np.zeros(3)) == 0
    assert not backward(np.zeros(3)).any()


def test_leaving_range_takes_another_range_and_is_free_up_to_its_ends():
    w = np.array([0.0, 2.0, -0.1, 2.5])
    assert float(leaving_range(w, 0.0, 2.0)) == pytest.approx(0.01 + 0.25)
    np.testing.assert_allclose(leaving_range_backward(w, 0.0, 2.0), [0, 0, -0.2, 1])


VECTORS = arrays(np.float64, 4, elements=st.floats(-1e6, 1e6, allow_subnormal=False))


@given(VECTORS, st.floats(1e-3, 1e3))
def test_clip_norm_shortens_long_gradients_only_and_keeps_their_direction(g, limit):
    clipped, norm = clip_norm(g, limit), np.sqrt((g * g).sum())
    if norm < limit * (1 - 1e-12):  # nearer to the limit, rounding decides
        np.testing.assert_array_equal(clipped, g)
    elif norm > limit * (1 + 1e-12):
        np.testing.assert_allclose(np.sqrt((clipped * clipped).sum()), limit, rtol=1e-12)
        np.testing.assert_allclose(clipped * norm, g * limit, rtol=1e-12, atol=1e-300)


def test_clip_norm_shortens_a_gradient_whose_square_overflows():
    clipped = clip_norm(np.array([3e38, 3e38], dtype=np.float32), 1.0)
    np.testing.assert_allclose(clipped, [np.sqrt(0.5)] * 2, rtol=1e-6)


def test_clip_norm_leaves_a_zero_gradient_alone():
    assert clip_norm(np.zeros(3), 1.0).tolist() == [0, 0, 0]
    assert clip_norm(np.zeros((2, 3)), 1.0).tolist() == [[0, 0, 0]] * 2


def test_clip_norm_measures_each_member_of_a_population_alone():
    g = np.array([[3.0, 4.0], [0.3, 0.4], [0.0, 0.0], [-30.0, 40.0]])
    clipped = clip_norm(g, 1.0)
    np.testing.assert_allclose(clipped, [[0.6, 0.8], [0.3, 0.4], [0, 0], [-0.6, 0.8]], rtol=1e-15)
    assert clip_norm(g.astype(np.float32), 1.0).dtype == np.float32


def test_clipping_passes_nan_on():
    g = np.array([np.nan, 1.0])
    assert np.isnan(clip_norm(g, 1.0)).any()
    assert np.isnan(clip_value(g, 1.0)[0])


@given(VECTORS, st.floats(1e-3, 1e3))
def test_clip_value_keeps_each_component_in_range_and_the_others_as_they_are(g, limit):
    clipped = clip_value(g, limit)
    assert np.abs(clipped).max() <= limit
    inside = np.abs(g) <= limit
    np.testing.assert_array_equal(clipped[inside], g[inside])
    np.testing.assert_array_equal(clipped[~inside], limit * np.sign(g[~inside]))
