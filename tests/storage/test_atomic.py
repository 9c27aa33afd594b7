"""A file is whole or absent, whatever the system refuses and whenever the process is killed."""

from __future__ import annotations

import errno
import subprocess
import sys
import textwrap

import pytest

from clearprop.errors import FileError
from clearprop.storage import write_atomically

OLD, NEW = b"old contents" * 50, b"new contents" * 500


def test_writing_makes_the_file_and_nothing_else(tmp_path, names):
    write_atomically(tmp_path / "f", NEW)
    assert (tmp_path / "f").read_bytes() == NEW
    assert names(tmp_path) == ["f"]


def test_an_empty_file_can_be_written(tmp_path):
    write_atomically(tmp_path / "f", b"")
    assert (tmp_path / "f").read_bytes() == b""


def test_a_path_may_be_text_and_stand_in_the_working_directory(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write_atomically("f", NEW)
    assert (tmp_path / "f").read_bytes() == NEW


def test_the_contents_before_are_kept_where_asked(tmp_path, names):
    path = tmp_path / "f"
    for data in (b"1", b"2", b"3"):
        write_atomically(path, data, keep_previous=True)
    assert path.read_bytes() == b"3"
    assert (tmp_path / "f.previous").read_bytes() == b"2"
    assert names(tmp_path) == ["f", "f.previous"]


def test_the_contents_before_are_copied_where_there_are_no_links(tmp_path, names, monkeypatch):
    def refuse(*_):
        raise OSError(errno.EPERM, "no links here")

    monkeypatch.setattr("os.link", refuse)
    for data in (OLD, NEW):
        write_atomically(tmp_path / "f", data, keep_previous=True)
    assert (tmp_path / "f.previous").read_bytes() == OLD
    assert names(tmp_path) == ["f", "f.previous"]


def test_short_writes_are_continued(tmp_path, faults):
    faults.most_at_once = 7
    write_atomically(tmp_path / "f", NEW)
    assert (tmp_path / "f").read_bytes() == NEW
    assert faults.seen.count("write") == -(-len(NEW) // 7)


def test_the_data_is_on_the_disk_before_the_rename_and_the_rename_after_it(tmp_path, faults):
    write_atomically(tmp_path / "f", NEW)
    assert faults.seen == ["open", "write", "fsync", "close", "replace", "open", "fsync", "close"]


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EIO, errno.EDQUOT])
@pytest.mark.parametrize("keep_previous", [False, True])
def test_every_call_may_fail_and_the_old_file_stays(tmp_path, faults, names, code, keep_previous):
    path = tmp_path / "f"
    path.write_bytes(OLD)
    write_atomically(tmp_path / "trial", OLD)
    faults.forget()
    write_atomically(tmp_path / "trial", NEW, keep_previous=keep_previous)
    calls = list(faults.seen)
    (tmp_path / "trial").unlink()
    (tmp_path / "trial.previous").unlink(missing_ok=True)
    faults.code = code
    failed = 0
    for i, call in enumerate(calls):
        path.write_bytes(OLD)
        (tmp_path / "f.previous").unlink(missing_ok=True)
        faults.forget()
        faults.fail_at = i
        if call == "link":  # not every file system knows links: a copy is made
            write_atomically(path, NEW, keep_previous=keep_previous)
            assert path.read_bytes() == NEW
            continue
        with pytest.raises(FileError, match=r"cannot write .*f: ") as caught:
            write_atomically(path, NEW, keep_previous=keep_previous)
        assert isinstance(caught.value.__cause__, OSError)
        replaced = "replace" in calls[:i]
        assert path.read_bytes() == (NEW if replaced else OLD)
        assert ("nothing there was changed" in str(caught.value)) is not replaced
        assert set(names(tmp_path)) <= {"f", "f.previous"}
        failed += 1
    assert failed == len(calls) - keep_previous


def test_a_disk_that_fills_up_half_way_leaves_the_old_file(tmp_path, faults, names):
    path = tmp_path / "f"
    path.write_bytes(OLD)
    faults.most_at_once, faults.fail_at, faults.code = 100, 9, errno.ENOSPC
    with pytest.raises(FileError, match="no space left on device; nothing there was changed"):
        write_atomically(path, NEW)
    assert path.read_bytes() == OLD
    assert names(tmp_path) == ["f"]


def test_a_failed_second_rename_leaves_the_new_file_and_the_older_one(tmp_path, faults):
    path = tmp_path / "f"
    write_atomically(path, b"1")
    write_atomically(path, b"2", keep_previous=True)
    faults.forget()
    write_atomically(path, b"3", keep_previous=True)
    second = [i for i, call in enumerate(faults.seen) if call == "replace"][1]
    faults.forget()
    faults.fail_at = second
    with pytest.raises(FileError, match="the new contents are there"):
        write_atomically(path, b"4", keep_previous=True)
    assert path.read_bytes() == b"4"
    assert (tmp_path / "f.previous").read_bytes() == b"2"


@pytest.mark.parametrize("place", ["missing/f", "file/f"])
def test_a_directory_that_is_not_there_is_named(tmp_path, place):
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(FileError, match=f"cannot write .*{place}"):
        write_atomically(tmp_path / place, NEW)


@pytest.mark.parametrize("keep_previous", [False, True])
def test_a_directory_is_not_replaced_by_a_file(tmp_path, keep_previous, names):
    (tmp_path / "d").mkdir()
    (tmp_path / "d" / "inside").write_bytes(OLD)
    with pytest.raises(FileError, match="is a directory"):
        write_atomically(tmp_path / "d", NEW, keep_previous=keep_previous)
    assert (tmp_path / "d" / "inside").read_bytes() == OLD
    assert names(tmp_path) == ["d"]


@pytest.mark.parametrize("name", ["f", "a[1]?*.safetensors"])
def test_what_a_killed_writer_left_is_swept(tmp_path, names, name):
    (tmp_path / f".{name}.0123abcd.tmp").write_bytes(b"half")
    write_atomically(tmp_path / name, NEW)
    assert names(tmp_path) == [name]


@pytest.mark.parametrize(
    "other", [".f.best.0123abcd.tmp", ".g.0123abcd.tmp", ".f.notes.tmp", "f.0123abcd.tmp"]
)
def test_files_of_others_are_not_swept(tmp_path, names, other):
    (tmp_path / other).write_bytes(b"theirs")
    write_atomically(tmp_path / "f", NEW)
    assert names(tmp_path) == sorted(["f", other])


KILLS = textwrap.dedent(
    """
    import os, random, signal, sys
    from pathlib import Path
    from clearprop.storage import write_atomically

    path = Path(sys.argv[1]) / "f"
    def contents(k):
        return k.to_bytes(4, "big") * (1 + 5000 * (k % 7))
    def good(data):
        return len(data) >= 4 and data == contents(int.from_bytes(data[:4], "big"))

    def killed_at_call(k):  # the k-th call to the system never returns
        left = [k]
        def watched(real):
            def call(*args, **kwargs):
                if left[0] == 0:
                    os.kill(os.getpid(), signal.SIGKILL)
                left[0] -= 1
                return real(*args, **kwargs)
            return call
        for name in ("open", "write", "fsync", "close", "replace", "link", "unlink"):
            setattr(os, name, watched(getattr(os, name)))
        write_atomically(path, contents(1000 + k), keep_previous=True)
        os._exit(0)

    write_atomically(path, contents(0), keep_previous=True)
    write_atomically(path, contents(1), keep_previous=True)
    kills = 0
    for k in range(40):
        child = os.fork()
        if child == 0:
            killed_at_call(k)
        status = os.waitpid(child, 0)[1]
        assert good(path.read_bytes()), k
        assert good(path.with_name("f.previous").read_bytes()), k
        if not os.WIFSIGNALED(status):
            break
        kills += 1
    assert kills >= 10, kills

    for k in range(100 - kills):  # and anywhere else: after it reported its n-th save
        ear, mouth = os.pipe()
        child = os.fork()
        if child == 0:
            for j in range(10**6):
                write_atomically(path, contents(2000 + j), keep_previous=True)
                os.write(mouth, b".")
        for _ in range(random.Random(k).randrange(4)):
            os.read(ear, 1)
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        os.close(ear), os.close(mouth)
        assert good(path.read_bytes())
        assert good(path.with_name("f.previous").read_bytes())
    write_atomically(path, contents(3))
    print(sorted(os.listdir(path.parent)))
    """
)


def test_a_hundred_kills_leave_no_broken_file(tmp_path, clean_python):
    done = subprocess.run(
        [sys.executable, "-c", KILLS, str(tmp_path)],
        capture_output=True,
        text=True,
        check=False,
        env=clean_python,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "['f', 'f.previous']"
