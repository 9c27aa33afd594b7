"""A learner's own table: read, its target chosen, and refused in one sentence where unfit."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from clearprop.errors import DataError
from clearprop.tables import read_table

if TYPE_CHECKING:
    import pyarrow

__all__ = ["check_both_kept", "check_rows", "read_own", "two_numbers_two_classes"]

_MOST_NAMED = 6
_LEAST_ROWS = 10


def read_own(path: str | Path) -> tuple[pyarrow.Table, str]:
    """The table, and the column to learn: the one called "target", else the last.

    Raises:
        FileError: there is no such file, or of another kind.
        DataError: it is no table, or one of a single column.
    """
    table = read_table(path)
    names = table.column_names
    if len(names) < 2:
        raise DataError(
            f"{path} must have a target and at least one column to learn from; it has the one "
            f"column {names[0]!r}"
        )
    return table, "target" if "target" in names else names[-1]


def two_numbers_two_classes(path: str | Path) -> tuple[pyarrow.Table, str]:
    """The same, of exactly two columns of numbers and a target of two classes, without gaps.

    Raises:
        FileError: as `read_own`.
        DataError: it is another table than that.
    """
    table, target = read_own(path)
    rule = f"{path} must have two columns of numbers and a target of two classes"
    features = [name for name in table.column_names if name != target]
    if len(features) != 2:
        shown = ", ".join(map(repr, features[:_MOST_NAMED]))
        more = ", ..." if len(features) > _MOST_NAMED else ""
        raise DataError(
            f"{rule}; besides the target {target!r} it has {_columns(len(features))}, {shown}{more}"
        )
    for name in table.column_names:
        if table[name].null_count:
            raise DataError(
                f"{rule}, without gaps; column {name!r} has no value in {table[name].null_count} "
                "of its rows: fill them in or remove these rows"
            )
    for name in features:
        if not _is_number(table[name].type):
            raise DataError(f"{rule}; column {name!r} holds {table[name].type}, no numbers")
    classes = len(table[target].unique())
    if classes != 2:
        raise DataError(
            f"{rule}; its target {target!r} has {classes} different value{'s' * (classes != 1)}"
        )
    check_rows(path, table)
    return table, target


def check_rows(path: str | Path, table: pyarrow.Table) -> None:
    """Refuse a table too small to show anything."""
    if table.num_rows < _LEAST_ROWS:
        raise DataError(
            f"{path} must have at least {_LEAST_ROWS} rows for this experiment; it has "
            f"{table.num_rows}"
        )


def check_both_kept(path: str | Path, names: Sequence[str], notes: Sequence[str]) -> None:
    """Refuse a table of which a column was left out, and say why it was."""
    if len(names) != 2:
        why = "; ".join(note for note in notes if "is left out" in note)
        raise DataError(f"{path} must have two columns that tell something of each row; {why}")


def _columns(count: int) -> str:
    return f"{count} column{'s' * (count != 1)}"


def _is_number(kind: pyarrow.DataType) -> bool:
    from pyarrow import types

    return bool(types.is_integer(kind) or types.is_floating(kind) or types.is_decimal(kind))
