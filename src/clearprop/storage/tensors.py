"""Named arrays and JSON in one safetensors file, checked before anything is believed.

safetensors runs no code when it is read, but it lets pass duplicate keys, NaN and flipped bits. So
a file is read in this order: size → header, strictly → names, types and shapes against what the
caller expects, before any array is made → SHA-256 → finite numbers.
"""

from __future__ import annotations

import hashlib
import json
import os
import stat
from collections.abc import Callable, Mapping
from io import BufferedReader
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from clearprop.errors import DamagedFileError, FileError, NewerFileError
from clearprop.storage.atomic import write_atomically

__all__ = ["FORMAT", "Tensor", "load_tensors", "save_tensors"]

FORMAT = 1  # raised when an older clearprop could no longer read what this one writes

_MAX_HEADER = 16 * 2**20
_MAX_FILE = 16 * 2**30
_DTYPES = {"F64": "<f8", "F32": "<f4", "I64": "<i8", "BOOL": "|b1"}
_FOREIGN = {  # the first bytes of files that are often taken for a model
    b"PK\x03\x04": "a zip archive, such as a PyTorch file",
    b"\x93NUMPY": "a NumPy file",
    b"\x89HDF": "an HDF5 file",
    b"\x80": "a pickle, which could run code when loaded",
}

Arrays: TypeAlias = dict[str, NDArray[Any]]


class Tensor(NamedTuple):
    """What an array in a file must look like."""

    dtype: str
    shape: tuple[int, ...]
    finite: bool = True


Expect: TypeAlias = Callable[[dict[str, Any]], Mapping[str, Tensor]]


def save_tensors(
    path: str | os.PathLike[str],
    kind: str,
    arrays: Mapping[str, NDArray[Any]],
    metadata: Mapping[str, Any],
    *,
    keep_previous: bool = False,
) -> None:
    """Write arrays and JSON-able metadata as one file, atomically.

    Args:
        path: where.
        kind: what the file is, such as "model"; asked for again when it is read.
        arrays: float64, float32, int64 or bool arrays by name.
        metadata: anything `json` can write, without NaN.
        keep_previous: leave the old file beside the new one.
    """
    from safetensors.numpy import save

    contiguous = {name: np.ascontiguousarray(array) for name, array in arrays.items()}
    text = json.dumps(metadata, sort_keys=True, allow_nan=False)
    header = {
        "clearprop_format": str(FORMAT),
        "kind": kind,
        "metadata": text,
        "sha256": _digest(text, contiguous),
    }
    data = _sorted_header(save(contiguous, metadata=header))
    write_atomically(path, data, keep_previous=keep_previous)


def _sorted_header(data: bytes) -> bytes:
    """The same file with its header's keys sorted: safetensors writes them in a random order."""
    length = int.from_bytes(data[:8], "little")
    text = json.dumps(json.loads(data[8 : 8 + length]), sort_keys=True, separators=(",", ":"))
    header = text.encode()
    header += b" " * (-len(header) % 8)  # the arrays stay aligned
    return len(header).to_bytes(8, "little") + header + data[8 + length :]


def load_tensors(
    path: str | os.PathLike[str], kind: str, expect: Expect
) -> tuple[Arrays, dict[str, Any]]:
    """Read what `save_tensors` wrote, believing nothing before it is checked.

    Args:
        path: the file.
        kind: what the file must be.
        expect: told the metadata, answers which arrays there must be. It may raise `KeyError`,
            `TypeError` or `ValueError` on metadata that makes no sense.

    Raises:
        FileError: the file cannot be read; DamagedFileError: it is truncated, altered or
            something else; NewerFileError: a newer clearprop wrote it.
    """
    try:
        size = _size_of(Path(path))
        with Path(path).open("rb") as file:
            header = _header(path, file, size)
            declared = header.pop("__metadata__", None)
            metadata = _metadata(path, declared, kind)
            try:
                expected = expect(metadata)
            except (KeyError, TypeError, ValueError, OverflowError) as error:
                raise _damaged(path, f"its description makes no sense ({error})") from None
            _check_entries(path, header, expected, size - file.tell())
            arrays = {name: _read_array(path, file, expected[name]) for name in _in_order(header)}
    except OSError as error:
        if isinstance(error, FileError):
            raise
        raise FileError(f"cannot read {path}: {(error.strerror or str(error)).lower()}") from error
    if _digest(declared["metadata"], arrays) != declared["sha256"]:
        raise _damaged(path, "its contents do not match their SHA-256")
    for name, tensor in expected.items():
        if tensor.finite and not np.isfinite(arrays[name]).all():
            raise _damaged(path, f"{name!r} holds numbers that are not finite")
    return arrays, metadata


def _damaged(path: str | os.PathLike[str], what: str) -> DamagedFileError:
    return DamagedFileError(f"{path} cannot be used: {what}; nothing was loaded")


def _size_of(path: Path) -> int:
    status = path.stat()
    if not stat.S_ISREG(status.st_mode):
        raise _damaged(path, "it is not an ordinary file")
    if status.st_size > _MAX_FILE:
        raise _damaged(path, "it is larger than any clearprop file")
    return status.st_size


def _no_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) != len(pairs):
        raise ValueError("a key stands twice")
    return result


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is no number")


def _parse(text: str | bytes) -> dict[str, Any]:
    """JSON as the standard has it: no key twice, no NaN; and nothing but an object."""
    try:
        result = json.loads(text, object_pairs_hook=_no_duplicates, parse_constant=_no_constant)
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
    if not isinstance(result, dict):
        raise ValueError("it is not an object")
    return result


def _header(path: str | os.PathLike[str], file: BufferedReader, size: int) -> dict[str, Any]:
    """The header as a dictionary; the file then stands at the bytes of the arrays."""
    first = file.read(9)
    for magic, what in _FOREIGN.items():
        if first.startswith(magic) and first[8:] != b"{":
            raise _damaged(path, f"it is {what}, not a clearprop file")
    length = int.from_bytes(first[:8], "little")
    if len(first) < 9 or length > min(_MAX_HEADER, size - 8):
        raise _damaged(path, "it is truncated or not a clearprop file")
    file.seek(8)
    try:
        return _parse(file.read(length))
    except ValueError:
        raise _damaged(path, "its header is damaged, or it is not a clearprop file") from None


def _metadata(path: str | os.PathLike[str], declared: Any, kind: str) -> dict[str, Any]:
    fields = {"clearprop_format", "kind", "metadata", "sha256"}
    if not isinstance(declared, dict) or not fields <= declared.keys():
        raise _damaged(path, "it is a safetensors file, but not one that clearprop wrote")
    version = declared["clearprop_format"]
    if not isinstance(version, str) or not version.isascii() or not version.isdigit():
        raise _damaged(path, "its format version is damaged")
    if int(version[:9]) > FORMAT:
        raise NewerFileError(
            f"{path} was written by a newer clearprop (format {version[:9]}, this one reads up to "
            f"{FORMAT}); upgrade clearprop"
        )
    if declared["kind"] != kind:
        raise _damaged(path, f"it is a clearprop {declared['kind']}, not a {kind}")
    try:
        return _parse(declared["metadata"])
    except (TypeError, ValueError):
        raise _damaged(path, "its description is damaged") from None


def _check_entries(
    path: str | os.PathLike[str],
    header: dict[str, Any],
    expected: Mapping[str, Tensor],
    n_bytes: int,
) -> None:
    """Agree every entry with what is expected, before any array is made."""
    if header.keys() != expected.keys():
        raise _damaged(path, "it does not hold the arrays that it should")
    covered = 0
    for name in _in_order(header):
        entry, want = header[name], expected[name]
        start, covered = covered, covered + _size(want)
        agrees = (
            isinstance(entry, dict)
            and entry.get("dtype")
            in [code for code, dtype in _DTYPES.items() if dtype == _code(want)]
            and entry.get("shape") == list(want.shape)
            and entry.get("data_offsets") == [start, covered]
        )
        if not agrees or covered > n_bytes:
            raise _damaged(path, f"{name!r} is not what its description says")
    if covered != n_bytes:
        raise _damaged(path, "it is longer than its description says")


def _read_array(path: str | os.PathLike[str], file: BufferedReader, want: Tensor) -> NDArray[Any]:
    data = bytearray(_size(want))
    if file.readinto(data) != len(data):
        raise _damaged(path, "it became shorter while it was read")
    flat = np.frombuffer(data, dtype=_code(want))
    if flat.dtype == bool and (flat.view(np.uint8) > 1).any():
        raise _damaged(path, "it holds truth values that are neither true nor false")
    try:
        return flat.astype(want.dtype, copy=False).reshape(want.shape)
    except ValueError:
        raise _damaged(path, "an array in it is longer than any array can be") from None


def _in_order(header: dict[str, Any]) -> list[str]:
    return sorted(header, key=lambda name: _offsets(header[name]))


def _offsets(entry: Any) -> tuple[int, ...]:
    given = entry.get("data_offsets") if isinstance(entry, dict) else None
    valid = isinstance(given, list) and all(isinstance(offset, int) for offset in given)
    return tuple(given or ()) if valid else ()


def _code(tensor: Tensor) -> str:
    return np.dtype(tensor.dtype).newbyteorder("<").str


def _size(tensor: Tensor) -> int:
    size = np.dtype(tensor.dtype).itemsize
    for length in tensor.shape:
        size *= length
    return size


def _digest(text: str, arrays: Mapping[str, NDArray[Any]]) -> str:
    """SHA-256 over the metadata's text and every array's name, type, shape and bytes."""
    digest = hashlib.sha256(text.encode(errors="surrogatepass"))
    for name in sorted(arrays):
        array = arrays[name]
        digest.update(f"{name}|{array.dtype.str}|{array.shape}|".encode(errors="surrogatepass"))
        digest.update(np.ascontiguousarray(array).data)
    return digest.hexdigest()
