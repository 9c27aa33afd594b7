"""Products and the dense Hessian through the public door: blocks, weights, penalties, refusals."""

from __future__ import annotations

import importlib

import numpy as np
import pytest

import clearprop as cp
from clearprop.engines.objective import loss_and_gradient
from clearprop.equations.curvature import R_forward
from clearprop.equations.gradients import central_differences
from clearprop.errors import ArgumentError, DataError
from clearprop.rates import problem as problem_module
from clearprop.rates.hessian import MOST_DENSE
from clearprop.rates.problem import Places, Problem

RNG = np.random.default_rng
hessian_module = importlib.import_module("clearprop.rates.hessian")  # a function hides it


def measured_hessian(network, X, y, **cost):
    """Row by row from central differences of the gradient, penalties and all."""
    problem = Problem.of(network, X, y, cost)
    strengths = {name: np.array(value) for name, value in problem.penalties.items()}

    def gradient(w):
        return loss_and_gradient(
            problem.architecture, problem.loss, w, problem.data, penalties=strengths
        ).gradient

    return np.stack(
        [
            central_differences(lambda w, i=i: gradient(w)[..., i], problem.w, 1e-5)
            for i in range(len(problem.w))
        ]
    )


def test_the_hessian_of_the_line_is_worked_by_hand(line):
    # 2·mean(x²), 2·mean(x), 2
    np.testing.assert_allclose(cp.hessian(*line), [[15, 5], [5, 2]], rtol=1e-14)
    half = cp.hessian(*line, loss="half_squared_error")
    np.testing.assert_allclose(half, [[7.5, 2.5], [2.5, 1]], rtol=1e-14)
    network, X, y = line
    weighted = cp.hessian(network, X, y, sample_weight=[0, 0, 0, 5])  # x = 4 alone
    np.testing.assert_allclose(weighted, [[32, 8], [8, 2]], rtol=1e-14)
    penalised = cp.hessian(network, X, y, penalty={"l2": 0.5})  # on w, not on b
    np.testing.assert_allclose(penalised, [[15.5, 5], [5, 2]], rtol=1e-14)


@pytest.mark.parametrize(
    ("hidden", "output", "cost"),
    [
        ("tanh", "sigmoid", {}),
        ("gelu", "sigmoid", {"loss": "mean_squared_error"}),
        ("relu", "identity", {"loss": "huber"}),
        ("mish", "identity", {"penalty": {"l2": 0.3, "leaving_range": 0.2, "l1": 0.1}}),
        ("silu", "identity", {"sample_weight": RNG(0).uniform(0, 1, 90)}),
    ],
)
def test_the_hessian_is_symmetric_and_that_of_differences(moons, hidden, output, cost):
    X, y = moons
    network = cp.Network([2, 5, 4, 1], hidden=hidden, output=output, seed=3)
    network.parameters = network.parameters * 1.5 + 0.01
    matrix = cp.hessian(network, X, y, **cost)
    assert np.abs(matrix - matrix.T).max() <= 1e-14 * np.abs(matrix).max()
    np.testing.assert_allclose(matrix, measured_hessian(network, X, y, **cost), atol=2e-7)


def test_a_softmax_network_with_class_indices(moons):
    X, y = moons
    network = cp.Network([2, 4, 3], hidden="elu", output="softmax", seed=1)
    np.testing.assert_allclose(
        cp.hessian(network, X, y), measured_hessian(network, X, y), atol=2e-7
    )


def test_a_product_is_the_matrix_times_the_vector(moons, network):
    X, y = moons
    matrix = cp.hessian(network, X, y)
    v = RNG(1).normal(size=(3, len(matrix)))
    several = cp.hessian_vector_product(network, X, y, v)
    np.testing.assert_allclose(several, v @ matrix, rtol=1e-11, atol=1e-13)
    one = cp.hessian_vector_product(network, X, y, v[1].tolist())
    assert one.shape == v[1].shape
    np.testing.assert_allclose(one, several[1], rtol=1e-11, atol=1e-13)


@pytest.mark.parametrize("kept", [0, 2**30])
@pytest.mark.parametrize("samples", [1, 7, 90])
def test_blocks_of_samples_change_nothing_but_rounding(monkeypatch, moons, network, samples, kept):
    X, y = moons
    weights = RNG(2).uniform(0.1, 1, len(X))
    cost = {"sample_weight": weights, "penalty": {"l2": 0.1}}
    whole = cp.hessian(network, X, y, **cost)
    per_sample = Problem.of(network, X, y, {}).bytes_per_sample
    monkeypatch.setattr(problem_module, "BLOCK_BYTES", samples * per_sample)
    monkeypatch.setattr(hessian_module, "BLOCK_BYTES", 2 * samples * per_sample)
    monkeypatch.setattr(problem_module, "KEPT_BYTES", kept)
    problem = Problem.of(network, X, y, {})
    lengths = [len(place.block.X) for place in Places(problem)]
    assert max(lengths) == samples
    assert sum(lengths) == 90
    np.testing.assert_allclose(cp.hessian(network, X, y, **cost), whole, rtol=1e-11, atol=1e-14)


def test_directions_are_taken_a_few_at_a_time_where_memory_asks_for_it(monkeypatch, moons, network):
    taken = []

    def counting(trace, layers, directions, activations):
        taken.append(len(directions[0][0]) if directions[0][0].ndim == 3 else 1)
        return R_forward(trace, layers, directions, activations)

    monkeypatch.setattr(hessian_module, "R_forward", counting)
    per_sample = Problem.of(network, *moons, {}).bytes_per_sample
    monkeypatch.setattr(hessian_module, "BLOCK_BYTES", 5 * 90 * per_sample)
    cp.hessian(network, *moons)
    assert taken == [5] * 11 + [4]  # 59 parameters


def test_float32_networks_are_measured_in_float64(moons):
    X, y = moons
    single = cp.Network([2, 6, 1], hidden="tanh", output="sigmoid", seed=1, dtype="float32")
    double = cp.Network([2, 6, 1], hidden="tanh", output="sigmoid")
    double.parameters = single.parameters
    result = cp.hessian(single, X, y)
    assert result.dtype == np.float64
    np.testing.assert_array_equal(
        result, cp.hessian(double, X.astype(np.float32).astype(np.float64), y)
    )


def test_dropout_plays_no_part(moons):
    X, y = moons
    plain = cp.Network([2, 6, 1], hidden="tanh", output="sigmoid", seed=1)
    dropping = cp.Network([2, 6, 1], hidden="tanh", output="sigmoid", seed=1, dropout=0.5)
    np.testing.assert_array_equal(cp.hessian(plain, X, y), cp.hessian(dropping, X, y))


def test_the_network_and_the_data_are_left_as_they_are(moons, network):
    X, y = moons
    before = network.parameters.copy()
    cp.hessian_vector_product(network, X, y, before)
    np.testing.assert_array_equal(network.parameters, before)


@pytest.mark.parametrize(
    ("v", "message"),
    [
        (np.ones(3), r"v must have the shape \(59,\), .* or \(k, 59\); got \(3,\)"),
        (np.ones((59, 1)), r"got \(59, 1\)"),
        (np.ones((1, 1, 59)), r"got \(1, 1, 59\)"),
        (np.ones((0, 59)), r"got \(0, 59\)"),
        (1.0, r"got \(\)"),
    ],
)
def test_a_direction_of_another_shape_is_refused(moons, network, v, message):
    with pytest.raises(ArgumentError, match=message):
        cp.hessian_vector_product(network, *moons, v)


def test_a_direction_must_hold_finite_numbers(moons, network):
    with pytest.raises(DataError, match="v must be finite; found nan at row 2"):
        cp.hessian_vector_product(network, *moons, [0, 0, np.nan, *[0] * 56])
    with pytest.raises(DataError, match="v must hold real numbers"):
        cp.hessian_vector_product(network, *moons, ["a"] * 59)


def test_a_large_network_gets_no_dense_hessian():
    network = cp.Network([10, 200, 1])
    assert len(network.parameters) > MOST_DENSE
    with pytest.raises(
        ArgumentError, match=r"2,401 parameters; .* at most 2,000 .*: use curvature"
    ):
        cp.hessian(network, np.ones((2, 10)), np.ones(2))


def test_weights_that_have_blown_up_are_named(line):
    network = cp.Network([1, 3, 1], hidden="softplus")
    network.parameters = np.full(10, 1e200)
    with pytest.raises(DataError, match="not finite at these weights, because they have blown up"):
        cp.hessian(network, *line[1:])


@pytest.mark.parametrize(
    ("cost", "message"),
    [
        ({"loss": "mse"}, "loss must be one of"),
        ({"loss": "binary_cross_entropy"}, "needs output='sigmoid'"),
        ({"penalty": {"l3": 1}}, "penalty must be one of l1, l2, leaving_range; got 'l3'"),
        ({"penalty": {"l2": -1}}, r"penalty\['l2'\] must be a finite number, zero or above"),
        ({"sample_weights": [1]}, "'sample_weights' is not an argument; .*did you mean 'sample_w"),
    ],
)
@pytest.mark.parametrize("function", [cp.hessian, cp.curvature, cp.noise_scale])
def test_a_wrong_choice_of_the_cost_is_refused(line, function, cost, message):
    with pytest.raises(ArgumentError, match=message):
        function(*line, **cost)


@pytest.mark.parametrize("function", [cp.hessian, cp.curvature, cp.noise_scale])
def test_data_that_cannot_be_learned_from_are_refused(line, function):
    network, X, y = line
    for args, message in (
        ((network, X[:0], y[:0]), "X must hold at least one sample; it is empty"),
        ((network, X, y[:2]), "y must have one row for each of the 4 samples"),
        ((network, X * np.nan, y), "X must be finite"),
        ((network, np.ones((4, 2)), y), "X must have 1 features"),
    ):
        with pytest.raises(DataError, match=message):
            function(*args)
    with pytest.raises(DataError, match="sample_weight must have one number for each"):
        function(network, X, y, sample_weight=[1])
    with pytest.raises(ArgumentError, match="network must be a Network"):
        function(X, network, y)
