"""What a training gives back: history, weights, best epoch, endings."""

from __future__ import annotations

import threading

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from threadpoolctl import threadpool_info, threadpool_limits

import clearprop as cp
from clearprop import randomness, training
from clearprop.engines.native import NativeEngine
from clearprop.engines.reference import ReferenceEngine
from clearprop.equations.schedules import cosine
from clearprop.errors import ArgumentError, DataError
from clearprop.training import grid


def test_the_history_is_columns_over_the_epochs_from_the_start(network, moons):
    X, y = moons
    run = training.train(network, X, y, epochs=4, batch_size=7, validation=(X[:20], y[:20]))
    assert list(run.history) == [
        "epoch", "learning_rate", "running_loss", "train_loss", "train_accuracy",
        "validation_loss", "validation_accuracy",
    ]  # fmt: skip
    assert run.history["epoch"].tolist() == [0, 1, 2, 3, 4]
    assert all(column.shape == (5,) for column in run.history.values())
    assert np.isnan(run.history["running_loss"][0])
    assert run.epochs == 4
    assert run.watched == "validation_loss"
    p = network.predict(X)[:, 0]
    loss = -(y * np.log(p) + (1 - y) * np.log(1 - p)).mean()
    np.testing.assert_allclose(run.history["train_loss"][0], loss, rtol=1e-12)
    assert run.history["train_accuracy"][0] == ((p >= 0.5) == y).mean()


def test_the_running_loss_is_the_mean_of_the_batches_before_their_updates(line):
    X, y = line
    net = cp.Network([1, 1])
    net.parameters = [0.5, 0.1]
    run = training.train(
        net, X, y, optimizer="sgd", learning_rate=0.1, batch_size=10, epochs=1, shuffle=False
    )
    w, b, total = 0.5, 0.1, 0.0
    for first in (0, 10, 20):
        x, t = X[first : first + 10, 0], y[first : first + 10]
        r = w * x + b - t
        total += (r**2).sum()
        w, b = w - 0.1 * 2 * (r * x).mean(), b - 0.1 * 2 * r.mean()
    np.testing.assert_allclose(run.history["running_loss"][1], total / 24, rtol=1e-12)
    np.testing.assert_allclose(run.network.parameters, [w, b], rtol=1e-12)


def test_the_callers_network_and_arrays_are_left_alone(network, moons):
    X, y = moons  # both are read-only
    before = network.parameters.copy()
    run = training.train(network, X, y, epochs=1, sample_weight=np.ones(60))
    np.testing.assert_array_equal(network.parameters, before)
    assert run.network is not network
    assert (run.network.parameters != before).any()


def test_the_same_call_gives_the_same_bits_and_another_seed_others(moons, same):
    net = cp.Network([2, 6, 1], output="sigmoid", dropout=0.3)
    runs = [training.train(net, *moons, epochs=2, seed=seed, validation=0.2) for seed in (3, 3, 4)]
    same(runs[0], runs[1])
    assert (runs[0].network.parameters != runs[2].network.parameters).any()


@pytest.mark.parametrize(
    "form", ["list", "fortran", "big-endian", "objects", "memory map", "strided"]
)
def test_the_form_of_the_arrays_does_not_change_a_bit(network, moons, same, form, tmp_path):
    X, y = moons
    np.save(tmp_path / "X.npy", X)
    wide = np.zeros((120, 4))
    wide[::2, ::2] = X
    other = {
        "list": (X.tolist(), y.tolist()),
        "fortran": (np.asfortranarray(X), y.astype(np.int8)),
        "big-endian": (X.astype(">f8"), y.astype(">i2")),
        "objects": (X.astype(object), y.astype(bool)),
        "memory map": (np.load(tmp_path / "X.npy", mmap_mode="r"), y[:, None]),
        "strided": (wide[::2, ::2], y.astype(np.float16)),
    }[form]
    options = {"epochs": 2, "validation": 0.3}
    same(training.train(network, X, y, **options), training.train(network, *other, **options))


@pytest.mark.parametrize("X", [np.zeros((6, 2)), np.full((6, 2), 7.0), np.ones((1, 2))])
def test_constant_features_and_a_single_sample_can_be_learned_from(network, X):
    run = training.train(network, X, np.ones(len(X)), epochs=2)
    assert run.ending == "epochs"
    assert run.history["train_loss"][-1] < run.history["train_loss"][0]


def test_a_single_class_can_be_learned(moons):
    net = cp.Network([2, 3], output="softmax")
    run = training.train(net, moons[0], np.zeros(60), epochs=20, learning_rate=0.1)
    assert run.history["train_accuracy"][-1] == 1


@pytest.mark.parametrize("batch_size", [1, 7, 60, 1000, "full"])
def test_a_batch_larger_than_the_samples_is_all_of_them(network, moons, batch_size):
    run = training.train(network, *moons, epochs=2, batch_size=batch_size, record_weights="step")
    per_epoch = 1 if batch_size == "full" else -(-60 // batch_size)
    assert run.weight_steps.tolist() == list(range(2 * per_epoch + 1))


# ------------------------------------------------------------------------------- recorded weights


@pytest.mark.parametrize(
    ("every", "steps"),
    [("epoch", [0, 9, 18, 27, 36, 45]), (2, [0, 18, 36, 45]), (5, [0, 45]), (99, [0, 45])],
)
def test_weights_are_recorded_where_asked_from_start_to_end(network, moons, every, steps):
    run = training.train(network, *moons, epochs=5, batch_size=7, record_weights=every)
    assert run.weight_steps.tolist() == steps
    np.testing.assert_array_equal(run.weights[0], network.parameters)
    np.testing.assert_array_equal(run.weights[-1], run.network.parameters)


def test_every_step_can_be_recorded_and_changes_no_bit(network, moons):
    plain = training.train(network, *moons, epochs=3, batch_size=7, record_weights="epoch")
    steps = training.train(network, *moons, epochs=3, batch_size=7, record_weights="step")
    assert steps.weight_steps.tolist() == list(range(28))
    np.testing.assert_array_equal(steps.weights[plain.weight_steps], plain.weights)
    assert training.train(network, *moons, epochs=1).weights is None
    assert training.train(network, *moons, epochs=1).weight_steps is None


@settings(max_examples=10, deadline=None)
@given(st.integers(1, 30))
def test_how_often_the_engine_looks_up_changes_no_bit(at_once):
    X = np.linspace(-1, 1, 40).reshape(20, 2)
    net = cp.Network([2, 4, 1], dropout=0.2)
    options = {"epochs": 3, "batch_size": 3, "schedule": "cosine", "optimizer": "nadamw"}
    usual = training.train(net, X, X[:, 0], **options)
    with pytest.MonkeyPatch.context() as patch:
        for engine in (NativeEngine, ReferenceEngine):
            patch.setattr(engine, "steps_per_call", lambda *_: at_once)
        other = training.train(net, X, X[:, 0], **options)
    np.testing.assert_array_equal(usual.network.parameters, other.network.parameters)
    np.testing.assert_array_equal(usual.history["train_loss"], other.history["train_loss"])
    np.testing.assert_array_equal(usual.history["running_loss"], other.history["running_loss"])


# ------------------------------------------------------------------------------- best and stopping


def test_early_stopping_ends_with_the_best_parameters(network, moons):
    X, y = moons
    run = training.train(
        network, X[:40], y[:40], validation=(X[40:], 1 - y[40:]), epochs=50, learning_rate=0.1,
        early_stopping=3, record_weights="epoch",
    )  # fmt: skip
    watched = run.history["validation_loss"]
    assert run.ending == "early_stopping"
    assert run.best_epoch == np.argmin(watched) == run.epochs - 3
    np.testing.assert_array_equal(run.network.parameters, run.weights[run.best_epoch])


@pytest.mark.parametrize(
    ("options", "restored"),
    [
        ({}, False),
        ({"restore_best": True}, True),
        ({"validation": 0.3}, True),
        ({"validation": 0.3, "restore_best": False}, False),
        ({"early_stopping": 99}, True),
        ({"early_stopping": 99, "restore_best": False}, False),
    ],
)
def test_the_best_epoch_is_restored_where_it_is_known_or_asked_for(line, options, restored):
    net = cp.Network([1, 1])
    run = training.train(
        net, *line, optimizer="sgd", learning_rate=1.05, batch_size="full", epochs=9,
        record_weights="epoch", **options,
    )  # fmt: skip
    assert run.best_epoch == np.argmin(run.history[run.watched]) < 9
    expected = run.weights[run.best_epoch if restored else -1]
    np.testing.assert_array_equal(run.network.parameters, expected)


def test_without_a_validation_part_the_training_loss_is_watched(line):
    run = training.train(
        cp.Network([1, 1]),
        *line,
        epochs=30,
        early_stopping={"patience": 2, "least_improvement": 10},
    )
    assert run.watched == "train_loss"
    assert (run.epochs, run.ending) == (2, "early_stopping")


def test_members_stop_each_on_its_own_and_their_history_ends_there(network, moons):
    members = grid(learning_rate=[1e-9, 0.01, 1.0])
    population = cp.train_population(
        network,
        *moons,
        members,
        epochs=12,
        early_stopping={"patience": 3, "least_improvement": 1e-3},
    )
    assert [len(run.history["epoch"]) for run in population] == [
        run.epochs + 1 for run in population
    ]
    assert population[0].epochs == 3
    assert population[1].epochs == 12
    column = population.history["train_loss"]
    assert column.shape == (13, 3)
    assert np.isnan(column[4:, 0]).all()
    assert np.isfinite(column[:4, 0]).all()
    assert np.isfinite(column[:, 1]).all()
    assert population.history["epoch"].tolist() == list(range(13))


# ------------------------------------------------------------------------------- rates


def test_a_schedule_is_followed_and_recorded(network, moons):
    run = training.train(
        network,
        *moons,
        epochs=4,
        batch_size=20,
        learning_rate=0.5,
        optimizer="sgd",
        schedule="cosine",
    )
    last_steps = [0, 2, 5, 8, 11]  # each in the middle of its twelfth
    expected = [0.5 * cosine((step + 0.5) / 12) for step in last_steps]
    np.testing.assert_allclose(run.history["learning_rate"], expected, rtol=1e-15)


def test_each_step_is_taken_at_the_rate_of_its_schedule(line):
    X, y = line
    net = cp.Network([1, 1])
    net.parameters = [0.0, 0.0]
    run = training.train(
        net, X, y, epochs=2, batch_size="full", learning_rate=0.1, optimizer="sgd",
        schedule="polynomial", record_weights="step", loss="half_squared_error",
    )  # fmt: skip
    for step in range(2):
        w, b = run.weights[step]
        r = w * X[:, 0] + b - y
        rate = 0.1 * (1 - (step + 0.5) / 2)
        expected = [w - rate * (r * X[:, 0]).mean(), b - rate * r.mean()]
        np.testing.assert_allclose(run.weights[step + 1], expected, rtol=1e-12)


def test_a_plateau_lowers_the_recorded_rate(line):
    run = training.train(
        cp.Network([1, 1]), *line, epochs=8, learning_rate=0.1, optimizer="sgd",
        reduce_on_plateau={"patience": 2, "factor": 0.1, "least_improvement": 100, "lowest": 0.05},
    )  # fmt: skip
    expected = [0.1, 0.1, 0.1, 0.01, 0.01, 0.005, 0.005, 0.005, 0.005]
    np.testing.assert_allclose(run.history["learning_rate"], expected, rtol=1e-12)


# ------------------------------------------------------------------------------- callbacks


def test_a_callback_is_told_after_every_epoch_and_may_stop(network, moons):
    reports = []

    def stop_at_three(report):
        reports.append(report)
        return report.epoch == 3

    run = training.train(
        network, *moons, epochs=9, batch_size=20, hooks=cp.Hooks(callbacks=[stop_at_three])
    )
    assert [report.epoch for report in reports] == [1, 2, 3]
    assert (run.ending, run.epochs) == ("callback", 3)
    last = reports[-1]
    assert last.epochs == 9
    assert last.fraction == 3 / 9
    assert last.learning_rate.tolist() == [0.003]
    assert last.row["train_loss"][0] == run.history["train_loss"][-1]
    assert last.loss[0] == run.history["running_loss"][-1]
    np.testing.assert_array_equal(last.parameters[0], run.network.parameters)


@pytest.mark.parametrize("answer", [None, False, np.False_])
def test_only_true_stops(network, moons, answer):
    hooks = cp.Hooks(callbacks=[lambda _: answer, lambda _: None])
    assert training.train(network, *moons, epochs=2, hooks=hooks).ending == "epochs"


def test_an_answer_from_a_comparison_of_arrays_stops(network, moons):
    hooks = cp.Hooks(callbacks=[lambda report: report.row["train_loss"][0] < 100])
    run = training.train(network, *moons, epochs=5, hooks=hooks)
    assert (run.ending, run.epochs) == ("callback", 1)


@pytest.mark.parametrize("answer", [0, 1, "yes", np.zeros(2)])
def test_an_answer_that_is_none_is_refused(network, moons, answer):
    with pytest.raises(ArgumentError, match="a callback must answer True, False or None; got"):
        training.train(network, *moons, epochs=2, hooks=cp.Hooks(callbacks=[lambda _: answer]))


def test_what_a_callback_sees_cannot_be_written_to(network, moons):
    def write(report):
        report.parameters[:] = 0

    with pytest.raises(ValueError, match="read-only"):
        training.train(network, *moons, epochs=1, hooks=cp.Hooks(callbacks=[write]))


def test_steps_are_reported_within_the_epochs(network, moons, short_calls):
    reports = []
    run = training.train(
        network, *moons, epochs=2, batch_size=20, schedule="polynomial", learning_rate=1.0,
        hooks=cp.Hooks(on_steps=[reports.append]),
    )  # fmt: skip
    assert [report.fraction for report in reports] == pytest.approx([2 / 6, 3 / 6, 5 / 6, 1])
    rates = [report.learning_rate[0] for report in reports]
    assert rates == pytest.approx([9 / 12, 7 / 12, 3 / 12, 1 / 12])
    assert reports[1].loss[0] == run.history["running_loss"][1]
    assert [report.epoch for report in reports] == [0, 0, 1, 1]


@pytest.mark.parametrize("name", ["callbacks", "on_steps"])
@pytest.mark.parametrize("given_hooks", [print, [3], None, "print"])
def test_hooks_must_be_lists_of_functions(name, given_hooks):
    with pytest.raises(ArgumentError, match=f"{name} must be a list of functions; got"):
        cp.Hooks(**{name: given_hooks})


def test_an_error_in_a_callback_comes_through(network, moons):
    def fail(_):
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        training.train(network, *moons, epochs=2, hooks=cp.Hooks(callbacks=[fail]))


def test_training_works_in_a_thread(network, moons, same):
    results = []
    thread = threading.Thread(
        target=lambda: results.append(training.train(network, *moons, epochs=2))
    )
    thread.start()
    thread.join()
    same(results[0], training.train(network, *moons, epochs=2))


# ------------------------------------------------------------------------------- learning


def test_on_the_moons_a_rate_of_a_half_kills_and_a_twentieth_learns():
    from sklearn.datasets import make_moons

    X, y = make_moons(200, noise=0.1, random_state=0)
    net = cp.Network([2, 4, 4, 1], hidden="relu", output="sigmoid")
    runs = cp.train_population(
        net,
        X,
        y,
        grid(learning_rate=[0.5, 0.05], seed=range(6)),
        optimizer="sgd",
        batch_size=1,
        epochs=12,
    )
    accuracy = np.array([run.history["train_accuracy"][-1] for run in runs]).reshape(2, 6)
    assert (accuracy[0] == 0.5).all()
    for dead in runs[:6]:
        assert np.ptp(dead.network.predict(X)) == 0
        assert dead.history["train_loss"][-1] > 0.69
    assert (accuracy[1] > 0.95).sum() >= 2
    assert runs.best.learning_rate == 0.05


def test_a_line_is_found(line):
    run = training.train(
        cp.Network([1, 1]), *line, epochs=200, learning_rate=0.1, batch_size="full"
    )
    np.testing.assert_allclose(run.network.parameters, [2, -0.5], atol=1e-3)
    assert run.history["train_r2"][-1] > 0.999


# ------------------------------------------------------------------------------- words and errors


def test_a_run_and_a_population_say_what_happened(network, moons):
    population = cp.train_population(
        network, *moons, grid(learning_rate=[0.1, 1e200]), optimizer="sgd", epochs=2, validation=0.2
    )
    words = repr(population)
    assert words.startswith(
        "Population(2 runs, 1 diverged; best: Run(2 epochs, sgd, learning rate 0.1, "
    )
    assert "batch 32, ended by epochs; kept epoch " in words
    for name in ("train_loss", "train_accuracy", "validation_loss", "validation_accuracy"):
        assert f"{name} {population[0].history[name][population[0].kept_epoch]:.4g}" in words
    assert "running_loss" not in words
    assert f"{population[0].engine} engine" in words
    assert "diverged at step 2 (epoch 1), at learning rate 1e+200: " in repr(population[1])


def test_a_run_knows_what_its_member_chose(network, moons):
    member = {"momentum": 0.5, "dropout": 0.3, "penalty": {"l2": 0.1}, "seed": 4}
    run = cp.train_population(
        network, *moons, [member], optimizer="momentum", penalty={"l1": 0.01}, epochs=1
    )[0]
    assert run.member == member
    assert run.settings.optimizer == {"name": "momentum", "momentum": 0.5}
    assert run.settings.penalty == {"l1": 0.01, "l2": 0.1}
    assert (run.settings.seed, run.seed) == (4, 4)
    assert set(run.network.architecture.dropout[:-1]) == {0.3}
    assert "dropout 0.3" in repr(run)
    start = cp.Network.of(run.network.architecture, network.architecture.initial_parameters(4))
    again = training.train(start, *moons, run.settings)
    np.testing.assert_array_equal(again.network.parameters, run.network.parameters)


def test_the_kept_epoch_is_the_one_whose_parameters_are_returned(network, moons):
    options = {"epochs": 6, "learning_rate": 5.0, "record_weights": "epoch"}
    last = training.train(network, *moons, **options)
    assert last.best_epoch < 6
    best = training.train(network, *moons, **options, restore_best=True)
    assert (last.kept_epoch, best.kept_epoch) == (6, best.best_epoch)
    for run in (last, best):
        np.testing.assert_array_equal(run.network.parameters, run.weights[run.kept_epoch])
    assert last.batch_size == 32


def test_the_running_loss_leaves_out_the_step_that_failed(moons):
    net = cp.Network([2, 3, 1], output="sigmoid")
    with pytest.warns(UserWarning, match="diverged"):
        run = training.train(
            net, *moons, epochs=1, learning_rate=1e200, optimizer="sgd", batch_size=20
        )
    first = moons[0][randomness.permutation(0, 0, len(moons[0]))[:20]]
    targets = moons[1][randomness.permutation(0, 0, len(moons[0]))[:20]]
    p = net.predict(first)[:, 0]
    expected = -np.mean(targets * np.log(p) + (1 - targets) * np.log(1 - p))
    assert run.history["running_loss"][1] == pytest.approx(expected, rel=1e-12)


def test_a_population_is_a_sequence_of_its_runs(network, moons):
    population = cp.train_population(network, *moons, grid(seed=[1, 2]), epochs=1)
    assert len(population) == len(list(population)) == 2
    assert population[1].seed == 2
    assert population[-1] is population.runs[1]


@pytest.mark.parametrize(
    ("losses", "best"),
    [([[3, 2], [3, 1]], 1), ([[3, 1], [1, 3]], 0), ([[np.nan, np.inf], [5, 9]], 1),
     ([[np.nan, np.nan], [np.nan, np.nan]], 0)],
)  # fmt: skip
def test_the_best_run_has_the_lowest_finite_watched_loss(network, moons, losses, best):
    population = cp.train_population(network, *moons, [{}, {}], epochs=1)
    for run, values in zip(population, losses, strict=True):
        run.history["train_loss"][:] = values
    assert population.best is population[best]


def test_what_cannot_be_learned_from_is_refused_before_anything_starts(network, moons):
    X, y = moons
    with pytest.raises(DataError, match="X must have 2 features"):
        training.train(network, X[:, :1], y)
    with pytest.raises(DataError, match="y must lie between 0 and 1"):
        training.train(network, X, y + 1)
    with pytest.raises(ArgumentError, match="needs output='softmax'"):
        training.train(network, X, y, loss="categorical_cross_entropy")
    with pytest.raises(ArgumentError, match=r"'epoch' is not a setting.*'epochs'"):
        training.train(network, X, y, epoch=1)


def test_one_blas_thread_computes_and_the_number_before_comes_back(network, moons):
    def threads():
        return {pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"}

    seen = []
    with threadpool_limits(2, user_api="blas"):
        before = threads()
        hooks = cp.Hooks(callbacks=[lambda _: seen.append(threads())])
        training.train(network, *moons, epochs=1, hooks=hooks)
        assert threads() == before
    assert seen == [{1}]


def test_every_how_many_epochs_may_be_a_number_of_numpys(network, moons):
    plain, numpys = (
        training.train(network, *moons, epochs=5, record_weights=every)
        for every in (2, np.int64(2))
    )
    assert plain.weight_steps.tolist() == numpys.weight_steps.tolist()
    assert len(plain.weights) == 4
