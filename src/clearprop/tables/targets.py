"""What both kinds of target share: their decoded outputs and their checks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from clearprop.errors import ArgumentError, DataError
from clearprop.tables.values import counted

if TYPE_CHECKING:
    import pyarrow

__all__ = ["Decoded", "check_present", "finite_outputs"]


class Decoded(NamedTuple):
    """Network outputs in the words of the table.

    Attributes:
        values: shape (n,): the most probable class of each row, or the predicted number.
        probabilities: shape (n, n_classes), in the order of `classes`; None for a regression.
    """

    values: NDArray[Any]
    probabilities: NDArray[np.float64] | None


def check_present(name: str, column: pyarrow.ChunkedArray) -> None:
    """Refuse a target with missing values: how many, and the first."""
    from pyarrow import compute

    if column.null_count:
        row = compute.index(compute.is_null(column), value=True).as_py() + 1
        raise DataError(
            f"target {name!r} has no value in {counted(column.null_count, 'row')}, "
            f"first in row {row}; fill them in or remove these rows"
        )


def finite_outputs(outputs: NDArray[np.float64]) -> NDArray[np.float64]:
    """Network outputs as float64; refuse NaN, infinities and wrong shapes."""
    values = np.asarray(outputs, dtype=np.float64)
    if values.ndim not in (1, 2) or not np.isfinite(values).all():
        raise ArgumentError("outputs must be finite numbers of shape (n,) or (n, n_outputs)")
    return values
