"""The fingerprint knows the contents and nothing else."""

import pyarrow as pa
import pytest
from pyarrow import parquet

from clearprop.tables import fingerprint, read_table, write_csv

COLUMNS = {
    "i": [1, 2, None, 4, 5],
    "f": [0.5, None, 2.5, 3.5, 4.5],
    "b": [True, False, None, True, True],
    "s": ["a", "bé", None, "", "c"],
    "n": pa.nulls(5),
}
TABLE = pa.table(COLUMNS)


def test_it_does_not_depend_on_blocks_slices_or_text_types():
    whole = fingerprint(TABLE)
    blocks = pa.concat_tables([TABLE.slice(0, 2), TABLE.slice(2, 0), TABLE.slice(2)])
    padded = pa.concat_tables([TABLE.slice(3), TABLE, TABLE]).slice(2, 5).combine_chunks()
    large = TABLE.set_column(3, "s", TABLE["s"].cast(pa.large_string()))
    category = TABLE.set_column(3, "s", TABLE["s"].dictionary_encode())
    assert {fingerprint(t) for t in (blocks, padded, large, category, COLUMNS)} == {whole}
    assert len(whole) == 64


def test_a_file_read_again_has_the_same():
    assert fingerprint({"x": [0.0, float("nan")]}) == fingerprint({"x": [0.0, None]})


def test_csv_and_parquet_of_one_table_have_the_same(tmp_path):
    table = pa.table({"i": [1, 2], "f": [0.5, None], "s": ["a", "b"]})
    write_csv(table, tmp_path / "t.csv")
    parquet.write_table(table, tmp_path / "t.parquet")
    both = [fingerprint(read_table(tmp_path / name)) for name in ("t.csv", "t.parquet")]
    assert both == [fingerprint(table)] * 2


@pytest.mark.parametrize(
    ("column", "values"),
    [
        ("i", [1, 2, None, 4, 6]),
        ("i", [1, 2, 0, 4, 5]),
        ("f", [0.5, 0.0, 2.5, 3.5, 4.5]),
        ("b", [True, False, False, True, True]),
        ("s", ["a", "bé", "", "", "c"]),
        ("s", ["ab", "é", None, "", "c"]),
        ("n", [None, None, None, None, "x"]),
    ],
)
def test_a_changed_value_changes_it(column, values):
    assert fingerprint({**COLUMNS, column: values}) != fingerprint(TABLE)


def test_a_table_without_rows_has_one():
    assert fingerprint({"s": pa.array([], pa.large_string())}) == fingerprint(
        {"s": pa.array([], pa.string())}
    )
    assert fingerprint({"s": pa.array([], pa.large_string())}) != fingerprint({"s": [""]})


def test_names_and_order_and_rows_count():
    different = [
        TABLE,
        TABLE.rename_columns(["j", "f", "b", "s", "n"]),
        TABLE.select(["f", "i", "b", "s", "n"]),
        TABLE.slice(0, 4),
        TABLE.slice(0, 0),
        TABLE.select(["n"]),
        TABLE.select(["n"]).slice(0, 4),
    ]
    assert len({fingerprint(table) for table in different}) == len(different)
