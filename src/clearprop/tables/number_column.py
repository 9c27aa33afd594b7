"""A column of numbers: robust scaling, then a smooth clip.

    t = (x − median) / (q75 − q25)      or ½(max − min) below where that is 0
    feature = t / √(1 + (t/3)²)         between −3 and 3, almost t near 0

The scheme of RealMLP (Holzmüller et al., 2024, arXiv:2407.04491): outliers stay in order but
cannot dominate. A missing value becomes the median, which is 0 after scaling; where training
rows had missing values, a second feature says so with a 1.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from clearprop.tables import strict_json
from clearprop.tables.values import LARGEST, as_numbers, counted

if TYPE_CHECKING:
    import pyarrow

__all__ = ["NumberColumn", "smooth_clip"]


def smooth_clip(t: NDArray[np.float64]) -> NDArray[np.float64]:
    """The function t / √(1 + (t/3)²), for any size of t, infinities included.

    >>> smooth_clip(np.array([0.0, 4.0, -np.inf])).round(12).tolist()
    [0.0, 2.4, -3.0]
    """
    u = np.clip(t / 3, -1e150, 1e150)
    return np.asarray(3 * u / np.hypot(1, u))


@dataclass(frozen=True)
class NumberColumn:
    """How one column of numbers is encoded.

    Attributes:
        name: the column's name in the table.
        center: the median of the training values.
        scale: q75 − q25, or its fallback; 0 where they did not vary, and then there is no feature.
        missing: whether training rows had missing values, which adds the feature "name missing".
    """

    name: str
    center: float
    scale: float
    missing: bool

    @classmethod
    def fit(cls, name: str, column: pyarrow.ChunkedArray) -> NumberColumn:
        """Learn center and scale from the training rows."""
        values = as_numbers(name, column)
        present = values[~np.isnan(values)]
        missing = len(present) < len(values)
        if not len(present):
            return cls(name, 0.0, 0.0, missing=False)
        low, center, high = np.quantile(present, [0.25, 0.5, 0.75])
        scale = high - low if high > low else (present.max() - present.min()) / 2
        return cls(name, float(center), float(scale), missing)

    @property
    def features(self) -> tuple[str, ...]:
        """The names of the encoded features; none where nothing varied in training."""
        value = (self.name,) if self.scale > 0 else ()
        return (*value, f"{self.name} missing") if self.missing else value

    def encode(self, column: pyarrow.ChunkedArray) -> tuple[NDArray[np.float64], list[str]]:
        """The features of every row, shape (n, len(features)), and notes for the user."""
        from pyarrow import types

        values = as_numbers(self.name, column)
        absent = np.isnan(values)
        parts = []
        if self.scale > 0:
            with np.errstate(over="ignore"):  # a tiny scale; the clip takes infinities
                scaled = smooth_clip((values - self.center) / self.scale)
            parts.append(np.where(absent, 0.0, scaled))
        if self.missing:
            parts.append(absent.astype(np.float64))
        note = f"column {self.name!r}: {counted(absent.sum(), 'missing value')}, "
        notes = [note + "taken as the median"] if absent.any() and not self.missing else []
        if types.is_boolean(column.type):
            notes.append(f"column {self.name!r} holds true and false, taken for 1 and 0")
        return np.column_stack(parts) if parts else np.empty((len(values), 0)), notes

    def to_json(self) -> dict[str, Any]:
        """The column as plain JSON."""
        kept = {"center": self.center, "scale": self.scale, "missing": self.missing}
        return {"kind": "number", "name": self.name, **kept}

    @classmethod
    def from_json(cls, obj: Any, where: str) -> NumberColumn:
        """The column from JSON; `DamagedFileError` on anything off."""
        found = strict_json.members(obj, where, ("kind", "name", "center", "scale", "missing"))
        return cls(
            strict_json.text(found, "name", where),
            strict_json.real(found, "center", where, -LARGEST),
            strict_json.real(found, "scale", where, 0.0),
            strict_json.flag(found, "missing", where),
        )
