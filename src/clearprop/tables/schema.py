"""How a table becomes numbers: fitted on training rows, kept in the model file as JSON."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from clearprop import _checks
from clearprop.errors import DataError
from clearprop.tables import strict_json
from clearprop.tables.boolean_column import BooleanColumn
from clearprop.tables.category_column import CategoryColumn
from clearprop.tables.class_target import ClassTarget
from clearprop.tables.kinds import as_table, canonical
from clearprop.tables.number_column import NumberColumn
from clearprop.tables.number_target import NumberTarget
from clearprop.tables.targets import Decoded

__all__ = ["Column", "Encoded", "Schema", "Target"]

Column = NumberColumn | BooleanColumn | CategoryColumn
Target = ClassTarget | NumberTarget
Kind = TypeVar("Kind", bound=Column | Target)

COLUMNS: dict[str, type[Column]] = {
    "boolean": BooleanColumn,
    "category": CategoryColumn,
    "number": NumberColumn,
}
TARGETS: dict[str, type[Target]] = {"classes": ClassTarget, "number": NumberTarget}
MOST_COLUMNS = 1_000_000


class Encoded(NamedTuple):
    """A table as numbers.

    Attributes:
        X: shape (n_rows, n_features), float64, C order.
        notes: sentences about values that training had not seen.
    """

    X: NDArray[np.float64]
    notes: tuple[str, ...]


@dataclass(frozen=True)
class Schema:
    """The encoding of a table's columns and its target.

    Attributes:
        columns: one encoder a column, in the order of the training table.
        target: the encoder of the column to predict.
    """

    columns: tuple[Column, ...]
    target: Target

    @property
    def task(self) -> str:
        """Either "classification" or "regression"."""
        return self.target.task

    @property
    def column_names(self) -> tuple[str, ...]:
        """The columns that a table must have to be encoded; the target is not among them."""
        return tuple(column.name for column in self.columns)

    @property
    def text_columns(self) -> tuple[str, ...]:
        """The columns to read as text: `read_table(path, text=schema.text_columns)`."""
        names = [c.name for c in self.columns if isinstance(c, CategoryColumn)]
        classes = self.target.classes if isinstance(self.target, ClassTarget) else ()
        return (*names, self.target.name) if isinstance((*classes, 0)[0], str) else tuple(names)

    @property
    def feature_names(self) -> tuple[str, ...]:
        """The names of the encoded features, all different, such as "colour=red"."""
        names: dict[str, None] = {}  # a set that keeps its order
        for wanted in (name for column in self.columns for name in column.features):
            name, count = wanted, 1
            while name in names:
                count += 1
                name = f"{wanted} ({count})"
            names[name] = None
        return tuple(names)

    @property
    def n_outputs(self) -> int:
        """The number of network outputs."""
        return self.target.n_outputs

    def encode(self, data: Any) -> Encoded:
        """The features of a table, its columns in any order; extra columns are left alone.

        Raises:
            DataError: columns are missing, or hold what they did not hold in training.
        """
        table = as_table(data)
        self._check_columns(table.column_names)
        table = canonical(table.select(self.column_names))
        # Filled column by column: a table with many categories is held once, not twice.
        X = np.empty((table.num_rows, sum(len(c.features) for c in self.columns)))
        notes: list[str] = []
        start = 0
        for column in self.columns:
            part, said = column.encode(table[column.name])
            X[:, start : start + part.shape[1]] = part
            start += part.shape[1]
            notes += said
        return Encoded(X, tuple(notes))

    def encode_target(self, data: Any) -> NDArray[np.float64]:
        """The target of a table that has it, shape (n_rows, n_outputs)."""
        table = as_table(data)
        if table.column_names.count(self.target.name) != 1:
            raise DataError(
                f"the table must have one target column {self.target.name!r}"
                f"{_checks.closest(self.target.name, table.column_names)}"
            )
        return self.target.encode(canonical(table.select([self.target.name]))[0])

    def decode(self, outputs: NDArray[np.float64]) -> Decoded:
        """Network outputs as classes with probabilities, or as numbers in the target's unit."""
        return self.target.decode(outputs)

    def _check_columns(self, names: Sequence[str]) -> None:
        counts = Counter(names)
        absent = [name for name in self.column_names if not counts[name]]
        if absent:
            spare = set(names) - set(self.column_names)
            near = {name: _checks.nearest(name, spare) for name in absent[:10]}
            listed = ", ".join(
                repr(name) + (f" (it has {other!r})" if other else "")
                for name, other in near.items()
            )
            more = f" and {len(absent) - 10} more" if len(absent) > 10 else ""
            raise DataError(f"the table lacks columns seen in training: {listed}{more}")
        twice = [repr(name) for name in self.column_names if counts[name] > 1]
        if twice:
            raise DataError(f"the table has more than one column {', '.join(twice[:10])}")

    def to_json(self) -> dict[str, Any]:
        """The schema in plain JSON types; `from_json` gives an equal schema back."""
        columns = [column.to_json() for column in self.columns]
        return {"columns": columns, "target": self.target.to_json()}

    @classmethod
    def from_json(cls, obj: Any) -> Schema:
        """The schema from JSON that a stranger may have written.

        Raises:
            DamagedFileError: anything is missing, superfluous, of another type or out of range.
        """
        found = strict_json.members(obj, "schema", ("columns", "target"))
        listed = strict_json.entries(found, "columns", "schema", MOST_COLUMNS)
        columns = tuple(
            _choose(COLUMNS, item, f"columns[{i}]").from_json(item, f"columns[{i}]")
            for i, item in enumerate(listed)
        )
        target = _choose(TARGETS, found["target"], "target").from_json(found["target"], "target")
        names = [target.name, *(column.name for column in columns)]
        if not columns or len(set(names)) < len(names):
            strict_json.refuse("columns", "one or more, of different names")
        return cls(columns, target)


def _choose(known: Mapping[str, type[Kind]], obj: Any, where: str) -> type[Kind]:
    """The class that a JSON object's "kind" names."""
    kind = obj.get("kind") if isinstance(obj, dict) else None
    if not isinstance(kind, str) or kind not in known:
        strict_json.refuse(where, f"an object with a kind, one of {', '.join(known)}")
    return known[kind]
