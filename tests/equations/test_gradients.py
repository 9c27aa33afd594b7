"""Finite differences: what they measure, how well, and where they mislead."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from clearprop.equations.gradients import (
    central_differences,
    crosses_kink,
    directional_difference,
    finite_difference,
    finite_differences,
    relative_error,
)


def smooth(w):
    """A cost with every derivative, `(..., p) -> (...)`."""
    return np.sin(w).sum(-1) + (w[..., 0] * w[..., -1]) ** 2 / 10


def smooth_gradient(w):
    g = np.cos(w)
    g[0] += w[0] * w[-1] ** 2 / 5
    g[-1] += w[0] ** 2 * w[-1] / 5
    return g


VECTORS = arrays(np.float64, 4, elements=st.floats(-3, 3))


@given(VECTORS)
def test_one_weight_at_a_time_or_all_at_once_give_the_same_numbers(w):
    alone = [float(finite_difference(smooth, w, i, 1e-4)) for i in range(4)]
    np.testing.assert_allclose(finite_differences(smooth, w, 1e-4), alone, rtol=0, atol=1e-11)


@given(VECTORS)
def test_forward_differences_err_by_h_and_central_ones_by_h_squared(w):
    g, h = smooth_gradient(w), 1e-3
    assert np.abs(finite_differences(smooth, w, h) - g).max() < 2 * h
    assert np.abs(central_differences(smooth, w, h) - g).max() < 2 * h * h


def test_the_error_shrinks_with_the_order_that_is_claimed():
    w = np.array([0.3, -1.0, 2.0, 0.7])
    g = smooth_gradient(w)
    for differences, order in ((finite_differences, 1), (central_differences, 2)):
        coarse, fine = (np.abs(differences(smooth, w, h) - g).max() for h in (1e-2, 1e-3))
        assert np.log10(coarse / fine) == pytest.approx(order, abs=0.1)


@given(arrays(np.float64, 3, elements=st.floats(-5, 5)), st.floats(0.01, 2))
def test_central_differences_are_exact_for_a_parabola_whatever_the_nudge(w, h):
    measured = central_differences(lambda w: (w * w).sum(-1) + w[..., 0], w, h)
    np.testing.assert_allclose(measured, 2 * w + [1, 0, 0], rtol=0, atol=1e-10 / h)


@given(VECTORS, VECTORS)
def test_a_random_direction_sees_the_whole_gradient(w, v):
    measured = directional_difference(smooth, w, v, 1e-5)
    expected = smooth_gradient(w) @ v
    assert abs(measured - expected) < 1e-6, (measured, expected)


def test_a_direction_along_one_weight_is_that_weights_central_difference():
    w, h = np.array([0.3, -1.0, 2.0]), 1e-4
    along = [directional_difference(smooth, w, e, h) for e in np.eye(3)]
    np.testing.assert_allclose(along, central_differences(smooth, w, h), rtol=1e-10)


def test_forward_and_central_differences_of_a_parabola_by_hand():
    def C(w):
        return w[..., 0] ** 2 + 10 * w[..., 1]

    w = np.array([3.0, 1.0])
    assert finite_differences(C, w, 0.5).tolist() == [6.5, 10.0]
    assert central_differences(C, w, 0.5).tolist() == [6.0, 10.0]
    assert float(finite_difference(C, w, 1, 0.5)) == 10.0


def test_a_nudge_that_float32_cannot_hold_measures_exactly_zero():
    w = np.array([12755.16], dtype=np.float32)
    steep = lambda w: w[..., 0].astype(np.float64) ** 2  # noqa: E731
    assert finite_difference(steep, w, 0, 1e-4) == 0
    assert abs(finite_difference(steep, w.astype(np.float64), 0, 1e-4) / 25510.32 - 1) < 1e-6


def test_relative_error_is_of_the_larger_of_the_two():
    g, r = np.array([1.0, 2.0, -1.0, 0.0]), np.array([2.0, 1.0, 1.0, 4.0])
    assert relative_error(g, r).tolist() == [0.5, 0.5, 2.0, 1.0]


def test_relative_error_below_the_floor_is_of_the_floor():
    assert relative_error(np.asarray(0.0), np.asarray(0.0)) == 0
    assert float(relative_error(np.asarray(1e-12), np.asarray(0.0))) == pytest.approx(1e-4)
    assert float(relative_error(np.asarray(0.0), np.asarray(0.1), 10.0)) == pytest.approx(0.01)


NUMBERS = arrays(np.float64, 3, elements=st.floats(-1e6, 1e6))


@given(NUMBERS, NUMBERS)
def test_relative_error_is_symmetric_between_0_and_2_and_0_for_equals(g, r):
    errors = relative_error(g, r)
    assert (errors >= 0).all()
    assert (errors <= 2).all()
    np.testing.assert_array_equal(errors, relative_error(r, g))
    assert not relative_error(g, g).any()
    np.testing.assert_array_equal(errors, relative_error(-g, -r))


def test_nan_is_no_small_error():
    assert np.isnan(relative_error(np.asarray(np.nan), np.asarray(1.0)))


def test_crosses_kink_names_the_weights_that_move_something_across():
    # |w0 + w1| has its kink at w1 = -w0; w2 is nowhere near it.
    pattern = lambda w: np.stack([w[..., 0] + w[..., 1] > 0, w[..., 2] > 5], axis=-1)  # noqa: E731
    w = np.array([1.0, -1.0 + 1e-6, 2.0])
    assert crosses_kink(pattern, w, 1e-5).tolist() == [True, True, False]
    assert crosses_kink(pattern, w, 1e-7).tolist() == [False, False, False]


def test_a_weight_exactly_on_its_kink_is_flagged():
    assert crosses_kink(lambda w: w > 0, np.array([0.0, 1.0]), 1e-6).tolist() == [True, False]
