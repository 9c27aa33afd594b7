"""A training with its surroundings: who is told, where the state is kept, signals, the clock."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import Any

from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from clearprop.errors import ArgumentError
from clearprop.storage import locked
from clearprop.training.checkpoint import Checkpoint, load_progress, save_progress
from clearprop.training.loop import Callback, Listener, Loop
from clearprop.training.progress import Progress
from clearprop.training.signals import StopRequest, listening

__all__ = ["Hooks", "Trainer"]

Array = NDArray[Any]


@dataclass(frozen=True)
class Hooks:
    """Who is told while a training runs, and where its state is kept.

    Attributes:
        callbacks: called with a `Report` after every epoch; answering True ends the training.
        on_steps: called with a `Report` every few steps, for progress bars.
        checkpoint: where to keep the state, or None.

    Raises:
        ArgumentError: `callbacks` or `on_steps` is not a list of functions.
    """

    callbacks: Sequence[Callback] = ()
    on_steps: Sequence[Listener] = ()
    checkpoint: Checkpoint | str | PathLike[str] | None = None

    def __post_init__(self) -> None:
        for name in ("callbacks", "on_steps"):
            given = getattr(self, name)
            if not isinstance(given, Sequence) or not all(callable(each) for each in given):
                raise ArgumentError(f"{name} must be a list of functions; got {given!r}")


class Trainer:
    """A loop with its checkpoint, its clock and its ears open for signals.

    Attributes:
        checkpoint: where the state is kept, or None.
    """

    def __init__(self, loop: Loop, hooks: Hooks, task: Mapping[str, Any]) -> None:
        given = hooks.checkpoint
        self.checkpoint = Checkpoint(given) if isinstance(given, (str, PathLike)) else given
        self._loop, self._hooks, self._task = loop, hooks, task
        self._earlier = 0.0
        self._started = self._saved = time.monotonic()

    @property
    def seconds(self) -> float:
        """Time trained, earlier sittings included."""
        return self._earlier + time.monotonic() - self._started

    def run(self, start: Array) -> tuple[Progress, int | None]:
        """Train from the start, or from the state on disk, to the end or to a signal.

        Returns:
            Where the training stands, and the signal's number if one came; also if it came in the
            last step, for it was not meant for this training alone.
        """
        # One BLAS thread: the bits of a product depend on their number, and ours must not.
        with self._held(), listening() as request, threadpool_limits(1, user_api="blas"):
            progress = self._begin(start)
            del start  # with thousands of members, each copy of them counts
            self._loop.run(
                progress,
                self._hooks.callbacks,
                self._hooks.on_steps,
                lambda: self._pause(progress, request),
            )
            self._save(progress)
        return progress, request.signal

    @contextmanager
    def _held(self) -> Iterator[None]:
        """Keep other processes away from the checkpoint."""
        if self.checkpoint is None:
            yield
        else:
            with locked(self.checkpoint.path):
                yield

    def _begin(self, start: Array) -> Progress:
        """The state on disk if it is to be resumed and is there, else the start."""
        if self.checkpoint is not None:
            path = Path(self.checkpoint.path)
            there = path.exists() or path.with_name(f"{path.name}.previous").exists()
            if there and self.checkpoint.resume:
                progress, self._earlier = load_progress(path, self._task)
                return progress
            if there:
                raise ArgumentError(
                    f"{path} exists; resume from it with Checkpoint(path, resume=True), "
                    "or choose another file"
                )
        progress = Progress.start(start, self._loop.plan.rule)
        self._loop.begin(progress)
        self._save(progress)  # a place that cannot be written to shows now, not after an hour
        return progress

    def _pause(self, progress: Progress, request: StopRequest) -> bool:
        """Keep the state if it is time to; True if a signal asked for a stop."""
        due = time.monotonic() - self._saved
        if self.checkpoint is not None and due >= self.checkpoint.seconds:
            self._save(progress)
        return request.signal is not None

    def _save(self, progress: Progress) -> None:
        if self.checkpoint is not None:
            save_progress(self.checkpoint.path, progress, self._task, self.seconds)
            self._saved = time.monotonic()
