"""One process at a time on a file or a run directory."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

from clearprop.errors import FileError, LockedError, WriteError

__all__ = ["locked"]


@contextlib.contextmanager
def locked(path: str | os.PathLike[str]) -> Iterator[None]:
    """Hold a file or directory for this process; the system lets go however the process ends.

    Raises:
        LockedError: another process holds it.
        FileError: nothing can be written there.
    """
    from filelock import FileLock, Timeout

    path = Path(path)
    if not path.parent.is_dir():  # the lock would make it, and a mistyped path with it
        raise WriteError(f"cannot write {path}: there is no directory {path.parent}")
    beside = path / ".lock" if path.is_dir() else path.with_name(f".{path.name}.lock")
    lock = FileLock(beside, blocking=False)
    try:
        lock.acquire()
    except Timeout:
        raise LockedError(
            f"another process is using {path}; wait for it, or choose another place"
        ) from None
    except OSError as error:
        raise FileError(f"cannot write in {path}: {(error.strerror or '').lower()}") from error
    try:
        yield
    finally:
        lock.release()
