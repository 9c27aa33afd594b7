"""`clearprop diagnose`: what it is told."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from clearprop.cli import options

__all__ = ["diagnose"]


def diagnose(
    run: Annotated[
        Path, typer.Argument(metavar="RUN", help="A run directory.", show_default=False)
    ],
    try_remedies: Annotated[
        bool,
        typer.Option("--try-remedies", help="Train the remedies side by side; say what helped."),
    ] = False,
    threshold: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME=VALUE",
            help="Another threshold, such as rising_share=0.4; may be repeated.",
            show_default=False,
        ),
    ] = None,
    as_json: options.Json = False,
) -> None:
    """Say what is wrong with a training: cause, evidence and remedy, or a clean bill.

    A remedy is a suggestion until it was tried: each trial takes a third of the run's epochs.
    """
    from clearprop.cli.diagnosing import diagnose_run

    diagnose_run(run, threshold or [], try_remedies=try_remedies, as_json=as_json)
