"""Write a file so that at every instant its old or its new contents are there, never a part.

Temporary file in the same directory → write → fsync → rename over the old → fsync the directory.
The rename is atomic, and the two fsyncs put it after the data also when the power fails.
"""

from __future__ import annotations

import contextlib
import os
import re
import secrets
from pathlib import Path

from clearprop.errors import WriteError

__all__ = ["write_atomically"]


def write_atomically(
    path: str | os.PathLike[str], data: bytes, *, keep_previous: bool = False
) -> None:
    """Replace the file at `path` by `data`, whole or not at all.

    Args:
        path: where; its directory must exist.
        data: the new contents.
        keep_previous: leave the old contents beside it as `<name>.previous`.

    Raises:
        WriteError: the disk is full, the directory is missing, ...; the old file is untouched.
    """
    path = Path(path)
    temporary, aside, replaced = _temporary(path), _temporary(path), False
    try:
        _sweep(path)
        _write_through(temporary, data)
        keep = keep_previous and path.exists()
        if keep:
            _same_contents(path, aside)
        temporary.replace(path)
        replaced = True
        if keep:  # after the new contents stand: the file kept before may be the only good one
            aside.replace(path.with_name(path.name + ".previous"))
        _sync_directory(path.parent)
    except OSError as error:
        for left in (temporary, aside):
            with contextlib.suppress(OSError):
                left.unlink(missing_ok=True)
        reason = error.strerror or str(error)
        outcome = (
            "the new contents are there, but a power failure may undo that"
            if replaced
            else "nothing there was changed"
        )
        raise WriteError(f"cannot write {path}: {reason.lower()}; {outcome}") from error


def _temporary(path: Path) -> Path:
    return path.with_name(f".{path.name}.{secrets.token_hex(4)}.tmp")


def _same_contents(path: Path, other: Path) -> None:
    """The file under a second name; a copy where the file system knows no links."""
    try:
        os.link(path, other)
    except OSError:
        _write_through(other, path.read_bytes())


def _write_through(path: Path, data: bytes) -> None:
    """Create a new file that is on the disk, all of it, when this returns."""
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666)
    try:
        rest = memoryview(data)
        while rest:  # a write may stop short
            rest = rest[os.write(handle, rest) :]
        os.fsync(handle)
    finally:
        os.close(handle)


def _sync_directory(directory: Path) -> None:
    handle = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _sweep(path: Path) -> None:
    """Remove what a killed writer of this file left behind. One writer a file: see `locks`."""
    ours = re.compile(re.escape(f".{path.name}.") + r"[0-9a-f]{8}\.tmp")
    for stale in path.parent.iterdir():
        if ours.fullmatch(stale.name):
            stale.unlink(missing_ok=True)
