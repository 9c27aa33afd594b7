"""One canonical column as float64 numbers, truth values or text, or one clear sentence.

Rows in messages are counted from 1 and leave the header out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from clearprop.errors import DataError

if TYPE_CHECKING:
    import pyarrow

__all__ = [
    "LARGEST",
    "as_booleans",
    "as_numbers",
    "as_text",
    "brief",
    "counted",
    "first_row",
    "refuse_infinite",
]

LARGEST = 1e300  # differences of two such numbers do not overflow


def as_numbers(name: str, column: pyarrow.ChunkedArray) -> NDArray[np.float64]:
    """The column as float64, shape (n,), a missing value as NaN.

    Raises:
        DataError: text that is no number, an infinite value, or one beyond 1e300.
    """
    import pyarrow as pa

    try:
        numbers = column.cast(pa.float64(), safe=False)
    except pa.ArrowInvalid:
        raise DataError(_not_castable(name, column, pa.float64(), "a number")) from None
    values = np.array(numbers.to_numpy(), dtype=np.float64)
    refuse_infinite(name, values)
    return values


def as_booleans(name: str, column: pyarrow.ChunkedArray) -> NDArray[np.float64]:
    """The column as 0.0 and 1.0, shape (n,), a missing value as NaN.

    Raises:
        DataError: a value that is neither true nor false, nor 1 nor 0.
    """
    import pyarrow as pa
    from pyarrow import types

    if types.is_large_string(column.type):
        try:
            column = column.cast(pa.bool_())
        except pa.ArrowInvalid:
            raise DataError(_not_castable(name, column, pa.bool_(), "true or false")) from None
    values = as_numbers(name, column)
    wrong = ~np.isnan(values) & (values != 0) & (values != 1)
    if wrong.any():
        row = first_row(wrong)
        raise DataError(
            f"column {name!r} must hold true or false; row {row} holds {values[row - 1]:g}"
        )
    return values


def as_text(column: pyarrow.ChunkedArray) -> pyarrow.ChunkedArray:
    """The column as text; a number or truth value as it would be written."""
    import pyarrow as pa

    return column.cast(pa.large_string())


def refuse_infinite(name: str, values: NDArray[np.float64]) -> None:
    """Refuse, by column and row, values that are infinite or beyond 1e300."""
    wrong = np.abs(values) > LARGEST  # NaN compares false
    if wrong.any():
        row = first_row(wrong)
        raise DataError(
            f"column {name!r} must hold finite numbers up to 1e300 in size; "
            f"row {row} holds {values[row - 1]:g}"
        )


def first_row(mask: NDArray[np.bool_]) -> int:
    """The number of the first true entry, counted from 1.

    >>> first_row(np.array([False, True, True]))
    2
    """
    return int(np.argmax(mask)) + 1


def brief(value: Any, length: int = 60) -> str:
    """`repr(value)`, cut where it is long.

    >>> brief("a" * 100, 10)
    "'aaaaaa..."
    """
    if isinstance(value, str):
        value = value[:length]
    shown = repr(value)
    return shown if len(shown) <= length else shown[: length - 3] + "..."


def counted(count: int, noun: str) -> str:
    """A number and its noun.

    >>> counted(1, "row"), counted(3, "row")
    ('1 row', '3 rows')
    """
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def _not_castable(
    name: str, column: pyarrow.ChunkedArray, wanted: pyarrow.DataType, rule: str
) -> str:
    """The sentence about the first text that cannot be read as the wanted type."""
    row = next(row for row, item in enumerate(column, start=1) if not _casts(item, wanted))
    value = brief(column[row - 1].as_py())
    return f"column {name!r} must hold {rule} in every row; row {row} holds {value}"


def _casts(item: pyarrow.Scalar, wanted: pyarrow.DataType) -> bool:
    import pyarrow as pa

    try:
        item.cast(wanted)
    except pa.ArrowInvalid:
        return False
    return True
