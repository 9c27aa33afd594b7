"""The R-operator: against differences of the gradient, by hand, and member by member."""

from __future__ import annotations

import array_api_strict as xp
import numpy as np
import pytest

from clearprop.equations.activations import ACTIVATIONS, KINKED
from clearprop.equations.backprop import backward, forward, output_delta
from clearprop.equations.curvature import R_backward, R_forward, R_hidden_delta, R_output_delta
from clearprop.equations.gradients import relative_error
from clearprop.equations.losses import LOSSES
from clearprop.equations.penalties import PENALTIES
from clearprop.equations.second import SECOND_ACTIVATIONS, SECOND_LOSSES, SECOND_PENALTIES
from golden.cases import Case, arrays_of, every_case
from golden.ours import gradient_of, layers_of
from golden.products import product_of
from golden.tolerances import TOLERANCES

EVERY = every_case()
DEEP = (2, 5, 3, 4, 3)
H = 3e-4  # of a difference of order h⁴: h⁴ and ε/h are both far below 1e-8


def difference(f, w, v, h=H):
    """The slope of f at w along v from four values: error of order h⁴."""
    near, far = f(w + h * v) - f(w - h * v), f(w + 2 * h * v) - f(w - 2 * h * v)
    return (8 * near - far) / (12 * h)


def pieces(case, w, X, y):
    """On which smooth piece each activation and each loss stands."""
    trace = forward(X, layers_of(w, case.sizes), case.activations)
    parts = [np.zeros(1, dtype=bool)]
    for (_, z, _), name in zip(trace, case.activations, strict=True):
        if name in KINKED | {"elu"}:  # ELU has no kink, but its f″ jumps
            parts.append((z > 0).ravel())
    residual = trace[-1][2] - y
    if case.loss == "mean_absolute_error":
        parts.append((residual > 0).ravel())
    if case.loss == "huber":
        parts += [(residual > 1).ravel(), (residual < -1).ravel()]
    return np.concatenate(parts)


def smooth_direction(case, w, X, y):
    """A unit vector along which no kink is crossed within the difference."""
    rng = np.random.default_rng(3)
    for _ in range(50):
        v = rng.normal(size=w.shape)
        v /= np.linalg.norm(v)
        here = pieces(case, w, X, y)
        if all((pieces(case, w + k * H * v, X, y) == here).all() for k in (-2, 2)):
            return v
    raise AssertionError("every direction crosses a kink")


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("case", EVERY, ids=str)
def test_product_is_the_difference_of_two_gradients(case, weighted):
    arrays = arrays_of(case.sizes)
    w, X, y = arrays["parameters"], arrays["X"], arrays[case.targets]
    weights = arrays["weights"] if weighted else None
    v = smooth_direction(case, w, X, y)
    product = product_of(case, w, v, X, y, weights)
    measured = difference(lambda w: gradient_of(case, w, X, y, weights), w, v)
    scale = max(np.linalg.norm(measured), 1e-3)
    assert np.linalg.norm(product - measured) <= 1e-8 * scale


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_second_derivative_of_an_activation_is_the_slope_of_its_way_back(name):
    z = np.array([[-3.0, -1.1, -0.2, 0.3, 1.7], [0.05, -0.7, 4.0, 2.2, -6.0]])
    rng = np.random.default_rng(0)
    da, Rz = rng.normal(size=(2, *z.shape))
    f, f_backward = ACTIVATIONS[name]
    measured = difference(lambda z: f_backward(da, z, f(z)), z, Rz, h=1e-3)
    ours = SECOND_ACTIVATIONS[name](da, z, f(z), Rz)
    np.testing.assert_allclose(ours, measured, rtol=1e-9, atol=1e-10)


@pytest.mark.parametrize("name", LOSSES)
def test_second_derivative_of_a_loss_is_the_slope_of_its_way_back(name):
    a = np.array([[0.5, -2.0, 3.0], [0.1, 0.2, -0.3]])
    y = np.array([[0.0, 0.0, 1.0], [0.3, 0.3, 0.4]])
    Ra = np.array([[1.0, -0.5, 0.3], [2.0, 1.0, -1.0]])
    measured = difference(lambda a: LOSSES[name][1](a, y), a, Ra, h=1e-3)
    np.testing.assert_allclose(SECOND_LOSSES[name](a, y, Ra), measured, rtol=1e-9, atol=1e-10)


@pytest.mark.parametrize("name", PENALTIES)
def test_second_derivative_of_a_penalty_is_the_slope_of_its_way_back(name):
    w, v = np.array([3.0, -0.5, 0.25, -2.0]), np.array([1.0, -2.0, 0.5, 3.0])
    measured = difference(PENALTIES[name][1], w, v, h=1e-3)
    np.testing.assert_allclose(SECOND_PENALTIES[name](w, v), measured, rtol=1e-9, atol=1e-10)


def test_every_activation_loss_and_penalty_has_a_second_derivative():
    assert SECOND_ACTIVATIONS.keys() == ACTIVATIONS.keys()
    assert SECOND_LOSSES.keys() == LOSSES.keys()
    assert SECOND_PENALTIES.keys() == PENALTIES.keys()


@pytest.mark.parametrize(
    ("name", "z", "value"),
    [
        ("sigmoid", 0.0, 0.0),  # a(1 − a)(1 − 2a) at a = ½
        ("tanh", np.arctanh(0.5), -2 * 0.5 * 0.75),
        ("softplus", 0.0, 0.25),
        ("silu", 0.0, 0.5),
        ("gelu", 0.0, np.sqrt(2 / np.pi)),  # u′(0)
        ("mish", 0.0, (1 - 0.6**2) * 0.5 * 2),  # tanh(ln 2) = 0.6
        ("elu", -1.0, np.exp(-1)),
        ("elu", 1.0, 0.0),
        ("elu", 0.0, 1.0),  # as its slope: the piece to the left
        ("selu", -1.0, 1.0507009873554805 * 1.6732632423543772 * np.exp(-1)),
        ("selu", 1.0, 0.0),
        ("relu", 0.0, 0.0),
        ("leaky_relu", -2.0, 0.0),
        ("identity", 5.0, 0.0),
    ],
)
def test_second_derivatives_worked_by_hand(name, z, value):
    z = np.array([z])
    a, one = ACTIVATIONS[name][0](z), np.ones(1)
    np.testing.assert_allclose(SECOND_ACTIVATIONS[name](one, z, a, one), [value], atol=1e-15)


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_second_derivatives_stay_finite_far_out(name):
    z = np.array([[-800.0, 0.0, 800.0]])
    a, one = ACTIVATIONS[name][0](z), np.ones((1, 3))
    result = SECOND_ACTIVATIONS[name](one, z, a, one)
    assert np.isfinite(result).all()
    assert abs(result[0, 2]) < 1e-12


def test_two_layers_by_hand():
    # C = (w2 tanh(w1 x) − y)² at x = 1, along w1; the biases are 0.
    w1, w2, y = 0.5, 2.0, 1.0
    layers = [
        (np.array([[w1]]), np.array([0.0])),
        (np.array([[w2]]), np.array([0.0])),
    ]
    directions = [(np.array([[1.0]]), np.array([0.0])), (np.array([[0.0]]), np.array([0.0]))]
    X, names, t = np.array([[1.0]]), ("tanh", "identity"), np.tanh(0.5)
    trace = forward(X, layers, names)
    delta = output_delta(
        trace[1][1], trace[1][2], np.array([[y]]), "mean_squared_error", "identity"
    )
    _, deltas = backward(trace, layers, names, delta)
    R_trace = R_forward(trace, layers, directions, names)
    slope, bend, r = 1 - t**2, -2 * t * (1 - t**2), w2 * t - y
    np.testing.assert_allclose(R_trace[0][1], [[1.0]])  # R{z1} = x · 1
    np.testing.assert_allclose(R_trace[0][2], [[slope]])
    np.testing.assert_allclose(R_trace[1][1], [[w2 * slope]])
    R_delta = R_output_delta(
        trace[1], R_trace[1], np.array([[y]]), "mean_squared_error", "identity"
    )
    np.testing.assert_allclose(R_delta, [[2 * w2 * slope]])
    R_delta1 = R_hidden_delta(
        deltas[1], R_delta, layers[1], directions[1], trace[0], R_trace[0][1], "tanh"
    )
    by_hand = 2 * (w2 * slope) ** 2 + 2 * r * w2 * bend  # ∂²C/∂w1²
    np.testing.assert_allclose(R_delta1, [[by_hand]], rtol=1e-14)
    (dW1, db1), (dW2, db2) = R_backward(trace, R_trace, layers, directions, names, deltas, R_delta)
    np.testing.assert_allclose([dW1.item(), db1.item()], [by_hand, by_hand], rtol=1e-14)
    mixed = 2 * w2 * slope * t + 2 * r * slope  # ∂²C/∂w1∂w2
    np.testing.assert_allclose([dW2.item(), db2.item()], [mixed, 2 * w2 * slope], rtol=1e-14)


@pytest.mark.parametrize("case", EVERY, ids=str)
def test_the_hessian_is_symmetric_to_rounding_from_all_directions_at_once(case):
    arrays = arrays_of(case.sizes)
    w, X, y = arrays["parameters"], arrays["X"], arrays[case.targets]
    matrix = product_of(case, w, np.eye(len(w)), X, y, arrays["weights"])
    assert matrix.shape == (len(w), len(w))
    assert np.abs(matrix - matrix.T).max() <= 1e-13 * max(1.0, np.abs(matrix).max())
    v = np.random.default_rng(1).normal(size=len(w))
    one = product_of(case, w, v, X, y, arrays["weights"])
    np.testing.assert_allclose(matrix @ v, one, rtol=1e-10, atol=1e-12)


def test_a_population_has_places_and_directions_of_its_own():
    limit = TOLERANCES["same equations", "float64"]
    for case in (EVERY[-1], Case(DEEP, ("gelu",) * 3 + ("softmax",), "categorical_cross_entropy")):
        arrays = arrays_of(case.sizes)
        rng = np.random.default_rng(5)
        w = arrays["parameters"] + rng.normal(size=(3, len(arrays["parameters"])))
        v, X, y = rng.normal(size=w.shape), arrays["X"], arrays[case.targets]
        orders = np.stack([rng.permutation(5)[:4] for _ in range(3)])
        weights = arrays["weights"][orders]
        together = product_of(case, w, v, X[orders], y[orders], weights)
        for i in range(3):
            alone = product_of(case, w[i], v[i], X[orders[i]], y[orders[i]], weights[i])
            assert relative_error(together[i], alone, limit.floor).max() <= limit.relative


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("case", EVERY, ids=str)
def test_products_are_written_in_the_standard_alone(case, dtype):
    arrays, limit = arrays_of(case.sizes), TOLERANCES["same equations", dtype]
    rng = np.random.default_rng(2)
    w = np.stack([arrays["parameters"], -arrays["parameters"]]).astype(dtype)
    v = rng.normal(size=w.shape).astype(dtype)
    ours = [arrays[name].astype(dtype) for name in ("X", case.targets, "weights")]
    theirs = product_of(case, *(xp.asarray(array) for array in (w, v, *ours)))
    assert type(theirs) is type(xp.zeros(1))
    result = np.asarray(theirs)
    assert result.dtype == dtype
    errors = relative_error(result, product_of(case, w, v, *ours), limit.floor)
    assert errors.max() <= limit.relative


@pytest.mark.parametrize("name", PENALTIES)
def test_second_derivatives_of_penalties_are_written_in_the_standard_alone(name):
    w, v = np.array([3.0, -0.5, 0.25, -2.0]), np.array([1.0, -2.0, 0.5, 3.0])
    theirs = SECOND_PENALTIES[name](xp.asarray(w), xp.asarray(v))
    assert type(theirs) is type(xp.zeros(1))
    np.testing.assert_array_equal(np.asarray(theirs), SECOND_PENALTIES[name](w, v))


def test_nothing_handed_in_is_written_to():
    case = Case(DEEP, ("relu",) * 3 + ("softmax",), "categorical_cross_entropy")
    arrays = arrays_of(DEEP)
    for values in arrays.values():
        values.setflags(write=False)
    w = arrays["parameters"]
    product_of(case, w, w, arrays["X"], arrays["row"], arrays["weights"])
