"""A goal: what a row has to reach, and whether it did."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Goal"]


@dataclass(frozen=True)
class Goal:
    """What a row has to reach; every part that is set must be.

    Attributes:
        ratio: so many times the speed of the fastest peer, at least.
        limit_share: so much of the machine's matrix-product rate, at least.
        seconds: so long, at most.
    """

    ratio: float | None = None
    limit_share: float | None = None
    seconds: float | None = None

    def reached(
        self, ratio: float | None, limit_share: float | None, seconds: float | None
    ) -> bool | None:
        """Whether every part is reached; None where no answer is possible.

        >>> Goal(ratio=2).reached(2.5, None, 1e-3), Goal(ratio=2).reached(None, None, 1e-3)
        (True, None)
        """
        parts = [
            (self.ratio, ratio, 1),
            (self.limit_share, limit_share, 1),
            (self.seconds, seconds, -1),
        ]
        asked = [(goal, got, sign) for goal, got, sign in parts if goal is not None]
        known = [sign * got >= sign * goal for goal, got, sign in asked if got is not None]
        if not all(known):
            return False
        return True if len(known) == len(asked) else None

    def to_json(self) -> dict[str, float]:
        """The parts that are set."""
        return {name: value for name, value in vars(self).items() if value is not None}

    def __str__(self) -> str:
        """As the table prints it.

        >>> str(Goal(ratio=1.15, limit_share=0.8)), str(Goal(seconds=0.3))
        ('≥ 1.15, 80 %', '≤ 0.3 s')
        """
        words = []
        if self.ratio is not None:
            words.append(f"≥ {self.ratio:g}")
        if self.limit_share is not None:
            words.append(f"{self.limit_share:.0%}".replace("%", " %"))
        if self.seconds is not None:
            words.append(f"≤ {self.seconds:g} s")
        return ", ".join(words)
