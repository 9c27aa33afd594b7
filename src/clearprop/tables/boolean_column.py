"""A column of truth values: false is 0, true is 1, and a second feature marks missing ones."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from clearprop.tables import strict_json
from clearprop.tables.values import as_booleans, counted

if TYPE_CHECKING:
    import pyarrow

__all__ = ["BooleanColumn"]


@dataclass(frozen=True)
class BooleanColumn:
    """How one column of truth values is encoded.

    Attributes:
        name: the column's name in the table.
        varies: whether training rows held both values; if not, there is no value feature.
        missing: whether training rows had missing values, which adds the feature "name missing".
    """

    name: str
    varies: bool
    missing: bool

    @classmethod
    def fit(cls, name: str, column: pyarrow.ChunkedArray) -> BooleanColumn:
        """Learn from the training rows what occurs."""
        values = as_booleans(name, column)
        varies = bool((values == 0).any() and (values == 1).any())
        absent = np.isnan(values)
        return cls(name, varies, bool(absent.any() and not absent.all()))

    @property
    def features(self) -> tuple[str, ...]:
        """The names of the encoded features; none where nothing varied in training."""
        value = (self.name,) if self.varies else ()
        return (*value, f"{self.name} missing") if self.missing else value

    def encode(self, column: pyarrow.ChunkedArray) -> tuple[NDArray[np.float64], list[str]]:
        """The features of every row, shape (n, len(features)), and notes for the user."""
        values = as_booleans(self.name, column)
        absent = np.isnan(values)
        parts = [np.where(absent, 0.0, values)] if self.varies else []
        if self.missing:
            parts.append(absent.astype(np.float64))
        note = f"column {self.name!r}: {counted(absent.sum(), 'missing value')}, "
        notes = [note + "taken as false"] if absent.any() and not self.missing else []
        return np.column_stack(parts) if parts else np.empty((len(values), 0)), notes

    def to_json(self) -> dict[str, Any]:
        """The column as plain JSON."""
        kept = {"varies": self.varies, "missing": self.missing}
        return {"kind": "boolean", "name": self.name, **kept}

    @classmethod
    def from_json(cls, obj: Any, where: str) -> BooleanColumn:
        """The column from JSON; `DamagedFileError` on anything off."""
        found = strict_json.members(obj, where, ("kind", "name", "varies", "missing"))
        return cls(
            strict_json.text(found, "name", where),
            strict_json.flag(found, "varies", where),
            strict_json.flag(found, "missing", where),
        )
