"""Options that several commands share, each written once."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from clearprop.defaults import TABLE

__all__ = [
    "HIDDEN",
    "SCHEDULE",
    "SOURCE",
    "Activation",
    "Dropout",
    "Dtype",
    "EngineName",
    "Hidden",
    "Json",
    "Output",
    "OverwriteOutput",
    "Target",
]

# What a command trains on; `rates` needs it, `train` may resume instead.
SOURCE = typer.Argument(
    metavar="TABLE",
    help="A CSV or Parquet file, or the name of a bundled table.",
    show_default=False,
)
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object on standard output.")]
Output = Annotated[
    Path | None,
    typer.Option("--out", help="Where to write.  [default: standard output]", show_default=False),
]
OverwriteOutput = Annotated[bool, typer.Option("--overwrite", help="Replace an existing --out.")]
Target = Annotated[
    str | None,
    typer.Option(help="The column to predict.  [default: 'target']", show_default=False),
]
HIDDEN = ",".join(map(str, TABLE.hidden))  # as it is written on the command line
Hidden = Annotated[
    str, typer.Option(help="Neurons of each hidden layer, with commas; '' for none.")
]
Activation = Annotated[str, typer.Option(help="Activation of the hidden layers.")]
Dropout = Annotated[
    float, typer.Option(help="Share of the hidden activations silenced in training.")
]
SCHEDULE = (
    "How the rate moves: constant, cosine, one_cycle, wsd, plateau, ...; several at once: "
    "warm_up+cosine+plateau."
)
Dtype = Annotated[str, typer.Option(help="float32 or float64.")]
EngineName = Annotated[str, typer.Option("--engine", help="auto, native or reference.")]
