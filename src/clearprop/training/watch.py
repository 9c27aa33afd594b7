"""What is decided at the end of an epoch, for every member at once: best, stop, lower the rate."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["Watch"]

Array = NDArray[Any]


@dataclass
class Watch:
    """The best that every member reached, and how long ago.

    Attributes:
        best_loss: lowest watched loss, `(m,)`; inf before the first.
        best_epoch: when it was reached, `(m,)`.
        best_parameters: the parameters then, `(m, p)`.
        stop_loss, stop_waited: the loss that early stopping compares with, and the epochs since
            it improved by enough, `(m,)`.
        plateau_loss, plateau_waited: the same for the plateau rule.
        factor: what the plateau rule multiplies the rate by, `(m,)`.
    """

    best_loss: NDArray[np.float64]
    best_epoch: NDArray[np.int64]
    best_parameters: Array
    stop_loss: NDArray[np.float64]
    stop_waited: NDArray[np.int64]
    plateau_loss: NDArray[np.float64]
    plateau_waited: NDArray[np.int64]
    factor: NDArray[np.float64]

    @classmethod
    def start(cls, parameters: Array) -> Watch:
        """Before the first look."""
        m = len(parameters)
        inf, zero = np.full(m, np.inf), np.zeros(m, dtype=np.int64)
        return cls(
            inf,
            zero,
            parameters.copy(),
            inf.copy(),
            zero.copy(),
            inf.copy(),
            zero.copy(),
            np.ones(m),
        )

    def look(self, epoch: int, loss: Array, parameters: Array, alive: NDArray[np.bool_]) -> None:
        """Keep what is better than before. A loss that is not finite is never the best."""
        better = alive & np.isfinite(loss) & (loss < self.best_loss)
        self.best_loss[better] = loss[better]
        self.best_epoch[better] = epoch
        self.best_parameters[better] = parameters[better]

    def finished(
        self, loss: Array, alive: NDArray[np.bool_], rule: Mapping[str, float] | None
    ) -> NDArray[np.bool_]:
        """Members whose watched loss has not improved for `patience` epochs, `(m,)`."""
        if rule is None:
            return np.zeros(len(alive), dtype=bool)
        _wait(loss, alive, self.stop_loss, self.stop_waited, rule["least_improvement"])
        return alive & (self.stop_waited >= rule["patience"])

    def lower_rates(
        self, loss: Array, alive: NDArray[np.bool_], rule: Mapping[str, float] | None
    ) -> None:
        """Multiply the rate of members on a plateau, and give them another `patience` epochs."""
        if rule is None:
            return
        _wait(loss, alive, self.plateau_loss, self.plateau_waited, rule["least_improvement"])
        lower = alive & (self.plateau_waited >= rule["patience"])
        self.factor[lower] = np.maximum(self.factor[lower] * rule["factor"], rule["lowest"])
        self.plateau_waited[lower] = 0


def _wait(loss: Array, alive: Array, reference: Array, waited: Array, least: float) -> None:
    """Count the epochs since the loss fell by more than `least` below the reference, in place."""
    improved = alive & np.isfinite(loss) & (loss < reference - least)
    reference[improved] = loss[improved]
    waited[alive] += 1
    waited[improved] = 0
