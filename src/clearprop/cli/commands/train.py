"""`clearprop train`: what it is told."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from clearprop.cli import options
from clearprop.cli.parsing import batch_size_of, check_alone, learning_rate_of, sizes
from clearprop.defaults import OWN_SCHEDULES, TABLE
from clearprop.errors import ArgumentError

__all__ = ["train"]

_SCHEDULES = "; ".join(
    [TABLE.schedule, *(f"{schedule} for {rule}" for rule, schedule in OWN_SCHEDULES.items())]
)


def train(
    source: Annotated[str | None, options.SOURCE] = None,
    target: options.Target = None,
    task: Annotated[
        str | None,
        typer.Option(
            help="classification or regression.  [default: found from the target]",
            show_default=False,
        ),
    ] = None,
    drop: Annotated[
        list[str] | None,
        typer.Option(help="A column to leave out; may be repeated.", show_default=False),
    ] = None,
    test: Annotated[
        float, typer.Option(help="Share of the rows kept for the final test.")
    ] = TABLE.test,
    validation: Annotated[
        float, typer.Option(help="Share of the other rows that training is watched by.")
    ] = TABLE.validation,
    hidden: options.Hidden = options.HIDDEN,
    activation: options.Activation = TABLE.activation,
    dropout: options.Dropout = TABLE.dropout,
    l2: Annotated[
        float,
        typer.Option("--l2", help="Strength of the L2 penalty, divided by the rows."),
    ] = TABLE.l2,
    optimizer: Annotated[
        str, typer.Option(help="sgd, momentum, adam, adamw, ...")
    ] = TABLE.optimizer,
    learning_rate: Annotated[
        str,
        typer.Option(
            help="A number; 'auto': chosen for this table by trial trainings; or 'fixed': the "
            "optimizer's default, 0.003 for adam."
        ),
    ] = TABLE.learning_rate,
    schedule: Annotated[
        str | None,
        typer.Option(help=f"{options.SCHEDULE}  [default: {_SCHEDULES}]", show_default=False),
    ] = None,
    batch_size: Annotated[str, typer.Option(help="Samples a step, or 'full'.")] = str(
        TABLE.batch_size
    ),
    epochs: Annotated[
        int, typer.Option(help="Passes over the training rows, at most.")
    ] = TABLE.epochs,
    patience: Annotated[
        int, typer.Option(help="Epochs without improvement before stopping; 0: never stop early.")
    ] = TABLE.patience,
    class_weight: Annotated[
        str | None,
        typer.Option(help="'balanced' gives every class the same weight.", show_default=False),
    ] = None,
    seed: Annotated[int, typer.Option(help="Of split, start, order and dropout.")] = TABLE.seed,
    dtype: options.Dtype = TABLE.dtype,
    engine: options.EngineName = TABLE.engine,
    out: Annotated[
        Path | None,
        typer.Option(help="Run directory.  [default: runs/<table>-<number>]", show_default=False),
    ] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace a run in --out.")] = False,
    resume: Annotated[
        Path | None,
        typer.Option(help="Go on with the run in this directory.", show_default=False),
    ] = None,
    as_json: options.Json = False,
    *,
    context: typer.Context,
) -> None:
    """Train a network on a table; write a model and a report.

    Numbers, categories, truth values and missing values are understood. Rows are split into
    training, validation and test; all that is learned about the columns is learned from the
    training rows.
    """
    from clearprop.cli.training import resume_training, start_training
    from clearprop.runs import TableOptions

    if resume is not None:
        check_alone(context, "--resume", allowed=("resume", "as_json"))
        code = resume_training(resume, as_json=as_json)
    elif not source:
        raise ArgumentError("name a table to train on, such as data.csv or iris")
    else:
        if out is not None and out == Path():
            raise ArgumentError("--out must name a directory of its own, not the current one")
        options = TableOptions(
            target=target,
            task=task,
            drop=tuple(drop or ()),
            test=test,
            validation=validation,
            hidden=sizes(hidden),
            activation=activation,
            dropout=dropout,
            dtype=dtype,
            seed=seed,
            patience=patience,
            l2=l2,
            training={
                "optimizer": optimizer,
                "learning_rate": learning_rate_of(learning_rate),
                "batch_size": batch_size_of(batch_size),
                "epochs": epochs,
                "class_weight": class_weight,
                "engine": engine,
            }
            | ({} if schedule is None else {"schedule": schedule}),
        )
        code = start_training(source, options, out, overwrite=overwrite, as_json=as_json)
    raise typer.Exit(code)
