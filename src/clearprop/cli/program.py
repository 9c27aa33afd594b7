"""The program around the commands: exit codes, signals, and how errors leave it."""

from __future__ import annotations

import os
import signal
import sys
import warnings
from types import FrameType
from typing import Any, NoReturn

import typer

from clearprop.cli.app import app
from clearprop.cli.output import fail, say
from clearprop.errors import ClearpropError, WriteError

__all__ = ["run"]


def run() -> NoReturn:
    """Run a command. Exit code 0: success, 1: the work failed, 2: bad usage or input.

    Ctrl-C gives 130 and SIGTERM 143; during a training, the state is kept first.
    """
    signal.signal(signal.SIGTERM, _terminate)
    warnings.showwarning = _say_warning
    if sys.stdout is None:
        sys.exit(fail("standard output is closed; there is nowhere to print", 1))
    try:
        code = app(standalone_mode=False)
        sys.stdout.flush()  # a full disk shows here, not while Python ends
    except typer.TyperException as error:
        code = fail(_usage(error), 2)
    except WriteError as error:
        code = fail(str(error), 1)
    except ClearpropError as error:
        code = fail(str(error), 2)
    except MemoryError:
        code = fail("there is not enough memory for this network and table; make one smaller", 1)
    except BrokenPipeError:
        code = _leave_output(1)
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        where = f" to {error.filename}" if error.filename else ""
        code = _leave_output(fail(f"cannot write{where}: {reason}", 1))
    sys.exit(code or 0)


def _leave_output(code: int) -> int:
    """Give up standard output: what is still in its buffer has nowhere to go."""
    sys.stdout = open(os.devnull, "w")  # noqa: SIM115, PTH123 - open until the process ends
    return code


def _terminate(number: int, frame: FrameType | None) -> NoReturn:  # noqa: ARG001 - the system's
    sys.exit(fail("stopped", 128 + number))


def _usage(error: typer.TyperException) -> str:
    """What was wrong with the command line; Typer's formatted message where there is one."""
    formatted = getattr(error, "format_message", None)
    return formatted() if formatted is not None else str(error)


def _say_warning(message: Warning | str, *place: Any, **more: Any) -> None:  # noqa: ARG001
    """A warning as one sentence, without the line of source that raised it."""
    say(str(message))
