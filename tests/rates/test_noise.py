"""The gradient noise scale against gradients sample by sample, and its interval by simulation."""

from __future__ import annotations

import numpy as np
import pytest

import clearprop as cp
from clearprop.engines import Data
from clearprop.engines.objective import loss_and_gradient
from clearprop.equations.penalties import PENALTIES, l2_backward
from clearprop.errors import DataError
from clearprop.rates import noise as module
from clearprop.rates import problem as problem_module
from clearprop.rates.problem import Problem


def sample_gradients(network, X, y, **cost):
    """One sample after the other through the sweeps: `(n, p)`."""
    problem = Problem.of(network, X, y, cost)
    is_weight = problem.architecture.is_weight
    pull = sum(
        strength * PENALTIES[name][1](problem.w) * is_weight
        for name, strength in cost.get("penalty", {}).items()
    )
    weights = problem.data.weights
    rows = []
    for i in range(len(problem.data.X)):
        own = Data(problem.data.X[i : i + 1], problem.data.y[i : i + 1])
        g = loss_and_gradient(problem.architecture, problem.loss, problem.w, own).gradient
        rows.append(g if weights is None else weights[i] * g)
    return np.stack(rows) + pull


def by_definition(g):
    """tr Σ and |G|², unbiased."""
    n = len(g)
    trace = ((g - g.mean(axis=0)) ** 2).sum() / (n - 1)
    return trace, (g.mean(axis=0) ** 2).sum() - trace / n


@pytest.mark.parametrize(
    "cost",
    [
        {},
        {"penalty": {"l2": 0.2, "l1": 0.1}},
        {"sample_weight": np.random.default_rng(0).uniform(0, 1, 90)},
        {"loss": "mean_squared_error", "penalty": {"l2": 0.2}},
    ],
)
@pytest.mark.parametrize("block", [1, 7, 90])
def test_both_estimates_are_those_of_the_definition(monkeypatch, moons, network, cost, block):
    X, y = moons
    per_sample = Problem.of(network, X, y, {}).bytes_per_sample
    monkeypatch.setattr(problem_module, "BLOCK_BYTES", block * per_sample)
    monkeypatch.setattr(problem_module, "KEPT_BYTES", 0 if block == 7 else 2**30)
    trace, signal = by_definition(sample_gradients(network, X, y, **cost))
    found = cp.noise_scale(network, X, y, **cost)
    assert found.trace == pytest.approx(trace, rel=1e-10)
    assert found.gradient_squared == pytest.approx(signal, rel=1e-10)
    assert found.noise_scale == pytest.approx(trace / signal, rel=1e-10)
    assert found.n_samples == 90


def test_the_line_is_worked_by_hand(line):
    # At w = b = 0 the residual of x is −3x: g = (−6x², −6x).
    g = np.array([(-6 * x * x, -6 * x) for x in (1, 2, 3, 4)])
    trace, signal = by_definition(g)
    found = cp.noise_scale(*line)
    assert (found.trace, found.gradient_squared) == pytest.approx((trace, signal), rel=1e-13)
    assert found.suggested_batch_size == 1
    low, high = found.interval
    assert low < found.noise_scale < high


def test_the_jackknife_leaves_out_one_sample_after_the_other(moons, network):
    X, y = moons
    g = sample_gradients(network, X, y)
    without = np.array([by_definition(np.delete(g, i, axis=0)) for i in range(len(g))])
    covariance = 89 / 90 * sum(np.outer(d, d) for d in without - without.mean(axis=0))
    mean = g.mean(axis=0)
    ours = module._jackknife((g**2).sum(axis=1), g @ mean, mean @ mean)
    np.testing.assert_allclose(ours, covariance, rtol=1e-8)


def test_the_interval_is_made_from_the_gradients_with_their_penalty(moons, network):
    X, y = moons
    cost = {"penalty": {"l2": 0.5}, "sample_weight": np.linspace(1, 2, 90)}
    g = sample_gradients(network, X, y, **cost)
    mean = g.mean(axis=0)
    covariance = module._jackknife((g**2).sum(axis=1), g @ mean, mean @ mean)
    expected = module._fieller(*by_definition(g), covariance)
    assert cp.noise_scale(network, X, y, **cost).interval == pytest.approx(expected, rel=1e-9)


def test_float32_networks_are_measured_in_float64(moons, network):
    X, y = moons
    X = X.astype(np.float32)
    single = cp.Network([2, 6, 5, 1], hidden="tanh", output="sigmoid", dtype="float32")
    single.parameters = network.parameters
    network.parameters = single.parameters
    ours, theirs = (cp.noise_scale(n, X, y, penalty={"l2": 0.3}) for n in (single, network))
    assert ours == theirs


def test_the_interval_holds_the_ratios_that_the_estimates_cannot_tell_apart():
    covariance = np.array([[0.04, 0.01], [0.01, 0.09]])
    low, high = module._fieller(5.0, 2.0, covariance)
    for ratio in (low, high):  # where tr Σ − B|G|² is 1.645 standard errors off
        difference = 5.0 - ratio * 2.0
        variance = 0.04 - 2 * ratio * 0.01 + ratio**2 * 0.09
        assert abs(difference) / np.sqrt(variance) == pytest.approx(1.6448536)
    assert low < 2.5 < high


def test_where_the_signal_cannot_be_told_from_zero_nothing_bounds_the_scale_above():
    covariance = np.array([[0.04, 0.0], [0.0, 4.0]])
    low, high = module._fieller(5.0, 2.0, covariance)
    assert high == np.inf
    difference, variance = 5.0 - low * 2.0, 0.04 + low**2 * 4.0
    assert difference / np.sqrt(variance) == pytest.approx(1.6448536)
    low, high = module._fieller(5.0, -2.0, covariance)
    assert 0 < low < high == np.inf
    assert module._fieller(0.1, -2.0, covariance) == (0.0, np.inf)
    assert module._fieller(5.0, -9.0, covariance) == (0.0, np.inf)


def test_the_interval_covers_the_truth_as_often_as_it_says():
    # y = 2x + noise at w = b = 0: g = −2r(x, 1) with r = 2x + e, x and e standard normal.
    # tr Σ + |G|² = 4 E[r²(x² + 1)] = 4(4·(3 + 1) + 1·(1 + 1)) = 72, G = −2·(2, 0), |G|² = 16.
    truth, inside, network = 56 / 16, 0, cp.Network([1, 1])
    network.parameters = [0.0, 0.0]
    rng = np.random.default_rng(6)
    for _ in range(300):
        X = rng.normal(size=(400, 1))
        low, high = cp.noise_scale(network, X, 2 * X[:, 0] + rng.normal(size=400)).interval
        inside += low <= truth <= high
    assert 0.82 <= inside / 300 <= 0.96


def test_both_estimates_are_unbiased():
    network = cp.Network([1, 1])
    network.parameters = [0.0, 0.0]
    rng = np.random.default_rng(7)
    results = []
    for _ in range(800):
        X = rng.normal(size=(8, 1))
        found = cp.noise_scale(network, X, 2 * X[:, 0] + rng.normal(size=8))
        results.append((found.trace, found.gradient_squared))
    means, deviations = np.mean(results, axis=0), np.std(results, axis=0) / np.sqrt(800)
    assert (np.abs(means - [56, 16]) < 4 * deviations).all()


def test_the_scale_grows_as_training_proceeds(moons, network):
    X, y = moons
    start = cp.noise_scale(network, X, y)
    run = cp.train(network, X, y, learning_rate=0.02, epochs=60)
    end = cp.noise_scale(run.network, X, y)
    assert end.noise_scale > start.noise_scale


def test_a_penalty_adds_signal_and_no_noise(moons, network):
    X, y = moons
    plain, pulled = (cp.noise_scale(network, X, y, penalty={"l2": s}) for s in (0.0, 0.5))
    assert pulled.trace == pytest.approx(plain.trace, rel=1e-10)
    pull = 0.5 * l2_backward(network.parameters) * network.architecture.is_weight
    mean = sample_gradients(network, X, y).mean(axis=0)
    gained = pull @ pull + 2 * pull @ mean
    assert pulled.gradient_squared == pytest.approx(plain.gradient_squared + gained, rel=1e-10)


def test_samples_that_all_say_the_same_have_no_noise(line):
    network = line[0]
    found = cp.noise_scale(network, np.ones((5, 1)), np.ones(5))
    assert found.noise_scale == pytest.approx(0, abs=1e-12)
    assert found.suggested_batch_size == 1
    nothing = cp.noise_scale(network, np.ones((5, 1)), np.zeros(5))
    assert (nothing.noise_scale, nothing.interval) == (0.0, (0.0, 0.0))


def test_noise_that_drowns_the_gradient_asks_for_all_samples(line):
    network = line[0]
    found = cp.noise_scale(network, np.ones((6, 1)), [1.0, -1.0, 2.0, -2.0, 3.0, -3.0])
    assert found.noise_scale == np.inf
    assert found.interval[1] == np.inf
    assert found.gradient_squared < 0
    assert found.suggested_batch_size == 6
    assert "NoiseScale(inf samples, 90% interval" in repr(found)


@pytest.mark.parametrize(
    ("scale", "n", "batch"),
    [(0.3, 50, 1), (1.0, 50, 1), (1.5, 50, 2), (12.0, 500, 16), (11.0, 500, 8), (40.0, 50, 32),
     (49.0, 50, 50), (50.0, 50, 50), (900.0, 50, 50), (6.0, 7, 7)],
)  # fmt: skip
def test_the_suggestion_is_the_nearest_power_of_two_within_the_data(scale, n, batch):
    assert module.NoiseScale(scale, (0.0, 1.0), 1.0, 1.0, n).suggested_batch_size == batch


def test_one_honest_line(line):
    text = repr(cp.noise_scale(*line))
    assert text.startswith("NoiseScale(0.")
    assert "suggested batch size 1 of 4; at these weights)" in text


def test_two_samples_are_too_few_and_blown_up_weights_are_named(line):
    network, X, y = line
    with pytest.raises(DataError, match=r"X must hold at least 3 samples .*; got 2"):
        cp.noise_scale(network, X[:2], y[:2])
    deep = cp.Network([1, 3, 1], hidden="softplus")
    deep.parameters = np.full(10, 1e200)
    with pytest.raises(DataError, match="gradients are not finite at these weights"):
        cp.noise_scale(deep, X, y)
