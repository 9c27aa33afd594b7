"""The diagnosis of a training on a table: kept with it, told in its report, read back."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from clearprop.errors import Interrupted
from clearprop.report.contents import Report as Contents
from clearprop.runs import Job, RunDirectory, TableOptions
from clearprop.runs.report_contents import report_contents
from clearprop.runs.stored import stored_run
from clearprop.runs.table_training import finish, prepare_table, train_on_table
from clearprop.training import Hooks

X = np.random.default_rng(0).normal(size=150)
TABLE = pa.table({"x": X, "target": np.where(X > 0.3, "yes", "no")})
SLOW = {"learning_rate": 1e-6, "epochs": 20}


def trained(table=TABLE, **options):
    chosen = TableOptions(hidden=(8,), training=SLOW, **options)
    prepared = prepare_table(table, chosen)
    return finish(prepared, chosen, train_on_table(prepared, chosen, Hooks()))


def test_it_is_made_once_and_handed_to_the_report_as_plain_text():
    result = trained()
    assert result.diagnosis is result.diagnosis
    contents = report_contents(result, "t.csv", "command", "model", TABLE)
    assert isinstance(contents, Contents)
    ((title, cause, evidence, remedy),) = contents.diagnosis
    assert title == "rate too low"
    assert cause.startswith("The learning rate 1e-06 (adam, batch 32) is too low")
    assert evidence.endswith("all layers, epochs 1 to 20")
    assert remedy == "Raise the learning rate."


def test_training_rows_of_a_single_class_are_diagnosed_by_the_run_alone():
    result = trained(test=0.0, validation=0.0)
    result.prepared.train.y[:] = 1.0
    assert "majority_class" in result.diagnosis.unchecked


def test_a_run_that_was_stopped_is_read_back_and_diagnosed(tmp_path):
    import os
    import signal

    path = tmp_path / "t.csv"
    path.write_text("x,target\n" + "".join(f"{x},{'yes' if x > 0.3 else 'no'}\n" for x in X))
    options = TableOptions(hidden=(8,), training={"learning_rate": 1e-6, "epochs": 5000})
    directory = RunDirectory(tmp_path / "run")
    calls = []

    def stop(report):
        calls.append(report.epoch)
        if report.epoch == 8 and calls.count(8) == 1:
            os.kill(os.getpid(), signal.SIGINT)

    with pytest.raises(Interrupted):
        Job(str(path), options, directory).start([stop])
    before = directory.checkpoint.read_bytes()
    result = stored_run(directory)
    assert result.run.epochs < 20
    assert [each.symptom for each in result.diagnosis.findings] == ["rate_too_low"]
    assert directory.checkpoint.read_bytes() == before
