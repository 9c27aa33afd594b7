"""`clearprop data`: the bundled tables, listed or written."""

from __future__ import annotations

import sys
from pathlib import Path

from clearprop.cli.output import print_json
from clearprop.cli.writing import refuse_existing
from clearprop.tables import BUNDLED_DESCRIPTIONS, load_bundled, write_csv

__all__ = ["list_tables", "write_table"]


def list_tables(*, as_json: bool) -> None:
    """Every bundled table with a line of description."""
    if as_json:
        tables = [{"name": k, "description": v} for k, v in BUNDLED_DESCRIPTIONS.items()]
        print_json({"tables": tables})
        return
    width = max(len(name) for name in BUNDLED_DESCRIPTIONS)
    for name, description in BUNDLED_DESCRIPTIONS.items():
        print(f"{name:{width}}  {description}")


def write_table(name: str, out: Path | None, *, overwrite: bool, as_json: bool) -> None:
    """One bundled table as CSV, to a file or standard output."""
    table = load_bundled(name)
    refuse_existing(out, overwrite=overwrite)
    if out is not None:
        write_csv(table, out)
    if as_json:
        print_json(
            {
                "name": name,
                "out": None if out is None else str(out),
                "rows": table.num_rows,
                "columns": table.column_names,
                "target": "target",
            }
        )
    elif out is None:
        write_csv(table, sys.stdout)
    else:
        print(f"{table.num_rows} rows, {table.num_columns} columns in {out}", file=sys.stderr)
