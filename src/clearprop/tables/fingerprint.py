"""One number for a table's contents: a resumed training must see the data it began with."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from clearprop.tables.kinds import as_table, canonical

if TYPE_CHECKING:
    import pyarrow

__all__ = ["fingerprint"]


def fingerprint(data: Any) -> str:
    """The SHA-256 of a table's names, types and values, in hexadecimal.

    It does not depend on how the table is cut into blocks, on the file it came from, or on
    which number the memory holds under a missing value.

    >>> fingerprint({"x": [1, 2]})[:8] == fingerprint({"x": [1, 3]})[:8]
    False
    """
    table = canonical(as_table(data))
    digest = hashlib.sha256()
    shape = [[table.num_rows], table.column_names, [str(c.type) for c in table.columns]]
    digest.update(json.dumps(shape).encode())
    for column in table.columns:
        for piece in _pieces(column):
            digest.update(piece)
    return digest.hexdigest()


def _pieces(column: pyarrow.ChunkedArray) -> Iterator[bytes]:
    """The column's bytes: first which rows have a value, then the values."""
    from pyarrow import compute, types

    yield np.packbits(compute.is_valid(column).to_numpy()).tobytes()
    if types.is_null(column.type):
        return
    if types.is_large_string(column.type):
        filled = compute.fill_null(column, "")
        yield compute.binary_length(filled).to_numpy().astype("<i8").tobytes()
        yield from (_text_bytes(chunk) for chunk in filled.chunks if len(chunk))
        return
    kind = {"bool": "u1", "int64": "<i8", "double": "<f8"}[str(column.type)]
    filler = False if kind == "u1" else 0
    yield compute.fill_null(column, filler).to_numpy().astype(kind).tobytes()


def _text_bytes(chunk: pyarrow.LargeStringArray) -> bytes:
    """All texts of a chunk, joined, straight from its buffer."""
    _, offsets, content = chunk.buffers()
    ends = np.frombuffer(offsets, np.int64)[chunk.offset : chunk.offset + len(chunk) + 1]
    return bytes(memoryview(content)[ends[0] : ends[-1]])
