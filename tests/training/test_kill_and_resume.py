"""Killed anywhere, resumed to the same bits; stopped by a signal, kept and said."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap

import numpy as np
import pytest

import clearprop as cp
from clearprop import training
from clearprop.engines.native import NativeEngine
from clearprop.engines.reference import ReferenceEngine
from clearprop.errors import Interrupted

TRAINING = textwrap.dedent(
    """
    import os, random, signal, sys
    from pathlib import Path
    import numpy as np
    from sklearn.datasets import make_moons
    import clearprop as cp
    import clearprop.training, filelock
    from clearprop.errors import Interrupted
    from clearprop.engines.native import NativeEngine
    from clearprop.engines.reference import ReferenceEngine

    for engine in (NativeEngine, ReferenceEngine):
        engine.steps_per_call = lambda *_: 3  # of eight an epoch: checkpoints in the middle
    X, y = make_moons(80, noise=0.2, random_state=0)
    net = cp.Network([2, 6, 4, 1], output="sigmoid", dropout=0.2, seed=1)
    members = [{}, {"seed": 7}, {"learning_rate": 1e200}, {"learning_rate": 1e-7}]

    def train(path=None):
        hooks = path and cp.Hooks(checkpoint=cp.Checkpoint(path, resume=True, seconds=0))
        return cp.train_population(
            net, X, y, members, optimizer="adam", learning_rate=0.02, batch_size=8, epochs=7,
            schedule={"name": "cosine", "warm_up": 0.1}, validation=0.2, penalty={"l2": 1e-3},
            early_stopping={"patience": 3, "least_improvement": 1e-4}, reduce_on_plateau=True,
            record_weights=2, hooks=hooks,
        )

    def bits(population):
        parts = [(run.network.parameters, run.weights, run.best_epoch, run.ending, run.diverged,
                  *run.history.values()) for run in population]
        return repr([[np.asarray(part).tobytes() if isinstance(part, np.ndarray) else part
                      for part in run] for run in parts])
    """
)

KILLS = TRAINING + textwrap.dedent(
    """
    directory, expected = Path(sys.argv[1]), bits(train())
    assert len({run.ending for run in train()}) == 3

    def killed_at(k):  # the k-th call to the system never returns
        left = [k]
        def watched(real):
            def call(*args, **kwargs):
                if left[0] == 0:
                    os.kill(os.getpid(), signal.SIGKILL)
                left[0] -= 1
                return real(*args, **kwargs)
            return call
        for name in ("write", "fsync", "replace", "link", "unlink"):
            setattr(os, name, watched(getattr(os, name)))

    def sitting(path, k):  # one process: trains until it is done, or dead
        child = os.fork()
        if child == 0:
            try:
                if k is not None:
                    killed_at(k)
                os._exit(0 if bits(train(path)) == expected else 3)
            finally:
                os._exit(4)
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])

    kills = 0
    for seed in range(6):
        path, draw = directory / f"{seed}.ckpt", random.Random(seed)
        for _ in range(200):
            code = sitting(path, draw.randrange(5, 60))
            if code != -signal.SIGKILL:
                break
            kills += 1
        assert code == 0, (seed, code)
        assert sitting(path, None) == 0
        assert sorted(p.name for p in directory.glob(f"*{seed}.ckpt*")) == [
            f".{seed}.ckpt.lock", f"{seed}.ckpt", f"{seed}.ckpt.previous"]
    print(kills)
    """
)

STOPPED = TRAINING + textwrap.dedent(
    """
    kind, times, path = getattr(signal, sys.argv[1]), int(sys.argv[2]), sys.argv[3]
    calls = []
    def interrupt(report):
        calls.append(report)
        if len(calls) == 5:
            for _ in range(times):
                os.kill(os.getpid(), kind)
        if len(calls) > 5:
            print("went on", flush=True)
    hooks = cp.Hooks(on_steps=[interrupt], checkpoint=path)
    try:
        cp.train(net, X, y, learning_rate="fixed", epochs=50, batch_size=8, hooks=hooks)
    except Interrupted as stop:
        print(str(stop), stop.signal, stop.runs[0].ending, flush=True)
        sys.exit(128 + stop.signal)
    """
)


def python(script, *arguments):
    """Run a script in a child: one thread for BLAS, and no coverage that a kill would lose."""
    env = {key: value for key, value in os.environ.items() if not key.startswith("COV")}
    return subprocess.run(
        [sys.executable, "-W", "error", "-c", script, *map(str, arguments)],
        env=env | {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        check=False,
    )


def test_killed_at_random_points_and_resumed_ends_with_the_same_bits(tmp_path):
    done = python(KILLS, tmp_path)
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) >= 20


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM"])
def test_a_signal_stops_a_process_with_its_state_kept(tmp_path, name):
    path = tmp_path / "run.ckpt"
    done = python(STOPPED, name, 1, path)
    number = getattr(signal, name)
    assert done.returncode == 128 + number, done.stderr
    assert done.stdout.strip() == (
        f"training was stopped in epoch 2 of 50; its state is in {path} {int(number)} interrupted"
    )
    assert path.exists()


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM"])
def test_a_second_signal_acts_at_once(tmp_path, name):
    done = python(STOPPED, name, 2, tmp_path / "run.ckpt")
    assert done.returncode == -getattr(signal, name)
    assert "went on" not in done.stdout
    assert not (tmp_path / "run.ckpt.previous").exists()  # only the start was kept


# ------------------------------------------------------------------------------- in this process


@pytest.fixture(params=[signal.SIGINT, signal.SIGTERM])
def number(request):
    return request.param


def after(calls, number):
    """A callback that sends this process a signal at its n-th call."""
    left = [calls]

    def send(_):
        left[0] -= 1
        if left[0] == 0:
            os.kill(os.getpid(), number)

    return send


@pytest.mark.parametrize("calls", [1, 2, 5])
def test_a_stopped_training_resumes_to_the_same_bits(
    network, moons, tmp_path, same, number, calls, short_calls
):
    options = {"epochs": 3, "batch_size": 9, "optimizer": "nadamw", "schedule": "one_cycle"}
    path = tmp_path / "run.ckpt"
    hooks = cp.Hooks(on_steps=[after(calls, number)], checkpoint=path)
    before = [signal.getsignal(each) for each in (signal.SIGINT, signal.SIGTERM)]
    with pytest.raises(Interrupted, match=r"stopped in epoch \d of 3; its state is in") as caught:
        training.train(network, *moons, hooks=hooks, **options)
    assert [signal.getsignal(each) for each in (signal.SIGINT, signal.SIGTERM)] == before
    assert caught.value.signal == number
    (run,) = caught.value.runs
    assert run.ending == "interrupted"
    assert np.isfinite(run.network.parameters).all()
    hooks = cp.Hooks(checkpoint=cp.Checkpoint(path, resume=True))
    same(
        training.train(network, *moons, hooks=hooks, **options),
        training.train(network, *moons, **options),
    )


def test_without_a_checkpoint_the_runs_so_far_are_handed_over(network, moons, number):
    hooks = cp.Hooks(callbacks=[after(3, number)])
    with pytest.raises(Interrupted, match=r"stopped in epoch 4 of 9$") as caught:
        training.train(network, *moons, epochs=9, hooks=hooks)
    (run,) = caught.value.runs
    assert run.epochs == 3
    expected = training.train(network, *moons, epochs=9, record_weights="epoch").weights[3]
    np.testing.assert_array_equal(run.network.parameters, expected)


def test_an_interrupted_run_hands_over_its_best_where_that_is_restored(network, moons, number):
    X, y = moons
    hooks = cp.Hooks(callbacks=[after(4, number)])
    with pytest.raises(Interrupted) as caught:
        training.train(
            network, X, y, validation=(X, 1 - y), learning_rate=0.1, epochs=9, hooks=hooks
        )
    (run,) = caught.value.runs
    assert run.best_epoch == np.argmin(run.history["validation_loss"]) < 4


def test_a_signal_in_the_last_step_is_not_swallowed(network, moons, number, same):
    hooks = cp.Hooks(callbacks=[after(2, number)])
    with pytest.raises(Interrupted, match=r"stopped in epoch 2 of 2$") as caught:
        training.train(network, *moons, epochs=2, hooks=hooks)
    same(caught.value.runs[0], training.train(network, *moons, epochs=2))


def test_a_second_ctrl_c_raises_at_once(network, moons):
    calls = []

    def twice(_):
        calls.append(1)
        os.kill(os.getpid(), signal.SIGINT)
        os.kill(os.getpid(), signal.SIGINT)
        pytest.fail("the second signal did not act")

    with pytest.raises(KeyboardInterrupt) as caught:
        training.train(network, *moons, epochs=9, hooks=cp.Hooks(callbacks=[twice]))
    assert not isinstance(caught.value, Interrupted)
    assert calls == [1]


def test_a_signal_that_is_ignored_stays_ignored(network, moons):
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        hooks = cp.Hooks(callbacks=[after(1, signal.SIGINT)])
        assert training.train(network, *moons, epochs=3, hooks=hooks).epochs == 3
        assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGINT, before)


def test_the_callers_handlers_come_back_when_the_training_fails(network, moons, monkeypatch):
    def handler(*_):
        """The caller's own."""

    before = signal.signal(signal.SIGTERM, handler)
    try:
        for engine in (NativeEngine, ReferenceEngine):
            monkeypatch.setattr(engine, "run", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            training.train(network, *moons, epochs=1)
        assert signal.getsignal(signal.SIGTERM) is handler
    finally:
        signal.signal(signal.SIGTERM, before)
