"""scikit-learn's own networks, from the same start and in the same order, are the oracle."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPClassifier, MLPRegressor

import clearprop as cp
from clearprop import training

random = np.random.default_rng(5)
X = random.normal(size=(40, 3))
NUMBERS = np.sin(X[:, 0]) + 0.5 * X[:, 1] ** 2
TWO = (NUMBERS > 0.4).astype(int)
THREE = np.digitize(NUMBERS, [0.1, 0.7])

RULES = {  # ours, theirs
    "sgd": ("sgd", {"solver": "sgd", "momentum": 0.0}),
    "momentum": (
        {"name": "momentum", "momentum": 0.8},
        {"solver": "sgd", "momentum": 0.8, "nesterovs_momentum": False},
    ),
    "nesterov": (
        {"name": "nesterov", "momentum": 0.8},
        {"solver": "sgd", "momentum": 0.8, "nesterovs_momentum": True},
    ),
    # They put ε under another fraction; as small as this it does not show.
    "adam": ({"name": "adam", "epsilon": 1e-30}, {"solver": "adam", "epsilon": 1e-30}),
}


def from_start(kind, network, **options):
    """Their estimator, started from our network's parameters."""

    class Started(kind):
        def _init_coef(self, fan_in, fan_out, dtype):
            W, b = next(self._starts)
            assert W.shape == (fan_in, fan_out)
            return W.astype(dtype), b.astype(dtype)

    estimator = Started(**options)
    estimator._starts = iter([(W.copy(), b.copy()) for W, b in network.layers])
    return estimator


def compared(
    kind, y, output, *, rule, hidden="tanh", batch_size=8, alpha=0.0, epochs=5, weight=None
):
    ours, theirs = RULES[rule]
    n_out = 3 if output == "softmax" else 1
    network = cp.Network([3, 6, 5, n_out], hidden=hidden, output=output, seed=2)
    estimator = from_start(
        kind, network, hidden_layer_sizes=(6, 5), activation=hidden, batch_size=batch_size,
        shuffle=False, max_iter=epochs, alpha=alpha, learning_rate_init=0.02, tol=0.0,
        n_iter_no_change=1000, **theirs,
    )  # fmt: skip
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # a few epochs are all we want
        estimator.fit(X, y, **({} if weight is None else {"sample_weight": weight}))
    run = training.train(
        network, X, y, optimizer=ours, learning_rate=0.02, batch_size=batch_size, epochs=epochs,
        shuffle=False, penalty={"l2": alpha / batch_size} if alpha else None,
        loss="half_squared_error" if output == "identity" else None, restore_best=False,
        sample_weight=weight,
    )  # fmt: skip
    for i, (W, b) in enumerate(zip(estimator.coefs_, estimator.intercepts_, strict=True), start=1):
        np.testing.assert_allclose(run.network[f"W{i}"], W, rtol=1e-9, atol=1e-11)
        np.testing.assert_allclose(run.network[f"b{i}"], b, rtol=1e-9, atol=1e-11)
    return run, estimator


@pytest.mark.parametrize("rule", sorted(RULES))
@pytest.mark.parametrize("batch_size", [8, 40])
def test_regression_ends_with_their_weights_and_losses(rule, batch_size):
    run, estimator = compared(MLPRegressor, NUMBERS, "identity", rule=rule, batch_size=batch_size)
    np.testing.assert_allclose(run.history["running_loss"][1:], estimator.loss_curve_, rtol=1e-9)
    np.testing.assert_allclose(run.history["train_r2"][-1], estimator.score(X, NUMBERS))
    np.testing.assert_allclose(run.network.predict(X)[:, 0], estimator.predict(X))


@pytest.mark.parametrize("rule", sorted(RULES))
@pytest.mark.parametrize(("y", "output"), [(TWO, "sigmoid"), (THREE, "softmax")])
def test_classification_ends_with_their_weights_and_losses(rule, y, output):
    run, estimator = compared(MLPClassifier, y, output, rule=rule)
    np.testing.assert_allclose(run.history["running_loss"][1:], estimator.loss_curve_, rtol=1e-9)
    np.testing.assert_allclose(run.history["train_accuracy"][-1], estimator.score(X, y))
    probabilities = (
        estimator.predict_proba(X)[:, 1:] if output == "sigmoid" else estimator.predict_proba(X)
    )
    np.testing.assert_allclose(run.network.predict(X), probabilities, rtol=1e-9)


@pytest.mark.parametrize("rule", ["momentum", "adam"])
def test_their_alpha_is_our_l2_times_the_batch(rule):
    run, estimator = compared(MLPRegressor, NUMBERS, "identity", rule=rule, alpha=0.5)
    assert (run.history["penalty"] > 0).all()
    coefs = sum((W**2).sum() for W in estimator.coefs_)
    np.testing.assert_allclose(run.history["penalty"][-1], 0.5 * 0.5 / 8 * coefs)


@pytest.mark.parametrize("hidden", ["relu", "identity"])
def test_other_activations_end_with_their_weights(hidden):
    compared(MLPClassifier, THREE, "softmax", rule="adam", hidden=hidden)


def test_a_last_batch_that_is_smaller_counts_the_same():
    compared(MLPRegressor, NUMBERS, "identity", rule="sgd", batch_size=12)
