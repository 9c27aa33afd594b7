"""A journal: killed anywhere, a sweep goes on and ends the same."""

from __future__ import annotations

import json
import os
import signal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import clearprop as cp
from clearprop.errors import ArgumentError, DamagedFileError, Interrupted, LockedError, WriteError
from clearprop.rates.trial import Trial
from clearprop.storage import locked
from clearprop.storage.lines import append_lines, read_lines

X = np.linspace(-1, 1, 24)[:, None]
Y = X**2


def swept(directory, **choices):
    usual = {"learning_rates": [0.01, 0.1], "seeds": 2, "batch_sizes": [4, 8], "epochs": 3}
    network = cp.Network([1, 3, 1], hidden="tanh", seed=5)
    return cp.sweep(network, X, Y, journal=directory, optimizer="sgd", **{**usual, **choices})


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    directory = tmp_path_factory.mktemp("journal")
    return swept(directory), (directory / "trials.jsonl").read_bytes()


def test_a_journal_changes_no_result(whole, tmp_path):
    assert swept(None).cells == whole[0].cells


def test_nothing_but_trials_stays_behind(tmp_path):
    swept(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == [".lock", "trials.jsonl"]


@settings(max_examples=25, deadline=None)
@given(share=st.floats(0, 1))
def test_killed_at_any_byte_the_sweep_ends_the_same(whole, tmp_path_factory, share):
    found, contents = whole
    directory = tmp_path_factory.mktemp("killed")
    (directory / "trials.jsonl").write_bytes(contents[: round(share * len(contents))])
    assert swept(directory).cells == found.cells
    assert sorted((directory / "trials.jsonl").read_bytes().split(b"\n")) == sorted(
        contents.split(b"\n")
    )


def test_what_is_in_the_journal_is_not_trained_again(whole, tmp_path, monkeypatch):
    (tmp_path / "trials.jsonl").write_bytes(whole[1])
    monkeypatch.setattr("clearprop.training.loop.Loop.run", None)  # calling it would fail
    assert swept(tmp_path).cells == whole[0].cells


def test_a_sweep_can_grow(whole, tmp_path):
    (tmp_path / "trials.jsonl").write_bytes(whole[1])
    found = swept(tmp_path, learning_rates=[0.01, 0.1, 0.3])
    assert len(found.cells) == 12
    assert found.cells == swept(None, learning_rates=[0.01, 0.1, 0.3]).cells


def test_stopped_within_a_population_it_goes_on_from_there(whole, tmp_path):
    def stop(report):
        if report.epoch == 0:
            os.kill(os.getpid(), signal.SIGTERM)

    with pytest.raises(Interrupted):
        swept(tmp_path, on_steps=[stop])
    assert list(tmp_path.glob("population-*.safetensors"))
    seen = []
    assert swept(tmp_path, on_steps=[lambda r: seen.append(r.epoch)]).cells == whole[0].cells
    assert seen[0] == 1
    assert not list(tmp_path.glob("population-*"))


@pytest.mark.parametrize(
    ("choices", "named"),
    [
        ({"epochs": 4}, "settings"),
        ({"seeds": [0, 1]}, "own_start"),
        ({"sample_weight": np.arange(1, 25)}, "data"),
    ],
)
def test_the_journal_of_another_sweep_is_refused(whole, tmp_path, choices, named):
    (tmp_path / "trials.jsonl").write_bytes(whole[1])
    with pytest.raises(ArgumentError, match=f"belongs to another sweep .*{named}"):
        swept(tmp_path, **choices)


def test_one_process_at_a_time(tmp_path):
    with locked(tmp_path), pytest.raises(LockedError):
        swept(tmp_path)


def test_a_place_that_cannot_be_made_is_refused(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(WriteError, match="cannot make"):
        swept(tmp_path / "file")


def test_damage_is_told(whole, tmp_path):
    path = tmp_path / "trials.jsonl"
    path.write_bytes(whole[1] + b'{"optimizer": "sgd"}\n')
    with pytest.raises(DamagedFileError, match="a line is no trial"):
        swept(tmp_path)
    path.write_bytes(whole[1] + b"[1]\n")
    with pytest.raises(DamagedFileError, match="is no JSON object"):
        swept(tmp_path)
    path.write_bytes(whole[1] + b"{torn\n")
    with pytest.raises(DamagedFileError, match=r"line \d+ is no JSON object"):
        swept(tmp_path)


losses = st.lists(st.floats(allow_infinity=False), min_size=1, max_size=5).map(tuple)


@given(losses, st.none() | losses, st.none() | st.floats(0, 1))
def test_a_trial_is_the_same_after_json(train, validation, reversals):
    trial = Trial("sgd", 4, 0.1, 7, train, validation, 0, None, reversals, ((0.5, 1e-9),), (3,))
    again = Trial.from_json(json.loads(json.dumps(trial.to_json(), allow_nan=False)))
    assert repr(again) == repr(trial)  # a NaN is not equal to itself


def test_lines_that_are_appended_can_be_read(tmp_path):
    path = tmp_path / "lines"
    assert read_lines(path) == []
    append_lines(path, [{"a": 1}, {"b": None}])
    append_lines(path, [])
    append_lines(path, [{"c": "é\n"}])
    assert read_lines(path) == [{"a": 1}, {"b": None}, {"c": "é\n"}]


def test_a_torn_line_is_cut_off_by_the_next_writer(tmp_path):
    path = tmp_path / "lines"
    path.write_bytes(b'{"a": 1}\n{"b": "longer than what comes next')
    assert read_lines(path) == [{"a": 1}]
    append_lines(path, [{"c": 3}])
    assert path.read_bytes() == b'{"a": 1}\n{"c":3}\n'


def test_a_full_disk_leaves_the_lines_before(tmp_path, monkeypatch):
    path = tmp_path / "lines"
    append_lines(path, [{"a": 1}])

    def full(handle):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(WriteError, match="no space left on device; the lines before are whole"):
        append_lines(path, [{"b": 2}])
    assert read_lines(path) == [{"a": 1}]


def test_a_missing_directory_is_told(tmp_path):
    with pytest.raises(WriteError, match="cannot write"):
        append_lines(tmp_path / "none" / "lines", [{"a": 1}])
