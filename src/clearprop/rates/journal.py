"""The journal of a sweep: finished trials in a file, so that a killed sweep goes on where it was.

`trials.jsonl` begins with a line that says what is tried on what; each line after it is a trial.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from os import PathLike
from pathlib import Path
from typing import Any

from clearprop.errors import ArgumentError, DamagedFileError, WriteError
from clearprop.rates.trial import Key, Trial
from clearprop.storage import locked
from clearprop.storage.lines import append_lines, read_lines
from clearprop.training import Checkpoint

__all__ = ["Journal"]

_NAME = "trials.jsonl"
_FORMAT = 1


class Journal:
    """Finished trials in a directory.

    Attributes:
        trials: what is finished, by its key.
    """

    def __init__(self, directory: Path, task: Mapping[str, Any]) -> None:
        self._directory, self._path = directory, directory / _NAME
        self.trials: dict[Key, Trial] = {}
        self._read({"format": _FORMAT, **task})

    @classmethod
    @contextmanager
    def held(
        cls, directory: str | PathLike[str] | None, task: Mapping[str, Any]
    ) -> Iterator[Journal | None]:
        """The journal in a directory, for this process alone; None for no directory.

        Raises:
            ArgumentError: the directory holds the journal of another sweep.
            LockedError: another process is using it. WriteError: it cannot be made.
        """
        if directory is None:
            yield None
            return
        path = Path(directory)
        try:
            path.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise WriteError(f"cannot make {path}: {(error.strerror or '').lower()}") from error
        with locked(path):
            yield cls(path, task)

    def add(self, trials: Sequence[Trial]) -> None:
        """Write finished trials; they are on the disk when this returns."""
        append_lines(self._path, [trial.to_json() for trial in trials])
        self.trials |= {trial.key: trial for trial in trials}

    @contextmanager
    def checkpoint(self, keys: Sequence[Key]) -> Iterator[Checkpoint]:
        """Where the population of these trials keeps its state; removed once it is finished."""
        name = hashlib.sha256(json.dumps(keys).encode()).hexdigest()[:12]
        path = self._directory / f"population-{name}.safetensors"
        yield Checkpoint(path, resume=True)
        for left in (path.name, f"{path.name}.previous", f".{path.name}.lock"):
            (self._directory / left).unlink(missing_ok=True)

    def _read(self, task: dict[str, Any]) -> None:
        lines = read_lines(self._path)
        task = json.loads(json.dumps(task))
        if not lines:
            append_lines(self._path, [task])
            return
        header, *rest = lines
        if header != task:
            differ = sorted(k for k in {*header, *task} if header.get(k) != task.get(k))
            raise ArgumentError(
                f"journal {self._path} belongs to another sweep ({', '.join(differ)} differ); "
                "choose another directory, or remove it"
            )
        try:
            found = [Trial.from_json(line) for line in rest]
        except (KeyError, TypeError, ValueError) as error:
            raise DamagedFileError(f"{self._path} is damaged: a line is no trial") from error
        self.trials = {trial.key: trial for trial in found}
