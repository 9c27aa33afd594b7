"""λmax and the threshold that it sets, by hand and by stepping just below and above it."""

from __future__ import annotations

import importlib

import numpy as np
import pytest

import clearprop as cp
from clearprop.equations.updates import UPDATES, initial_slots
from clearprop.errors import ArgumentError, DataError
from clearprop.rates.thresholds import FACTORS, PRECONDITIONED, why_none
from clearprop.training.settings import rule_options

module = importlib.import_module("clearprop.rates.curvature")  # a function hides it by its name


def test_the_line_has_the_curvature_worked_by_hand(line):
    found = cp.curvature(*line)
    exact = (17 + np.sqrt(17**2 - 4 * 5)) / 2  # eigenvalues of [[15, 5], [5, 2]]
    assert found.largest == pytest.approx(exact, rel=1e-14)
    assert f"{found.largest:.4f}" == "16.7006"
    assert f"{found.threshold:.6f}" == "0.119756"
    assert found.most_negative == pytest.approx(0.29939, abs=5e-6)
    assert found.converged
    assert found.reason is None
    assert found.preconditioned is None
    assert found.n_samples == 4
    assert found.products == 2
    assert found.errors[0] < 1e-10
    np.testing.assert_allclose(np.array([[15, 5], [5, 2]]) @ found.vectors[0],
                               exact * found.vectors[0], rtol=1e-12)  # fmt: skip


@pytest.mark.parametrize(
    ("optimizer", "factor"),
    [
        ("sgd", 2.0),
        ("momentum", 3.8),
        ({"name": "momentum", "momentum": 0.5}, 3.0),
        ("nesterov", 3.8 / 2.8),
        ({"name": "nesterov", "momentum": 0.0}, 2.0),
    ],
)
def test_the_threshold_goes_with_the_optimizer(line, optimizer, factor):
    found = cp.curvature(*line, optimizer=optimizer)
    assert found.threshold == pytest.approx(factor / 16.700607, rel=1e-6)
    assert found.optimizer["name"] in str(optimizer)


def test_training_the_line_converges_just_below_the_threshold_and_not_above(line):
    network, X, y = line
    for optimizer in ("sgd", "momentum", "nesterov"):
        limit = cp.curvature(network, X, y, optimizer=optimizer).threshold
        for factor, converges in ((0.995, True), (1.005, False)):
            run = cp.train(network, X, y, optimizer=optimizer, learning_rate=factor * limit,
                           batch_size="full", epochs=600, divergence_factor=1e300,
                           restore_best=False)  # fmt: skip
            losses = run.history["train_loss"]
            assert (losses[-1] < 1e-3 * losses[0]) == converges


OPTIONS = [
    ("sgd", {}),
    ("momentum", {"momentum": 0.9}),
    ("momentum", {"momentum": 0.3}),
    ("nesterov", {"momentum": 0.9}),
    ("nesterov", {"momentum": 0.3}),
]


def distances(rule, eta, curvatures, slots, t, options, steps=5000):
    """How far from the minimum after the last step, and at most on the way; from 1e-6."""
    w, most = np.full(len(curvatures), 1e-6), 0.0
    for i in range(steps):
        w, slots = UPDATES[rule](w, curvatures * w, slots, t + i, eta, **options)
        most = max(most, np.abs(w).max())
    return np.abs(w).max() / 1e-6, most / 1e-6


@pytest.mark.parametrize(("rule", "options"), OPTIONS)
def test_a_quadratic_is_stable_up_to_the_factor_and_no_further(rule, options):
    curvatures = np.array([8.0, 3.0, 0.5])
    limit = FACTORS[rule](options) / 8
    slots = initial_slots(rule, curvatures)
    below, _ = distances(rule, 0.998 * limit, curvatures, slots, 1, options)
    above, _ = distances(rule, 1.002 * limit, curvatures, slots, 1, options)
    assert below < 0.8
    assert above > 1.25


@pytest.mark.parametrize("beta1", [0.9, 0.5])
@pytest.mark.parametrize("rule", ["adam", "adamw", "rmsprop", "adagrad"])
def test_a_preconditioned_quadratic_is_stable_up_to_the_factor(rule, beta1):
    # v stands still: its decay is slow and the steps are late, so that it holds no surprise.
    curvatures, v = np.array([8.0, 3.0, 0.5]), np.array([4.0, 1e-2, 1.0])
    options = {"epsilon": 0.0}
    if rule.startswith("adam"):
        options |= {"beta1": beta1, "beta2": 1 - 1e-9}
        slots = (np.zeros(3), v)
    else:
        options |= {"rho": 1 - 1e-12} if rule == "rmsprop" else {}
        slots = (v * (1e6 if rule == "adagrad" else 1),)  # Adagrad's sum is large already
    if rule == "adamw":
        options["weight_decay"] = 0.0
    divisor = np.sqrt(slots[-1])
    limit = FACTORS[rule](options) / (curvatures / divisor).max()
    start = 10**12  # β2^t is 0 by then
    below, _ = distances(rule, 0.99 * limit, curvatures, slots, start, options)
    _, above = distances(rule, 1.01 * limit, curvatures, slots, start, options)
    assert below < 0.2
    assert above > 5


def test_adam_has_the_threshold_of_its_preconditioned_hessian(moons, network):
    X, y = moons
    v = np.random.default_rng(0).uniform(1e-6, 1e-2, len(network.parameters))
    matrix, divisor = cp.hessian(network, X, y), np.sqrt(v) + 1e-8
    exact = np.linalg.eigvals(matrix / divisor[:, None]).real.max()
    found = cp.curvature(network, X, y, optimizer="adam", second_moment=v)
    assert found.preconditioned == pytest.approx(exact, rel=1e-6)
    assert found.threshold == pytest.approx(38 / exact, rel=1e-6)
    assert found.largest == pytest.approx(np.linalg.eigvalsh(matrix)[-1], rel=1e-6)
    other = cp.curvature(network, X, y, optimizer="rmsprop", second_moment=v)
    assert other.threshold == pytest.approx(2 / exact, rel=1e-6)
    assert other.products == found.products > cp.curvature(network, X, y).products
    assert found.converged


@pytest.mark.parametrize(
    ("optimizer", "reason"),
    [
        ("adam", "adam divides its steps by √v + ε, and v moves as it trains; "),
        ("adagrad", "adagrad divides its steps by"),
        ("adadelta", "adadelta sets the length of its steps itself"),
        ("nadamw", "the momentum of nadamw changes from step to step"),
    ],
)
def test_a_rule_without_a_threshold_says_why(line, optimizer, reason):
    found = cp.curvature(*line, optimizer=optimizer)
    assert found.threshold is None
    assert found.reason.startswith(reason)
    assert f"no threshold: {reason}" in repr(found)
    assert found.largest == pytest.approx(16.7006, abs=1e-4)


def test_every_update_rule_has_a_threshold_or_a_reason():
    for rule in UPDATES:
        assert (rule in FACTORS) == (why_none(rule) is None)
        if rule in FACTORS:
            assert FACTORS[rule](rule_options(rule)[1]) > 0
    assert FACTORS.keys() >= PRECONDITIONED
    assert why_none("a rule to come") == "no stability threshold is known for a rule to come"


def test_where_nothing_curves_up_no_rate_is_too_high(line):
    network, X, y = line
    found = cp.curvature(network, X, y, loss="mean_absolute_error")
    assert (found.largest, found.most_negative, found.threshold) == (0.0, 0.0, None)
    assert found.reason.startswith("the cost curves up in no direction")
    assert "mean_absolute_error: curvature of the piece that the weights stand on" in repr(found)


def test_several_eigenvalues_are_those_of_the_dense_hessian(moons, network):
    X, y = moons
    exact = np.linalg.eigvalsh(cp.hessian(network, X, y))
    found = cp.curvature(network, X, y, n_eigenvalues=4)
    assert found.eigenvalues.shape == found.errors.shape == (4,)
    scale = np.abs(exact).max()
    assert (np.abs(found.eigenvalues - exact[::-1][:4]) <= found.errors + 1e-12).all()
    assert (found.errors <= 1e-4 * scale * 1.001).all()
    assert abs(found.most_negative - exact[0]) <= found.most_negative_error <= 1e-3 * scale
    assert found.vectors.shape == (4, len(exact))
    every = cp.curvature(network, X, y, n_eigenvalues=len(exact))
    np.testing.assert_allclose(every.eigenvalues, exact[::-1], atol=1e-10 * scale)


def test_the_seed_decides_the_bits_and_barely_the_answer(moons, network):
    X, y = moons
    np.random.seed(5)  # noqa: NPY002 - the state that must not matter
    first, again = (cp.curvature(network, X, y, seed=3) for _ in range(2))
    np.testing.assert_array_equal(first.eigenvalues, again.eigenvalues)
    np.testing.assert_array_equal(first.vectors, again.vectors)
    other = cp.curvature(network, X, y, seed=4)
    assert other.largest != first.largest
    assert other.largest == pytest.approx(first.largest, rel=1e-6)


def test_the_bits_do_not_depend_on_the_number_of_blas_threads(moons, network):
    from threadpoolctl import threadpool_limits

    found = []
    for threads in (1, 2):
        with threadpool_limits(threads):
            found.append(cp.curvature(network, *moons))
    np.testing.assert_array_equal(found[0].vectors, found[1].vectors)


def test_a_saddle_has_a_negative_eigenvalue():
    # C = (w2·w1·x − 1)² at w = 0: H = [[0, −2], [−2, 0]] beside the bias.
    network = cp.Network([1, 1, 1], hidden="identity")
    network.parameters = [0.0, 0.0, 0.0, 0.0]
    found = cp.curvature(network, [[1.0], [-1.0]], [1.0, -1.0])
    np.testing.assert_allclose(found.most_negative, -2, rtol=1e-12)
    np.testing.assert_allclose(found.largest, 2, rtol=1e-12)


def test_a_search_cut_short_says_so(monkeypatch, moons, network):
    monkeypatch.setattr(module, "MOST_PRODUCTS", 3)
    monkeypatch.setattr(module, "TOLERANCE", 1e-12)
    X, y = moons
    found = cp.curvature(network, X, y)
    assert not found.converged
    assert "not converged after 10 products" in repr(found)  # ten a wanted eigenvalue at least


def test_kinks_are_spoken_of_where_there_are_any(moons):
    X, y = moons
    kinked = cp.curvature(cp.Network([2, 4, 4, 1], output="sigmoid"), X, y)
    assert kinked.kinks.startswith("relu: curvature of the piece that the weights stand on")
    assert kinked.kinks in repr(kinked)
    smooth = cp.curvature(cp.Network([2, 4, 4, 1], hidden="tanh", output="sigmoid"), X, y)
    assert smooth.kinks == ""


def test_one_honest_line(line):
    text = repr(cp.curvature(*line))
    assert text.startswith("Curvature(λmax 16.7006 ± ")
    assert "; λmin 0.29939 ± " in text
    assert text.endswith("; sgd on the full batch of 4 is unstable above learning rate 0.119756)")
    assert "\n" not in text


@pytest.mark.parametrize(
    ("choices", "message"),
    [
        ({"optimizer": "adamm"}, "optimizer must be one of .*did you mean 'adam'"),
        ({"n_eigenvalues": 0}, "n_eigenvalues must be a whole number from 1 to 2"),
        ({"n_eigenvalues": 3}, "n_eigenvalues must be a whole number from 1 to 2; got 3"),
        ({"seed": -1}, "seed must be a whole number from 0"),
        ({"second_moment": [1, 1]}, "second_moment belongs to adagrad, .*; the optimizer is sgd"),
        ({"optimizer": "adam", "second_moment": [1, 1, 1]}, r"2 numbers.*got the shape \(3,\)"),
        ({"optimizer": "adam", "second_moment": [1, -1]}, r"got the shape \(2,\) with -1"),
    ],
)
def test_a_wrong_choice_is_refused(line, choices, message):
    with pytest.raises(ArgumentError, match=message):
        cp.curvature(*line, **choices)


def test_a_second_moment_must_be_finite(line):
    with pytest.raises(DataError, match="second_moment must be finite"):
        cp.curvature(*line, optimizer="adam", second_moment=[1, np.inf])
