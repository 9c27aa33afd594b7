"""A member that leaves the finite is marked and stopped; its best is kept; the others go on."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

import clearprop as cp
from clearprop import training
from clearprop.training import Divergence, grid
from clearprop.training.loop import Loop

STOPPING = [{}, {"early_stopping": 3}, {"validation": 0.25}]


def diverging(network, data, rate, **options):
    with pytest.warns(
        UserWarning,
        match=r"the training \(sgd, batch \d+\) diverged at step .*best parameters were kept",
    ):
        return training.train(network, *data, optimizer="sgd", learning_rate=rate, **options)


@pytest.mark.parametrize("options", STOPPING, ids=str)
@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("rate", [30.0, 1e30, 1e300])
def test_numbers_that_leave_the_finite_end_the_training_with_the_best_kept(
    line, options, dtype, rate
):
    net = cp.Network([1, 3, 1], hidden="identity", dtype=dtype, seed=2)
    run = diverging(net, line, rate, epochs=60, batch_size=8, **options)
    assert run.ending == "diverged"
    assert run.diverged.learning_rate == rate
    assert run.diverged.epoch == run.epochs <= 3
    assert 1 <= run.diverged.layer <= 2
    assert np.isfinite(run.network.parameters).all()
    watched = run.history[run.watched]
    assert run.best_epoch == np.nanargmin(np.where(np.isfinite(watched), watched, np.inf))
    if run.best_epoch == 0:
        np.testing.assert_array_equal(run.network.parameters, net.parameters)


def test_the_step_and_the_rate_in_force_are_named(line):
    net = cp.Network([1, 1])
    run = diverging(net, line, 1e200, epochs=9, batch_size=8, schedule="polynomial")
    rate = 1e200 * (1 - 1.5 / 27)
    assert run.diverged == Divergence(1, 2, run.diverged.layer, rate, grew=False)
    assert str(run.diverged) == (
        "diverged at step 2 (epoch 1), at learning rate 9.44e+199: "
        f"layer {run.diverged.layer} met a number that is not finite"
    )


def test_a_finite_blow_up_is_divergence_beyond_the_factor(line):
    """Rate 3 on a line: each full-batch step multiplies the error, but nothing overflows."""
    net = cp.Network([1, 1])
    options = {"epochs": 12, "batch_size": "full", "divergence_factor": 50}
    run = diverging(net, line, 1.2, **options)
    loss = run.history["train_loss"]
    limit = 50 * max(loss[0], 1)
    assert np.isfinite(loss).all()
    assert (loss[:-1] <= limit).all()
    assert loss[-1] > limit
    assert run.diverged.step == run.epochs < 12
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        higher = training.train(
            net, *line, optimizer="sgd", learning_rate=1.2, **options | {"divergence_factor": 1e9}
        )
    assert higher.ending == "epochs"


def test_a_start_near_zero_is_measured_from_one(line):
    net = cp.Network([1, 1])
    net.parameters = [2.0, -0.5]
    run = training.train(net, *line, optimizer="sgd", learning_rate=0.5, epochs=3, batch_size=4)
    assert run.diverged is None


@pytest.mark.parametrize("kind", ["huge targets", "huge features", "bad parameters"])
def test_a_start_that_is_not_finite_diverges_at_step_0_without_a_stray_warning(line, kind):
    X, y = line
    net = cp.Network([1, 2, 1], hidden="identity")
    if kind == "bad parameters":
        net.parameters[0] = np.nan
    data = (X * 1e200 if kind == "huge features" else X, y * 1e200 if kind == "huge targets" else y)
    run = diverging(net, data, 0.1, epochs=3)
    assert run.diverged[:2] == (0, 0)
    assert run.epochs == 0
    assert run.best_epoch == 0
    np.testing.assert_array_equal(run.network.parameters, net.parameters)


def test_the_others_go_on_to_the_bit(network, moons, same):
    rates = [0.1, 1e200, 0.2, 1e308]
    together = cp.train_population(
        network, *moons, grid(learning_rate=rates), optimizer="sgd", epochs=3, batch_size=7
    )
    assert together.diverged.tolist() == [False, True, False, True]
    for i in (0, 2):
        same(
            together[i],
            training.train(
                network, *moons, optimizer="sgd", learning_rate=rates[i], epochs=3, batch_size=7
            ),
        )
    assert np.isnan(together.history["train_loss"][2:, 1]).all()
    assert together.best.learning_rate in (0.1, 0.2)


def test_when_all_have_diverged_the_training_ends(network, moons):
    seen = []
    population = cp.train_population(
        network, *moons, grid(learning_rate=[1e200, 1e300]), optimizer="sgd", epochs=50,
        hooks=cp.Hooks(callbacks=[seen.append]),
    )  # fmt: skip
    assert population.diverged.all()
    assert len(seen) <= 2
    assert "2 diverged" in repr(population)


def test_a_population_that_diverges_does_not_warn(network, moons):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        cp.train_population(network, *moons, [{"learning_rate": 1e200}], optimizer="sgd", epochs=2)


def test_nan_in_the_validation_loss_alone_is_never_the_best(network, moons, monkeypatch):
    X, y = moons
    real = Loop._row

    def broken(self, progress, running):
        row = real(self, progress, running)
        if progress.epoch in (0, 2, 4):
            row["validation_loss"] = np.full_like(
                row["validation_loss"], [np.nan, -np.inf][progress.epoch == 2]
            )
        return row

    monkeypatch.setattr(Loop, "_row", broken)
    run = training.train(network, X, y, validation=(X, y), epochs=4, record_weights="epoch")
    assert run.diverged is None
    assert run.best_epoch in (1, 3)
    np.testing.assert_array_equal(run.network.parameters, run.weights[run.best_epoch])


def test_a_validation_loss_that_overflows_is_waited_out_not_believed(line):
    X, y = line
    net = cp.Network([1, 1])
    run = training.train(
        net, X, y, validation=(X, np.full(24, 1e200)), epochs=9, early_stopping=2, optimizer="sgd"
    )
    assert np.isinf(run.history["validation_loss"]).all()
    assert (run.ending, run.epochs, run.best_epoch) == ("early_stopping", 1, 0)
    np.testing.assert_array_equal(run.network.parameters, net.parameters)


def test_a_penalty_that_overflows_warns_of_nothing(network, moons):
    members = [{"learning_rate": 1e200}, {"penalty": {"l2": 0.1}}]
    population = cp.train_population(network, *moons, members, optimizer="sgd", epochs=2)
    assert population.diverged.tolist() == [True, False]
    assert (population[0].history["penalty"] == 0).all()
    assert (population[1].history["penalty"] > 0).all()
