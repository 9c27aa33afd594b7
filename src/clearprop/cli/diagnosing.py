"""`clearprop diagnose`: what is wrong with a run, and which remedy helped when it was tried."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rich.console import Console

from clearprop.cli.output import print_json
from clearprop.diagnosis import Diagnosis
from clearprop.errors import ArgumentError
from clearprop.runs import RunDirectory
from clearprop.runs.stored import stored_run

__all__ = ["diagnose_run", "print_diagnosis"]


def diagnose_run(
    path: Path, thresholds: Sequence[str], *, try_remedies: bool, as_json: bool
) -> None:
    """Diagnose the run in a directory and print what was found."""
    changes = dict(_threshold(text) for text in thresholds)
    stored = stored_run(RunDirectory(path))
    found = stored.diagnose(try_remedies=try_remedies, thresholds=changes)
    if as_json:
        print_json({"run": str(path), **found.to_json()})
        return
    print_diagnosis(found)
    run = stored.run
    if run.ending in ("callback", "interrupted"):
        print(
            f"The training was stopped after {run.epochs} of {run.settings.epochs} epochs; "
            f"go on with: clearprop train --resume {path}",
            file=sys.stderr,
        )


def print_diagnosis(found: Diagnosis) -> None:
    """The findings, the likeliest cause first, each with its evidence and its remedy."""
    console = Console(highlight=False)
    if found.healthy:
        console.print("Nothing is wrong with the training.", style="bold")
    for i, finding in enumerate(found.findings):
        if i:
            console.print()
        console.print(finding.title.capitalize(), style="bold", markup=False)
        console.print(finding.cause, markup=False)
        console.print(f"Evidence: {finding.shown}.", style="dim", markup=False)
        console.print(finding.remedy, markup=False)
        for line in _trials(finding.tried):
            console.print(line, markup=False, soft_wrap=True)
    for sentence in found.sentences[max(1, len(found.findings)) :]:
        console.print(sentence, style="dim", markup=False)


def _trials(tried: Any) -> list[str]:
    """What every trial came to, the best first."""
    if tried is None:
        return []
    rows = [("as it was", tried["untouched"])]
    rows += [(trial["remedy"], trial["loss"]) for trial in tried["trials"]]
    width = max(len(name) for name, _ in rows)
    return [f"  {name:{width}}  {loss:.4g}" for name, loss in rows]


def _threshold(text: str) -> tuple[str, float]:
    """The text "rising_share=0.4" as a pair."""
    name, _, value = text.partition("=")
    try:
        return name.strip(), float(value)
    except ValueError:
        raise ArgumentError(
            f"--threshold must be a name and a number, such as rising_share=0.4; got {text!r}"
        ) from None
