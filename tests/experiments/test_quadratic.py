"""The experiment `quadratic`: C(w) = (w + 1)², w0 = 5, eta 0.2."""

from __future__ import annotations

import numpy as np
import pytest

from clearprop.equations.gradients import central_differences, finite_differences
from golden.ours import path_of

PUBLISHED = [2.6, 1.16, 0.296, -0.2224, -0.53344]
START = np.array([5.0])


def cost(w):
    return (w[..., 0] + 1) ** 2


def slope(w):
    return 2 * (w + 1)


def test_the_exact_slope_gives_the_published_weights():
    path = path_of("sgd", START, [slope] * 5, 0.2, {})
    np.testing.assert_allclose(np.stack(path)[:, 0], PUBLISHED, rtol=0, atol=1e-14)


def test_central_differences_give_them_too_because_a_parabola_has_no_third_derivative():
    path = path_of("sgd", START, [lambda w: central_differences(cost, w, 0.1)] * 5, 0.2, {})
    np.testing.assert_allclose(np.stack(path)[:, 0], PUBLISHED, rtol=0, atol=1e-13)


def test_forward_differences_settle_half_a_nudge_away():
    h = 0.01
    path = path_of("sgd", START, [lambda w: finite_differences(cost, w, h)] * 100, 0.2, {})
    assert path[-1][0] == pytest.approx(-1 - h / 2, abs=1e-10)


def test_each_step_keeps_the_same_share_of_the_distance():
    distances = np.array([START, *path_of("sgd", START, [slope] * 5, 0.2, {})])[:, 0] + 1
    np.testing.assert_allclose(distances[1:] / distances[:-1], 1 - 2 * 0.2, rtol=1e-13)
