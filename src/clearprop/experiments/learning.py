"""`learn`: run one teaching experiment on the real engine."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from clearprop import _checks
from clearprop.experiments.lesson import Lesson
from clearprop.experiments.page import write_page
from clearprop.experiments.play import Play
from clearprop.experiments.registry import EXPERIMENTS, Experiment

__all__ = ["Learned", "learn"]


@dataclass(frozen=True)
class Learned:
    """An experiment that was run.

    Attributes:
        experiment: which one.
        play: what was changed in it.
        lesson: what it tells: blocks, tables, pictures, checks.
        seconds: how long it took.
    """

    experiment: Experiment
    play: Play
    lesson: Lesson
    seconds: float

    @property
    def file_name(self) -> str:
        """Of its page: "line.html", or "line-learning_rate-0.12.html" where something changed."""
        changes = [
            f"{name}-{Path(str(value)).stem}" if name == "data" else f"{name}-{value}"
            for name, value in self.play.changes.items()
        ]
        return "-".join([self.experiment.name, *changes]) + ".html"

    def write_page(self, directory: str | os.PathLike[str] = ".") -> Path:
        """Write the lesson as one self-contained HTML page.

        Args:
            directory: where; it is made if it is not there. An earlier page of ours is replaced.

        Returns:
            The path of the page.

        Raises:
            ArgumentError: a file of that name is there that `learn` did not write.
            WriteError: the page cannot be written.
        """
        path = Path(directory) / self.file_name
        write_page(path, self.experiment, self.play, self.lesson)
        return path

    def to_json(self) -> dict[str, Any]:
        """Name, changes, checks and seconds as plain JSON types."""
        return {
            "name": self.experiment.name,
            "changed": {name: _plain(value) for name, value in self.play.changes.items()},
            "checks": self.lesson.checks_json(),
            "seconds": round(self.seconds, 3),
        }


def learn(
    name: str,
    *,
    learning_rate: float | None = None,
    seed: int | None = None,
    batch_size: int | str | None = None,
    data: str | os.PathLike[str] | None = None,
) -> Learned:
    """Run one of the teaching experiments.

    Args:
        name: such as "line"; `clearprop learn` lists them.
        learning_rate: another rate than the experiment's.
        seed: another seed.
        batch_size: samples a step, or "full".
        data: a CSV or Parquet file of your own.

    Returns:
        What it tells, and how its numbers compare with published, hand-worked or measured ones.

    Raises:
        ArgumentError: no experiment of that name, or something that cannot be changed in it.
        DataError: the file does not suit the experiment.

    Example:
        >>> learned = learn("quadratic")
        >>> learned.lesson.ok
        True
        >>> learned.lesson.checks[0].expected
        '5, 2.6, 1.16, 0.296, -0.2224, -0.53344'
    """
    experiment = EXPERIMENTS[_checks.one_of("name", name, EXPERIMENTS)]
    play = Play(learning_rate, seed, batch_size, None if data is None else Path(data))
    play.check_taken(name, experiment.takes)
    started = time.monotonic()
    with np.errstate(
        over="ignore", invalid="ignore"
    ):  # a learner's rate may lead beyond all bounds
        lesson = experiment.teach(play)
    return Learned(experiment, play, lesson, time.monotonic() - started)


def _plain(value: Any) -> Any:
    return str(value) if isinstance(value, Path) else value
