"""Calls to the system, counted, failed on demand, or written down."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

CALLS = ("open", "write", "fsync", "close", "replace", "link")


class Faults:
    """Lets the system calls of a save through, and fails the one that it is told to fail.

    `seen` lists the calls by name; `fail_at` is the index of the call that fails.
    """

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.monkeypatch = monkeypatch
        self.seen: list[str] = []
        self.fail_at: int | None = None
        self.code = errno.EIO
        self.most_at_once = 2**30
        for name in CALLS:
            monkeypatch.setattr(os, name, self._watched(name, getattr(os, name)))

    def _watched(self, name: str, real: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any, **kwargs: Any) -> Any:
            self.seen.append(name)
            failing = self.fail_at == len(self.seen) - 1
            if failing and name == "close":
                real(*args)  # the system closes the file even where it reports an error
            if failing:
                raise OSError(self.code, os.strerror(self.code))
            if name == "write":
                return real(args[0], args[1][: self.most_at_once])
            return real(*args, **kwargs)

        return call

    def forget(self) -> None:
        self.seen.clear()
        self.fail_at = None


@pytest.fixture
def faults(monkeypatch: pytest.MonkeyPatch) -> Faults:
    return Faults(monkeypatch)


@pytest.fixture
def names() -> Callable[[Path], list[str]]:
    """What lies in a directory."""
    return lambda directory: sorted(entry.name for entry in directory.iterdir())


@pytest.fixture
def clean_python() -> dict[str, str]:
    """An environment for children that are killed: without coverage, which they could not save."""
    return {key: value for key, value in os.environ.items() if not key.startswith("COV")}
