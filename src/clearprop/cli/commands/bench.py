"""`clearprop bench`: what it is told."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from clearprop.cli import options
from clearprop.cli.parsing import check_alone

__all__ = ["bench"]


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
    as_json: options.Json = False,
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
        check_alone(context, "--figure", allowed=allowed)
        draw_figure(figure, engine, threads, overwrite=overwrite, as_json=as_json)
    else:
        check_alone(context, "the table", allowed=("only", "engine", "threads", "as_json"))
        print_table(only, engine, threads, as_json=as_json)
