"""What all rows of one run share."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from clearprop.bench.contestant import Contestant
from clearprop.bench.machine import Machine
from clearprop.bench.timing import interleave

__all__ = ["Session"]


@dataclass(frozen=True)
class Session:
    """What all rows of one run share.

    Attributes:
        machine: with the number of threads and the matrix-product rate.
        engine: the name of ours, or "auto".
        peers: those that take part, by name.
        missing: those that do not, and why.
        say: told what is being done.
        timer: how seconds are measured.
    """

    machine: Machine
    engine: str
    peers: Mapping[str, Contestant]
    missing: Mapping[str, str] = field(default_factory=dict)
    say: Callable[[str], None] = lambda _: None
    timer: Callable[..., dict[str, float]] = interleave

    @property
    def threads(self) -> int:
        """Given to everybody."""
        return self.machine.threads
