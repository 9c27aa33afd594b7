"""After parsing: spaces around values, missing values behind spaces, decimal commas."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pyarrow

__all__ = ["MISSING", "tidy"]

MISSING = ["", "NA", "N/A", "NaN", "nan", "null", "NULL", "None", "?"]
DECIMAL_COMMA = r"^[+-]?[0-9]+(,[0-9]+)?([eE][+-]?[0-9]+)?$"


def tidy(table: pyarrow.Table, *, decimal_comma: bool, text: Collection[str]) -> pyarrow.Table:
    """Names and texts without surrounding spaces; texts that were numbers all along as numbers.

    Args:
        table: as the parser made it.
        decimal_comma: whether 1,5 is a number, as in files whose fields end in a semicolon.
        text: names of columns that stay text.
    """
    import pyarrow as pa
    from pyarrow import types

    names = [name.strip() for name in table.column_names]
    columns = []
    for name, column in zip(names, table.columns, strict=True):
        if types.is_string(column.type):
            column = _tidy_text(column, decimal_comma=decimal_comma, keep=name in text)
        columns.append(column)
    return pa.table(columns, names=names)


def _tidy_text(
    column: pyarrow.ChunkedArray, *, decimal_comma: bool, keep: bool
) -> pyarrow.ChunkedArray:
    import pyarrow as pa
    from pyarrow import compute

    trimmed = compute.utf8_trim_whitespace(column)
    absent = compute.is_in(trimmed, value_set=pa.array(MISSING))
    trimmed = compute.if_else(absent, pa.scalar(None, pa.string()), trimmed)
    if keep:
        return trimmed
    if decimal_comma and _all_match(trimmed, DECIMAL_COMMA):
        return compute.replace_substring(trimmed, ",", ".").cast(pa.float64())
    return _as_number(trimmed) if trimmed.null_count > column.null_count else trimmed


def _as_number(column: pyarrow.ChunkedArray) -> pyarrow.ChunkedArray:
    """The column as numbers where every text is one: " ?" had kept the parser from it."""
    import pyarrow as pa

    for wanted in (pa.int64(), pa.float64()):
        try:
            return column.cast(wanted)
        except pa.ArrowInvalid:
            continue
    return column


def _all_match(column: pyarrow.ChunkedArray, pattern: str) -> bool:
    from pyarrow import compute

    matched = compute.all(compute.match_substring_regex(column, pattern), min_count=1)
    return bool(matched.as_py())
