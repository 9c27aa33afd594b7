"""Everything that clearprop raises on purpose.

    ClearpropError
    ├── ArgumentError   (also ValueError)   an argument breaks a rule: its name, the rule, what came
    ├── DataError       (also ValueError)   a table or an array cannot be learned from
    └── FileError       (also OSError)      a file cannot be read, written or locked
        ├── DamagedFileError                truncated, altered, or not a clearprop file at all
        ├── NewerFileError                  written by a newer clearprop
        ├── LockedError                     another process is using it
        └── WriteError                      the disk is full, the folder is missing, ...

    Interrupted         (a KeyboardInterrupt)    stopped by Ctrl-C or SIGTERM, state kept

Every message is one sentence that says what was wrong and, where known, what to do.
"""

from __future__ import annotations

from typing import Any

__all__ = [
    "ArgumentError",
    "ClearpropError",
    "DamagedFileError",
    "DataError",
    "FileError",
    "Interrupted",
    "LockedError",
    "NewerFileError",
    "WriteError",
]


class ClearpropError(Exception):
    """The root: `except ClearpropError` catches all that clearprop raises on purpose."""


class ArgumentError(ClearpropError, ValueError):
    """An argument breaks a rule; the message names the argument, the rule and what came."""


class DataError(ClearpropError, ValueError):
    """A table or an array cannot be learned from as it is."""


class FileError(ClearpropError, OSError):
    """A file cannot be read, written or locked."""


class DamagedFileError(FileError):
    """A file is truncated, altered, or not what it claims to be."""


class NewerFileError(FileError):
    """A file was written by a newer clearprop than this one."""


class LockedError(FileError):
    """Another process is using the run directory."""


class WriteError(FileError):
    """A file cannot be written; the message says what is there now."""


class Interrupted(KeyboardInterrupt):
    """Training was stopped by a signal, after its state was kept.

    It is a `KeyboardInterrupt`, not a `ClearpropError`, so that `except Exception` in a loop over
    trainings does not swallow the Ctrl-C that was meant for the loop.

    Attributes:
        signal: the signal's number; a command exits with 128 + signal.
        runs: the population as far as it came, with the best parameters so far; None while the
            learning rate was still being chosen.
    """

    def __init__(self, message: str, signal: int, runs: Any) -> None:
        super().__init__(message)
        self.signal = signal
        self.runs = runs
