"""Ctrl-C and SIGTERM, turned into a question that the training asks between steps."""

from __future__ import annotations

import contextlib
import signal
import threading
from collections.abc import Iterator
from types import FrameType

__all__ = ["StopRequest", "listening"]


class StopRequest:
    """Which signal asked for a stop, if any did.

    Attributes:
        signal: its number, or None.
    """

    def __init__(self) -> None:
        self.signal: int | None = None


@contextlib.contextmanager
def listening() -> Iterator[StopRequest]:
    """Note the first SIGINT or SIGTERM; a second one acts at once, as it would have before.

    Signals reach the main thread only; in any other thread nothing is noted and nothing changed.
    """
    request = StopRequest()
    if threading.current_thread() is not threading.main_thread():
        yield request
        return
    # A signal that is ignored (nohup, a background job) stays so; None is not Python's to restore.
    before = {
        number: handler
        for number in (signal.SIGINT, signal.SIGTERM)
        if (handler := signal.getsignal(number)) not in (signal.SIG_IGN, None)
    }

    def note(number: int, frame: FrameType | None) -> None:  # noqa: ARG001 - the system's signature
        request.signal = number
        for each, handler in before.items():
            signal.signal(each, handler)

    for number in before:
        signal.signal(number, note)
    try:
        yield request
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
