"""A number to predict, standardised: mean 0 and standard deviation 1 over the training rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from clearprop.errors import ArgumentError, DataError
from clearprop.tables import strict_json
from clearprop.tables.targets import Decoded, check_present, finite_outputs
from clearprop.tables.values import LARGEST, as_numbers

if TYPE_CHECKING:
    import pyarrow

__all__ = ["NumberTarget"]

LARGEST_TARGET = 1e100


@dataclass(frozen=True)
class NumberTarget:
    """A number, standardised with the mean and the standard deviation of the training rows."""

    name: str
    mean: float
    std: float

    @classmethod
    def fit(cls, name: str, column: pyarrow.ChunkedArray) -> NumberTarget:
        """Learn mean and standard deviation; `DataError` where they are of no use."""
        y = _numbers(name, column)
        if y.min() == y.max():
            raise DataError(
                f"target {name!r} is {y[0]:g} in every training row; there is nothing to predict"
            )
        if np.abs(y).max() > LARGEST_TARGET or np.ptp(y) < 1 / LARGEST_TARGET:
            raise DataError(
                f"target {name!r} lies between {y.min():g} and {y.max():g}; give it in another "
                f"unit, for squares of errors must be numbers, too"
            )
        size = np.abs(y).max()  # divided out, so that no sum or square overflows
        mean = (y / size).mean() * size
        spread = np.abs(y - mean).max()
        std = np.sqrt(np.mean(((y - mean) / spread) ** 2)) * spread
        return cls(name, float(mean), float(std))

    @property
    def task(self) -> str:
        """What the target asks for."""
        return "regression"

    @property
    def n_outputs(self) -> int:
        """The number of network outputs."""
        return 1

    def encode(self, column: pyarrow.ChunkedArray) -> NDArray[np.float64]:
        """(y − mean) / std, shape (n, 1)."""
        return ((_numbers(self.name, column) - self.mean) / self.std)[:, None]

    def decode(self, outputs: NDArray[np.float64]) -> Decoded:
        """Predictions in the target's own unit, from outputs of shape (n,) or (n, 1)."""
        y = finite_outputs(outputs)
        if y.ndim != 1 and y.shape[1:] != (1,):
            raise ArgumentError(f"outputs must have shape (n, 1) for a regression; got {y.shape}")
        with np.errstate(over="ignore"):  # an absurd output of a huge target
            return Decoded(y.reshape(-1) * self.std + self.mean, None)

    def to_json(self) -> dict[str, Any]:
        """The target as plain JSON."""
        return {"kind": "number", "name": self.name, "mean": self.mean, "std": self.std}

    @classmethod
    def from_json(cls, obj: Any, where: str) -> NumberTarget:
        """The target from JSON; `DamagedFileError` on anything off."""
        found = strict_json.members(obj, where, ("kind", "name", "mean", "std"))
        mean = strict_json.real(found, "mean", where, -LARGEST)
        std = strict_json.real(found, "std", where, 5e-324)
        return cls(strict_json.text(found, "name", where), mean, std)


def _numbers(name: str, column: pyarrow.ChunkedArray) -> NDArray[np.float64]:
    check_present(name, column)
    return as_numbers(name, column)
