"""The main job from end to end: a table goes in; a model, a report and a verdict come out."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from clearprop import _checks
from clearprop.errors import DataError, FileError, Interrupted
from clearprop.formats import save_model
from clearprop.rates import Choice
from clearprop.report import write_report
from clearprop.runs.directory import RunDirectory, Task
from clearprop.runs.options import TableOptions
from clearprop.runs.report_contents import report_contents
from clearprop.runs.summary import summary
from clearprop.runs.table_training import (
    TableRun,
    check_training,
    choose_rate,
    finish,
    prepare_table,
    train_on_table,
)
from clearprop.storage import locked
from clearprop.tables import BUNDLED, Prepared, load_bundled, read_table, write_csv
from clearprop.training import Checkpoint, Hooks, Report
from clearprop.training.loop import Callback

__all__ = ["Job", "open_table"]


def open_table(source: str) -> Any:
    """A bundled table by its name, or one from a file."""
    if source in BUNDLED and not Path(source).exists():
        return load_bundled(source)
    if not Path(source).exists() and "." not in Path(source).name:
        hint = _checks.closest(source, BUNDLED)
        raise FileError(
            f"there is no file {source}, and no bundled table of that name; "
            f"the bundled ones are {', '.join(BUNDLED)}{hint}"
        )
    return read_table(source)


@dataclass(frozen=True)
class Job:
    """A training on a table, in a run directory.

    Attributes:
        source: a file, or the name of a bundled table.
        options: how to train.
        directory: where to leave everything.
        command: the command line that gives this training again, for the report.
    """

    source: str
    options: TableOptions
    directory: RunDirectory
    command: str = ""

    def start(
        self, on_steps: Sequence[Callback] = (), *, overwrite: bool = False
    ) -> dict[str, Any]:
        """Train from the beginning; the summary of what came of it.

        Raises:
            ClearpropError: the input or a choice cannot be used; nothing was written then.
            Interrupted: stopped by a signal; the best network so far and the state are kept.
        """
        table = open_table(self.source)
        prepared = prepare_table(table, self.options)
        check_training(prepared, self.options)  # before anything is written
        with self.directory.held(overwrite=overwrite):
            self.directory.write_run(self._task(prepared), None)
            return self._train(table, prepared, on_steps)

    @classmethod
    def resume(cls, directory: RunDirectory, on_steps: Sequence[Callback] = ()) -> dict[str, Any]:
        """Go on with a training that was stopped or killed; the summary of what came of it."""
        task = directory.read_run()
        command = f"clearprop train --resume {shlex.quote(str(directory.path))}"
        job = cls(task.source, task.options, directory, command)
        table = open_table(task.source)
        prepared = prepare_table(table, task.options)
        if prepared.fingerprint != task.table_sha256:
            raise DataError(
                f"the data in {task.source} is not what {directory.path} was started with; "
                "bring the old table back, or train anew"
            )
        with locked(directory.path):
            return job._train(table, prepared, on_steps)

    def _task(self, prepared: Prepared) -> Task:
        """What must be known to resume, from whatever directory."""
        bundled = self.source in BUNDLED and not Path(self.source).exists()
        place = self.source if bundled else str(Path(self.source).absolute())
        return Task(place, prepared.fingerprint, self.options)

    def _train(
        self, table: Any, prepared: Prepared, on_steps: Sequence[Callback]
    ) -> dict[str, Any]:
        choice = self._choice(prepared, on_steps)
        hooks = Hooks(
            on_steps=on_steps, checkpoint=Checkpoint(self.directory.checkpoint, resume=True)
        )
        try:
            run = train_on_table(prepared, self.options, hooks, choice)
        except Interrupted as stop:
            self._write(table, finish(prepared, self.options, stop.runs[0], choice))
            raise
        return self._write(table, finish(prepared, self.options, run, choice))

    def _choice(self, prepared: Prepared, on_steps: Sequence[Callback]) -> Choice | None:
        """The choice that was made before the run was stopped, or a new one."""
        made = self.directory.read_choice()
        if made is not None:
            return made
        listeners = [partial(_best_of, listener) for listener in on_steps]
        choice = choose_rate(prepared, self.options, listeners)
        if choice is not None:
            self.directory.write_choice(choice)
        return choice

    def _write(self, table: Any, result: TableRun) -> dict[str, Any]:
        """Model, history, report and summary into the run directory."""
        directory, described = self.directory, summary(result)
        about = {key: described[key] for key in ("task", "epochs", "kept_epoch", "test", "seed")}
        save_model(
            directory.model,
            result.run.network,
            schema=result.prepared.schema.to_json(),
            about={**about, "source": self.source},
        )
        write_csv(dict(result.run.history), directory.history)
        command = self.command or f"clearprop train {shlex.quote(self.source)}"
        contents = report_contents(result, self.source, command, str(directory.model), table)
        write_report(directory.report, contents)
        described = {
            "model": str(directory.model),
            "report": str(directory.report),
            "run": str(directory.path),
            **described,
        }
        self.directory.write_run(self._task(result.prepared), described)
        return described


def _best_of(listener: Callback, report: Report) -> None:
    """Tell of the best of many trainings as if it were alone."""
    loss = np.where(np.isfinite(report.loss), report.loss, np.inf)
    best = slice(int(np.argmin(loss)), int(np.argmin(loss)) + 1)
    listener(replace(report, loss=report.loss[best], learning_rate=report.learning_rate[best]))
