"""`clearprop predict`: a model and a table in, predictions out."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np

from clearprop.cli.output import print_json, say
from clearprop.cli.writing import refuse_existing
from clearprop.errors import FileError
from clearprop.formats import load_model
from clearprop.runs import find_model
from clearprop.tables import Decoded, Schema, read_table, write_csv
from clearprop.tables.class_target import ClassTarget

__all__ = ["predict_table"]


def predict_table(
    model: Path, table: Path, out: Path | None, *, overwrite: bool, as_json: bool
) -> None:
    """Predict every row and write CSV, or print the predictions as JSON."""
    path = find_model(model)
    loaded = load_model(path)
    if loaded.schema is None:
        raise FileError(f"{path} holds a bare network, which does not know the columns of a table")
    schema = Schema.from_json(loaded.schema)
    refuse_existing(out, overwrite=overwrite)
    encoded = schema.encode(read_table(table, text=schema.text_columns))
    outputs = loaded.network.predict(encoded.X).astype(np.float64)
    decoded = schema.decode(outputs)
    columns = _columns(schema, decoded)
    for note in encoded.notes:
        say(note)
    if out is not None:
        write_csv(columns, out)
    if as_json:
        print_json(_as_json(path, schema, columns, decoded, out))
    elif out is None:
        write_csv(columns, sys.stdout)
    else:
        print(f"{len(decoded.values)} predictions in {out}", file=sys.stderr)


def _columns(schema: Schema, decoded: Decoded) -> dict[str, Any]:
    """The prediction, then for classes the probability of each."""
    columns: dict[str, Any] = {"prediction": decoded.values.tolist()}
    if decoded.probabilities is not None and isinstance(schema.target, ClassTarget):
        for i, label in enumerate(schema.target.classes):
            columns[f"probability_{label}"] = decoded.probabilities[:, i]
    return columns


def _as_json(
    path: Path, schema: Schema, columns: dict[str, Any], decoded: Decoded, out: Path | None
) -> dict[str, Any]:
    classes = list(schema.target.classes) if isinstance(schema.target, ClassTarget) else None
    probabilities = decoded.probabilities
    return {
        "model": str(path),
        "out": None if out is None else str(out),
        "task": schema.task,
        "target": schema.target.name,
        "rows": len(decoded.values),
        "classes": classes,
        "predictions": columns["prediction"],
        "probabilities": None if probabilities is None else probabilities.tolist(),
    }
