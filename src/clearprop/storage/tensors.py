"""Named arrays and JSON in one safetensors file, checked before anything is believed.

safetensors runs no code when it is read, but it lets pass duplicate keys, NaN and flipped bits. So
a file is read in this order: size → header, strictly → names, types and shapes against what the
caller expects, before any array is made → SHA-256 → finite numbers.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Mapping
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
    write_atomically(path, save(contiguous, metadata=header), keep_previous=keep_previous)


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
    data = _read(Path(path))
    header, body = _split(path, data)
    metadata = _metadata(path, header.pop("__metadata__", None), kind)
    try:
        expected = expect(metadata)
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        raise _damaged(path, f"its description makes no sense ({error})") from None
    arrays = _arrays(path, header, body, expected)
    declared = json.loads(data[8 : len(data) - len(body)])["__metadata__"]
    if _digest(declared["metadata"], arrays) != declared["sha256"]:
        raise _damaged(path, "its contents do not match their SHA-256")
    for name, tensor in expected.items():
        if tensor.finite and not np.isfinite(arrays[name]).all():
            raise _damaged(path, f"{name!r} holds numbers that are not finite")
    return arrays, metadata


def _damaged(path: str | os.PathLike[str], what: str) -> DamagedFileError:
    return DamagedFileError(f"{path} cannot be used: {what}; nothing was loaded")


def _read(path: Path) -> bytes:
    try:
        if path.stat().st_size > _MAX_FILE:
            raise _damaged(path, "it is larger than any clearprop file")
        data = path.read_bytes()
    except OSError as error:
        if isinstance(error, FileError):
            raise
        raise FileError(f"cannot read {path}: {(error.strerror or str(error)).lower()}") from error
    for magic, what in _FOREIGN.items():
        if data.startswith(magic) and data[8:9] != b"{":
            raise _damaged(path, f"it is {what}, not a clearprop file")
    return data


def _no_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) != len(pairs):
        raise ValueError("a key stands twice")
    return result


def _split(path: str | os.PathLike[str], data: bytes) -> tuple[dict[str, Any], bytes]:
    """The header as a dictionary, and the bytes of the arrays."""
    length = int.from_bytes(data[:8], "little")
    if len(data) < 8 or length > min(_MAX_HEADER, len(data) - 8):
        raise _damaged(path, "it is truncated or not a clearprop file")
    try:
        header = json.loads(data[8 : 8 + length], object_pairs_hook=_no_duplicates)
    except (ValueError, RecursionError):
        raise _damaged(path, "its header is damaged, or it is not a clearprop file") from None
    if not isinstance(header, dict):
        raise _damaged(path, "its header is damaged")
    return header, data[8 + length :]


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
        metadata = json.loads(declared["metadata"], object_pairs_hook=_no_duplicates)
    except (TypeError, ValueError, RecursionError):
        raise _damaged(path, "its description is damaged") from None
    if not isinstance(metadata, dict):
        raise _damaged(path, "its description is damaged")
    return metadata


def _arrays(
    path: str | os.PathLike[str],
    header: dict[str, Any],
    body: bytes,
    expected: Mapping[str, Tensor],
) -> Arrays:
    """Arrays over the bytes of the file, after each entry agreed with what is expected."""
    if header.keys() != expected.keys():
        raise _damaged(path, "it does not hold the arrays that it should")
    result, covered = {}, 0
    for name, entry in sorted(header.items(), key=lambda item: _start(item[1])):
        want = expected[name]
        start, stop = _start(entry), covered + _size(want)
        code = entry.get("dtype") if isinstance(entry, dict) else None
        agrees = (
            code in _DTYPES
            and np.dtype(_DTYPES[code]) == np.dtype(want.dtype)
            and entry.get("shape") == list(want.shape)
            and entry.get("data_offsets") == [covered, stop]
        )
        if not agrees or start != covered or stop > len(body):
            raise _damaged(path, f"{name!r} is not what its description says")
        flat = np.frombuffer(body[start:stop], dtype=_DTYPES[str(code)])
        result[name] = flat.astype(want.dtype).reshape(want.shape)
        covered = stop
    if covered != len(body):
        raise _damaged(path, "it is longer than its description says")
    return result


def _start(entry: Any) -> int:
    offsets = entry.get("data_offsets") if isinstance(entry, dict) else None
    valid = isinstance(offsets, list) and len(offsets) == 2 and isinstance(offsets[0], int)
    return int(offsets[0]) if valid and offsets is not None else -1


def _size(tensor: Tensor) -> int:
    size = np.dtype(tensor.dtype).itemsize
    for length in tensor.shape:
        size *= length
    return size


def _digest(text: str, arrays: Mapping[str, NDArray[Any]]) -> str:
    """SHA-256 over the metadata's text and every array's name, type, shape and bytes."""
    digest = hashlib.sha256(text.encode())
    for name in sorted(arrays):
        array = arrays[name]
        digest.update(f"{name}|{array.dtype.str}|{array.shape}|".encode())
        digest.update(np.ascontiguousarray(array).data)
    return digest.hexdigest()
