"""Files that a command writes where it is told: never over something else unasked."""

from __future__ import annotations

from pathlib import Path

from clearprop.errors import ArgumentError

__all__ = ["refuse_existing"]


def refuse_existing(out: Path | None, *, overwrite: bool, option: str = "--out") -> None:
    """Refuse, before the work, what could not be written after it.

    That is a file that exists, unless it is to be replaced; a directory; and a file in none. Leave
    to overwrite where nothing is written is refused as well: it would be ignored.
    """
    if out is None and overwrite:
        raise ArgumentError(f"--overwrite replaces what {option} names; name it, or leave both out")
    if out is not None and not out.parent.is_dir():
        raise ArgumentError(
            f"{option} must name a file in a directory that exists; there is no {out.parent}"
        )
    if out is not None and out.is_dir():
        raise ArgumentError(f"{option} must name a file; {out} is a directory")
    if out is not None and out.is_file() and not overwrite:
        raise ArgumentError(f"{out} exists; use --overwrite to replace it, or another {option}")
