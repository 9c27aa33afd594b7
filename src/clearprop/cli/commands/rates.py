"""`clearprop rates`: what it is told."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from clearprop.cli import options
from clearprop.cli.parsing import batch_size_of, check_alone, number, parts, sizes
from clearprop.defaults import TABLE
from clearprop.errors import ArgumentError

__all__ = ["rates"]


def rates(
    source: Annotated[str, options.SOURCE],
    target: options.Target = None,
    rates: Annotated[
        str | None,
        typer.Option(
            help="Learning rates to try, with commas.  [default: 21 from 1e-5 to 1]",
            show_default=False,
        ),
    ] = None,
    seeds: Annotated[int, typer.Option(help="How many starts and orders to try each with.")] = 4,
    batch_sizes: Annotated[
        str, typer.Option(help="Samples a step, with commas; 'full' for all.")
    ] = str(TABLE.batch_size),
    optimizers: Annotated[
        str, typer.Option(help="sgd, momentum, adam, ..., with commas.")
    ] = TABLE.optimizer,
    hidden: options.Hidden = options.HIDDEN,
    activation: options.Activation = TABLE.activation,
    dropout: options.Dropout = TABLE.dropout,
    schedule: Annotated[str, typer.Option(help=options.SCHEDULE)] = "constant",
    epochs: Annotated[int, typer.Option(help="Passes over the training rows.")] = 40,
    validation: Annotated[
        float, typer.Option(help="Share of the training rows that rates are compared by.")
    ] = TABLE.validation,
    seed: Annotated[int, typer.Option(help="The first seed; also of the split.")] = TABLE.seed,
    dtype: options.Dtype = TABLE.dtype,
    engine: options.EngineName = TABLE.engine,
    journal: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR",
            help="Keep finished trainings here; a sweep that was killed goes on from them.",
            show_default=False,
        ),
    ] = None,
    figure: Annotated[
        Path | None,
        typer.Option(metavar="PATH", help="Draw the map into a PNG or SVG.", show_default=False),
    ] = None,
    losses: Annotated[
        Path | None,
        typer.Option(
            metavar="PATH", help="Draw the losses of every rate, likewise.", show_default=False
        ),
    ] = None,
    weights: Annotated[
        Path | None,
        typer.Option(
            metavar="PATH", help="Draw the weights of every rate, likewise.", show_default=False
        ),
    ] = None,
    quick: Annotated[
        bool, typer.Option("--quick", help="Only a range test: one pass, a few rules of thumb.")
    ] = False,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace existing figures.")
    ] = False,
    as_json: options.Json = False,
    *,
    context: typer.Context,
) -> None:
    """Try learning rates on a table: what becomes of each, and which to use.

    Every rate is tried from several seeds, side by side; each training is labelled diverged, dead,
    oscillating, good, slow or plateau. The choice is for the first optimizer and batch size.
    """
    from clearprop.cli.rates import Swept, show_map, show_quick
    from clearprop.runs import TableOptions

    batches = [batch_size_of(part, "--batch-sizes") for part in parts(batch_sizes)]
    rules = parts(optimizers)
    if not batches or not rules:
        raise ArgumentError("--batch-sizes and --optimizers must name at least one each")
    options = TableOptions(
        target=target,
        validation=validation,
        hidden=sizes(hidden),
        activation=activation,
        dropout=dropout,
        dtype=dtype,
        seed=seed,
        patience=0,
        training={
            "optimizer": rules[0],
            "schedule": schedule,
            "batch_size": batches[0],
            "epochs": epochs,
            "engine": engine,
        },
    )
    if quick:
        swept_only = ("rates", "seeds", "journal", "figure", "losses", "weights", "overwrite")
        known = tuple(name for name in context.params if name not in swept_only)
        check_alone(context, "--quick", allowed=known)
        raise typer.Exit(show_quick(source, options, as_json=as_json))
    paths = {"figure": figure, "losses": losses, "weights": weights}
    swept = Swept(
        None if rates is None else [number("--rates", part) for part in parts(rates)],
        seeds,
        batches,
        rules,
        journal,
        {name: path for name, path in paths.items() if path is not None},
    )
    raise typer.Exit(show_map(source, options, swept, overwrite=overwrite, as_json=as_json))
