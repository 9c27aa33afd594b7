"""Write a file so that at every instant its old or its new contents are there, never a part.

Temporary file in the same directory → write → fsync → rename over the old → fsync the directory.
The rename is atomic, and the two fsyncs put it after the data also when the power fails.
"""

from __future__ import annotations

import contextlib
import os
import secrets
from pathlib import Path

from clearprop.errors import FileError

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
        FileError: the disk is full, the directory is missing, ...; the old file is untouched.
    """
    path = Path(path)
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}.tmp")
    try:
        _sweep(path)
        _write_through(temporary, data)
        if keep_previous and path.exists():
            path.replace(_previous(path))
        temporary.replace(path)
        _sync_directory(path.parent)
    except OSError as error:
        with contextlib.suppress(OSError):
            temporary.unlink()
        reason = error.strerror or str(error)
        raise FileError(
            f"cannot write {path}: {reason.lower()}; nothing there was changed"
        ) from error


def _previous(path: Path) -> Path:
    return path.with_name(path.name + ".previous")


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
    for stale in path.parent.glob(f".{path.name}.*.tmp"):
        stale.unlink(missing_ok=True)
