"""Parquet files: plain columns are read, anything damaged, nested or explosive is refused."""

import datetime
import re
from decimal import Decimal

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import parquet

from clearprop.errors import DamagedFileError, DataError, FileError
from clearprop.tables import read_table


@pytest.fixture
def write(tmp_path):
    def write(table, **options):
        path = tmp_path / "t.parquet"
        parquet.write_table(table, path, **options)
        return path

    return write


PLAIN = pa.table(
    {
        "i8": pa.array([1, None], pa.int8()),
        "u64": pa.array([1, 2**64 - 1], pa.uint64()),
        "f16": pa.array(np.array([0.5, 1.5], np.float16)),
        "decimal": pa.array([Decimal("1.25"), None]),
        "flag": [True, None],
        "word": ["a", None],
        "category": pa.array(["x", "y"]).dictionary_encode(),
        "day": [datetime.date(2020, 1, 1), None],
    }
)


def test_plain_columns_are_read_as_they_are(write):
    assert read_table(write(PLAIN)).to_pydict() == PLAIN.to_pydict()


def test_an_index_that_pandas_stored_is_left_out(write):
    table = pa.table({"x": [1, 2], "__index_level_0__": [7, 8]})
    assert read_table(write(table)).column_names == ["x"]


@pytest.mark.parametrize(
    "column",
    [
        pa.array([[1], [2]]),
        pa.array([{"a": 1}, None]),
        pa.array([b"x", b"y"]),
        pa.array([b"xx", b"yy"], pa.binary(2)),
        pa.array([[("k", 1)], []], pa.map_(pa.string(), pa.int64())),
    ],
    ids=["list", "struct", "binary", "fixed binary", "map"],
)
def test_a_nested_or_binary_column_is_refused_by_name(write, column):
    with pytest.raises(DataError, match=r"column 'odd' holds .* values; only numbers"):
        read_table(write(pa.table({"x": [1, 2], "odd": column})))


def test_a_table_without_rows_or_with_bad_names_is_refused(write):
    with pytest.raises(DataError, match="columns and no rows"):
        read_table(write(pa.table({"x": pa.array([], pa.int64())})))
    with pytest.raises(DataError, match="column 1 has no name"):
        read_table(write(pa.table({"": [1]})))


def test_a_damaged_file_is_refused_wherever_it_is_cut(write):
    path = write(PLAIN)
    content = path.read_bytes()
    for length in [0, 3, 8, len(content) // 2, len(content) - 1]:
        path.write_bytes(content[:length])
        with pytest.raises(DamagedFileError, match="no readable Parquet file") as caught:
            read_table(path)
        assert "\n" not in str(caught.value)


def test_altered_bytes_never_end_in_another_kind_of_error(write):
    path = write(PLAIN, compression="none")
    content = path.read_bytes()
    rng = np.random.default_rng(0)
    for _ in range(150):
        altered = bytearray(content)
        altered[rng.integers(len(altered))] ^= 1 << int(rng.integers(8))
        path.write_bytes(altered)
        try:
            read_table(path)
        except (FileError, DataError) as error:
            assert "\n" not in str(error)  # noqa: PT017  either outcome is right


def test_text_that_is_not_utf8_is_refused(write):
    bad = pa.Array.from_buffers(pa.string(), 1, pa.array([b"\xff"]).buffers())
    with pytest.raises(DamagedFileError, match=re.escape("no readable Parquet file")):
        read_table(write(pa.table({"x": bad})))


def test_a_decompression_bomb_is_refused_from_its_footer(write, monkeypatch):
    path = write(pa.table({"x": np.zeros(3_000_000)}))
    assert path.stat().st_size < 24_000  # 24 MB of zeros in a thousandth of the space
    assert read_table(path).num_rows == 3_000_000
    monkeypatch.setattr("clearprop.tables.parquet_reading.HARMLESS_BYTES", 1 << 20)
    with pytest.raises(DataError, match="refused as a decompression bomb"):
        read_table(path)


def test_a_large_table_in_a_large_file_is_no_bomb(write, monkeypatch):
    monkeypatch.setattr("clearprop.tables.parquet_reading.HARMLESS_BYTES", 1 << 10)
    path = write(pa.table({"x": np.random.default_rng(0).normal(size=10_000)}))
    assert read_table(path).num_rows == 10_000
