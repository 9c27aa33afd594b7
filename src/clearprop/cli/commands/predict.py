"""`clearprop predict`: what it is told."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from clearprop.cli import options

__all__ = ["predict"]


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
    out: options.Output = None,
    overwrite: options.OverwriteOutput = False,
    as_json: options.Json = False,
) -> None:
    """Predict every row of a table, as CSV: the prediction, and class probabilities.

    The table needs the columns that the model was trained on, in any order; others are ignored.
    """
    from clearprop.cli.predicting import predict_table

    predict_table(model, table, out, overwrite=overwrite, as_json=as_json)
