"""The command line: parse, call, print."""

from __future__ import annotations

import sys
from typing import NoReturn

__all__ = ["main"]


def main() -> NoReturn:
    """Run a command; see `program.run`."""
    try:
        from clearprop.cli.program import run
    except KeyboardInterrupt:  # before there was anything to stop
        sys.exit(130)
    run()
