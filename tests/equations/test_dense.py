"""The dense layer, its three gradients, and dropout."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clearprop.equations.dense import (
    bias_gradient,
    dense,
    dropout,
    dropout_backward,
    dropout_mask,
    input_gradient,
    weight_gradient,
)

A_PREV = np.array([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])  # 3 samples, 2 inputs
W = np.array([[1.0, -1.0, 0.5, 2.0], [0.0, 3.0, -2.0, 1.0]])  # 2 inputs, 4 neurons
B = np.array([0.1, 0.2, 0.3, 0.4])
DZ = np.arange(12.0).reshape(3, 4)


def test_dense_computes_neuron_by_neuron_what_the_matrices_say():
    z = dense(A_PREV, W, B)
    for i in range(3):
        for k in range(4):
            by_hand = A_PREV[i, 0] * W[0, k] + A_PREV[i, 1] * W[1, k] + B[k]
            assert abs(z[i, k] - by_hand) < 1e-14


def test_the_three_gradients_are_sums_over_what_the_forward_pass_touched():
    da, dW, db = input_gradient(DZ, W), weight_gradient(A_PREV, DZ), bias_gradient(DZ)
    for j in range(2):
        for i in range(3):
            assert da[i, j] == sum(DZ[i, k] * W[j, k] for k in range(4))
        for k in range(4):
            assert dW[j, k] == sum(A_PREV[i, j] * DZ[i, k] for i in range(3))
    assert db.tolist() == [DZ[:, k].sum() for k in range(4)]


def test_dense_and_its_gradients_are_adjoint():
    # ⟨dz, a W⟩ = ⟨dz Wᵀ, a⟩ = ⟨W, aᵀ dz⟩
    product = (DZ * (A_PREV @ W)).sum()
    assert (input_gradient(DZ, W) * A_PREV).sum() == pytest.approx(product, rel=1e-14)
    assert (weight_gradient(A_PREV, DZ) * W).sum() == pytest.approx(product, rel=1e-14)


def test_a_population_computes_what_each_member_would():
    factors = np.array([1.0, -2.0, 0.5])
    many = [np.multiply.outer(factors, part) for part in (A_PREV, W, B, DZ)]
    a_prev, weights, b, dz = many
    for i in range(3):
        np.testing.assert_allclose(
            dense(a_prev, weights, b)[i], dense(a_prev[i], weights[i], b[i]), rtol=1e-14
        )
        np.testing.assert_allclose(
            input_gradient(dz, weights)[i], input_gradient(dz[i], weights[i]), rtol=1e-14
        )
        np.testing.assert_allclose(
            weight_gradient(a_prev, dz)[i], weight_gradient(a_prev[i], dz[i]), rtol=1e-14
        )
        np.testing.assert_array_equal(bias_gradient(dz)[i], bias_gradient(dz[i]))


def test_each_member_of_a_population_has_its_own_bias():
    # (m, n, n_out) with m = n_out would hide a bias added along the wrong axis.
    z = dense(np.zeros((2, 2, 2)), np.zeros((2, 2, 2)), np.array([[1.0, 2.0], [3.0, 4.0]]))
    assert z.tolist() == [[[1, 2], [1, 2]], [[3, 4], [3, 4]]]


def test_dropout_mask_silences_below_the_rate_and_scales_what_is_kept():
    u = np.array([0.0, 0.2499, 0.25, 0.9])
    np.testing.assert_allclose(dropout_mask(u, 0.25), [0, 0, 4 / 3, 4 / 3], rtol=1e-15)
    assert dropout_mask(u, 0.0).tolist() == [1, 1, 1, 1]
    assert dropout_mask(u.astype(np.float32), 0.25).dtype == np.float32


@pytest.mark.parametrize("rate", [0.1, 0.5, 0.9])
def test_dropout_keeps_the_expected_value_and_silences_its_share(rate):
    n = 100_000
    mask = dropout_mask((np.arange(n) + 0.5) / n, rate)  # evenly spread u: no luck involved
    assert abs((mask == 0).mean() - rate) < 1e-4
    assert abs(dropout(np.full(n, 3.0), mask).mean() - 3.0) < 3e-3
    drawn = dropout_mask(np.random.default_rng(1).uniform(size=n), rate)
    deviation = np.sqrt(rate / (1 - rate) / n)
    assert abs(drawn.mean() - 1) < 5 * deviation


def test_members_may_drop_different_shares():
    u = np.broadcast_to(np.array([0.1, 0.3, 0.6]), (2, 1, 3))
    mask = dropout_mask(u, np.array([0.5, 0.2])[:, None, None])
    np.testing.assert_allclose(mask, [[[0, 0, 2]], [[0, 1.25, 1.25]]])


@given(st.lists(st.floats(-10, 10), min_size=4, max_size=4), st.floats(0, 0.99))
def test_dropout_and_its_way_back_are_adjoint(da, rate):
    mask = dropout_mask(np.array([0.1, 0.4, 0.6, 0.95]), rate)
    a, back = np.array([1.0, -2.0, 3.0, 0.5]), np.array(da)
    left, right = (dropout(a, mask) * back).sum(), (a * dropout_backward(back, mask)).sum()
    np.testing.assert_allclose(left, right, rtol=1e-12, atol=1e-9)
