"""Standstills of finite differences, as in the experiment `line`."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clearprop.diagnosis import difference_standstill
from clearprop.equations.gradients import finite_differences
from clearprop.errors import ArgumentError, DataError

X = np.array([[1.0], [2.0], [3.0], [4.0]])


def descend(eta, dtype, steps=12):
    """y = 3x by finite differences from w = b = 0, weights kept in `dtype`."""

    def cost(w):
        w = w.astype(np.float64)
        return np.mean((w[..., :1] * X[:, 0] + w[..., 1:] - 3 * X[:, 0]) ** 2, axis=-1)

    path = [np.zeros(2, dtype=dtype)]
    for _ in range(steps):
        w = path[-1]
        path.append((w - eta * finite_differences(cost, w, 1e-4)).astype(dtype))
    return np.stack(path)


def test_the_standstill_of_the_line_is_named():
    path = descend(1.0, np.float32)
    found = difference_standstill(path)
    assert found.record == 3
    assert found.weight == 0
    assert found.value == pytest.approx(12755.16, abs=0.1)
    assert found.spacing > 2 * found.probe
    assert "adding 0.0001 changes nothing" in str(found)
    assert "not flat" in str(found)


@pytest.mark.parametrize(("eta", "dtype"), [(0.01, np.float32), (0.1, np.float32), (1, np.float64)])
def test_weights_that_move_do_not_stand_still(eta, dtype):
    assert difference_standstill(descend(eta, dtype, steps=6)) is None


def test_weights_that_rest_in_a_minimum_do_not_stand_still():
    path = np.array([[5.0], [3.0], [3.0], [3.0]], dtype=np.float32)
    assert difference_standstill(path) is None
    assert difference_standstill(path, probe=1e-9) is not None


@given(st.floats(0.125, 1e9, width=32), st.floats(1e-8, 1.0))
def test_it_stands_still_just_where_the_probe_is_lost(weight, probe):
    path = np.full((3, 1), weight, dtype=np.float32)
    lost = bool((path[0] + np.float32(probe) == path[0]).all())
    assert (difference_standstill(path, probe) is not None) == lost


@pytest.mark.parametrize("weights", [[1.0, 2.0], [[1.0]]])
def test_what_is_no_history_is_refused(weights):
    with pytest.raises(DataError, match="must have the shape"):
        difference_standstill(weights)


def test_a_probe_must_be_positive():
    with pytest.raises(ArgumentError, match="probe must be"):
        difference_standstill(np.zeros((3, 1)), 0)
