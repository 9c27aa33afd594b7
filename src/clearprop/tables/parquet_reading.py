"""Parquet files: the footer is judged before anything is unpacked."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from clearprop.errors import DamagedFileError, DataError
from clearprop.tables.kinds import check_names, check_types

if TYPE_CHECKING:
    import pyarrow

__all__ = ["read_parquet"]

HARMLESS_BYTES = 1 << 29  # unpacked; smaller tables are never refused
MOST_EXPANSION = 1000  # unpacked bytes to one byte of the file
PANDAS_INDEX = re.compile(r"__index_level_\d+__")


def read_parquet(path: Path) -> pyarrow.Table:
    """The table in a Parquet file, without an index that pandas stored beside the columns.

    Raises:
        DamagedFileError: truncated, altered or no Parquet file.
        DataError: nested columns, no rows, or a small file that unpacks to a huge table.
    """
    import pyarrow as pa
    from pyarrow import parquet

    try:
        with parquet.ParquetFile(path) as file:
            check_types(file.schema_arrow)
            _refuse_bomb(path, file.metadata)
            table = file.read()
        table.validate(full=True)
    except (pa.ArrowException, OSError, ValueError) as error:
        if isinstance(error, DataError):
            raise
        reason = str(error).splitlines()[0][:150] if str(error) else type(error).__name__
        raise DamagedFileError(f"{path} is no readable Parquet file: {reason}") from None
    index = [name for name in table.column_names if PANDAS_INDEX.fullmatch(name)]
    table = table.drop_columns(index)
    check_names(table.column_names)
    if not table.num_rows:
        raise DataError(f"{path} has columns and no rows")
    return table


def _refuse_bomb(path: Path, metadata: pyarrow.parquet.FileMetaData) -> None:
    """Refuse, from the footer alone, a table out of all proportion to its file."""
    groups = [metadata.row_group(i) for i in range(metadata.num_row_groups)]
    packed = sum(group.total_byte_size for group in groups)
    size = max(packed, 8 * metadata.num_rows * metadata.num_columns)
    if size > HARMLESS_BYTES and size > MOST_EXPANSION * path.stat().st_size:
        raise DataError(
            f"{path} would unpack to {size / 2**30:.1f} GiB or more, over {MOST_EXPANSION} times "
            "its own size; it is refused as a decompression bomb"
        )
