"""What is to be learned: which column is the target, and whether it names classes or amounts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from clearprop import _checks
from clearprop.errors import ArgumentError
from clearprop.tables.kinds import as_table, canonical

if TYPE_CHECKING:
    import pyarrow

__all__ = ["choose_target", "find_task"]

MOST_WHOLE_CLASSES = 20
ROWS_PER_CLASS = 5


def find_task(column: pyarrow.ChunkedArray | Sequence[Any]) -> str:
    """Either "classification" or "regression", from the target's values.

    Text and truth values name classes. So do whole numbers, if there are only two of them, or at
    most 20 with five rows or more to each. Every other number, and every date, is an amount.

    >>> find_task(["cat", "dog"]), find_task([0, 1, 1, 0]), find_task([1.5, 2.5])
    ('classification', 'classification', 'regression')
    """
    import pyarrow as pa

    as_given = column.type if isinstance(column, pa.Array | pa.ChunkedArray) else None
    values = canonical(as_table({"target": column}))["target"].drop_null()
    if pa.types.is_large_string(values.type) or pa.types.is_boolean(values.type):
        return "classification"
    if as_given is not None and pa.types.is_temporal(as_given):
        return "regression"
    numbers = values.cast(pa.float64(), safe=False).unique().to_numpy()
    if not np.isfinite(numbers).all() or (numbers != np.floor(numbers)).any():
        return "regression"
    few = len(numbers) <= MOST_WHOLE_CLASSES and len(numbers) * ROWS_PER_CLASS <= len(values)
    return "classification" if len(numbers) <= 2 or few else "regression"


def choose_target(names: Sequence[str], target: str | None = None) -> str:
    """The target's column name: as given, or "target" where the table has such a column.

    >>> choose_target(["x", "target"])
    'target'
    """
    if target in names:
        return str(target)
    if target is not None:
        raise ArgumentError(
            f"target must be a column of the table; got {target!r}"
            f"{_checks.closest(target, names) or listing(names)}"
        )
    if "target" in names:
        return "target"
    raise ArgumentError(f"target must be given where no column is called 'target'{listing(names)}")


def listing(names: Sequence[str], most: int = 20) -> str:
    """The columns of a table for an error message.

    >>> listing(["a", "b", "c"], most=2)
    "; the columns are 'a', 'b' and 1 more"
    """
    shown = ", ".join(repr(name) for name in names[:most])
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return f"; the columns are {shown}{more}"
