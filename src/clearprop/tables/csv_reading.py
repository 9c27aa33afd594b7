"""CSV files through Arrow's reader; types are found over the whole file, not its first block."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from clearprop.errors import DataError
from clearprop.tables.csv_scan import LONGEST_LINE, Scan, scan_text
from clearprop.tables.csv_tidy import MISSING, tidy
from clearprop.tables.kinds import check_names
from clearprop.tables.values import brief, counted

if TYPE_CHECKING:
    import pyarrow

__all__ = ["read_csv"]


def read_csv(path: Path, text: Collection[str] = ()) -> pyarrow.Table:
    """The table in a CSV file; the columns named by `text` stay text whatever they hold.

    Raises:
        DataError: the file is no table of text; the message says in which row or line.
    """
    from pyarrow import types

    scan = scan_text(path)
    table = _parse(path, scan, {})
    check_names([name.strip() for name in table.column_names])
    if not table.num_rows:
        raise DataError(f"{path} has a header and no rows")
    forced = [
        name
        for name in table.column_names
        if name.strip() in text and not types.is_string(table[name].type)
    ]
    if forced:
        table = _parse(path, scan, dict.fromkeys(forced, "string"))
    if scan.odd_quotes:
        _refuse_open_quote(path, table)
    return tidy(table, decimal_comma=scan.delimiter == ";", text=text)


def _parse(path: Path, scan: Scan, kinds: Mapping[str, str], threads: bool = True) -> pyarrow.Table:
    """Arrow's reader; it numbers a faulty row only when it reads with one thread."""
    import pyarrow as pa
    from pyarrow import csv

    faulty: list[Any] = []

    def refuse(row: Any) -> str:
        faulty.append(row)
        return "error"

    parsing = csv.ParseOptions(
        delimiter=scan.delimiter,
        newlines_in_values=True,
        ignore_empty_lines=not scan.one_column,  # there, an empty line is a missing value
        invalid_row_handler=refuse,
    )
    reading = csv.ReadOptions(use_threads=threads, block_size=LONGEST_LINE)
    try:
        return csv.read_csv(str(path), reading, parsing, _converting(kinds))
    except pa.ArrowInvalid as error:
        if faulty and threads:
            return _parse(path, scan, kinds, threads=False)
        raise DataError(_explain(path, str(error), faulty)) from None


def _converting(kinds: Mapping[str, str]) -> pyarrow.csv.ConvertOptions:
    from pyarrow import csv

    return csv.ConvertOptions(
        column_types=dict(kinds),
        null_values=MISSING,
        strings_can_be_null=True,
        true_values=["true", "True", "TRUE"],
        false_values=["false", "False", "FALSE"],
    )


def _explain(path: Path, message: str, faulty: list[Any]) -> str:
    """One sentence for what Arrow's reader could not read."""
    if faulty:
        row = faulty[0]
        return (
            f"{path}: row {row.number - 1} (the header not counted) has "
            f"{counted(row.actual_columns, 'field')} and the header {row.expected_columns}: "
            f"{brief(row.text)}"
        )
    if "cannot infer number of columns" in message:
        return f"{path} has a header and no rows"
    if "straddling" in message:
        return f"{path} has a row of more than 16 MiB; a quotation mark may not be closed"
    return f"{path} cannot be read as CSV: {message.splitlines()[0][:200]}"


def _refuse_open_quote(path: Path, table: pyarrow.Table) -> None:
    """Refuse a quotation mark that swallowed lines: an odd number of marks, a value with lines."""
    from pyarrow import compute, types

    for name in table.column_names:
        if not types.is_string(table[name].type):
            continue
        broken = compute.fill_null(compute.match_substring_regex(table[name], "[\r\n]"), False)
        row = compute.index(broken, value=True).as_py()
        if row >= 0:
            raise DataError(
                f"{path}: a quotation mark in row {row + 1}, column {name.strip()!r}, "
                "is not closed in its line"
            )
