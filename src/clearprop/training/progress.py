"""All that changes while a population trains, in one place: what a checkpoint must hold."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from clearprop.engines import State
from clearprop.training.watch import Watch

__all__ = ["ENDINGS", "Divergence", "Progress"]

Array = NDArray[Any]

# How a member's training ended; the number is what a checkpoint holds.
ENDINGS = ("running", "epochs", "early_stopping", "diverged", "callback", "interrupted")


class Divergence(NamedTuple):
    """Where and why a member's training broke down.

    Attributes:
        epoch: the epoch under way, from 1.
        step: the step, from 1.
        layer: the first layer with a number that is not finite; where the loss grew beyond
            `divergence_factor` while all was finite, the layer with the largest parameter.
        learning_rate: in force at that step; to be read with the run's batch size and optimizer.
        grew: True where the loss grew beyond bounds, False where a number was not finite.
    """

    epoch: int
    step: int
    layer: int
    learning_rate: float
    grew: bool

    def __str__(self) -> str:
        why = (
            f"its loss grew beyond bounds, with the largest parameter in layer {self.layer}"
            if self.grew
            else f"layer {self.layer} met a number that is not finite"
        )
        return (
            f"diverged at step {self.step} (epoch {self.epoch}), at learning rate "
            f"{self.learning_rate:.3g}: {why}"
        )


@dataclass
class Progress:
    """Where a training stands.

    Attributes:
        state: parameters and what the update rule remembers.
        watch: best so far, patience.
        epoch: epochs completed.
        batch: batches completed of the epoch under way.
        loss_sum: `Σ batch loss · batch length` of the epoch under way, `(m,)`.
        seen: the samples in that sum, `(m,)`.
        ending: index into `ENDINGS` of every member, `(m,)`.
        last_epoch: the epoch in which the member's training ended, `(m,)`.
        divergence: the fields of `Divergence` for members that diverged, `(m, 5)`.
        columns: history, one `(m,)` row an epoch and column; row 0 is the start.
        recorded: (steps taken, parameters `(m, p)`) wherever weights were recorded.
    """

    state: State
    watch: Watch
    epoch: int
    batch: int
    loss_sum: NDArray[np.float64]
    seen: NDArray[np.int64]
    ending: NDArray[np.int64]
    last_epoch: NDArray[np.int64]
    divergence: NDArray[np.float64]
    columns: dict[str, list[Array]] = field(default_factory=dict)
    recorded: list[tuple[int, Array]] = field(default_factory=list)

    @classmethod
    def start(cls, parameters: Array, rule: str) -> Progress:
        """Before the first step."""
        m = len(parameters)
        return cls(
            State.start(parameters, rule),
            Watch.start(parameters),
            0,
            0,
            np.zeros(m),
            np.zeros(m, dtype=np.int64),
            np.zeros(m, dtype=np.int64),
            np.zeros(m, dtype=np.int64),
            np.zeros((m, len(Divergence._fields))),
        )

    def add_row(self, row: dict[str, Array]) -> None:
        """Append one epoch to the history."""
        for name, values in row.items():
            self.columns.setdefault(name, []).append(np.asarray(values, dtype=np.float64))

    def end(self, members: Array, ending: str) -> None:
        """Mark members as ended in the current epoch; the others go on."""
        self.state.alive[members] = False
        self.ending[members] = ENDINGS.index(ending)
        self.last_epoch[members] = self.epoch

    def diverge(self, member: int, divergence: Divergence) -> None:
        """Mark a member as diverged, with where and at which rate."""
        self.divergence[member] = divergence
        self.end(np.array([member]), "diverged")
        self.last_epoch[member] = divergence.epoch  # the epoch under way counts
