"""What ours and every peer must offer, so that one loop can check and time them all."""

from __future__ import annotations

from typing import Any, Protocol

from numpy.typing import NDArray

from clearprop.bench.task import Task

__all__ = ["Contestant", "Repeatable", "Trainer", "Unsuitable"]


class Unsuitable(Exception):  # noqa: N818 - no error: a peer says that a row is not for it
    """A contestant cannot do a row; the message says why."""


class Repeatable(Protocol):
    """Something that can be timed again and again."""

    def reset(self) -> None:
        """Back to the start; not timed."""
        ...

    def run(self, count: int) -> None:
        """Do it `count` times, and return when all of it is done."""
        ...


class Trainer(Repeatable, Protocol):
    """A training of one task: `run` trains that many epochs on from where it stands."""

    def parameters(self) -> NDArray[Any]:
        """Where it stands, in the order of our flat vector: `(m, p)`."""
        ...


class Contestant(Protocol):
    """Ours or a peer.

    Attributes:
        name: the key in the JSON.
        label: the head of its column.
        package: what must be installed for it.
    """

    name: str
    label: str
    package: str

    def prepare(self, task: Task, threads: int) -> Trainer:
        """Everything that comes before the first step: arrays, compilation.

        Raises:
            Unsuitable: the row is not for this contestant.
        """
        ...
