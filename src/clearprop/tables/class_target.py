"""Classes to predict, as 0/1 columns and back; two classes share one column."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from clearprop.errors import ArgumentError, DataError
from clearprop.tables import strict_json
from clearprop.tables.targets import Decoded, check_present, finite_outputs
from clearprop.tables.values import LARGEST, as_booleans, as_numbers, brief, first_row

if TYPE_CHECKING:
    import pyarrow

__all__ = ["MOST_CLASSES", "ClassTarget", "Label"]

Label = str | bool | int | float
MOST_CLASSES = 1000


@dataclass(frozen=True)
class ClassTarget:
    """Classes in ascending order; two share one output, more have one each.

    Attributes:
        name: the column's name in the table.
        classes: two or more labels of one type: text, bool, int or float.
    """

    name: str
    classes: tuple[Label, ...]

    @classmethod
    def fit(cls, name: str, column: pyarrow.ChunkedArray) -> ClassTarget:
        """Learn the classes; `DataError` for one class only, or more than 1000."""
        check_present(name, column)
        labels = column.unique()
        if len(labels) > MOST_CLASSES:
            raise DataError(
                f"target {name!r} has {len(labels)} different values, and a classification takes "
                f"at most {MOST_CLASSES}; choose another target, or task 'regression' for numbers"
            )
        classes = sorted(labels.to_pylist())
        if len(classes) < 2:
            raise DataError(
                f"target {name!r} has the one value {brief(classes[0])} in every row; "
                "there is nothing to tell apart"
            )
        return cls(name, tuple(classes))

    @property
    def task(self) -> str:
        """What the target asks for."""
        return "classification"

    @property
    def n_outputs(self) -> int:
        """The number of network outputs: 1 for two classes, else one a class."""
        return 1 if len(self.classes) == 2 else len(self.classes)

    def encode(self, column: pyarrow.ChunkedArray) -> NDArray[np.float64]:
        """0/1 columns, shape (n, n_outputs); `DataError` for a value that is no class."""
        check_present(self.name, column)
        place = self._places(column)
        if (place < 0).any():
            row = first_row(place < 0)
            raise DataError(
                f"target {self.name!r} holds {brief(column[row - 1].as_py())} in row {row}, "
                "which is none of the classes seen in training"
            )
        if self.n_outputs == 1:
            return place[:, None].astype(np.float64)
        return np.eye(len(self.classes))[place]

    def _places(self, column: pyarrow.ChunkedArray) -> NDArray[np.int64]:
        """The place of each row's value among the classes, −1 where it is none of them."""
        import pyarrow as pa
        from pyarrow import compute

        if isinstance(self.classes[0], bool):
            return as_booleans(self.name, column).astype(np.int64)
        if isinstance(self.classes[0], str):
            known = pa.array(self.classes, pa.large_string())
            column = column.cast(pa.large_string())
        else:
            exact = isinstance(self.classes[0], int) and pa.types.is_int64(column.type)
            known = pa.array(self.classes).cast(pa.int64() if exact else pa.float64(), safe=False)
            column = column if exact else pa.chunked_array([as_numbers(self.name, column)])
        found = compute.fill_null(compute.index_in(column, value_set=known), -1)
        return np.array(found.to_numpy(), dtype=np.int64)

    def decode(self, outputs: NDArray[np.float64]) -> Decoded:
        """Classes and their probabilities from probabilities of shape (n,), (n, 1) or (n, K)."""
        p = finite_outputs(outputs)
        if len(self.classes) == 2 and (p.ndim == 1 or p.shape[1:] == (1,)):
            p = np.column_stack([1 - p.reshape(-1), p.reshape(-1)])
        if p.shape[1:] != (len(self.classes),):
            raise ArgumentError(
                f"outputs must have shape (n, {self.n_outputs}) for {len(self.classes)} classes; "
                f"got {p.shape}"
            )
        kind = object if isinstance(self.classes[0], str) else None
        return Decoded(np.array(self.classes, dtype=kind)[p.argmax(axis=1)], p)

    def to_json(self) -> dict[str, Any]:
        """The target as plain JSON."""
        return {"kind": "classes", "name": self.name, "classes": [*self.classes]}

    @classmethod
    def from_json(cls, obj: Any, where: str) -> ClassTarget:
        """The target from JSON; `DamagedFileError` on anything off."""
        found = strict_json.members(obj, where, ("kind", "name", "classes"))
        name = strict_json.text(found, "name", where)
        classes = strict_json.entries(found, "classes", where, MOST_CLASSES)
        if len(classes) < 2 or not all(_is_label(c) for c in classes):
            strict_json.refuse(f"{where}.classes", "two or more labels")
        if len({type(c) for c in classes}) > 1 or classes != sorted(set(classes)):
            strict_json.refuse(f"{where}.classes", "different labels of one type, ascending")
        return cls(name, tuple(classes))


def _is_label(value: Any) -> bool:
    if isinstance(value, bool) or strict_json.is_text(value):
        return True
    if isinstance(value, int):
        return -(2**63) <= value < 2**63
    return isinstance(value, float) and abs(value) <= LARGEST
