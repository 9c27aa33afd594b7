"""A column of text: one feature a category, 1 in the rows that hold it.

At most 64 categories get a feature of their own, the most frequent ones; the rest share
"name=(other)", and so do values never seen in training. Where every training value has its own
feature, an unseen value is 0 in all of them, and a note says so.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from clearprop.tables import strict_json
from clearprop.tables.values import as_text, brief, counted, first_row

if TYPE_CHECKING:
    import pyarrow

__all__ = ["MOST_CATEGORIES", "CategoryColumn", "looks_like_identifier"]

MOST_CATEGORIES = 64
IDENTIFIER_ROWS = 20  # fewer values than this say nothing about the column
IDENTIFIER_SHARE = 0.95  # of the values are distinct


def looks_like_identifier(column: pyarrow.ChunkedArray) -> bool:
    """Whether nearly every one of more than 20 values is different."""
    from pyarrow import compute

    present = len(column) - column.null_count
    if present <= IDENTIFIER_ROWS:
        return False
    distinct = compute.count_distinct(column, mode="only_valid").as_py()
    return bool(distinct >= IDENTIFIER_SHARE * present)


@dataclass(frozen=True)
class CategoryColumn:
    """How one column of text is encoded.

    Attributes:
        name: the column's name in the table.
        categories: the values with a feature of their own, sorted.
        missing: whether training rows had missing values: one more category.
        other: whether training rows held more values than `categories` names.
    """

    name: str
    categories: tuple[str, ...]
    missing: bool
    other: bool

    @classmethod
    def fit(cls, name: str, column: pyarrow.ChunkedArray) -> CategoryColumn:
        """Learn the categories from the training rows."""
        counted = as_text(column).drop_null().value_counts().to_pylist()
        ranked = sorted(counted, key=lambda item: (-item["counts"], item["values"]))
        frequent = sorted(item["values"] for item in ranked[:MOST_CATEGORIES])
        return cls(name, tuple(frequent), column.null_count > 0, len(ranked) > MOST_CATEGORIES)

    @property
    def features(self) -> tuple[str, ...]:
        """The names of the encoded features; none where nothing varied in training."""
        labels = [*self.categories]
        labels += ["(missing)"] * self.missing + ["(other)"] * self.other
        return tuple(f"{self.name}={label}" for label in labels) if len(labels) > 1 else ()

    def encode(self, column: pyarrow.ChunkedArray) -> tuple[NDArray[np.float64], list[str]]:
        """The features of every row, shape (n, len(features)), and notes for the user."""
        import pyarrow as pa
        from pyarrow import compute

        values = as_text(column)
        known = pa.array(self.categories, pa.large_string())
        found = compute.fill_null(compute.index_in(values, value_set=known), -1)
        place = np.array(found.to_numpy(), dtype=np.int64)
        absent = np.asarray(compute.is_null(values).to_numpy(), dtype=np.bool_)
        unseen = (place < 0) & ~absent
        k = len(self.categories)
        if self.missing:
            place[absent] = k
        if self.other:
            place[unseen] = k + self.missing
        features = np.zeros((len(values), len(self.features)))
        if self.features:
            rows = np.flatnonzero(place >= 0)
            features[rows, place[rows]] = 1.0
        return features, self._notes(values, unseen, absent)

    def _notes(
        self, values: pyarrow.ChunkedArray, unseen: NDArray[np.bool_], absent: NDArray[np.bool_]
    ) -> list[str]:
        notes = []
        if unseen.any() and not self.other:
            row = first_row(unseen)
            notes.append(
                f"column {self.name!r}: {counted(unseen.sum(), 'value')} not seen in training, "
                f"first {brief(values[row - 1].as_py())} in row {row}"
            )
        if absent.any() and not self.missing:
            count = counted(absent.sum(), "missing value")
            notes.append(f"column {self.name!r}: {count}, and none in training")
        return notes

    def to_json(self) -> dict[str, Any]:
        """The column as plain JSON."""
        kept = {"categories": [*self.categories], "missing": self.missing, "other": self.other}
        return {"kind": "category", "name": self.name, **kept}

    @classmethod
    def from_json(cls, obj: Any, where: str) -> CategoryColumn:
        """The column from JSON; `DamagedFileError` on anything off."""
        keys = ("kind", "name", "categories", "missing", "other")
        found = strict_json.members(obj, where, keys)
        return cls(
            strict_json.text(found, "name", where),
            strict_json.sorted_texts(found, "categories", where, most=MOST_CATEGORIES),
            strict_json.flag(found, "missing", where),
            strict_json.flag(found, "other", where),
        )
