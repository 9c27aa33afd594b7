"""A run directory: everything one training on a table leaves behind, and how to take it up again.

model.safetensors        the network and how to feed it
report.html              what came of it, to be read
run.json                 source, options and result, for programs
history.csv              a row an epoch
checkpoint.safetensors   the state of the training, to go on from
choice.json              how the learning rate was chosen, if it was
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from clearprop.errors import ArgumentError, FileError, WriteError
from clearprop.rates import Choice
from clearprop.runs.options import TableOptions
from clearprop.storage import locked, write_atomically

__all__ = ["RunDirectory", "Task", "find_model"]

MODEL, REPORT, RUN, HISTORY = "model.safetensors", "report.html", "run.json", "history.csv"
CHECKPOINT, CHOICE = "checkpoint.safetensors", "choice.json"
_STATE = (CHECKPOINT, f"{CHECKPOINT}.previous", CHOICE)
_OURS = (MODEL, REPORT, RUN, HISTORY, *_STATE)


class Task(NamedTuple):
    """What a run directory needs to know to take a training up again.

    Attributes:
        source: a file's absolute path, or the name of a bundled table.
        table_sha256: fingerprint of the table, which must not have changed.
        options: how to train.
    """

    source: str
    table_sha256: str
    options: TableOptions


@dataclass(frozen=True)
class RunDirectory:
    """One run directory.

    Attributes:
        path: where it is.
    """

    path: Path

    @property
    def model(self) -> Path:
        """The model file."""
        return self.path / MODEL

    @property
    def report(self) -> Path:
        """The report."""
        return self.path / REPORT

    @property
    def history(self) -> Path:
        """The history, a row an epoch."""
        return self.path / HISTORY

    @property
    def checkpoint(self) -> Path:
        """The state of the training."""
        return self.path / CHECKPOINT

    @classmethod
    def for_source(cls, source: str) -> RunDirectory:
        """`runs/<name>-<number>`, with the first number that is free."""
        name = re.sub(r"[^\w.-]+", "_", Path(source).stem).strip(".") or "table"
        number = 1
        while (path := Path("runs") / f"{name}-{number}").exists():
            number += 1
        return cls(path)

    @contextmanager
    def held(self, *, overwrite: bool) -> Iterator[None]:
        """Make the directory, keep other processes out of it, and forget where an old run stood.

        The model and report of an old run stay until the new ones replace them.

        Raises:
            ArgumentError: there is a run in it already, and `overwrite` is not set.
            LockedError: another process is using it. WriteError: it cannot be made.
        """
        try:
            self.path.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise WriteError(
                f"cannot make {self.path}: {(error.strerror or '').lower()}"
            ) from error
        with locked(self.path):
            old = [self.path / name for name in _OURS if (self.path / name).exists()]
            if old and not overwrite:
                raise ArgumentError(
                    f"{self.path} holds a run already; use --overwrite to replace it, "
                    "--resume to go on with it, or another --out"
                )
            for name in _STATE:
                (self.path / name).unlink(missing_ok=True)
            yield

    def write_run(self, task: Task, result: dict[str, Any] | None) -> None:
        """Write run.json: with a result when there is one."""
        options = task.options.to_json()
        contents = {**task._asdict(), "options": options, "result": result}
        text = json.dumps(contents, indent=1, ensure_ascii=False, allow_nan=False)
        write_atomically(self.path / RUN, text.encode())

    def write_choice(self, choice: Choice) -> None:
        """Keep the choice of the learning rate, so that a resumed run makes no other."""
        text = json.dumps(choice.to_json(), indent=1, allow_nan=False)
        write_atomically(self.path / CHOICE, text.encode())

    def read_choice(self) -> Choice | None:
        """The choice that was made in this run, or None.

        Raises:
            FileError: its file is damaged.
        """
        path = self.path / CHOICE
        try:
            return Choice.from_json(json.loads(path.read_bytes()))
        except FileNotFoundError:
            return None
        except (OSError, ValueError, TypeError, KeyError) as error:
            raise FileError(f"{path} is damaged; train again") from error

    def read_run(self) -> Task:
        """What was to be done in this run.

        Raises:
            FileError: it is not a run directory, or its run.json is damaged.
        """
        path = self.path / RUN
        if not path.is_file():
            raise FileError(f"{self.path} is not a run directory: it has no {RUN}")
        try:
            contents = json.loads(path.read_bytes())
            options = TableOptions.from_json(contents["options"])
            return Task(str(contents["source"]), str(contents["table_sha256"]), options)
        except (OSError, ValueError, TypeError, KeyError) as error:
            raise FileError(f"{path} is damaged; train again") from error


def find_model(path: str | os.PathLike[str]) -> Path:
    """The model file itself, or the one in a run directory.

    Raises:
        FileError: the run was killed before it had a result; a model in it is from an older run.
    """
    path = Path(path)
    if not path.is_dir():
        return path
    try:
        unfinished = json.loads((path / RUN).read_bytes())["result"] is None
    except (OSError, ValueError, TypeError, KeyError):
        unfinished = False  # the model file speaks for itself
    if unfinished:
        raise FileError(
            f"the run in {path} was not finished; go on with: clearprop train --resume {path}"
        )
    return path / MODEL
