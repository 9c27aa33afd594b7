"""An append-only file of JSON lines: what was written once stays, whatever kills the writer.

A line counts when its newline is there. A writer that was killed leaves at most one torn line at
the end, which the next writer cuts off. One writer a file: see `locks`.
"""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from clearprop.errors import DamagedFileError, WriteError

__all__ = ["append_lines", "read_lines"]


def read_lines(path: str | os.PathLike[str]) -> list[dict[str, Any]]:
    """Every whole line of a file, as the JSON object that it holds; none where there is no file.

    Raises:
        DamagedFileError: a line is no JSON object.
    """
    try:
        whole, _, _ = Path(path).read_bytes().rpartition(b"\n")
    except FileNotFoundError:
        return []
    return [_object(path, i, line) for i, line in enumerate(whole.split(b"\n"), 1) if line]


def append_lines(path: str | os.PathLike[str], contents: Iterable[Mapping[str, Any]]) -> None:
    """Add a line for each object; they are on the disk when this returns.

    Raises:
        WriteError: the disk is full, the directory is missing, ...; whole lines are untouched.
    """
    text = "".join(
        json.dumps(each, allow_nan=False, separators=(",", ":")) + "\n" for each in contents
    )
    try:
        handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
        with os.fdopen(handle, "r+b") as file:
            end = _end_of_whole_lines(file.read())
            file.truncate(end)
            file.seek(end)
            try:
                file.write(text.encode())
                file.flush()
                os.fsync(file.fileno())
            except OSError:
                with contextlib.suppress(OSError):
                    os.ftruncate(file.fileno(), end)
                raise
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise WriteError(f"cannot write {path}: {reason}; the lines before are whole") from error


def _end_of_whole_lines(contents: bytes) -> int:
    return contents.rfind(b"\n") + 1


def _object(path: str | os.PathLike[str], number: int, line: bytes) -> dict[str, Any]:
    try:
        found = json.loads(line)
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise DamagedFileError(f"{path} is damaged: line {number} is no JSON object")
    return found
