"""From a table to training, validation and test numbers, without a leak between them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from clearprop import _checks
from clearprop.tables.fingerprint import fingerprint
from clearprop.tables.fit import fit_schema
from clearprop.tables.kinds import as_table, canonical
from clearprop.tables.question import (
    check_numbers,
    check_target,
    choose_features,
    task_notes,
    time_notes,
)
from clearprop.tables.schema import Schema
from clearprop.tables.split import split_rows
from clearprop.tables.targets import check_present
from clearprop.tables.task import choose_target, find_task

__all__ = ["Part", "Prepared", "prepare"]

TASKS = ("classification", "regression")


@dataclass(frozen=True)
class Part:
    """Some rows of the table, encoded.

    Attributes:
        X: features, shape (n, n_features), float64, C order.
        y: targets, shape (n, n_outputs), float64, C order.
        rows: their row numbers in the table, from 0, ascending.
    """

    X: NDArray[np.float64]
    y: NDArray[np.float64]
    rows: NDArray[np.int64]


@dataclass(frozen=True)
class Prepared:
    """A table made ready for training.

    Attributes:
        schema: the encoding, fitted on the training rows only.
        train, validation, test: the parts; the last two may have no rows.
        notes: sentences about what was decided for the user.
        fingerprint: the SHA-256 of the table's contents.
    """

    schema: Schema
    train: Part
    validation: Part
    test: Part
    notes: tuple[str, ...]
    fingerprint: str

    @property
    def task(self) -> str:
        """Either "classification" or "regression"."""
        return self.schema.task

    @property
    def feature_names(self) -> tuple[str, ...]:
        """The names of the columns of X, such as "colour=red"."""
        return self.schema.feature_names

    def targets(self, part: Part) -> NDArray[Any]:
        """The targets of a part as the table has them: classes, or numbers in their own unit."""
        return self.schema.decode(part.y).values


def prepare(
    data: Any,
    *,
    target: str | None = None,
    task: str | None = None,
    drop: Sequence[str] = (),
    test: float = 0.2,
    validation: float = 0.2,
    seed: int = 0,
) -> Prepared:
    """Split a table, fit the encoding on its training rows, and encode all of it.

    Args:
        data: an Arrow table, a data frame or a mapping of columns.
        target: the column to predict; the column "target" if not given.
        task: "classification" or "regression"; found from the target if not given.
        drop: names of columns to leave out.
        test: the fraction of all rows to keep for the test.
        validation: the fraction of the remaining rows to keep for validation.
        seed: decides which rows go where.

    Raises:
        ArgumentError: an argument breaks its rule, or names a column that is not there.
        DataError: the table cannot be learned from; the message says which column and row.

    >>> table = {"x": range(30), "colour": ["red", "blue", None] * 10, "target": [0, 1] * 15}
    >>> ready = prepare(table)
    >>> ready.task, ready.feature_names
    ('classification', ('x', 'colour=blue', 'colour=red', 'colour=(missing)'))
    >>> len(ready.train.X), len(ready.validation.X), len(ready.test.X)
    (19, 5, 6)
    """
    test, validation = _checks.fraction("test", test), _checks.fraction("validation", validation)
    seed = _checks.integer("seed", seed, least=0, most=2**32 - 1)
    given = as_table(data)
    table = canonical(given)
    name = choose_target(table.column_names, target)
    features = choose_features(table, name, drop)
    check_present(name, table[name])
    notes = time_notes(given, features)
    if task is None:
        task = find_task(given[name])
        notes += task_notes(name, table[name], task)
    check_numbers(table, features)
    groups = check_target(name, table[name], _checks.one_of("task", task, TASKS))
    split = split_rows(table.num_rows, groups, test, validation, seed)
    schema, left_out = fit_schema(table, features, name, task, split.train)
    X, unseen = schema.encode(table)
    y = schema.encode_target(table)
    train, validation_part, test_part = (Part(X[r], y[r], r) for r in split[:3])
    every = (*notes, *split.notes, *left_out, *unseen)
    return Prepared(schema, train, validation_part, test_part, every, fingerprint(table))
