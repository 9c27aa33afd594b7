"""What a learner may change in an experiment."""

from __future__ import annotations

from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from clearprop import _checks, randomness
from clearprop.errors import ArgumentError

__all__ = ["Play"]


@dataclass(frozen=True)
class Play:
    """The changes a learner makes; None leaves what the experiment has.

    Attributes:
        learning_rate: another learning rate.
        seed: another seed of start, order and data.
        batch_size: samples a step, or "full".
        data: a CSV or Parquet file of the learner's own; the target is the column of
            that name, else the last.

    Raises:
        ArgumentError: a value that breaks a rule.
    """

    learning_rate: float | None = None
    seed: int | None = None
    batch_size: int | str | None = None
    data: str | Path | None = None

    def __post_init__(self) -> None:
        if self.learning_rate is not None:
            _checks.positive("learning_rate", self.learning_rate)
        if self.seed is not None:
            _checks.integer("seed", self.seed, least=0, most=randomness.MAX_SEED)
        if self.batch_size is not None and self.batch_size != "full":
            _checks.integer("batch_size", self.batch_size)

    @property
    def changes(self) -> dict[str, Any]:
        """What was changed, by name."""
        given = {each.name: getattr(self, each.name) for each in fields(self)}
        return {name: value for name, value in given.items() if value is not None}

    def check_taken(self, experiment: str, takes: tuple[str, ...]) -> None:
        """Refuse what the experiment would have to ignore."""
        for name in self.changes:
            if name not in takes:
                known = ", ".join(takes) if takes else "nothing"
                raise ArgumentError(
                    f"{name} cannot be changed in the experiment {experiment!r}; "
                    f"what can be: {known}"
                )
