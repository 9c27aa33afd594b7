"""`clearprop ledger`: what it is told."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from clearprop.cli import options
from clearprop.cli.parsing import check_alone
from clearprop.errors import ArgumentError

__all__ = ["ledger"]


def ledger(
    source: Annotated[
        Path | None,
        typer.Argument(
            metavar="FILE",
            help="A YAML or JSON file with network, X and y.",
            show_default=False,
        ),
    ] = None,
    model: Annotated[
        Path | None,
        typer.Option(
            help="Instead of FILE: a model file or run directory, with --table and --row.",
            show_default=False,
        ),
    ] = None,
    table: Annotated[
        Path | None, typer.Option(help="A CSV or Parquet file with the target.", show_default=False)
    ] = None,
    row: Annotated[
        int | None,
        typer.Option(
            help="Which row of the table, from 1; the header is none.", show_default=False
        ),
    ] = None,
    optimizer: Annotated[str, typer.Option(help="With --model: sgd, momentum, adam, ...")] = "sgd",
    learning_rate: Annotated[
        float | None,
        typer.Option(
            help="With --model.  [default: fixed for each optimizer, 0.05 for sgd]",
            show_default=False,
        ),
    ] = None,
    mark: Annotated[
        Path | None,
        typer.Option(
            metavar="ANSWERS",
            help="Mark the answers in this YAML or JSON file: find the first wrong number.",
            show_default=False,
        ),
    ] = None,
    factors: Annotated[
        str | None,
        typer.Option(
            metavar="WEIGHT",
            help="Show the chain rule of one weight, such as 'W1[0,0]', factor by factor.",
            show_default=False,
        ),
    ] = None,
    sample: Annotated[
        int | None,
        typer.Option(help="With --factors: only this sample's paths, from 0.", show_default=False),
    ] = None,
    from_delta: Annotated[
        int | None,
        typer.Option(
            help="With --factors: begin at this layer's delta, not at the loss.",
            show_default=False,
        ),
    ] = None,
    as_json: options.Json = False,
    *,
    context: typer.Context,
) -> None:
    """Show every number of one training step: forward, back and update, checked.

    FILE holds a network, a sample and how to step; answers in it, or in --mark, are marked.
    """
    from clearprop.cli.ledger import described, show, table_row

    chosen = ("mark", "factors", "sample", "from_delta", "as_json")
    if source is not None:
        check_alone(context, "a description", allowed=("source", *chosen))
        exercise = described(source)
    elif model is not None:
        exercise = table_row(model, table, row, optimizer, learning_rate)
    else:
        raise ArgumentError(
            "name a description such as step.yaml, or --model with --table and --row"
        )
    paths = {"sample": sample, "from_delta": from_delta}
    show(exercise, mark, factors, paths, as_json=as_json)
