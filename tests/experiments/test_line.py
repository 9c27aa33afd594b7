"""The experiment `line`: y = 3x from w = b = 0, full batch, mean squared error without ½."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

import clearprop as cp
from clearprop.equations.gradients import central_differences, finite_differences
from clearprop.equations.updates import sgd
from golden.cases import Case
from golden.ours import cost_of, gradient_of

CASE = Case((1, 1), ("identity",), "mean_squared_error")
X = np.array([[1.0], [2.0], [3.0], [4.0]])
Y = 3 * X

# Published: w before each step and after the last, and the loss before each step.
WEIGHTS = {
    0.01: ["0.00", "0.45", "0.82", "1.14", "1.40", "1.62", "1.80", "1.95", "2.07", "2.18", "2.27"],
    0.1: ["0.00", "4.50", "1.50", "3.53", "2.18", "3.10", "2.50", "2.91", "2.65", "2.84", "2.72"],
}
LOSSES = {
    0.01: ["67.50", "46.88", "32.57", "22.64", "15.75", "10.97", "7.65", "5.35", "3.75", "2.64"],
    0.1: ["67.50", "30.37", "13.79", "6.25", "2.85", "1.33", "0.65", "0.34", "0.20", "0.13"],
}


def cost(w):
    return cost_of(CASE, w.astype(np.float64), X, Y)


def measured(w):
    return finite_differences(cost, w, 1e-4)


def exact(w):
    return gradient_of(CASE, w.astype(np.float64), X, Y)


def learn(w, gradient, eta, steps):
    """w before each step and after the last, `(steps + 1, 2)`, and the loss at each."""
    path = [w]
    for t in range(1, steps + 1):
        w = sgd(w.astype(np.float64), gradient(w), (), t, eta)[0].astype(w.dtype)
        path.append(w)
    return np.stack(path), np.array([float(cost(w)) for w in path])


def shown(values):
    return [f"{value:.2f}" for value in values]


@pytest.mark.parametrize("eta", [0.01, 0.1])
def test_float32_weights_and_differences_give_the_published_tables(eta):
    path, losses = learn(np.zeros(2, dtype=np.float32), measured, eta, 10)
    assert shown(path[:, 0]) == WEIGHTS[eta]
    assert shown(losses[:-1]) == LOSSES[eta]


def in_fractions(eta, steps):
    """The same path in exact arithmetic, by school algebra: w, b and loss before each step."""
    w, b, path = Fraction(0), Fraction(0), []
    for _ in range(steps):
        residuals = [w * x + b - 3 * x for x in (1, 2, 3, 4)]
        path.append((w, b, sum(r * r for r in residuals) / 4))
        w -= eta * 2 * sum(r * x for r, x in zip(residuals, (1, 2, 3, 4), strict=True)) / 4
        b -= eta * 2 * sum(residuals) / 4
    return np.array(path, dtype=float)


@pytest.mark.parametrize("eta", ["0.01", "0.1", "1"])
def test_the_exact_chain_rule_walks_the_path_of_exact_fractions(eta):
    path, losses = learn(np.zeros(2), exact, float(eta), 11)
    by_hand = in_fractions(Fraction(eta), 12)
    np.testing.assert_allclose(path, by_hand[:, :2], rtol=1e-12, atol=1e-13)
    np.testing.assert_allclose(losses, by_hand[:, 2], rtol=1e-11)


def test_the_exact_chain_rule_differs_from_the_published_table_at_rate_01():
    _, losses = learn(np.zeros(2), exact, 0.1, 4)
    assert shown(losses[2:4]) == ["13.70", "6.21"]
    assert LOSSES[0.1][2:4] == ["13.79", "6.25"]


@pytest.mark.parametrize("eta", [0.01, 0.1])
def test_train_walks_the_path_of_the_exact_chain_rule(eta):
    network = cp.Network([1, 1])
    network.parameters = [0.0, 0.0]
    run = cp.train(
        network, X, Y, optimizer="sgd", learning_rate=eta, batch_size="full", epochs=1000,
        record_weights="step",
    )  # fmt: skip
    path, losses = learn(np.zeros(2), exact, eta, 1000)
    assert run.weight_steps.tolist() == list(range(1001))
    np.testing.assert_allclose(run.weights, path, rtol=1e-12, atol=1e-13)
    np.testing.assert_allclose(run.history["train_loss"], losses, rtol=1e-9, atol=1e-21)
    published = np.array(WEIGHTS[eta], dtype=float)
    np.testing.assert_allclose(run.weights[:11, 0], published, atol=0.0051)
    assert run.ending == "epochs"


def test_both_rates_below_the_limit_converge_in_1000_steps():
    for eta, distance in ((0.01, 0.2), (0.1, 1e-9)):
        path, losses = learn(np.zeros(2), exact, eta, 1000)
        assert np.abs(path[-1] - [3, 0]).max() < distance
        assert losses[-1] < 2e-2 * losses[0]
        assert losses[-1] == losses.min()


def test_one_rate_is_smooth_and_the_other_oscillates():
    smooth = np.diff(learn(np.zeros(2), exact, 0.01, 10)[0][:, 0])
    oscillating = np.diff(learn(np.zeros(2), exact, 0.1, 10)[0][:, 0])
    assert (smooth > 0).all()
    assert np.sign(oscillating).tolist() == [1, -1] * 5


def test_rate_one_stands_still_in_float32_where_the_nudge_is_lost():
    path, _ = learn(np.zeros(2, dtype=np.float32), measured, 1.0, 20)
    assert shown(path[:4, 0]) == ["0.00", "45.00", "-654.22", "12755.16"]
    assert (path[3:] == path[3]).all()
    stuck = path[3]
    # The cause: the next float32 above is further away than the nudge, so nothing is measured.
    assert np.spacing(stuck[0]) > 2 * 1e-4
    assert np.float32(stuck[0] + np.float32(1e-4)) == stuck[0]
    assert (measured(stuck) == 0).all()
    assert exact(stuck)[0] == pytest.approx(2.1e5, rel=0.02)  # far from flat
    assert measured(stuck.astype(np.float64))[0] == pytest.approx(exact(stuck)[0], rel=1e-4)


def test_rate_one_goes_on_to_infinity_by_the_exact_chain_rule():
    path, losses = learn(np.zeros(2), exact, 1.0, 20)
    assert path[1, 0] == 45
    assert (np.diff(losses) > 0).all()
    growth = np.abs(path[-1] / path[-2])
    np.testing.assert_allclose(growth, 1.0 * 16.70061 - 1, rtol=1e-4)  # ηλmax − 1 a step
    assert losses[-1] > 1e45


def test_train_at_rate_one_diverges_says_so_and_keeps_the_best():
    network = cp.Network([1, 1])
    network.parameters = [0.0, 0.0]
    with pytest.warns(UserWarning, match="diverged"):
        run = cp.train(
            network, X, Y, optimizer="sgd", learning_rate=1.0, batch_size="full", epochs=50
        )
    assert run.diverged is not None
    assert run.best_epoch == 0
    assert run.network.parameters.tolist() == [0, 0]


def test_curvature_separates_the_three_rates():
    hessian = np.stack(
        [
            central_differences(lambda w, i=i: gradient_of(CASE, w, X, Y)[..., i], np.zeros(2), 0.5)
            for i in range(2)
        ]
    )
    np.testing.assert_allclose(hessian, [[15, 5], [5, 2]], rtol=1e-12)  # 2·mean(x²), 2·mean(x), 2
    smallest, largest = np.linalg.eigvalsh(hessian)
    assert f"{smallest:.5f}" == "0.29939"
    assert f"{largest:.5f}" == "16.70061"
    limit = 2 / largest
    assert f"{limit:.6f}" == "0.119756"
    assert 0.01 < limit / 2 < 0.1 < limit < 1
    for factor, converges in ((0.99, True), (1.01, False)):
        _, losses = learn(np.zeros(2), exact, factor * limit, 400)
        assert (losses[-1] < losses[0]) == converges
