"""`learning_rate="auto"`: chosen, told, kept with the run, and the same when it is resumed."""

from __future__ import annotations

import json
import os
import signal

import numpy as np
import pyarrow as pa
import pytest

import clearprop.runs.job as job_module
from clearprop.errors import FileError, Interrupted
from clearprop.runs import Job, RunDirectory, TableOptions
from clearprop.runs.table_training import choose_rate, finish, prepare_table, train_on_table
from clearprop.runs.verdict import verdict
from clearprop.training import Hooks

AUTO = {"epochs": 20, "learning_rate": "auto"}


@pytest.fixture
def job(tmp_path):
    options = TableOptions(hidden=(16,), dropout=0, training=AUTO)
    return Job("iris", options, RunDirectory(tmp_path / "run"))


def test_the_rate_is_chosen_unless_one_is_given():
    assert TableOptions().chooses_rate
    assert TableOptions(training={"learning_rate": "auto"}).chooses_rate
    assert not TableOptions(training={"learning_rate": 0.01}).chooses_rate
    assert not TableOptions(training={"learning_rate": None}).chooses_rate
    assert not TableOptions(training={"optimizer": "prodigy"}).chooses_rate


@pytest.mark.parametrize(
    ("training", "schedule"),
    [
        ({}, "cosine"),
        ({"optimizer": "prodigy"}, "cosine"),
        ({"optimizer": "schedule_free_adamw"}, "constant"),
        ({"optimizer": {"name": "schedule_free_adamw", "beta1": 0.8}}, "constant"),
        ({"optimizer": "schedule_free_adamw", "schedule": "wsd"}, "wsd"),
    ],
)
def test_the_schedule_is_that_which_the_update_rule_wants_unless_one_is_named(training, schedule):
    assert TableOptions(training=training).settings().schedule == schedule


def test_the_chosen_rate_is_trained_with_and_told(job):
    result = job.start()
    choice = result["choice"]
    assert choice["reliable"]
    assert result["learning_rate"] == choice["rate"]
    assert choice["verdict"] in result["verdict"]
    assert choice["cost_in_full_runs"] > 0
    assert json.loads(json.dumps(result, allow_nan=False)) == result
    assert "chosen by trainings" in job.directory.report.read_text()


def test_a_rate_that_is_given_is_not_chosen(tmp_path):
    options = TableOptions(hidden=(16,), training={**AUTO, "learning_rate": 0.02})
    result = Job("iris", options, RunDirectory(tmp_path / "run")).start()
    assert result["choice"] is None
    assert result["learning_rate"] == 0.02
    assert not (tmp_path / "run" / "choice.json").exists()


def test_where_nothing_can_be_learned_the_verdict_says_so_and_a_default_is_used():
    rng = np.random.default_rng(0)
    table = pa.table({"x": rng.normal(size=300), "z": rng.normal(size=300),
                      "target": rng.permutation(["a", "b"] * 150)})  # fmt: skip
    options = TableOptions(hidden=(8,), training={"epochs": 30, "learning_rate": "auto"})
    prepared = prepare_table(table, options)
    choice = choose_rate(prepared, options)
    run = train_on_table(prepared, options, Hooks(), choice)
    assert run.learning_rate == 0.003
    said = " ".join(verdict(finish(prepared, options, run, choice)))
    assert "No reliable answer: at no rate" in said


def test_a_table_without_validation_rows_holds_some_out_for_the_choice():
    options = TableOptions(hidden=(16,), validation=0, training=AUTO)
    prepared = prepare_table(job_module.open_table("iris"), options)
    assert choose_rate(prepared, options).watched == "validation loss"


def test_resumed_after_the_choice_the_run_makes_no_other(job, monkeypatch):
    def stop(*arguments):
        raise Interrupted("stopped", 15, None)

    monkeypatch.setattr(job_module, "train_on_table", stop)
    with pytest.raises((Interrupted, TypeError)):
        job.start()
    monkeypatch.undo()
    made = job.directory.read_choice()
    assert made is not None
    monkeypatch.setattr(job_module, "choose_rate", None)  # calling it would fail
    result = Job.resume(job.directory)
    assert result["learning_rate"] == made.rate


def test_stopped_while_choosing_the_run_can_be_begun_again(job):
    seen = []

    def stop(report):
        seen.append(report.loss.shape)
        if len(seen) == 2:
            os.kill(os.getpid(), signal.SIGTERM)

    with pytest.raises(Interrupted, match="learning rate was being chosen") as stopped:
        job.start([stop])
    assert stopped.value.runs is None
    assert seen == [(1,)] * 2
    assert not job.directory.model.exists()
    assert Job.resume(job.directory)["choice"]["reliable"]


def test_a_new_run_in_an_old_directory_chooses_anew(job):
    job.start()
    first = job.directory.read_choice()
    other = Job("wine", job.options, job.directory)
    assert other.start(overwrite=True)["choice"] != first.to_json()


def test_a_damaged_choice_is_told(job):
    job.start()
    (job.directory.path / "choice.json").write_text("{")
    with pytest.raises(FileError, match=r"choice\.json is damaged; train again"):
        Job.resume(job.directory)
