"""A training on a table, read back from its run directory."""

from __future__ import annotations

import shutil
import tempfile
import warnings
from pathlib import Path

from clearprop.errors import DamagedFileError, DataError, FileError
from clearprop.runs.directory import RunDirectory
from clearprop.runs.job import open_table
from clearprop.runs.table_training import TableRun, finish, prepare_table, train_on_table
from clearprop.training import Checkpoint, Hooks, Report

__all__ = ["stored_run"]


def stored_run(directory: RunDirectory) -> TableRun:
    """The run as its checkpoint has it, with its samples encoded from the table anew.

    The checkpoint holds history, recorded weights and how the training ended; a copy of it is
    resumed, which trains nothing where the run was finished. One that was stopped is finished to
    the end of its epoch. The directory itself is only read.

    Raises:
        FileError: it is not a run directory, or its checkpoint is missing or damaged.
        DataError: the table is not what the run was trained on.
    """
    task = directory.read_run()
    if not directory.checkpoint.is_file():
        raise FileError(
            f"{directory.path} has no {directory.checkpoint.name}, so that there is no training to "
            f"read; begin it again with: clearprop train --resume {directory.path}"
        )
    prepared = prepare_table(open_table(task.source), task.options)
    if prepared.fingerprint != task.table_sha256:
        raise DataError(
            f"the data in {task.source} is not what {directory.path} was trained on; "
            "bring the old table back, or train anew"
        )
    choice = directory.read_choice()
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        # Nothing is trained on, so that it does not matter which machine wrote it.
        warnings.filterwarnings("ignore", message="this machine or its libraries")
        copy = Path(folder) / directory.checkpoint.name
        shutil.copyfile(directory.checkpoint, copy)
        hooks = Hooks(callbacks=[_stop], checkpoint=Checkpoint(copy, resume=True))
        try:
            run = train_on_table(prepared, task.options, hooks, choice)
        except FileError as error:  # of the copy, which nobody knows
            why = str(error).replace(str(copy), str(directory.checkpoint))
            kept = directory.checkpoint.with_name(f"{copy.name}.previous")
            if isinstance(error, DamagedFileError) and kept.exists():
                why += "; go on from the state before it with: clearprop train --resume "
                why += str(directory.path)
            raise type(error)(why) from error
    return finish(prepared, task.options, run, choice)


def _stop(_: Report) -> bool:
    return True
