"""`Run.step_rates` against what the engine was given, step by step."""

from __future__ import annotations

import signal

import numpy as np
import pytest

import clearprop as cp
from clearprop.engines.native import NativeEngine
from clearprop.engines.reference import ReferenceEngine
from clearprop.errors import Interrupted

NAMES = ["constant", "cosine", "one_cycle", "cyclical", "wsd", "coslog4", "sgdr", "step"]
SCHEDULES = [*NAMES, *({"name": name, "warm_up": 0.2} for name in NAMES)]
PLATEAU = {"patience": 1, "factor": 0.7, "least_improvement": 0.03, "lowest": 0.05}


@pytest.fixture
def given(monkeypatch, short_calls):
    """Every (step, rates of all members) that any engine was called with."""
    calls = []

    def listen(engine):
        real = engine.run

        def run(self, plan, state, data, order, batches, rates, before=None):
            calls.append((state.step, rates.copy()))
            return real(self, plan, state, data, order, batches, rates, before)

        monkeypatch.setattr(engine, "run", run)

    listen(ReferenceEngine)
    listen(NativeEngine)
    return calls


def table(calls, members):
    """The rates of every step, `(members, steps)`; a call that was taken up again counts once."""
    steps = max(step + rates.shape[1] for step, rates in calls)
    result = np.full((members, steps), np.nan)
    for step, rates in calls:
        result[:, step : step + rates.shape[1]] = rates
    return result


@pytest.mark.parametrize("plateau", [None, PLATEAU], ids=["", "plateau"])
@pytest.mark.parametrize("schedule", SCHEDULES, ids=str)
def test_every_step_has_the_rate_that_the_engine_was_given(
    moons, network, given, schedule, plateau
):
    run = cp.train(
        network, *moons, epochs=12, batch_size=13, learning_rate=0.3, optimizer="sgd",
        schedule=schedule, reduce_on_plateau=plateau, engine="reference",
    )  # fmt: skip
    assert run.steps_per_epoch == 5
    assert run.step_rates.shape == (run.steps,) == (60,)
    np.testing.assert_array_equal(run.step_rates, table(given, 1)[0])
    np.testing.assert_array_equal(run.step_rates[4::5], run.history["learning_rate"][1:])
    planned = cp.train(
        network, *moons, epochs=12, batch_size=13, learning_rate=0.3, optimizer="sgd",
        schedule=schedule,
    )  # fmt: skip
    assert (run.step_rates != planned.step_rates).any() == (plateau is not None)


def test_members_that_stop_diverge_or_see_a_plateau_have_each_their_own(moons, network, given):
    members = [
        {"learning_rate": 0.3},
        {"learning_rate": 1e200},
        {"learning_rate": 1e-9},
        {"learning_rate": 2.0, "seed": 3},
    ]
    runs = cp.train_population(
        network, *moons, members, epochs=20, batch_size=13, optimizer="sgd", schedule="cosine",
        reduce_on_plateau=PLATEAU, validation=0.3,
        early_stopping={"patience": 4, "least_improvement": 1e-4},
    )  # fmt: skip
    assert {run.ending for run in runs} >= {"early_stopping", "diverged"}
    rates = table(given, len(members))
    for i, run in enumerate(runs):
        np.testing.assert_array_equal(run.step_rates, rates[i, : run.steps])
        if run.ending == "early_stopping":
            assert run.steps == run.epochs * run.steps_per_epoch
        if run.diverged:
            assert run.steps == run.diverged.step - (not run.diverged.grew)
    assert len({run.steps for run in runs}) >= 3


def test_a_run_that_was_stopped_and_resumed_has_the_rates_of_both_sittings(
    moons, network, given, tmp_path
):
    options = {
        "epochs": 8, "batch_size": 7, "optimizer": "sgd", "learning_rate": 0.2,
        "schedule": {"name": "cyclical", "warm_up": 0.1}, "reduce_on_plateau": PLATEAU,
    }  # fmt: skip
    kept = cp.Checkpoint(tmp_path / "run.ckpt", resume=True)

    def press_ctrl_c(_):
        if len(given) == 21:
            signal.raise_signal(signal.SIGINT)

    with pytest.raises(Interrupted) as stopped:
        cp.train(
            network, *moons, hooks=cp.Hooks(checkpoint=kept, on_steps=[press_ctrl_c]), **options
        )
    (half,) = stopped.value.runs
    assert half.ending == "interrupted"
    assert half.steps % half.steps_per_epoch  # in the middle of an epoch
    np.testing.assert_array_equal(half.step_rates, table(given, 1)[0])
    whole = cp.train(network, *moons, hooks=cp.Hooks(checkpoint=kept), **options)
    assert whole.steps == 8 * 9
    np.testing.assert_array_equal(whole.step_rates, table(given, 1)[0])
    np.testing.assert_array_equal(whole.step_rates[: half.steps], half.step_rates)


def test_a_training_that_diverges_at_once_took_no_step(moons, network):
    with pytest.warns(UserWarning, match="diverged at step 1 "):
        run = cp.train(network, *moons, optimizer="sgd", learning_rate=1e308, epochs=3,
                       batch_size=20, penalty={"l2": 1e10})  # fmt: skip
    assert run.steps == 0
    assert run.step_rates.shape == (0,)


def test_prodigy_records_its_rate_in_force_and_the_others_do_not(moons, network):
    run = cp.train(
        network, *moons, optimizer="prodigy", learning_rate=1.0, epochs=30, schedule="wsd"
    )
    d = run.history["adapted_rate"] / run.history["learning_rate"]
    assert d[0] == pytest.approx(1e-6, rel=1e-12)
    assert d[-1] > 1e-3
    assert (np.diff(d) >= -1e-12 * d[1:]).all()
    plain = cp.train(network, *moons, epochs=1, learning_rate=0.1)
    assert "adapted_rate" not in plain.history
