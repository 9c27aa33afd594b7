"""One process at a time."""

from __future__ import annotations

import errno
import subprocess
import sys

import pytest

from clearprop.errors import FileError, LockedError
from clearprop.storage import locked

HOLD = """
import sys
from clearprop.storage import locked
with locked(sys.argv[1]):
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.fixture(params=["file", "directory"])
def place(tmp_path, request):
    path = tmp_path / "run"
    if request.param == "directory":
        path.mkdir()
    return path


@pytest.fixture
def holder(place):
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(place)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as child:
        assert child.stdout.readline() == b"held\n"
        yield child
        child.kill()


def test_a_second_process_is_refused_and_told_why(place, holder):
    with (
        pytest.raises(LockedError, match=r"another process is using .*run; wait for it"),
        locked(place),
    ):
        pytest.fail("two processes hold one lock")


def test_a_killed_process_lets_go(place, holder):
    holder.kill()
    holder.wait()
    with locked(place):
        pass


def test_a_lock_can_be_taken_again_after_it_was_let_go(place):
    for _ in range(3):
        with locked(place):
            pass


def test_a_lock_is_let_go_when_the_work_fails(place):
    with pytest.raises(ZeroDivisionError), locked(place):
        raise ZeroDivisionError
    with locked(place):
        pass


def test_two_locks_of_one_process_exclude_each_other(place):
    with locked(place), pytest.raises(LockedError), locked(place):
        pytest.fail("one place was locked twice")


def test_different_files_of_one_directory_can_be_held_together(tmp_path):
    with locked(tmp_path / "a"), locked(tmp_path / "b"):
        pass


def test_a_place_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "file").write_bytes(b"")
    with (
        pytest.raises(FileError, match=r"cannot write .*there is no directory .*file"),
        locked(tmp_path / "file" / "x"),
    ):
        pytest.fail("locked beneath a file")


def test_an_error_of_the_system_is_passed_on_in_words(tmp_path, monkeypatch):
    def full(*_, **__):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("filelock.FileLock.acquire", full)
    with pytest.raises(FileError, match="no space left on device"), locked(tmp_path / "x"):
        pytest.fail("locked on a full disk")
