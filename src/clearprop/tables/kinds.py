"""Arrow's many column types become four: float64, int64, bool and text.

===============================================  ====================================
Arrow type                                       becomes
===============================================  ====================================
float16, float32, float64, decimal               float64; NaN is a missing value
signed and unsigned integers                     int64; 2⁶³ or more is refused
bool                                             bool
string, large_string, string_view                large_string
dictionary (pandas: category)                    as its values
date, timestamp, time, duration                  float64, in days (dates since 1970-01-01)
null                                             null: no value in any row
list, struct, map, union, binary, anything else  refused by name
===============================================  ====================================
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from clearprop.errors import DataError

if TYPE_CHECKING:
    import pyarrow

__all__ = [
    "as_table",
    "canonical",
    "canonical_column",
    "check_names",
    "check_types",
    "find_kind",
    "without_nan",
]

PER_DAY = {"s": 86_400, "ms": 86_400_000, "us": 86_400_000_000, "ns": 86_400_000_000_000}


def as_table(data: Any) -> pyarrow.Table:
    """An Arrow table from a table, a data frame or a mapping of columns.

    >>> as_table({"x": [1, 2], "y": ["a", None]}).column_names
    ['x', 'y']
    """
    import pyarrow as pa

    if isinstance(data, pa.Table):
        return data
    try:
        return pa.table(data)
    except (TypeError, ValueError, pa.ArrowException) as error:
        reason = str(error).splitlines()[0][:200]
        raise DataError(
            f"a table must be a data frame, an Arrow table or a mapping of equally long columns; "
            f"got {type(data).__name__} ({reason})"
        ) from None


def canonical(table: pyarrow.Table) -> pyarrow.Table:
    """The same table with every column of one of the four types above.

    Raises:
        DataError: an empty or repeated column name, or a type that is no number, truth value,
            date or text.
    """
    import pyarrow as pa

    check_names(table.column_names)
    check_types(table.schema)
    columns = [canonical_column(name, table[name]) for name in table.column_names]
    return pa.table(columns, names=table.column_names)


def check_names(names: Sequence[str]) -> None:
    """Refuse column names that are empty or occur twice."""
    for place, name in enumerate(names, start=1):
        if not name.strip():
            raise DataError(
                f"column {place} has no name; give every column one "
                "(pandas writes such a column unless told index=False)"
            )
    twice = [repr(name) for name, count in Counter(names).items() if count > 1]
    if twice:
        raise DataError(
            f"column names must be unique; {', '.join(twice[:10])} occur{'s' * (len(twice) == 1)} "
            "more than once"
        )


def check_types(schema: pyarrow.Schema) -> None:
    """Refuse, by name, a column that holds something other than plain values."""
    for field in schema:
        if find_kind(field.type) is None:
            raise DataError(
                f"column {field.name!r} holds {str(field.type)[:80]} values; "
                "only numbers, truth values, dates and text can be learned from"
            )


def find_kind(arrow_type: pyarrow.DataType) -> str | None:
    """One of "number", "boolean", "text", "time" and "missing"; None for all other types."""
    from pyarrow import types

    if types.is_dictionary(arrow_type):
        return find_kind(arrow_type.value_type)
    if types.is_boolean(arrow_type):
        return "boolean"
    if types.is_integer(arrow_type) or types.is_floating(arrow_type):
        return "number"
    if types.is_decimal(arrow_type):
        return "number"
    if types.is_temporal(arrow_type):
        return None if types.is_interval(arrow_type) else "time"
    if types.is_null(arrow_type):
        return "missing"
    text = (types.is_string, types.is_large_string, types.is_string_view)
    return "text" if any(check(arrow_type) for check in text) else None


def canonical_column(name: str, column: pyarrow.ChunkedArray) -> pyarrow.ChunkedArray:
    """One column as one of the four types; its type must have a kind."""
    import pyarrow as pa
    from pyarrow import types

    while types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    kind = find_kind(column.type)
    if kind == "time":
        return _days(column)
    if kind == "text":
        return _valid_text(name, column)
    if kind != "number":
        return column
    if types.is_integer(column.type):
        try:
            return column.cast(pa.int64())
        except pa.ArrowInvalid:
            raise DataError(
                f"column {name!r} holds whole numbers of 2⁶³ or more, too many digits for a number "
                "to keep; turn them into text if they are names"
            ) from None
    return without_nan(column.cast(pa.float64()))


def _valid_text(name: str, column: pyarrow.ChunkedArray) -> pyarrow.ChunkedArray:
    """The column as large_string; Arrow itself does not promise that text is valid UTF-8."""
    import pyarrow as pa

    try:
        column.validate(full=True)
    except pa.ArrowInvalid:
        raise DataError(f"column {name!r} holds text that is not valid UTF-8") from None
    return column.cast(pa.large_string())


def without_nan(column: pyarrow.ChunkedArray) -> pyarrow.ChunkedArray:
    """A float column whose NaNs are missing values."""
    import pyarrow as pa
    from pyarrow import compute

    return compute.if_else(compute.is_nan(column), pa.scalar(None, column.type), column)


def _days(column: pyarrow.ChunkedArray) -> pyarrow.ChunkedArray:
    """Dates, times and durations as days; a date counts from 1970-01-01."""
    import pyarrow as pa
    from pyarrow import compute, types

    if types.is_date32(column.type):
        return column.cast(pa.int32()).cast(pa.float64())
    unit = "ms" if types.is_date64(column.type) else column.type.unit
    whole = pa.int32() if types.is_time32(column.type) else pa.int64()
    ticks = column.cast(whole).cast(pa.float64(), safe=False)
    return compute.divide(ticks, float(PER_DAY[unit]))
