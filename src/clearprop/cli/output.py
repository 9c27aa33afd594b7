"""What every command says in the same way: one sentence on stderr, one object on stdout."""

from __future__ import annotations

import json
import sys
from typing import Any

__all__ = ["fail", "print_json", "say"]


def say(message: str) -> None:
    """One sentence on standard error."""
    sentence = " ".join(message.split()).rstrip(".")
    end = "" if sentence.endswith("?") else "."
    print(f"clearprop: {sentence}{end}", file=sys.stderr)


def fail(message: str, code: int) -> int:
    """Say why a command failed; the exit code, handed through."""
    say(message)
    return code


def print_json(contents: Any) -> None:
    """One JSON object on standard output."""
    print(json.dumps(contents, indent=2, ensure_ascii=False, allow_nan=False))
