"""What is asked of a table, and every refusal that needs no fitting.

All of it looks at the whole table, so that the rows in messages are the table's own.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from clearprop import _checks
from clearprop.errors import ArgumentError, DataError
from clearprop.tables.category_column import looks_like_identifier
from clearprop.tables.class_target import ClassTarget
from clearprop.tables.kinds import find_kind
from clearprop.tables.task import listing
from clearprop.tables.values import as_numbers, brief

if TYPE_CHECKING:
    import pyarrow

__all__ = ["check_numbers", "check_target", "choose_features", "task_notes", "time_notes"]

MOST_GROUPS = 10
MOST_STRAYS = 0.1  # of the values of a column of numbers
ROWS_A_GROUP = 25  # enough for each group to have its share in every part


def choose_features(table: pyarrow.Table, target: str, drop: Sequence[str]) -> list[str]:
    """The columns to learn from; refuse unknown names and columns without any value."""
    if isinstance(drop, str):
        raise ArgumentError(f"drop must be a list of column names; got the text {drop!r}")
    for name in drop:
        if name not in table.column_names:
            hint = _checks.closest(name, table.column_names) or listing(table.column_names)
            raise ArgumentError(f"drop must name columns of the table; got {name!r}{hint}")
    if target in drop:
        raise ArgumentError(f"drop must not name the target; got {target!r}")
    features = [name for name in table.column_names if name != target and name not in drop]
    for name in features:
        if table.num_rows and table[name].null_count == table.num_rows:
            raise DataError(
                f"column {name!r} has no value in any row; "
                f"remove it or leave it out with --drop {name}"
            )
    if not features:
        raise DataError(f"the table has no column to learn from besides the target {target!r}")
    return features


def check_numbers(table: pyarrow.Table, features: Sequence[str]) -> None:
    """Refuse infinite numbers here, where rows still have the numbers they have in the table."""
    from pyarrow import types

    for name in features:
        if not types.is_large_string(table[name].type):
            as_numbers(name, table[name])
        elif looks_like_identifier(table[name]):
            _check_strays(name, table[name])


def _check_strays(name: str, column: pyarrow.ChunkedArray) -> None:
    """Refuse text of which nearly all is numbers: a stray cell must not cost the whole column."""
    values = column.to_pylist()
    numbers = [value is None or _is_number(value) for value in values]
    count = sum(value is not None for value in values)
    strays = len(numbers) - sum(numbers)
    if strays <= count * MOST_STRAYS:
        row = numbers.index(False)
        raise DataError(
            f"column {name!r} holds numbers in {count - strays} of {count} rows, but "
            f"{brief(values[row])} in row {row + 1}; mend that, leave it empty, or leave the "
            f"column out with --drop {name}"
        )


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def check_target(name: str, column: pyarrow.ChunkedArray, task: str) -> NDArray[np.int64] | None:
    """Refuse a target that does not suit the task; the group of each row, to split in proportion.

    The groups of a classification are its classes; those of a regression are tenths of the rows
    by size of the target, so that a small test part resembles the rest.
    """
    from pyarrow import types

    if not len(column):
        raise DataError("the table has no rows")
    if not types.is_large_string(column.type) and not types.is_boolean(column.type):
        as_numbers(name, column)
    elif task == "regression":
        raise DataError(
            f"target {name!r} must hold numbers for a regression; row 1 holds {column[0].as_py()!r}"
        )
    if task == "regression":
        return _tenths(as_numbers(name, column))
    target = ClassTarget.fit(name, column)
    if len(target.classes) > 2 and len(target.classes) * 2 > len(column):
        raise DataError(
            f"target {name!r} has {len(target.classes)} classes in {len(column)} rows, fewer than "
            "two rows to a class; choose another target, or task 'regression' for numbers"
        )
    codes = target.encode(column)
    return (codes[:, 0] if codes.shape[1] == 1 else codes.argmax(axis=1)).astype(np.int64)


def _tenths(values: NDArray[np.float64]) -> NDArray[np.int64] | None:
    """Which tenth (or half, third, ... of few rows) each row is in by size; None for too few."""
    groups = min(MOST_GROUPS, len(values) // ROWS_A_GROUP)
    if groups < 2:
        return None
    ranks = np.argsort(np.argsort(values, kind="stable"), kind="stable")
    return (ranks * groups // len(values)).astype(np.int64)


def time_notes(table: pyarrow.Table, features: Sequence[str]) -> list[str]:
    """Which columns were dates or times and are now numbers."""
    kinds = {name: find_kind(table.schema.field(name).type) for name in features}
    return [
        f"column {name!r} holds dates or times; they count as days (dates from 1970-01-01)"
        for name, kind in kinds.items()
        if kind == "time"
    ]


def task_notes(name: str, column: pyarrow.ChunkedArray, task: str) -> list[str]:
    """Say that numbers were taken for classes: it is the one guess that can go wrong."""
    from pyarrow import types

    if task == "regression" or types.is_large_string(column.type) or types.is_boolean(column.type):
        return []
    count = len(column.unique())
    if count == 2:
        return []  # nobody measures an amount that has two values
    return [
        f"target {name!r} has {count} different whole numbers, taken for classes; "
        "ask for task 'regression' if they are amounts"
    ]
