"""One run over the rows that were asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial

from clearprop import _checks
from clearprop.bench.cold_start import measure_start
from clearprop.bench.digits_fit import measure_fit
from clearprop.bench.machine import look_at_machine
from clearprop.bench.peers import LABELS, installed_peers, load_peer
from clearprop.bench.result import Result
from clearprop.bench.rows import FitRow, Row, StartRow, TrainingRow
from clearprop.bench.session import Session
from clearprop.bench.threads import limited_to
from clearprop.bench.training_row import measure_training
from clearprop.engines import ENGINES
from clearprop.engines.native import available_threads
from clearprop.errors import ArgumentError

__all__ = ["open_session", "run_rows"]

_PACKAGES = ("clearprop", "numpy", "jax", "torch", "scikit-learn")
_NOT_INSTALLED = "not installed"


def open_session(
    engine: str = "auto",
    threads: int | None = None,
    say: Callable[[str], None] = lambda _: None,
) -> Session:
    """Look at the machine and load the peers that are installed.

    Args:
        engine: the name of ours, or "auto".
        threads: for everybody; all that this process may use without it.
        say: told what is being done.

    Raises:
        ArgumentError: an unknown engine, or less than one thread.
    """
    _checks.one_of("engine", engine, ("auto", *ENGINES))
    most = available_threads()
    count = most if threads is None else _checks.integer("threads", threads, most=most)
    present = installed_peers()
    say("loading the peers")
    with limited_to(count):
        peers = {name: load_peer(name) for name, there in present.items() if there}
        say("measuring the machine's matrix product")
        machine = look_at_machine(count, _PACKAGES)
    missing = {LABELS[name]: _NOT_INSTALLED for name, there in present.items() if not there}
    return Session(machine, engine, peers, missing, say)


def run_rows(rows: Sequence[Row], session: Session) -> Iterator[Result]:
    """Measure row after row; each is handed over as soon as it is done."""
    for row in rows:
        own = replace(session, say=partial(_say_of, row, session.say))
        with limited_to(session.threads):
            result = _measure(row, own)
        if result is not None:
            yield result


def _say_of(row: Row, say: Callable[[str], None], words: str) -> None:
    say(f"{row.id}, {row.title}: {words}")


def _measure(row: Row, session: Session) -> Result | None:
    match row:
        case TrainingRow():
            return measure_training(row, session)
        case FitRow():
            return measure_fit(row, session)
        case StartRow():
            return measure_start(row, session)
    raise ArgumentError(f"row must be of a known kind; got {row!r}")
