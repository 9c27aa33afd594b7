"""A table from a file, or one sentence that says why not."""

from __future__ import annotations

import os
from collections.abc import Collection
from pathlib import Path
from typing import TYPE_CHECKING

from clearprop.errors import FileError
from clearprop.tables.csv_reading import read_csv
from clearprop.tables.parquet_reading import read_parquet

if TYPE_CHECKING:
    import pyarrow

__all__ = ["read_table"]

TEXT_SUFFIXES = (".csv", ".tsv", ".txt")
PARQUET_SUFFIXES = (".parquet", ".pq")
PACKED_SUFFIXES = (".bz2", ".gz", ".lz4", ".tar", ".xz", ".zip", ".zst")


def read_table(path: str | os.PathLike[str], *, text: Collection[str] = ()) -> pyarrow.Table:
    """Read a CSV or Parquet file as an Arrow table.

    CSV is UTF-8 text whose first line names the columns, with fields between commas, semicolons,
    tabs or bars. Empty fields and NA, N/A, NaN, nan, null, NULL, None and ? are missing values.
    Numbers, true and false, ISO dates and times are recognised; everything else is text.
    Where fields end in a semicolon, a column of numbers may have decimal commas.

    Args:
        path: a file ending in .csv, .tsv, .txt, .parquet or .pq.
        text: names of CSV columns to keep as text, such as a training's `schema.text_columns`,
            so that "007" stays the category it was.

    Raises:
        FileError: there is no such file, or of another kind. `DamagedFileError` is one of these.
        DataError: the file is no table: ragged rows, repeated or empty column names, binary
            contents, wrong encoding, nested columns, no rows. Rows are counted from 1, the header
            not among them.
    """
    path = Path(path)
    suffix = path.suffix.lower()
    _check_file(path)
    if suffix in PACKED_SUFFIXES:
        raise FileError(f"{path} is packed; unpack it first")
    if suffix not in TEXT_SUFFIXES + PARQUET_SUFFIXES:
        known = ", ".join(TEXT_SUFFIXES + PARQUET_SUFFIXES)
        raise FileError(f"the name of a table file must end in one of {known}; got {path}")
    try:
        return read_csv(path, text) if suffix in TEXT_SUFFIXES else read_parquet(path)
    except OSError as error:
        if isinstance(error, FileError):
            raise
        raise FileError(f"cannot read {path}: {error.strerror or error}") from None


def _check_file(path: Path) -> None:
    if path.is_dir():
        raise FileError(f"{path} is a directory; name a file in it")
    if not path.exists():
        raise FileError(f"there is no file {path}")
    if not path.is_file():
        raise FileError(f"{path} is no regular file")
