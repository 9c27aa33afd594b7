"""Write what is printed today into pages: `python docs/tools/refresh.py [PAGE...]`, or into all.

What agrees with its page stays as it is, and so does a line with an ellipsis that still fits. Read
the difference before you commit it: a number that changed is either an improvement or a mistake.
"""

from __future__ import annotations

import re
import sys
import tempfile
from pathlib import Path

from running import Outcome, run_page, same

__all__ = ["refreshed"]

DOCS = Path(__file__).parents[1]
_TIME = re.compile(r"\b\d+\.\d+ s\b")


def refreshed(page: str, directory: Path) -> str:
    """The page with every output as it is today."""
    lines = page.splitlines()
    for outcome in reversed(list(run_page(page, directory))):
        if not same(outcome.want, outcome.got):
            first = outcome.line + len(outcome.source.rstrip("\n").splitlines())
            promised = len(outcome.want.rstrip("\n").splitlines())
            lines[first : first + promised] = _printed(outcome)
    return "\n".join(lines) + "\n"


def _printed(outcome: Outcome) -> list[str]:
    """What was printed, as the page would say it: times, which nobody can foretell, as `...`."""
    empty = "" if outcome.block.language == "console" else "<BLANKLINE>"
    margin = " " * outcome.block.indent
    loose = [line for line in outcome.want.splitlines() if "..." in line]
    lines = [
        next((said for said in loose if same(said, line)), _TIME.sub("... s", line.rstrip()))
        for line in outcome.got.rstrip("\n").splitlines()
    ]
    return [f"{margin}{line or empty}".rstrip() for line in lines]


if __name__ == "__main__":
    for page in sys.argv[1:] or sorted(DOCS.rglob("*.md")):
        path = Path(page).resolve()
        if not path.is_relative_to(DOCS):  # the README's sessions are doctests, with other rules
            sys.exit(f"{page} is no page of {DOCS}; only those are refreshed")
        with tempfile.TemporaryDirectory() as directory:
            path.write_text(
                refreshed(path.read_text(encoding="utf-8"), Path(directory)), encoding="utf-8"
            )
