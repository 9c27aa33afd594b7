"""One row of training: everybody trains the same, is checked against ours, and then is timed."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

from numpy.typing import NDArray

from clearprop.bench.agreement import TOLERANCES, difference, has_moved, losses_of, start_losses
from clearprop.bench.arithmetic import limit_us
from clearprop.bench.contestant import Contestant, Trainer, Unsuitable
from clearprop.bench.ours import Ours
from clearprop.bench.result import Result
from clearprop.bench.rows import TrainingRow
from clearprop.bench.session import Session
from clearprop.bench.task import Task, make_task

__all__ = ["measure_training"]

Array = NDArray[Any]


@dataclass
class _Field:
    """Who takes part in a row, how far each is from our loss, and who does not and why."""

    trainers: dict[str, Trainer]
    differences: dict[str, float] = field(default_factory=dict)
    skipped: dict[str, str] = field(default_factory=dict)
    failure: str | None = None


def measure_training(row: TrainingRow, session: Session) -> Result:
    """Check, then time, a row of training.

    A peer whose loss disagrees is not timed, and the row then has no ratio.
    """
    task = make_task(row.work)
    session.say("ours")
    ours = Ours(session.engine).prepare(task, session.threads)
    tolerance = TOLERANCES[row.work.rule]
    taking_part = _check(task, ours, session, tolerance)
    session.say("timing")
    times = {} if taking_part.failure else session.timer({"ours": ours, **taking_part.trainers})
    scale = 1e6 / (task.n_batches * task.n_networks)  # seconds an epoch → µs per network and step
    rate = session.machine.gflops * 1e9
    return Result(
        row,
        session.threads,
        engine=ours.engine_name,
        ours_us=times["ours"] * scale if times else None,
        peers={name: times[name] * scale for name in taking_part.trainers if times},
        limit_us=limit_us(row.work.sizes, row.work.batch_size, rate),
        differences=taking_part.differences,
        tolerance=tolerance,
        skipped=taking_part.skipped,
        failure=taking_part.failure,
    )


def _check(task: Task, ours: Trainer, session: Session, tolerance: float) -> _Field:
    """Train everybody from the same start and compare the losses."""
    result = _Field({})
    reference = _losses(task, ours)
    if not has_moved(start_losses(task), reference, tolerance):
        result.failure = "our loss hardly moved, so agreeing on it would say nothing"
    for name, peer in session.peers.items():
        session.say(peer.label)
        try:
            trainer, losses = _tried(peer, task, session.threads)
        except Unsuitable as error:
            result.skipped[name] = str(error)
            continue
        result.differences[name] = difference(reference, losses)
        if result.differences[name] <= tolerance:
            result.trainers[name] = trainer
        else:
            result.skipped[name] = _disagreement(result.differences[name])
    return result


def _disagreement(apart: float) -> str:
    if math.isinf(apart):
        return "its loss or ours is not finite"
    return f"its loss differs from ours by {apart:.2%}".replace("%", " %")


def _tried(peer: Contestant, task: Task, threads: int) -> tuple[Trainer, Array]:
    """The peer's trainer and losses; whose fails is left out: other people's releases change."""
    try:
        trainer = peer.prepare(task, threads)
        return trainer, _losses(task, trainer)
    except Unsuitable:
        raise
    except Exception as error:
        lines = str(error).strip().splitlines() or [""]
        raise Unsuitable(f"{type(error).__name__}: {lines[0][:120]}") from error


def _losses(task: Task, trainer: Trainer) -> Array:
    """The losses after the epochs that are compared."""
    trainer.reset()
    trainer.run(task.work.checked_epochs)
    return losses_of(task, trainer.parameters())
