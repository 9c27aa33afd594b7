"""What a row came to: times, the ratio they make, and whether the goal is reached."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from clearprop.bench.goals import Goal
from clearprop.bench.rows import Row

__all__ = ["Result", "goals_reached"]


@dataclass(frozen=True)
class Result:
    """One measured row.

    Attributes:
        row: what was measured.
        threads: given to everybody.
        engine: which of ours it was; None where none was in play.
        ours_us: our time in microseconds: per network and step, or for a whole call.
        peers: the same of every peer that could be timed.
        limit_us: what the arithmetic alone would take; None where that says nothing.
        differences: largest relative difference between our loss and each peer's.
        tolerance: what those may be; None where no losses are compared.
        skipped: why a peer has no time.
        failure: why the row has no ratio though all could be timed, or None.
    """

    row: Row
    threads: int
    engine: str | None = None
    ours_us: float | None = None
    peers: Mapping[str, float] = field(default_factory=dict)
    limit_us: float | None = None
    differences: Mapping[str, float] = field(default_factory=dict)
    tolerance: float | None = None
    skipped: Mapping[str, str] = field(default_factory=dict)
    failure: str | None = None

    @property
    def goal(self) -> Goal:
        """What the row has to reach."""
        return self.row.goal

    @property
    def loss_agrees(self) -> bool | None:
        """Whether all that trained came to the same loss; None where nothing was compared."""
        if self.failure is not None:
            return False
        if self.tolerance is None or not self.differences:
            return None
        return all(each <= self.tolerance for each in self.differences.values())

    @property
    def fastest(self) -> str | None:
        """The name of the fastest peer."""
        return min(self.peers, key=self.peers.__getitem__) if self.peers else None

    @property
    def ratio(self) -> float | None:
        """Fastest peer's time over ours; None without a peer, or where the losses disagree."""
        if self.fastest is None or not self.ours_us or self.loss_agrees is False:
            return None
        return self.peers[self.fastest] / self.ours_us

    @property
    def limit_share(self) -> float | None:
        """How much of the machine's matrix-product rate we reach."""
        if self.limit_us is None or not self.ours_us or self.loss_agrees is False:
            return None
        return self.limit_us / self.ours_us

    @property
    def reached(self) -> bool | None:
        """Whether the goal is reached; None where there was nothing to compare with."""
        if self.loss_agrees is False:
            return False
        seconds = None if self.ours_us is None else self.ours_us / 1e6
        return self.goal.reached(self.ratio, self.limit_share, seconds)

    def to_json(self) -> dict[str, Any]:
        """Plain JSON types; a number that is not finite becomes null."""
        return {
            "id": self.row.id,
            "work": self.row.title,
            "ours_us": self.ours_us,
            "peers": dict(self.peers),
            "fastest": self.fastest,
            "ratio": self.ratio,
            "limit_us": self.limit_us,
            "limit_share": self.limit_share,
            "loss_agrees": self.loss_agrees,
            "loss_differences": {
                name: each if math.isfinite(each) else None
                for name, each in self.differences.items()
            },
            "goal": self.goal.to_json(),
            "reached": self.reached,
            "threads": self.threads,
            "engine": self.engine,
            "skipped": dict(self.skipped),
            "failure": self.failure,
        }


def goals_reached(results: Iterable[Result]) -> tuple[int, int, int]:
    """How many goals were reached, missed, and could not be judged."""
    answers = [result.reached for result in results]
    return answers.count(True), answers.count(False), answers.count(None)
