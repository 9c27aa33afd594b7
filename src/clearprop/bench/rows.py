"""The table's rows: what is measured, and what each has to reach."""

from __future__ import annotations

from dataclasses import dataclass

from clearprop import _checks
from clearprop.bench.goals import Goal
from clearprop.bench.task import Work, rates_between
from clearprop.errors import ArgumentError

__all__ = ["ROWS", "FitRow", "Row", "StartRow", "TrainingRow", "select_rows"]


@dataclass(frozen=True)
class Row:
    """One row of the table.

    Attributes:
        id: its name; the part before "-" names its family, such as T3 for T3-sgd and T3-adam.
        title: the work, in a few words.
        goal: what it has to reach.
    """

    id: str
    title: str
    goal: Goal

    @property
    def family(self) -> str:
        """The name that picks this row and its variants."""
        return self.id.partition("-")[0]


@dataclass(frozen=True)
class TrainingRow(Row):
    """Steps of a training, ours against every peer; microseconds per network and step."""

    work: Work


@dataclass(frozen=True)
class FitRow(Row):
    """A whole fit on the digits, ours against scikit-learn; microseconds for the call.

    Attributes:
        hidden: neurons of the hidden layer.
        epochs: passes over the samples.
        batch_size: samples a step.
    """

    hidden: int = 100
    epochs: int = 30
    batch_size: int = 200


@dataclass(frozen=True)
class StartRow(Row):
    """A cold start in a new process, against `import torch`; microseconds until it has ended.

    Attributes:
        arguments: what Python is told.
        optional: left out where the command is not there yet.
    """

    arguments: tuple[str, ...]
    optional: bool = False


_MAIN = "from clearprop.cli import main; main()"
_LOW, _HIGH = 0.003, 0.3  # rates of the populations, evenly spaced in their logarithm


def _sgd(*sizes: int, batch: int, n: int, epochs: int, rate: float = 0.05) -> Work:
    return Work(sizes, batch, "sgd", (rate,), n, epochs)


_ROWS: tuple[Row, ...] = (
    TrainingRow("T1", "2-4-4-1, batch 1", Goal(15), _sgd(2, 4, 4, 1, batch=1, n=1024, epochs=2)),
    TrainingRow("T2", "2-4-4-1, batch 32", Goal(15), _sgd(2, 4, 4, 1, batch=32, n=4096, epochs=4)),
    TrainingRow(
        "T3-sgd",
        "64-32-10, batch 32",
        Goal(4),
        _sgd(64, 32, 10, batch=32, n=2048, epochs=4),
    ),
    TrainingRow(
        "T3-adam",
        "64-32-10, batch 32, Adam",
        Goal(4),
        Work((64, 32, 10), 32, "adam", (0.003,), 2048, 4),
    ),
    TrainingRow(
        "P1",
        "64 of 2-4-4-1, batch 32",
        Goal(10),
        Work((2, 4, 4, 1), 32, "sgd", rates_between(_LOW, _HIGH, 64), 4096, 4),
    ),
    TrainingRow(
        "P2",
        "64 of 2-16-16-1, batch 32",
        Goal(10),
        Work((2, 16, 16, 1), 32, "sgd", rates_between(_LOW, _HIGH, 64), 4096, 4),
    ),
    TrainingRow(
        "P3",
        "32 of 64-32-10, batch 32, Adam",
        Goal(5),
        Work((64, 32, 10), 32, "adam", rates_between(3e-4, 1e-2, 32), 2048, 4),
    ),
    TrainingRow(
        "M1", "784-128-10, batch 32", Goal(3), _sgd(784, 128, 10, batch=32, n=2048, epochs=2)
    ),
    TrainingRow(
        "M2", "784-128-10, batch 128", Goal(2), _sgd(784, 128, 10, batch=128, n=4096, epochs=2)
    ),
    TrainingRow(
        "L1",
        "784-512-512-10, batch 128",
        Goal(1.5),
        _sgd(784, 512, 512, 10, batch=128, n=2048, epochs=2),
    ),
    TrainingRow(
        "L2",
        "1024-1024-1024-10, batch 512",
        Goal(1.15, limit_share=0.8),
        _sgd(1024, 1024, 1024, 10, batch=512, n=2048, epochs=2),
    ),
    FitRow("E1", "MLPClassifier.fit on digits", Goal(10)),
    StartRow("S1-import", "import clearprop", Goal(seconds=0.3), ("-c", "import clearprop")),
    StartRow("S1-help", "clearprop --help", Goal(seconds=0.4), ("-c", _MAIN, "--help")),
    StartRow(
        "S1-learn",
        "clearprop learn moons",
        Goal(seconds=3),
        ("-c", _MAIN, "learn", "moons"),
        optional=True,
    ),
)

ROWS: dict[str, Row] = {row.id: row for row in _ROWS}


def select_rows(only: str | None) -> list[Row]:
    """The rows that `--only` names, in the table's order; all of them without it.

    Args:
        only: ids or families with commas between them, in any case: "T1,P3" or "t3-adam".

    Raises:
        ArgumentError: a name that no row has; the message has the closest.

    >>> [row.id for row in select_rows("T3,p1")]
    ['T3-sgd', 'T3-adam', 'P1']
    """
    if only is None:
        return list(ROWS.values())
    known = list(dict.fromkeys([*(row.family for row in ROWS.values()), *ROWS]))
    upper = {name.upper(): name for name in known}
    asked = [part.strip() for part in only.split(",") if part.strip()]
    if not asked:
        raise ArgumentError(f"--only must name rows, such as T1,P1; got {only!r}")
    for name in asked:
        if name.upper() not in upper:
            families = ", ".join(dict.fromkeys(row.family for row in ROWS.values()))
            near = _checks.closest(name, known)
            raise ArgumentError(f"--only must name rows of {families}; got {name!r}{near}")
    chosen = {upper[name.upper()] for name in asked}
    return [row for row in ROWS.values() if chosen & {row.id, row.family}]
