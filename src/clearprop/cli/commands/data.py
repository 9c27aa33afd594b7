"""`clearprop data`: what it is told."""

from __future__ import annotations

from typing import Annotated

import typer

from clearprop.cli import options
from clearprop.cli.parsing import check_alone

__all__ = ["data"]


def data(
    name: Annotated[
        str | None,
        typer.Argument(
            help="Which table to write; without it, all are listed.", show_default=False
        ),
    ] = None,
    out: options.Output = None,
    overwrite: options.OverwriteOutput = False,
    as_json: options.Json = False,
    *,
    context: typer.Context,
) -> None:
    """List the bundled tables, or write one as CSV."""
    from clearprop.cli.bundled import list_tables, write_table

    if name is None:
        check_alone(context, "the list of all tables", allowed=("as_json",))
        list_tables(as_json=as_json)
    else:
        write_table(name, out, overwrite=overwrite, as_json=as_json)
