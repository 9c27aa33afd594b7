"""The application: its commands in the order of its help."""

from __future__ import annotations

from typing import Annotated

import typer

from clearprop.cli.commands.bench import bench
from clearprop.cli.commands.data import data
from clearprop.cli.commands.diagnose import diagnose
from clearprop.cli.commands.learn import learn
from clearprop.cli.commands.ledger import ledger
from clearprop.cli.commands.predict import predict
from clearprop.cli.commands.rates import rates
from clearprop.cli.commands.train import train

__all__ = ["app"]

app = typer.Typer(
    name="clearprop",
    help="Backpropagation you can see through: small neural networks, every number in sight.",
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


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


for command in (train, predict, diagnose, rates, ledger, learn, data, bench):
    app.command()(command)
