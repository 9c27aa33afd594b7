"""`clearprop learn`: what it is told."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from clearprop.cli import options
from clearprop.cli.parsing import batch_size_of, check_alone

__all__ = ["learn"]


def learn(
    name: Annotated[
        str | None,
        typer.Argument(
            help="An experiment, or 'all'; without it, all are listed.", show_default=False
        ),
    ] = None,
    learning_rate: Annotated[
        float | None, typer.Option(help="Another learning rate.", show_default=False)
    ] = None,
    seed: Annotated[int | None, typer.Option(help="Another seed.", show_default=False)] = None,
    batch_size: Annotated[
        str | None, typer.Option(help="Samples a step, or 'full'.", show_default=False)
    ] = None,
    data: Annotated[
        Path | None,
        typer.Option(
            help="A CSV or Parquet file of your own; its target is named 'target', or the last "
            "column.",
            show_default=False,
        ),
    ] = None,
    out: Annotated[Path, typer.Option(help="Directory for the pages.")] = Path("lessons"),
    animation: Annotated[
        Path | None,
        typer.Option(
            metavar="PATH",
            help="Write the experiment's moving picture into a GIF or MP4.",
            show_default=False,
        ),
    ] = None,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace an existing --animation.")
    ] = False,
    as_json: options.Json = False,
    *,
    context: typer.Context,
) -> None:
    """Learn by an experiment: worked numbers, checked, and a page with figures.

    Each runs on the real engine, checks its numbers, and writes one self-contained HTML page. What
    can be changed is told by the list. The exit code is 1 where a number is not what it should be.
    """
    from clearprop.cli.learning import list_experiments, teach_all, teach_one

    if name is None:
        check_alone(context, "the list of all experiments", allowed=("as_json",))
        list_experiments(as_json=as_json)
        return
    if name == "all":
        check_alone(context, "learn all", allowed=("name", "out", "as_json"))
        raise typer.Exit(teach_all(out, as_json=as_json))
    changes = {
        "learning_rate": learning_rate,
        "seed": seed,
        "batch_size": None if batch_size is None else batch_size_of(batch_size),
        "data": data,
    }
    moving = (animation, overwrite)
    raise typer.Exit(teach_one(name, changes, out, moving, as_json=as_json))
