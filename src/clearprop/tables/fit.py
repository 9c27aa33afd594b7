"""Fitting a schema: each column's kind chosen, useless columns left out, both said in notes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from clearprop.errors import DataError
from clearprop.tables.boolean_column import BooleanColumn
from clearprop.tables.category_column import CategoryColumn, looks_like_identifier
from clearprop.tables.class_target import ClassTarget
from clearprop.tables.number_column import NumberColumn
from clearprop.tables.number_target import NumberTarget
from clearprop.tables.schema import Column, Schema

if TYPE_CHECKING:
    import pyarrow

__all__ = ["fit_schema"]


def fit_schema(
    table: pyarrow.Table,
    features: Sequence[str],
    target: str,
    task: str,
    rows: NDArray[np.int64],
) -> tuple[Schema, tuple[str, ...]]:
    """A schema from the given rows of a canonical table, and notes about what was left out.

    Nothing but the columns' types is taken from the other rows.
    """
    training = table.select([*features, target]).take(rows)
    fitted: list[Column] = []
    notes: list[str] = []
    for name in features:
        column = _fit_column(name, training[name])
        if column.features and not _is_identifier(column, training[name]):
            fitted.append(column)
        else:
            notes.append(_why_left_out(column, training[name]))
    if not fitted:
        raise DataError(
            "no column is left to learn from" + "".join(f"; {note}" for note in notes[:3])
        )
    kind = ClassTarget if task == "classification" else NumberTarget
    return Schema(tuple(fitted), kind.fit(target, training[target])), tuple(notes)


def _fit_column(name: str, column: pyarrow.ChunkedArray) -> Column:
    from pyarrow import types

    if types.is_boolean(column.type):
        return BooleanColumn.fit(name, column)
    if types.is_large_string(column.type):
        return CategoryColumn.fit(name, column)
    return NumberColumn.fit(name, column)


def _is_identifier(column: Column, values: pyarrow.ChunkedArray) -> bool:
    return isinstance(column, CategoryColumn) and looks_like_identifier(values)


def _why_left_out(column: Column, values: pyarrow.ChunkedArray) -> str:
    start = f"column {column.name!r} is left out: "
    if values.null_count == len(values):
        return start + "no training row has a value in it"
    if _is_identifier(column, values):
        return start + "nearly every value is different, as in an identifier or free text"
    return start + "it has the same value in every training row"
