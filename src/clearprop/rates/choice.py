"""`Choice`: a learning rate, how sure it is, and why; or that there is no reliable answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from clearprop.rates.evidence import Evidence

__all__ = ["Choice"]


@dataclass(frozen=True, repr=False)
class Choice:
    """What `choose_learning_rate` found.

    Attributes:
        rate: to train with; where there is no reliable answer, the optimizer's fixed default.
        interval: the rates around it that are as good, as far as can be told; None without a
            reliable answer.
        reason: why there is no reliable answer, or None.
        evidence: what was trained and what came of it, the longer trainings last.
        batch_size: samples a step; a rate means nothing without it.
        optimizer: the update rule; likewise.
        watched: "validation loss", or "training loss" where there was nothing to hold out.
        constant_loss: the watched loss of the best constant answer.
        cost: time taken, in full trainings of one network, a moment of which was timed after it.
        seconds: time taken.
    """

    rate: float
    interval: tuple[float, float] | None
    reason: str | None
    evidence: tuple[Evidence, ...]
    batch_size: int
    optimizer: str
    watched: str
    constant_loss: float
    cost: float
    seconds: float

    @property
    def work(self) -> float:
        """Samples trained on, in full trainings; many networks side by side take less time."""
        return sum(each.trainings * each.share for each in self.evidence)

    @property
    def reliable(self) -> bool:
        """Whether the rate was found, and not fallen back on."""
        return self.reason is None

    @property
    def verdict(self) -> str:
        """The answer in plain words."""
        how = f"({self.optimizer}, batch {self.batch_size})"
        if self.reason is not None:
            return (
                f"No reliable answer: {self.reason}; the learning rate {self.rate:g} {how} is a "
                "fixed default."
            )
        low, high = self.interval or (self.rate, self.rate)
        last, trained = self.evidence[-1], sum(each.trainings for each in self.evidence)
        among = f"{low:g} to {high:g} are as good" if low < high else "no other tried is as good"
        seeds = last.losses.shape[1]
        mean = f", the mean of {seeds} seeds" if seeds > 1 else ""
        trials = (
            f"{trained} full trainings"
            if self.work == trained
            else f"{trained} short trainings, together as much work as {self.work:.2g} full ones"
        )
        epochs = f"{last.epochs} epoch{'s' * (last.epochs != 1)}"
        return (
            f"The learning rate {self.rate:g} {how} was chosen by {trials}. In {epochs} "
            f"it reached a {self.watched} of {last.means[last.best]:.4g}{mean}; {among}."
        )

    def to_json(self) -> dict[str, Any]:
        """Plain JSON types."""
        return {
            "rate": self.rate,
            "interval": None if self.interval is None else list(self.interval),
            "reliable": self.reliable,
            "reason": self.reason,
            "verdict": self.verdict,
            "batch_size": self.batch_size,
            "optimizer": self.optimizer,
            "watched": self.watched,
            "constant_loss": self.constant_loss,
            "cost_in_full_runs": round(self.cost, 3),
            "work_in_full_runs": round(self.work, 3),
            "seconds": round(self.seconds, 3),
            "evidence": [each.to_json() for each in self.evidence],
        }

    @classmethod
    def from_json(cls, contents: Mapping[str, Any]) -> Choice:
        """The choice that `to_json` described."""
        interval = contents["interval"]
        return cls(
            rate=float(contents["rate"]),
            interval=None if interval is None else (float(interval[0]), float(interval[1])),
            reason=contents["reason"],
            evidence=tuple(Evidence.from_json(each) for each in contents["evidence"]),
            batch_size=int(contents["batch_size"]),
            optimizer=str(contents["optimizer"]),
            watched=str(contents["watched"]),
            constant_loss=float(contents["constant_loss"]),
            cost=float(contents["cost_in_full_runs"]),
            seconds=float(contents["seconds"]),
        )

    def __repr__(self) -> str:
        return f"Choice({self.rate:g}; {self.verdict} It cost {self.cost:.2g} full trainings.)"
