"""Cold starts: a new Python process from its beginning to its end, beside `import torch`."""

from __future__ import annotations

import subprocess
import sys
import tempfile

from clearprop.bench.result import Result
from clearprop.bench.rows import StartRow
from clearprop.bench.session import Session

__all__ = ["Command", "measure_start"]

_PEER = "torch"


class Command:
    """Python with arguments in a process of its own; see `Repeatable`."""

    def __init__(self, arguments: tuple[str, ...]) -> None:
        self._line = [sys.executable, *arguments]

    def reset(self) -> None:
        """Every process begins anew."""

    def run(self, count: int) -> None:
        """So many processes, one after another."""
        for _ in range(count):
            if not self.works():
                raise RuntimeError(f"{' '.join(self._line[1:])} failed")

    def works(self) -> bool:
        """Whether it ends with exit code 0; it writes into a folder that is thrown away."""
        with tempfile.TemporaryDirectory() as folder:
            done = subprocess.run(  # noqa: S603 - our own interpreter, fixed arguments
                self._line, cwd=folder, capture_output=True, check=False
            )
        return done.returncode == 0


def measure_start(row: StartRow, session: Session) -> Result | None:
    """Time a cold start; None for an optional command that is not there yet."""
    ours = Command(row.arguments)
    if not ours.works():
        if row.optional:
            return None
        return Result(row, session.threads, failure="it failed")
    session.say("timing")
    calls = {"ours": ours}
    if _PEER in session.peers:
        calls[_PEER] = Command(("-c", "import torch"))
    times = session.timer(calls)
    return Result(
        row,
        session.threads,
        ours_us=times["ours"] * 1e6,
        peers={name: times[name] * 1e6 for name in calls if name != "ours"},
    )
