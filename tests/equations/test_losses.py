"""Every loss: worked values, derivatives, extreme logits, the means that are promised."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clearprop.equations import losses
from clearprop.equations.activations import ACTIVATIONS, sigmoid, softmax
from clearprop.equations.gradients import central_differences, relative_error
from clearprop.equations.losses import FROM_LOGITS, LOSSES, cost
from golden.tolerances import TOLERANCES

# One sample of two outputs: residuals 0.5 and −3.
A, Y = np.array([[1.5, -1.0]]), np.array([[1.0, 2.0]])
BY_HAND = {
    "mean_squared_error": ((0.25 + 9) / 2, [2 * 0.5 / 2, 2 * -3 / 2]),
    "half_squared_error": ((0.25 + 9) / 4, [0.5 / 2, -3 / 2]),
    "mean_absolute_error": (3.5 / 2, [1 / 2, -1 / 2]),
    "huber": ((0.125 + 2.5) / 2, [0.5 / 2, -1 / 2]),
}


@pytest.mark.parametrize("name", BY_HAND)
def test_losses_of_outputs_are_those_worked_by_hand(name):
    forward, backward = LOSSES[name]
    loss, da = BY_HAND[name]
    np.testing.assert_allclose(forward(A, Y), [loss], rtol=1e-15)
    np.testing.assert_allclose(backward(A, Y), [da], rtol=1e-15)


def test_cross_entropies_are_those_of_the_probabilities():
    z = np.array([[0.4, -1.1, 2.0]])
    p, y = sigmoid(z), np.array([[1.0, 0.0, 0.3]])
    by_hand = -(y * np.log(p) + (1 - y) * np.log(1 - p)).mean(-1)
    np.testing.assert_allclose(losses.binary_cross_entropy(z, y), by_hand, rtol=1e-14)
    np.testing.assert_allclose(losses.binary_cross_entropy_backward(z, y), (p - y) / 3, rtol=1e-14)
    p, y = softmax(z), np.array([[0.2, 0.0, 0.8]])
    by_hand = -(y * np.log(p)).sum(-1)
    np.testing.assert_allclose(losses.categorical_cross_entropy(z, y), by_hand, rtol=1e-14)
    np.testing.assert_allclose(losses.categorical_cross_entropy_backward(z, y), p - y, rtol=1e-14)


def test_088_on_the_true_class_costs_0128():
    z = np.array([[math.log(0.88 / 0.12)]])
    assert round(float(losses.binary_cross_entropy(z, np.array([[1.0]]))[0]), 3) == 0.128
    z = np.log(np.array([[0.88, 0.07, 0.05]]))
    y = np.array([[1.0, 0.0, 0.0]])
    assert round(float(losses.categorical_cross_entropy(z, y)[0]), 3) == 0.128


def test_logits_that_know_nothing_cost_ln_of_the_number_of_classes():
    z, y = np.full((1, 5), 3.7), np.eye(5)[:1]
    np.testing.assert_allclose(losses.categorical_cross_entropy(z, y), [math.log(5)], rtol=1e-15)
    np.testing.assert_allclose(losses.binary_cross_entropy(np.zeros((1, 1)), y[:, :1]), math.log(2))


@pytest.mark.parametrize("name", LOSSES)
@pytest.mark.parametrize("kind", ["float64", "float32"])
def test_derivative_is_the_slope_of_the_loss(name, kind):
    limit = TOLERANCES["central differences", kind]
    y = np.array([0.2, 0.5, 0.3, 0.0], dtype=kind)
    a = np.array([0.9, -2.0, 0.5, 1.3], dtype=kind)
    forward, backward = LOSSES[name]
    measured = central_differences(lambda a: forward(a, y), a, limit.h)
    g = backward(a, y)
    assert g.dtype == measured.dtype == a.dtype
    assert relative_error(g, measured, limit.floor).max() <= limit.relative


@pytest.mark.parametrize("name", FROM_LOGITS)
@pytest.mark.parametrize(("dtype", "far"), [("float64", 800.0), ("float32", 1e4)])
def test_extreme_logits_give_the_exact_loss_and_a_finite_gradient(name, dtype, far):
    forward, backward = LOSSES[name]
    z = np.array([[far, -far], [-far, far]], dtype=dtype)
    y = np.array([[1, 0], [1, 0]], dtype=dtype)  # one right, one as wrong as can be
    wrong = far if name == "binary_cross_entropy" else 2 * far
    loss, dz = forward(z, y), backward(z, y)
    assert loss.dtype == dz.dtype == dtype
    assert loss.tolist() == [0.0, wrong]
    n_outputs = 2 if name == "binary_cross_entropy" else 1
    assert (dz * n_outputs).tolist() == [[0, 0], [-1, 1]]


@pytest.mark.parametrize("name", FROM_LOGITS)
def test_the_logit_losses_are_taken_through_the_output_they_contain(name):
    # dz from logits = the way back of the naive formula through the output activation.
    activation, backward = ACTIVATIONS[FROM_LOGITS[name]]
    z, y = np.array([[0.4, -1.1, 2.0]]), np.array([[0.2, 0.0, 0.8]])
    a = activation(z)
    da = -y / a if name.startswith("categorical") else (a - y) / (a * (1 - a)) / 3
    np.testing.assert_allclose(LOSSES[name][1](z, y), backward(da, z, a), rtol=1e-12)


@pytest.mark.parametrize("name", LOSSES)
def test_a_population_and_shared_targets_give_each_member_its_own_losses(name):
    rng = np.random.default_rng(0)
    a = rng.normal(size=(3, 4, 2))
    y = rng.dirichlet(np.ones(2), 4)
    forward, backward = LOSSES[name]
    assert forward(a, y).shape == (3, 4)
    for i in range(3):
        np.testing.assert_array_equal(forward(a, y)[i], forward(a[i], y))
        np.testing.assert_array_equal(backward(a, y)[i], backward(a[i], y))


def test_cost_is_the_weighted_mean_over_the_samples():
    values = np.array([[1.0, 2.0, 6.0], [0.0, 3.0, 3.0]])
    assert cost(values).tolist() == [3.0, 2.0]
    weights = np.array([0.0, 1.0, 2.0])
    assert cost(values, weights).tolist() == [14 / 3, 3.0]
    assert cost(values, np.stack([weights, weights[::-1]])).tolist() == [14 / 3, 1.0]


def test_half_squared_error_is_half_of_mean_squared_error():
    assert losses.half_squared_error(A, Y) * 2 == losses.mean_squared_error(A, Y)
    np.testing.assert_array_equal(
        losses.half_squared_error_backward(A, Y) * 2, losses.mean_squared_error_backward(A, Y)
    )


def test_absolute_error_has_slope_zero_at_its_kink():
    assert losses.mean_absolute_error_backward(np.ones((1, 2)), np.ones((1, 2))).tolist() == [
        [0, 0]
    ]


def test_huber_is_smooth_where_its_two_pieces_meet_and_takes_a_threshold():
    for threshold in (0.5, 1.0, 3.0):
        y = np.zeros((2, 1))
        r = np.array([[threshold - 1e-9], [threshold + 1e-9]])
        inside, outside = losses.huber(r, y, threshold)
        assert abs(inside - outside) < 1e-8 * max(threshold, 1)
        g = losses.huber_backward(r, y, threshold)
        assert abs(g[0, 0] - g[1, 0]) < 2e-9
        assert losses.huber(np.array([[-10.0]]), y[:1], threshold)[0] == threshold * (
            10 - threshold / 2
        )


FINITE = st.floats(-1e3, 1e3)


@pytest.mark.parametrize("name", LOSSES)
@given(a=st.lists(FINITE, min_size=3, max_size=3), k=st.integers(0, 2))
def test_losses_are_never_negative_and_zero_only_at_the_target(name, a, k):
    z, y = np.array([a]), np.eye(3)[k : k + 1]
    forward, backward = LOSSES[name]
    assert forward(z, y)[0] >= 0
    if name not in FROM_LOGITS:
        assert forward(y, y)[0] == 0
        assert not backward(y, y).any()
        assert (forward(z, y)[0] > 0) == bool((np.abs(z - y) > 1e-150).any())


@given(st.lists(FINITE, min_size=2, max_size=5))
def test_softmax_delta_sums_to_zero(z):
    dz = losses.categorical_cross_entropy_backward(np.array([z]), np.eye(len(z))[:1])
    assert abs(dz.sum()) < 1e-14


@given(FINITE, st.floats(0, 1))
def test_binary_cross_entropy_is_categorical_with_the_second_logit_at_zero(z, y):
    ours = losses.binary_cross_entropy(np.array([[z]]), np.array([[y]]))
    other = losses.categorical_cross_entropy(np.array([[z, 0.0]]), np.array([[y, 1 - y]]))
    np.testing.assert_allclose(ours, other, rtol=1e-9, atol=1e-12)
