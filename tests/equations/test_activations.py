"""Every activation: its values, its derivative, its behaviour far out and in other dtypes."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clearprop.equations import activations
from clearprop.equations.activations import ACTIVATIONS, KINKED
from clearprop.equations.gradients import relative_error
from golden.tolerances import TOLERANCES

ELEMENTWISE = sorted(ACTIVATIONS.keys() - {"softmax"})
Z = np.array([-6.0, -2.5, -1.0, -0.3, -1e-3, 1e-3, 0.2, 0.9, 1.7, 4.0, 7.0])

# Worked with the textbook formulas at z = 1 and z = −2, in plain `math`.
_U = [math.sqrt(2 / math.pi) * (z + 0.044715 * z**3) for z in (1.0, -2.0)]
BY_HAND = {
    "identity": (1.0, -2.0),
    "sigmoid": (1 / (1 + math.exp(-1)), 1 / (1 + math.exp(2))),
    "tanh": (math.sinh(1) / math.cosh(1), -math.sinh(2) / math.cosh(2)),
    "relu": (1.0, 0.0),
    "leaky_relu": (1.0, -0.02),
    "elu": (1.0, math.exp(-2) - 1),
    "selu": (1.0507009873554805, 1.0507009873554805 * 1.6732632423543772 * (math.exp(-2) - 1)),
    "softplus": (math.log(1 + math.e), math.log(1 + math.exp(-2))),
    "gelu": (0.5 * (1 + math.tanh(_U[0])), -1.0 * (1 + math.tanh(_U[1]))),
    "silu": (1 / (1 + math.exp(-1)), -2 / (1 + math.exp(2))),
    "mish": (math.tanh(math.log(1 + math.e)), -2 * math.tanh(math.log(1 + math.exp(-2)))),
}


def derivative(name, z):
    forward, backward = ACTIVATIONS[name]
    return backward(np.ones_like(z), z, forward(z))


def test_every_elementwise_activation_is_worked_by_hand():
    assert BY_HAND.keys() == set(ELEMENTWISE)


@pytest.mark.parametrize("name", ELEMENTWISE)
def test_values_are_those_worked_by_hand(name):
    a = ACTIVATIONS[name][0](np.array([1.0, -2.0]))
    np.testing.assert_allclose(a, BY_HAND[name], rtol=1e-14, atol=1e-16)


@pytest.mark.parametrize("name", ELEMENTWISE)
def test_derivative_is_the_slope_of_the_function(name):
    f, limit = ACTIVATIONS[name][0], TOLERANCES["central differences", "float64"]
    slope = (f(Z + limit.h) - f(Z - limit.h)) / (2 * limit.h)
    assert relative_error(derivative(name, Z), slope, limit.floor).max() <= limit.relative


@pytest.mark.parametrize("name", ELEMENTWISE)
def test_float32_derivative_is_the_slope_of_the_function(name):
    f, limit = ACTIVATIONS[name][0], TOLERANCES["central differences", "float32"]
    z = Z[np.abs(Z) > 0.1].astype(np.float32)  # away from kinks by more than the nudge
    slope = (f(z + np.float32(limit.h)) - f(z - np.float32(limit.h))) / (2 * limit.h)
    d = derivative(name, z)
    assert d.dtype == slope.dtype == np.float32
    assert relative_error(d, slope, limit.floor).max() <= limit.relative


@pytest.mark.parametrize("name", ELEMENTWISE)
def test_the_way_back_is_linear_in_da(name):
    forward, backward = ACTIVATIONS[name]
    da = np.linspace(-3, 2, len(Z))
    np.testing.assert_allclose(
        backward(da, Z, forward(Z)), da * derivative(name, Z), rtol=1e-14, atol=1e-300
    )


@pytest.mark.parametrize("name", sorted(ACTIVATIONS))
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_dtype_and_shape_are_kept(name, dtype):
    forward, backward = ACTIVATIONS[name]
    for shape in ((3,), (2, 3), (4, 2, 3), (0, 3)):
        z = np.ones(shape, dtype=dtype)
        a = forward(z)
        dz = backward(np.ones_like(a), z, a)
        assert (a.dtype, a.shape) == (dz.dtype, dz.shape) == (z.dtype, z.shape)


@pytest.mark.parametrize("name", sorted(ACTIVATIONS))
@pytest.mark.parametrize(("dtype", "far"), [("float64", 800.0), ("float32", 1e4)])
def test_far_out_values_and_derivatives_are_finite_and_nothing_overflows(name, dtype, far):
    forward, backward = ACTIVATIONS[name]
    z = np.array([[-far, 0.0, far]], dtype=dtype)
    a = forward(z)  # a warning would be an error
    dz = backward(np.ones_like(z), z, a)
    assert np.isfinite(a).all()
    assert np.isfinite(dz).all()


@pytest.mark.parametrize("name", sorted(ACTIVATIONS))
def test_nan_is_passed_on_and_not_turned_into_a_number(name):
    a = ACTIVATIONS[name][0](np.array([[np.nan, 1.0]]))
    assert np.isnan(a[0, 0])


@pytest.mark.parametrize("name", ELEMENTWISE)
def test_the_kinked_activations_are_exactly_those_whose_slope_jumps_at_zero(name):
    f, h = ACTIVATIONS[name][0], 1e-7
    left, middle, right = (float(f(np.asarray(z))) for z in (-h, 0.0, h))
    jumps = abs((right - middle) - (middle - left)) / h > 1e-3
    assert jumps == (name in KINKED)


def test_slopes_at_the_kinks_are_the_documented_choice():
    zero = np.array([0.0])
    assert derivative("relu", zero) == 0
    assert derivative("leaky_relu", zero) == 0.01
    np.testing.assert_allclose(
        derivative("selu", zero), activations.SELU_SCALE * activations.SELU_ALPHA, rtol=1e-15
    )


def test_leaky_relu_and_elu_take_another_slope_or_alpha():
    z = np.array([-2.0, 3.0])
    a = activations.leaky_relu(z, 0.2)
    np.testing.assert_allclose(a, [-0.4, 3])
    np.testing.assert_allclose(activations.leaky_relu_backward(np.ones(2), z, a, 0.2), [0.2, 1])
    a = activations.elu(z, 0.5)
    np.testing.assert_allclose(a, [0.5 * math.expm1(-2), 3])
    np.testing.assert_allclose(
        activations.elu_backward(np.ones(2), z, a, 0.5), [0.5 * math.exp(-2), 1]
    )


def test_tanh_gelu_stays_within_the_stated_distance_of_the_exact_one():
    z = np.linspace(-8, 8, 1601)
    exact = np.array([0.5 * v * (1 + math.erf(v / math.sqrt(2))) for v in z])
    gap = np.abs(activations.gelu(z) - exact).max()
    assert 1e-4 < gap < 5e-4


def test_selu_keeps_mean_zero_and_variance_one():
    # ∫ f(z) φ(z) dz and ∫ f²(z) φ(z) dz, by the trapezoidal rule.
    z = np.linspace(-12, 12, 240_001)
    density = np.exp(-z * z / 2) / math.sqrt(2 * math.pi) * (z[1] - z[0])
    a = activations.selu(z)
    assert abs((a * density).sum()) < 1e-8
    assert abs((a * a * density).sum() - 1) < 1e-8


# Softmax ------------------------------------------------------------------------------------------


def test_softmax_of_one_two_three():
    e = [math.exp(k) for k in (1, 2, 3)]
    np.testing.assert_allclose(
        activations.softmax(np.array([[1.0, 2.0, 3.0]])), [[v / sum(e) for v in e]], rtol=1e-15
    )


def test_softmax_backward_is_the_transposed_jacobian_times_da():
    z = np.array([0.3, -1.2, 2.0, 0.0])
    a = activations.softmax(z)
    by_hand = np.diag(a) - np.outer(a, a)  # ∂a_k/∂z_j = a_k (1[k=j] − a_j)
    ours = np.stack([activations.softmax_backward(da, z, a) for da in np.eye(4)])
    np.testing.assert_allclose(ours, by_hand, rtol=1e-13, atol=1e-17)
    h = 1e-6
    measured = np.stack(
        [(activations.softmax(z + h * e) - activations.softmax(z - h * e)) / (2 * h)
         for e in np.eye(4)], axis=-1
    )  # fmt: skip
    np.testing.assert_allclose(ours, measured, atol=1e-9)


def test_softmax_jacobian_has_rows_of_sum_zero():
    z = np.array([[0.3, -1.2, 2.0, 0.0]])
    a = activations.softmax(z)
    dz = activations.softmax_backward(np.ones_like(z), z, a)
    np.testing.assert_allclose(dz, 0, atol=1e-16)


LOGITS = st.lists(st.floats(-1e4, 1e4), min_size=1, max_size=6)


@given(LOGITS, st.floats(-100, 100))
def test_softmax_sums_to_one_and_knows_only_differences(z, shift):
    a = activations.softmax(np.array(z))
    assert abs(a.sum() - 1) < 1e-14
    assert (a >= 0).all()
    np.testing.assert_allclose(activations.softmax(np.array(z) + shift), a, atol=1e-11)


@given(LOGITS)
def test_softmax_in_float32_sums_to_one(z):
    a = activations.softmax(np.array(z, dtype=np.float32))
    assert a.dtype == np.float32
    assert abs(float(a.sum()) - 1) < 1e-6


@given(st.floats(-700, 700))
def test_sigmoid_of_z_and_of_minus_z_sum_to_one(z):
    a = activations.sigmoid(np.array([z, -z]))
    assert abs(a.sum() - 1) < 1e-15
    np.testing.assert_allclose(a[0], activations.softmax(np.array([z, 0.0]))[0], rtol=1e-12)


@given(st.floats(-50, 50))
def test_identities_between_activations(z):
    zs = np.asarray(z)
    f = {name: float(ACTIVATIONS[name][0](zs)) for name in ELEMENTWISE}
    assert math.isclose(f["softplus"], math.log1p(math.exp(z)), rel_tol=1e-14)
    assert math.isclose(f["silu"], z * f["sigmoid"], abs_tol=1e-300)
    assert math.isclose(f["tanh"], 2 * float(activations.sigmoid(2 * zs)) - 1, abs_tol=1e-14)
    assert f["relu"] == max(z, 0)
