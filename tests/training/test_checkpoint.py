"""The state of a training on disk: whole, checked, and only for the training that it belongs to."""

from __future__ import annotations

import importlib
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import clearprop as cp
from clearprop import training
from clearprop.equations.updates import SLOTS
from clearprop.errors import (
    ArgumentError,
    DamagedFileError,
    FileError,
    LockedError,
    NewerFileError,
)
from clearprop.storage import load_tensors, save_tensors
from clearprop.training import checkpoint as module

# The package's attribute of that name is the function.
train_module = importlib.import_module("clearprop.training.trainer")

OPTIONS = {
    "epochs": 4, "batch_size": 8, "optimizer": "adam", "schedule": "cosine", "early_stopping": 9,
    "reduce_on_plateau": {"patience": 1, "least_improvement": 10}, "validation": 0.25,
    "record_weights": "epoch", "learning_rate": 0.05,
}  # fmt: skip


@pytest.fixture
def dropping():
    return cp.Network([2, 5, 4, 1], output="sigmoid", dropout=0.3, seed=2)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "run.ckpt"


class CutOffError(Exception):
    """The training was cut off on purpose."""


def cut(monkeypatch, after):
    """Training stops dead after so many checkpoints."""
    real, count = module.save_progress, [0]

    def save(*args):
        real(*args)
        count[0] += 1
        if count[0] == after:
            raise CutOffError

    monkeypatch.setattr(train_module, "save_progress", save)


def kept(path, *, resume=True, seconds=0.0):
    return cp.Hooks(checkpoint=cp.Checkpoint(path, resume=resume, seconds=seconds))


def cut_off(network, data, path, monkeypatch, after=3, **options):
    with monkeypatch.context() as patch:
        cut(patch, after)
        with pytest.raises(CutOffError):
            training.train(network, *data, hooks=kept(path), **options)


# ------------------------------------------------------------------------------- resuming


@pytest.mark.parametrize("rule", sorted(SLOTS))
@pytest.mark.parametrize("after", [1, 4, 7])
def test_a_resumed_training_has_the_bits_of_an_uninterrupted_one(
    dropping, moons, path, monkeypatch, same, short_calls, rule, after
):
    options = OPTIONS | {"optimizer": rule}
    whole = training.train(dropping, *moons, **options)
    cut_off(dropping, moons, path, monkeypatch, after, **options)
    resumed = training.train(dropping, *moons, hooks=kept(path), **options)
    same(resumed, whole)
    assert resumed.seconds > 0


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("record", [None, "step", 2])
def test_a_population_resumes_with_its_ended_members(moons, path, monkeypatch, same, dtype, record):
    net = cp.Network([2, 4, 1], output="sigmoid", dtype=dtype)
    members = [
        {},
        {"learning_rate": 1e200},
        {"seed": 3, "dropout": (0.5,)},
        {"learning_rate": 1e-9},
    ]
    options = {
        "epochs": 6, "optimizer": "sgd",
        "early_stopping": {"patience": 2, "least_improvement": 1e-4},
        "record_weights": record, "penalty": {"l2": 0.01},
    }  # fmt: skip
    whole = cp.train_population(net, *moons, members, **options)
    assert {run.ending for run in whole} == {"diverged", "early_stopping", "epochs"}
    with monkeypatch.context() as patch:
        cut(patch, 4)
        with pytest.raises(CutOffError):
            cp.train_population(net, *moons, members, hooks=kept(path), **options)
    resumed = cp.train_population(net, *moons, members, hooks=kept(path), **options)
    for run, other in zip(resumed, whole, strict=True):
        same(run, other)


def test_a_finished_training_comes_back_without_a_step(dropping, moons, path, same, monkeypatch):
    first = training.train(dropping, *moons, hooks=kept(path), **OPTIONS)
    monkeypatch.setattr(
        "clearprop.engines.reference.ReferenceEngine.run",
        lambda *_: pytest.fail("a step was taken"),
    )
    same(training.train(dropping, *moons, hooks=kept(path), **OPTIONS), first)


def test_a_checkpoint_changes_no_bit(dropping, moons, path, same):
    same(
        training.train(dropping, *moons, hooks=kept(path), **OPTIONS),
        training.train(dropping, *moons, **OPTIONS),
    )


def test_numpy_numbers_tuples_and_class_weights_can_be_resumed(moons, path, network, same):
    members = [{"seed": np.int64(3), "learning_rate": np.float32(0.1), "dropout": (0.1,)},
               {"dropout": np.array([0.2]), "seed": 1}]  # fmt: skip
    options = {
        "epochs": np.int64(2),
        "class_weight": {0: 1.0, 1: np.float64(2)},
        "shuffle": np.True_,
    }
    runs = [
        cp.train_population(network, *moons, members, hooks=kept(path), **options) for _ in range(2)
    ]
    same(runs[0][0], runs[1][0])


@pytest.mark.parametrize(("seconds", "saves"), [(0.0, 10), (1e9, 2)])
def test_a_checkpoint_is_written_as_often_as_asked_and_at_both_ends(
    network, moons, path, monkeypatch, seconds, saves
):
    count = []
    real = module.save_progress
    monkeypatch.setattr(
        train_module, "save_progress", lambda *args: (count.append(args), real(*args))
    )
    training.train(network, *moons, epochs=8, hooks=kept(path, seconds=seconds))
    assert len(count) == saves
    assert path.exists()


@pytest.mark.parametrize("form", [str, Path])
def test_a_plain_path_is_a_checkpoint(network, moons, path, form):
    training.train(network, *moons, epochs=1, hooks=cp.Hooks(checkpoint=form(path)))
    assert path.exists()


def test_a_bad_interval_is_refused(path):
    with pytest.raises(
        ArgumentError, match="seconds must be a finite number, zero or above; got -1"
    ):
        cp.Checkpoint(path, seconds=-1)


# ------------------------------------------------------------------------------- refusals


def test_an_existing_checkpoint_is_not_overwritten_unasked(network, moons, path):
    training.train(network, *moons, epochs=1, hooks=cp.Hooks(checkpoint=path))
    before = path.read_bytes()
    with pytest.raises(ArgumentError, match=r"run.ckpt exists; resume from it with .*resume=True"):
        training.train(network, *moons, epochs=1, hooks=cp.Hooks(checkpoint=path))
    assert path.read_bytes() == before
    path.rename(path.with_name("run.ckpt.previous"))
    with pytest.raises(ArgumentError, match="exists; resume"):
        training.train(network, *moons, epochs=1, hooks=cp.Hooks(checkpoint=path))


def altered(data, network, options, what):
    X, y = (array.copy() for array in data)
    if what == "data":
        X[3, 1] += 1e-12
    if what == "settings":
        options = options | {"batch_size": 9}
    if what == "architecture":
        network = cp.Network([2, 5, 4, 1], output="sigmoid", dropout=0.2, seed=2)
    if what == "start":
        network = network.copy()
        network.parameters[-1] += 1e-3
    if what == "validation":
        options = options | {"validation": (X[:5], y[:5])}
        what = "data"
    if what == "weights":
        options = options | {"sample_weight": np.arange(1.0, 61)}
        what = "data"
    return network, (X, y), options, what


@pytest.mark.parametrize(
    "what", ["data", "settings", "architecture", "start", "validation", "weights"]
)
def test_another_training_is_refused_and_told_what_differs(
    dropping, moons, path, monkeypatch, what
):
    cut_off(dropping, moons, path, monkeypatch, **OPTIONS)
    network, data, options, name = altered(moons, dropping, OPTIONS, what)
    with pytest.raises(ArgumentError, match=rf"another training: its {name} differs; resume with"):
        training.train(network, *data, hooks=kept(path), **options)


def test_everything_that_differs_is_named(dropping, moons, path):
    training.train(dropping, *moons, epochs=1, hooks=kept(path))
    other = cp.Network([2, 3, 1], output="sigmoid")
    with pytest.raises(
        ArgumentError, match="settings and members and architecture and start differ;"
    ):
        cp.train_population(other, *moons, [{"seed": 2}], epochs=2, hooks=kept(path))


def test_another_machine_is_warned_of_not_refused(dropping, moons, path, monkeypatch, same):
    whole = training.train(dropping, *moons, **OPTIONS)
    cut_off(dropping, moons, path, monkeypatch, **OPTIONS)
    monkeypatch.setattr(module, "environment", lambda: {"numpy": "0", "machine": "x", "blas": ""})
    with pytest.warns(UserWarning, match="this machine or its libraries are not those that wrote"):
        same(training.train(dropping, *moons, hooks=kept(path), **OPTIONS), whole)


def test_the_environment_names_what_bits_depend_on():
    assert module.environment() == module.environment()
    assert module.environment().keys() == {"numpy", "machine", "blas"}
    assert all(isinstance(value, str) for value in module.environment().values())


# ------------------------------------------------------------------------------- damage


def damage(path, how):
    data = path.read_bytes()
    if how == "missing":
        path.unlink()
    else:
        bad = {"empty": b"", "truncated": data[: len(data) // 2], "flipped": data[:-1] + b"\x7f"}
        path.write_bytes(bad[how])


@pytest.mark.parametrize("how", ["empty", "truncated", "flipped", "missing"])
def test_a_damaged_checkpoint_gives_way_to_the_one_before_with_a_warning(
    dropping, moons, path, monkeypatch, same, short_calls, how
):
    whole = training.train(dropping, *moons, **OPTIONS)
    cut_off(dropping, moons, path, monkeypatch, 4, **OPTIONS)
    damage(path, how)
    with pytest.warns(UserWarning, match=r"run.ckpt.*going on from run.ckpt.previous"):
        resumed = training.train(dropping, *moons, hooks=kept(path), **OPTIONS)
    same(resumed, whole)


def test_where_both_are_damaged_the_error_says_so(dropping, moons, path):
    training.train(dropping, *moons, hooks=kept(path), **OPTIONS)
    previous = path.with_name("run.ckpt.previous")
    damage(path, "truncated")
    damage(previous, "flipped")
    with (
        pytest.warns(UserWarning, match="going on from"),
        pytest.raises(DamagedFileError, match=r"run.ckpt.previous cannot be used"),
    ):
        training.train(dropping, *moons, hooks=kept(path), **OPTIONS)


def test_a_lone_damaged_checkpoint_is_an_error(dropping, moons, path):
    path.write_bytes(b"\x80\x04.")
    with pytest.raises(DamagedFileError, match="it is a pickle"):
        training.train(dropping, *moons, hooks=kept(path), **OPTIONS)


def test_a_newer_checkpoint_is_not_passed_over_for_an_older_one(dropping, moons, path, monkeypatch):
    training.train(dropping, *moons, hooks=kept(path), **OPTIONS)
    monkeypatch.setattr("clearprop.storage.tensors.FORMAT", 0)
    with pytest.raises(NewerFileError, match="upgrade clearprop"):
        training.train(dropping, *moons, hooks=kept(path), **OPTIONS)


def test_a_file_of_another_kind_is_refused(dropping, moons, path):
    save_tensors(path, "model", {}, {})
    with pytest.raises(DamagedFileError, match="it is a clearprop model, not a checkpoint"):
        training.train(dropping, *moons, hooks=kept(path), **OPTIONS)


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """A real checkpoint: its path, its arrays and its description."""
    path = tmp_path_factory.mktemp("written") / "run.ckpt"
    net = cp.Network([2, 2, 1], output="sigmoid")
    X = np.linspace(-1, 1, 8).reshape(4, 2)
    cp.train_population(
        net, X, [0, 1, 0, 1], [{}, {}], epochs=2, hooks=kept(path), record_weights="epoch"
    )
    return path, *load_tensors(path, module.KIND, module._expected)


def changed(written, arrays, metadata):
    path = written[0].with_name("changed.ckpt")
    save_tensors(path, module.KIND, arrays, metadata)
    return path


KEYS = (
    "task", "environment", "seconds", "epoch", "batch", "step", "members", "parameters", "dtype",
    "columns", "rows", "recorded",
)  # fmt: skip


@pytest.mark.parametrize("key", KEYS)
@pytest.mark.parametrize("value", ["gone", None, -1, 10**30, 1.5, "x", [], {}, [{}], [[1]], True])
def test_a_strangers_description_is_damage_not_a_crash(written, key, value):
    _, arrays, metadata = written
    assert metadata.keys() == set(KEYS)
    metadata = metadata | {key: value}
    if value == "gone":
        del metadata[key]
    if key == "environment" and value != "gone":
        with pytest.warns(UserWarning, match="this machine"):
            module.load_progress(changed(written, arrays, metadata), metadata["task"])
        return
    if key == "seconds" and value in (1.5, 10**30):
        assert module.load_progress(changed(written, arrays, metadata), metadata["task"])[
            1
        ] == float(value)
        return
    with pytest.raises(FileError, match=r"changed.ckpt cannot be used"):
        module.load_progress(changed(written, arrays, metadata), metadata.get("task"))


@pytest.mark.parametrize("ending", [-1, 6, 10**9])
def test_an_unknown_ending_is_damage(written, ending):
    _, arrays, metadata = written
    arrays = arrays | {"ending": np.array([0, ending])}
    with pytest.raises(DamagedFileError, match="an ending in it is unknown"):
        module.load_progress(changed(written, arrays, metadata), metadata["task"])


@pytest.mark.parametrize("name", ["parameters", "slot0", "watch.best_parameters", "loss_sum"])
def test_numbers_that_are_not_finite_are_damage(written, name):
    _, arrays, metadata = written
    bad = arrays[name].copy()
    bad.flat[0] = np.nan
    with pytest.raises(DamagedFileError, match=f"'{name}' holds numbers that are not finite"):
        module.load_progress(changed(written, arrays | {name: bad}, metadata), metadata["task"])


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.integers(0, 10**6), st.binary(min_size=1, max_size=3), st.booleans())
def test_a_flipped_checkpoint_is_never_believed(written, place, what, cut_there):
    path, _, metadata = written
    data = path.read_bytes()
    at = place % len(data)
    middle = bytes(a ^ b for a, b in zip(data[at:], what, strict=False))
    other = path.with_name("flipped.ckpt")
    other.write_bytes(data[:at] if cut_there else data[:at] + middle + data[at + len(middle) :])
    if other.read_bytes() == data:
        return
    with pytest.raises(FileError):
        module.load_progress(other, metadata["task"])


def test_a_checkpoint_that_cannot_be_written_stops_the_training_in_words(network, moons, tmp_path):
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(FileError, match="there is no directory"):
        training.train(network, *moons, epochs=1, hooks=kept(tmp_path / "file" / "run.ckpt"))


# ------------------------------------------------------------------------------- locks

HOLD = """
import sys
from clearprop.storage import locked
with locked(sys.argv[1]):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_two_processes_on_one_checkpoint_are_refused(network, moons, path):
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as holder:
        assert holder.stdout.readline() == b"held\n"
        with pytest.raises(LockedError, match=r"another process is using .*run.ckpt"):
            training.train(network, *moons, epochs=1, hooks=kept(path))
        holder.kill()
    training.train(network, *moons, epochs=1, hooks=kept(path))


def test_the_checkpoint_is_held_while_the_training_runs_and_not_after(network, moons, path):
    def second(_):
        with pytest.raises(LockedError):
            training.train(network, *moons, epochs=1, hooks=kept(path))

    hooks = cp.Hooks(callbacks=[second], checkpoint=path)
    training.train(network, *moons, epochs=2, hooks=hooks)
    training.train(network, *moons, epochs=2, hooks=kept(path))
