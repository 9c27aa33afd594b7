"""A table as CSV text."""

from __future__ import annotations

import io
import os
from collections.abc import Mapping
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from clearprop.errors import WriteError
from clearprop.storage.atomic import write_atomically
from clearprop.tables.kinds import (
    as_table,
    canonical_column,
    check_names,
    check_types,
    without_nan,
)

if TYPE_CHECKING:
    import pyarrow

__all__ = ["write_csv"]


def write_csv(
    columns: pyarrow.Table | Mapping[str, Any], target: str | os.PathLike[str] | IO[Any]
) -> None:
    r"""Write columns as CSV: UTF-8, commas, missing values empty, numbers that read back exactly.

    Args:
        columns: an Arrow table, a data frame or a mapping of names to equally long columns.
        target: a path, which is replaced whole or not at all; or an open file, text or binary.

    Raises:
        DataError: columns of different lengths, repeated names, nested values.
        FileError: the file cannot be written.

    >>> import sys
    >>> write_csv({"x": [1.5, None], "class": ["a", "b, c"]}, sys.stdout)
    "x","class"
    1.5,"a"
    ,"b, c"
    """
    data = _csv_bytes(as_table(columns))
    if isinstance(target, io.TextIOBase):
        target.write(data.decode())
    elif not isinstance(target, (str, os.PathLike)):
        target.write(data)
    elif Path(target).exists() and not Path(target).is_file():
        _write_to_device(Path(target), data)
    else:
        write_atomically(target, data)


def _write_to_device(path: Path, data: bytes) -> None:
    """Into a terminal or a pipe, which must not be replaced."""
    try:
        path.write_bytes(data)
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise WriteError(f"cannot write {path}: {reason}") from error


def _csv_bytes(table: pyarrow.Table) -> bytes:
    """Quotation marks only where some value needs them."""
    import pyarrow as pa

    check_names(table.column_names)
    check_types(table.schema)
    plain = [_plain(name, table[name]) for name in table.column_names]
    table = pa.table(plain, names=table.column_names)
    try:
        return _write(table, "none")
    except pa.ArrowInvalid:
        return _write(table, "needed")


def _write(table: pyarrow.Table, quoting: str) -> bytes:
    import pyarrow as pa
    from pyarrow import csv

    sink = pa.BufferOutputStream()
    options = csv.WriteOptions(quoting_style=quoting, quoting_header=quoting)
    csv.write_csv(table, sink, options)
    return bytes(sink.getvalue().to_pybytes())


def _plain(name: str, column: pyarrow.ChunkedArray) -> pyarrow.ChunkedArray:
    """The column in a type that Arrow's writer knows; NaN as a missing value."""
    from pyarrow import types

    exact = (types.is_boolean, types.is_integer, types.is_decimal, types.is_date, types.is_time)
    known = (*exact, types.is_timestamp, types.is_null)
    if any(check(column.type) for check in known):
        return column
    if types.is_floating(column.type):
        return without_nan(column)  # float32 stays as short as it was
    return canonical_column(name, column)
