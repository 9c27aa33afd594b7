"""The commands and what they are told.

A command's options are its signature, so `train` is long; what it does is a few lines at its end.
Nothing heavy is imported here: `clearprop --help` must answer at once.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from clearprop.defaults import TABLE
from clearprop.errors import ArgumentError

__all__ = ["app"]

app = typer.Typer(
    name="clearprop",
    help="Backpropagation you can see through: small neural networks, every number in sight.",
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

Json = Annotated[bool, typer.Option("--json", help="Print one JSON object on standard output.")]


@app.callback(invoke_without_command=True)
def _start(
    context: typer.Context,
    version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False,
) -> None:
    if version:
        from clearprop import __version__

        print(__version__)
        raise typer.Exit
    if context.invoked_subcommand is None:
        print(context.get_help())
        raise typer.Exit


@app.command()
def train(
    source: Annotated[
        str | None,
        typer.Argument(
            metavar="TABLE",
            help="A CSV or Parquet file, or the name of a bundled table.",
            show_default=False,
        ),
    ] = None,
    target: Annotated[
        str | None,
        typer.Option(help="The column to predict.  [default: 'target']", show_default=False),
    ] = None,
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
    hidden: Annotated[
        str, typer.Option(help="Neurons of each hidden layer, with commas; '' for none.")
    ] = ",".join(map(str, TABLE.hidden)),
    activation: Annotated[
        str, typer.Option(help="Activation of the hidden layers.")
    ] = TABLE.activation,
    dropout: Annotated[
        float, typer.Option(help="Share of the hidden activations silenced in training.")
    ] = TABLE.dropout,
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
            help="A number; 'auto': chosen for this table by short trainings; or 'fixed': the "
            "optimizer's default, 0.003 for adam."
        ),
    ] = TABLE.learning_rate,
    schedule: Annotated[
        str, typer.Option(help="How the rate moves: constant, cosine, one_cycle, wsd, ...")
    ] = TABLE.schedule,
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
    dtype: Annotated[str, typer.Option(help="float32 or float64.")] = TABLE.dtype,
    engine: Annotated[str, typer.Option(help="auto, native or reference.")] = TABLE.engine,
    out: Annotated[
        Path | None,
        typer.Option(help="Run directory.  [default: runs/<table>-<number>]", show_default=False),
    ] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace a run in --out.")] = False,
    resume: Annotated[
        Path | None,
        typer.Option(help="Go on with the run in this directory.", show_default=False),
    ] = None,
    as_json: Json = False,
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
        _check_alone(context, "--resume", allowed=("resume", "as_json"))
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
            hidden=_sizes(hidden),
            activation=activation,
            dropout=dropout,
            dtype=dtype,
            seed=seed,
            patience=patience,
            l2=l2,
            training={
                "optimizer": optimizer,
                "learning_rate": _learning_rate(learning_rate),
                "schedule": schedule,
                "batch_size": _batch_size(batch_size),
                "epochs": epochs,
                "class_weight": class_weight,
                "engine": engine,
            },
        )
        code = start_training(source, options, out, overwrite=overwrite, as_json=as_json)
    raise typer.Exit(code)


@app.command()
def predict(
    model: Annotated[
        Path,
        typer.Argument(
            metavar="MODEL", help="A model file, or a run directory.", show_default=False
        ),
    ],
    table: Annotated[
        Path, typer.Argument(metavar="FILE", help="A CSV or Parquet file.", show_default=False)
    ],
    out: Annotated[
        Path | None,
        typer.Option(help="Where to write.  [default: standard output]", show_default=False),
    ] = None,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace an existing --out.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Predict every row of a table, as CSV: the prediction, and class probabilities.

    The table needs the columns that the model was trained on, in any order; others are ignored.
    """
    from clearprop.cli.predicting import predict_table

    predict_table(model, table, out, overwrite=overwrite, as_json=as_json)


@app.command()
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
    as_json: Json = False,
) -> None:
    """Say what is wrong with a training: cause, evidence and remedy, or a clean bill.

    A remedy is a suggestion until it was tried: each trial takes a third of the run's epochs.
    """
    from clearprop.cli.diagnosing import diagnose_run

    diagnose_run(run, threshold or [], try_remedies=try_remedies, as_json=as_json)


@app.command()
def rates(
    source: Annotated[
        str,
        typer.Argument(
            metavar="TABLE",
            help="A CSV or Parquet file, or the name of a bundled table.",
            show_default=False,
        ),
    ],
    target: Annotated[
        str | None,
        typer.Option(help="The column to predict.  [default: 'target']", show_default=False),
    ] = None,
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
    hidden: Annotated[
        str, typer.Option(help="Neurons of each hidden layer, with commas; '' for none.")
    ] = ",".join(map(str, TABLE.hidden)),
    activation: Annotated[
        str, typer.Option(help="Activation of the hidden layers.")
    ] = TABLE.activation,
    dropout: Annotated[
        float, typer.Option(help="Share of the hidden activations silenced in training.")
    ] = TABLE.dropout,
    schedule: Annotated[
        str, typer.Option(help="How the rate moves: constant, cosine, one_cycle, wsd, ...")
    ] = "constant",
    epochs: Annotated[int, typer.Option(help="Passes over the training rows.")] = 40,
    validation: Annotated[
        float, typer.Option(help="Share of the training rows that rates are compared by.")
    ] = TABLE.validation,
    seed: Annotated[int, typer.Option(help="The first seed; also of the split.")] = TABLE.seed,
    dtype: Annotated[str, typer.Option(help="float32 or float64.")] = TABLE.dtype,
    engine: Annotated[str, typer.Option(help="auto, native or reference.")] = TABLE.engine,
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
    as_json: Json = False,
    *,
    context: typer.Context,
) -> None:
    """Try learning rates on a table: what becomes of each, and which to use.

    Every rate is tried from several seeds, side by side; each training is labelled diverged, dead,
    oscillating, good, slow or plateau. The choice is for the first optimizer and batch size.
    """
    from clearprop.cli.rates import Swept, show_map, show_quick
    from clearprop.runs import TableOptions

    sizes = [_batch_size(part, "--batch-sizes") for part in _parts(batch_sizes)]
    rules = _parts(optimizers)
    if not sizes or not rules:
        raise ArgumentError("--batch-sizes and --optimizers must name at least one each")
    options = TableOptions(
        target=target,
        validation=validation,
        hidden=_sizes(hidden),
        activation=activation,
        dropout=dropout,
        dtype=dtype,
        seed=seed,
        patience=0,
        training={
            "optimizer": rules[0],
            "schedule": schedule,
            "batch_size": sizes[0],
            "epochs": epochs,
            "engine": engine,
        },
    )
    if quick:
        swept_only = ("rates", "seeds", "journal", "figure", "losses", "weights", "overwrite")
        known = tuple(name for name in context.params if name not in swept_only)
        _check_alone(context, "--quick", allowed=known)
        raise typer.Exit(show_quick(source, options, as_json=as_json))
    paths = {"figure": figure, "losses": losses, "weights": weights}
    swept = Swept(
        None if rates is None else [_number("--rates", part) for part in _parts(rates)],
        seeds,
        sizes,
        rules,
        journal,
        {name: path for name, path in paths.items() if path is not None},
    )
    raise typer.Exit(show_map(source, options, swept, overwrite=overwrite, as_json=as_json))


@app.command()
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
    as_json: Json = False,
    *,
    context: typer.Context,
) -> None:
    """Show every number of one training step: forward, back and update, checked.

    FILE holds a network, a sample and how to step; answers in it, or in --mark, are marked.
    """
    from clearprop.cli.ledger import described, show, table_row

    chosen = ("mark", "factors", "sample", "from_delta", "as_json")
    if source is not None:
        _check_alone(context, "a description", allowed=("source", *chosen))
        exercise = described(source)
    elif model is not None:
        exercise = table_row(model, table, row, optimizer, learning_rate)
    else:
        raise ArgumentError(
            "name a description such as step.yaml, or --model with --table and --row"
        )
    paths = {"sample": sample, "from_delta": from_delta}
    show(exercise, mark, factors, paths, as_json=as_json)


@app.command()
def data(
    name: Annotated[
        str | None,
        typer.Argument(
            help="Which table to write; without it, all are listed.", show_default=False
        ),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(help="Where to write.  [default: standard output]", show_default=False),
    ] = None,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace an existing --out.")
    ] = False,
    as_json: Json = False,
    *,
    context: typer.Context,
) -> None:
    """List the bundled tables, or write one as CSV."""
    from clearprop.cli.bundled import list_tables, write_table

    if name is None:
        _check_alone(context, "the list of all tables", allowed=("as_json",))
        list_tables(as_json=as_json)
    else:
        write_table(name, out, overwrite=overwrite, as_json=as_json)


@app.command()
def bench(
    only: Annotated[
        str | None,
        typer.Option(
            metavar="ROWS",
            help="Rows to measure, such as T1,P1.  [default: all]",
            show_default=False,
        ),
    ] = None,
    engine: Annotated[str, typer.Option(help="Ours: auto, or the name of an engine.")] = "auto",
    threads: Annotated[
        int | None,
        typer.Option(help="Threads for everybody.  [default: all]", show_default=False),
    ] = None,
    figure: Annotated[
        Path | None,
        typer.Option(
            metavar="PATH",
            help="Draw curves of cost into a PNG or SVG instead of measuring the table.",
            show_default=False,
        ),
    ] = None,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace an existing --figure.")
    ] = False,
    as_json: Json = False,
    *,
    context: typer.Context,
) -> None:
    """Measure the speed of training beside JAX, PyTorch, scikit-learn and NumPy.

    Those that are installed take part: from the same start, on the same batches, in float32, on
    as many threads. Whose loss differs from ours is not timed. "Times the fastest" is the time of
    the fastest peer over ours; "limit" is what the matrix products alone would take at the rate
    that this machine reaches. Nothing else should be running meanwhile.
    """
    from clearprop.cli.benchmarking import draw_figure, print_table

    if figure is not None:
        allowed = ("figure", "engine", "threads", "overwrite", "as_json")
        _check_alone(context, "--figure", allowed=allowed)
        draw_figure(figure, engine, threads, overwrite=overwrite, as_json=as_json)
    else:
        _check_alone(context, "the table", allowed=("only", "engine", "threads", "as_json"))
        print_table(only, engine, threads, as_json=as_json)


def _check_alone(context: typer.Context, what: str, allowed: tuple[str, ...]) -> None:
    """Refuse options that were given and would be ignored."""
    for name in context.params:
        source = context.get_parameter_source(name)
        if name not in allowed and source is not None and source.name == "COMMANDLINE":
            given = "a table" if name in ("source", "name") else f"--{name.replace('_', '-')}"
            raise ArgumentError(f"{what} takes nothing else; got {given}")


def _sizes(text: str) -> tuple[int, ...]:
    """The text "64,64" as (64, 64)."""
    try:
        return tuple(int(part) for part in text.split(",") if part.strip())
    except ValueError:
        raise ArgumentError(
            f"--hidden must be whole numbers with commas between them, such as 64,64; got {text!r}"
        ) from None


def _parts(text: str) -> list[str]:
    """The text "1, 32" as ["1", "32"]."""
    return [part.strip() for part in text.split(",") if part.strip()]


def _number(option: str, text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise ArgumentError(
            f"{option} must be numbers above zero with commas between them; got {text!r}"
        ) from None


def _learning_rate(text: str) -> float | str | None:
    """The text "0.01" as 0.01, "fixed" as None; "auto" stays."""
    if text in ("auto", "fixed"):
        return None if text == "fixed" else text
    try:
        return float(text)
    except ValueError:
        raise ArgumentError(
            f"--learning-rate must be a number above zero, 'auto' or 'fixed'; got {text!r}"
        ) from None


def _batch_size(text: str, option: str = "--batch-size") -> int | str:
    """The text "32" as 32; "full" stays."""
    if text == "full":
        return text
    try:
        return int(text)
    except ValueError:
        raise ArgumentError(f"{option} must be a whole number or 'full'; got {text!r}") from None
