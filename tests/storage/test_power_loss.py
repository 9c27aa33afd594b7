"""The power fails at any moment: what the disk kept is the old or the new checkpoint, whole.

Every call of a save is written down. For every prefix of the log, the disk may hold: of each file,
what was fsynced, and of the rest any prefix; of the directory, what was fsynced, and of the rest
any subset. All of these are built and read.
"""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from clearprop.errors import FileError
from clearprop.storage import Tensor, load_tensors, save_tensors, write_atomically

Event = tuple[Any, ...]
Disk = dict[str, bytes]


class Log:
    """The calls of a save: (write, file, data), (sync, file), (name, new name, file, old name)."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, directory: Path) -> None:
        self.events: list[Event] = []
        self.files = {path.name: path.name for path in directory.iterdir()}  # name -> file
        self.handles: dict[int, str] = {}
        self.directory = directory
        for name in ("open", "write", "fsync", "replace", "link"):
            monkeypatch.setattr(os, name, self._logged(name, getattr(os, name)))

    def _logged(self, name: str, real: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any, **kwargs: Any) -> Any:
            result = real(*args, **kwargs)
            getattr(self, f"_{name}")(result, *args)
            return result

        return call

    def _open(self, handle: int, path: Any, flags: int, *_: Any) -> None:
        name = Path(path).name if Path(path) != self.directory else "."
        self.handles[handle] = self.files.get(name, name)
        if flags & os.O_CREAT:
            self.files[name] = name
            self.events.append(("name", name, name, None))

    def _write(self, written: int, handle: int, data: Any) -> None:
        self.events.append(("write", self.handles[handle], bytes(data)[:written]))

    def _fsync(self, _: None, handle: int) -> None:
        self.events.append(("sync", self.handles[handle]))

    def _replace(self, _: None, source: Any, target: Any) -> None:
        old, new = Path(source).name, Path(target).name
        self.files[new] = self.files.pop(old)
        self.events.append(("name", new, self.files[new], old))

    def _link(self, _: None, source: Any, target: Any) -> None:
        old, new = Path(source).name, Path(target).name
        self.files[new] = self.files[old]
        self.events.append(("name", new, self.files[new], None))


def disks(before: Disk, events: list[Event]) -> Iterator[Disk]:
    """Every state in which the power may leave the disk."""
    for stop in range(len(events) + 1):
        yield from _after(before, events[:stop])


def _after(before: Disk, events: list[Event]) -> Iterator[Disk]:
    pieces: dict[str, list[bytes]] = {name: [data] for name, data in before.items()}
    certain: dict[str, int] = dict.fromkeys(before, 1)  # pieces that are on the disk for sure
    names, pending = {name: name for name in before}, []
    for kind, target, *rest in events:
        if kind == "write":
            pieces.setdefault(target, []).append(rest[0])
        elif kind == "sync" and target == ".":
            for event in pending:
                _rename(names, event)
            pending = []
        elif kind == "sync":
            certain[target] = len(pieces.setdefault(target, []))
        else:
            pending.append((target, *rest))
    for kept in itertools.product((False, True), repeat=len(pending)):
        seen = dict(names)
        for event in itertools.compress(pending, kept):
            _rename(seen, event)
        for cut in (0, 0.5, 1):
            yield {
                name: _contents(pieces.get(f, []), certain.get(f, 0), cut)
                for name, f in seen.items()
            }


def _rename(names: dict[str, str], event: Event) -> None:
    name, file, old = event
    names[name] = file
    names.pop(old, None)


def _contents(pieces: list[bytes], certain: int, cut: float) -> bytes:
    rest = b"".join(pieces[certain:])
    return b"".join(pieces[:certain]) + rest[: int(cut * len(rest))]


def snapshot(directory: Path) -> Disk:
    return {path.name: path.read_bytes() for path in directory.iterdir()}


def numbered(path: Path, k: int, **options: Any) -> None:
    save_tensors(path, "test", {"w": np.full(5, float(k))}, {"k": k}, **options)


def restored(directory: Path, disk: Disk) -> int | None:
    """The number of the save that a reader finds: the file, or the one kept before it."""
    for path in directory.iterdir():
        path.unlink()
    for name, data in disk.items():
        (directory / name).write_bytes(data)
    for name in ("f", "f.previous"):
        try:
            arrays, metadata = load_tensors(
                directory / name, "test", lambda _: {"w": Tensor("float64", (5,))}
            )
        except FileError:
            continue
        assert (arrays["w"] == metadata["k"]).all()
        return int(metadata["k"])
    return None


@pytest.fixture
def places(tmp_path):
    for name in ("work", "check"):
        (tmp_path / name).mkdir()
    return tmp_path / "work", tmp_path / "check"


@pytest.mark.parametrize("keep_previous", [False, True])
@pytest.mark.parametrize("links", [True, False])
def test_the_old_or_the_new_file_always_loads(places, monkeypatch, keep_previous, links):
    work, check = places
    for k in (1, 2):
        numbered(work / "f", k, keep_previous=keep_previous)
    before = snapshot(work)
    if not links:
        monkeypatch.setattr(os, "link", _no_links)
    log = Log(monkeypatch, work)
    numbered(work / "f", 3, keep_previous=keep_previous)
    monkeypatch.undo()
    found = {restored(check, disk) for disk in disks(before, log.events)}
    assert found == {2, 3}
    final = {restored(check, disk) for disk in _after(before, log.events)}
    assert final == {3}, "after the save returned, the new file is certain"


def _no_links(*_: Any) -> None:
    raise OSError("no links here")


def test_a_damaged_file_never_takes_the_place_of_the_good_one_before_the_new_one_stands(
    places, monkeypatch
):
    work, check = places
    for k in (1, 2):
        numbered(work / "f", k, keep_previous=True)
    (work / "f").write_bytes(b"damaged")
    before = snapshot(work)
    log = Log(monkeypatch, work)
    numbered(work / "f", 3, keep_previous=True)
    monkeypatch.undo()
    ordered = [  # a journal keeps the order of renames: prefixes, not subsets
        disk for stop in range(len(log.events) + 1) for disk in _in_order(before, log.events[:stop])
    ]
    assert {restored(check, disk) for disk in ordered} == {1, 3}


def _in_order(before: Disk, events: list[Event]) -> Iterator[Disk]:
    """As `_after`, for a file system that keeps the order of its directory entries."""
    names = [i for i, event in enumerate(events) if event[0] == "name"]
    for kept in range(len(names) + 1):
        lost = set(names[kept:])
        part = [event for i, event in enumerate(events) if i not in lost]
        yield from itertools.islice(reversed(list(_after(before, [*part, ("sync", ".")]))), 1)


def in_place(path: Path, data: bytes) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o666)
    os.write(handle, data)
    os.fsync(handle)
    os.close(handle)


def without_fsync(path: Path, data: bytes) -> None:
    handle = os.open(path.with_name("t"), os.O_WRONLY | os.O_CREAT, 0o666)
    os.write(handle, data)
    os.close(handle)
    os.replace(path.with_name("t"), path)  # noqa: PTH105 - the logged call itself


@pytest.mark.parametrize("careless", [in_place, without_fsync])
def test_the_simulator_finds_what_careless_writing_breaks(places, monkeypatch, careless):
    work, check = places
    numbered(check / "f", 2)
    data = (check / "f").read_bytes()
    before: Disk = {}
    log = Log(monkeypatch, work)
    careless(work / "f", data)
    monkeypatch.undo()
    broken = [disk for disk in disks(before, log.events) if "f" in disk and disk["f"] != data]
    assert broken
    assert None in {restored(check, disk) for disk in broken}


def test_the_simulator_sees_the_whole_of_a_write(places, monkeypatch):
    work, _ = places
    log = Log(monkeypatch, work)
    write_atomically(work / "f", b"data")
    monkeypatch.undo()
    assert list(_after({}, log.events))[-1] == {"f": b"data"}
