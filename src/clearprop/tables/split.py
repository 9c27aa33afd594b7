"""Rows set apart for validation and test, in the classes' proportions, never a class too many."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from clearprop.errors import DataError
from clearprop.tables.values import counted

__all__ = ["Split", "split_rows"]

Rows = NDArray[np.int64]
FEWEST_TRAINING_ROWS = 2


class Split(NamedTuple):
    """Row numbers from 0, ascending, each row in one part; and notes for the user."""

    train: Rows
    validation: Rows
    test: Rows
    notes: tuple[str, ...]


def split_rows(n_rows: int, codes: Rows | None, test: float, validation: float, seed: int) -> Split:
    """`test` of all rows, `validation` of the rest, by scikit-learn's `train_test_split`.

    Args:
        n_rows: the number of rows.
        codes: each row's class as a number from 0, to split in proportion; None to ignore them.
        test: the fraction of all rows for the test part.
        validation: the fraction of the remaining rows for the validation part.
        seed: the same seed gives the same parts.

    Returns:
        The parts; every class has a row in the training part.

    Raises:
        DataError: a wanted part, or training, would have too few rows.
    """
    every = np.arange(n_rows)
    rest, tested, uneven = _take(every, codes, test, seed)
    train, validated, uneven_too = _take(rest, codes, validation, seed)
    wanting = (test > 0 and not len(tested)) or (validation > 0 and not len(validated))
    if wanting or len(train) < FEWEST_TRAINING_ROWS:
        raise DataError(
            f"the table has {counted(n_rows, 'row')}, too few to set apart test={test:g} and "
            f"validation={validation:g} of them; add rows or lower these fractions (0 is allowed)"
        )
    note = "some classes have too few rows to be split in proportion; each keeps one for training"
    return Split(train, validated, tested, (note,) if uneven or uneven_too else ())


def _take(rows: Rows, codes: Rows | None, share: float, seed: int) -> tuple[Rows, Rows, bool]:
    """Rows kept, rows taken, and whether the classes could not be split in proportion."""
    count = int(np.ceil(len(rows) * share))
    if count == 0 or count >= len(rows):
        return rows, rows[:0], False
    if codes is None:
        return *_shuffled(rows, None, count, seed), False
    sizes = np.bincount(codes[rows])
    alone = sizes[codes[rows]] == 1  # such a row cannot be in two parts
    free, classes = rows[~alone], int((sizes > 1).sum())
    if count >= len(free):
        return rows, rows[:0], True
    even = classes <= count <= len(free) - classes
    kept, taken = _shuffled(free, codes if even else None, count, seed)
    kept = np.append(kept, rows[alone])
    back = _first_of_lost(codes, kept, taken)
    taken = taken[~np.isin(taken, back)]
    return np.sort(np.append(kept, back)), taken, not even or bool(alone.any()) or len(back) > 0


def _first_of_lost(codes: Rows, kept: Rows, taken: Rows) -> Rows:
    """The first taken row of each class that has no row among those kept."""
    sizes = np.bincount(codes[kept], minlength=int(codes.max()) + 1)
    lost = taken[sizes[codes[taken]] == 0]
    _, first = np.unique(codes[lost], return_index=True)
    return np.asarray(lost[first])


def _shuffled(rows: Rows, codes: Rows | None, count: int, seed: int) -> tuple[Rows, Rows]:
    from sklearn.model_selection import train_test_split

    groups = None if codes is None else codes[rows]
    kept, taken = train_test_split(rows, test_size=count, random_state=seed, stratify=groups)
    return np.sort(kept), np.sort(taken)
