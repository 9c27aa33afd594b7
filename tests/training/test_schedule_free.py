"""Schedule-Free AdamW in a training: gradients at y, and everything that counts at x."""

from __future__ import annotations

import numpy as np
import pytest

import clearprop as cp
from clearprop import randomness
from clearprop.errors import ArgumentError
from golden.naive_rules import ScheduleFreeAdamW

X = np.linspace(-1, 1, 12)[:, None]
Y = 2 * X[:, 0] - 0.5
LINE = {"loss": "mean_squared_error", "optimizer": "schedule_free_adamw", "learning_rate": 0.1}


def line():
    net = cp.Network([1, 1])
    net.parameters = [0.5, 0.25]
    return net


def by_hand(epochs, batch_size, **options):
    """`x` and `y` after every step on the line, number by number; the loss at x is exact, too."""
    rule, w = ScheduleFreeAdamW([0.5, 0.25], **options), [0.5, 0.25]
    t, averages, places = 0, [[0.5, 0.25]], [w]
    for epoch in range(epochs):
        order = randomness.permutation(0, epoch, len(X))
        for first in range(0, len(X), batch_size):
            rows, t = order[first : first + batch_size], t + 1
            r = w[0] * X[rows, 0] + w[1] - Y[rows]
            g = [float(np.mean(2 * r * X[rows, 0])), float(np.mean(2 * r))]
            w = rule.step(w, g, t, 0.1)
            averages.append(list(rule.x))
            places.append(w)
    return np.array(averages), np.array(places)


def loss_at(w):
    return float(np.mean((w[0] * X[:, 0] + w[1] - Y) ** 2))


@pytest.mark.parametrize("engine", ["reference", "auto"])
def test_losses_records_and_the_network_are_those_of_the_average(engine):
    seen = []
    hooks = cp.Hooks(callbacks=[lambda report: seen.append(report.parameters[0].copy())])
    run = cp.train(
        line(), X, Y, epochs=6, batch_size=5, record_weights="step", engine=engine, hooks=hooks,
        restore_best=False, **LINE,
    )  # fmt: skip
    averages, places = by_hand(6, 5)
    np.testing.assert_allclose(run.weights, averages, rtol=1e-11)
    np.testing.assert_array_equal(run.network.parameters, run.weights[-1])
    np.testing.assert_allclose(
        run.history["train_loss"], [loss_at(w) for w in averages[::3]], rtol=1e-11
    )
    np.testing.assert_array_equal(seen, run.weights[3::3])
    assert np.abs(averages[-1] - places[-1]).max() > 1e-3  # the two can be told apart


def test_the_best_epoch_keeps_the_average_of_that_epoch():
    halfway = 1.2 * X[:, 0] - 0.1  # passed on the way
    run = cp.train(
        line(), X, Y, epochs=30, batch_size=5, record_weights="epoch", validation=(X, halfway),
        **LINE,
    )  # fmt: skip
    assert 0 < run.best_epoch < 30
    np.testing.assert_array_equal(run.network.parameters, run.weights[run.best_epoch])
    assert loss_at(run.network.parameters) == pytest.approx(
        run.history["train_loss"][run.best_epoch]
    )


def test_the_loss_of_batches_is_that_of_the_place_where_gradients_are_taken():
    run = cp.train(line(), X, Y, epochs=4, batch_size="full", **LINE)
    _, places = by_hand(4, len(X))
    np.testing.assert_allclose(run.history["running_loss"][1:], [loss_at(w) for w in places[:-1]])


@pytest.mark.parametrize("rule", ["schedule_free_adamw", "prodigy"])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_member_of_a_population_has_the_bits_that_it_has_alone(moons, same, rule, dtype):
    net = cp.Network([2, 6, 1], hidden="tanh", output="sigmoid", dtype=dtype)
    own = {"prodigy": {"d0": 1e-3}, "schedule_free_adamw": {"weight_decay": 0.3}}[rule]
    members = [{}, {"learning_rate": 0.5}, {"seed": 4, "beta1": 0.7}, {"dropout": 0.4, **own}]
    options = {"optimizer": rule, "epochs": 8, "record_weights": "epoch"}
    together = cp.train_population(net, *moons, members, **options)
    for member, run in zip(members, together, strict=True):
        same(cp.train_population(net, *moons, [member], **options)[0], run)


def test_a_member_that_diverges_keeps_its_best_average():
    with pytest.warns(UserWarning, match="diverged"):
        run = cp.train(
            line(), X, 1e30 * Y, epochs=5, batch_size=3, record_weights="epoch",
            **LINE | {"learning_rate": 1e200},
        )  # fmt: skip
    assert run.diverged
    np.testing.assert_array_equal(run.network.parameters, run.weights[run.best_epoch])


@pytest.mark.parametrize("rule", ["schedule_free_adamw", "prodigy"])
def test_the_rates_room_takes_the_rule_and_leaves_the_network_alone(moons, rule):
    net = cp.Network([2, 4, 1], hidden="tanh", output="sigmoid", seed=1)
    before = net.parameters.copy()
    look = cp.range_test(net, *moons, optimizer=rule, batch_size=16)
    assert len(look.rates) > 10
    found = cp.sweep(net, *moons, learning_rates=[0.1, 1.0], seeds=2, epochs=4, optimizer=rule)
    assert len(found.cells) == 4
    np.testing.assert_array_equal(net.parameters, before)


def test_a_zero_option_that_must_not_be_zero_is_refused():
    for option in ("d0", "d_coefficient"):
        with pytest.raises(ArgumentError, match=f"{option} must be a finite number above zero"):
            cp.train(line(), X, Y, optimizer={"name": "prodigy", option: 0})
