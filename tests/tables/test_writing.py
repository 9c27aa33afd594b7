"""CSV that is written reads back as it was."""

import datetime
import io
import math
from decimal import Decimal
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clearprop.errors import DataError, FileError
from clearprop.tables import load_bundled, read_table, write_csv

WORDS = st.text(alphabet="abc ,;\"\n'é|", min_size=1, max_size=8).map(lambda s: f"w{s}w")


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.integers(-(2**63), 2**63 - 1),
            st.floats(allow_nan=False, allow_infinity=False),
            st.booleans(),
            st.one_of(st.none(), WORDS),
        ),
        min_size=1,
        max_size=10,
    )
)
def test_numbers_truth_values_and_text_read_back_exactly(tmp_path_factory, rows):
    ints, floats, flags, words = (list(column) for column in zip(*rows, strict=True))
    path = tmp_path_factory.getbasetemp() / "roundtrip.csv"
    # A quarter keeps the floats floats: a column of 1.0 alone would read back as whole numbers.
    write_csv({"i": ints, "f": [*floats[:-1], 0.25], "b": flags, "w": [*words[:-1], "w"]}, path)
    table = read_table(path)
    assert table["i"].to_pylist() == ints
    assert table["f"].to_pylist() == [*floats[:-1], 0.25]
    assert table["b"].to_pylist() == flags
    assert table["w"].to_pylist() == [*words[:-1], "w"]


def test_nothing_is_quoted_where_nothing_needs_it():
    sink = io.BytesIO()
    write_csv({"x": np.array([1.5, np.nan]), "w": ["a", None]}, sink)
    assert sink.getvalue() == b"x,w\n1.5,a\n,\n"


def test_text_files_get_text_and_quotes_where_needed():
    sink = io.StringIO()
    write_csv({"x": [1], "w": ['say "a, b"']}, sink)
    assert sink.getvalue() == '"x","w"\n1,"say ""a, b"""\n'


def test_every_plain_type_can_be_written():
    columns = {
        "f16": pa.array(np.array([0.5, np.nan], np.float16)),
        "f32": np.array([0.5, 1.5], np.float32),
        "decimal": [Decimal("1.25"), None],
        "category": pa.array(["x", None]).dictionary_encode(),
        "day": [datetime.date(2020, 1, 1), None],
        "when": [datetime.datetime(2020, 1, 1, 12), None],
        "view": pa.array(["a", "b"], pa.string_view()),
        "large": pa.array(["a", "b"], pa.large_string()),
        "span": [datetime.timedelta(hours=36), None],
        "none": [None, None],
    }
    sink = io.StringIO()
    write_csv(columns, sink)
    assert sink.getvalue().splitlines()[1:] == [
        "0.5,0.5,1.25,x,2020-01-01,2020-01-01 12:00:00.000000,a,a,1.5,",
        ",1.5,,,,,b,b,,",
    ]


def test_bundled_data_survive_a_file(tmp_path):
    table = load_bundled("breast_cancer")
    write_csv(table, tmp_path / "bc.csv")
    again = read_table(str(tmp_path / "bc.csv"))
    assert again.column_names == table.column_names
    assert again.to_pydict() == table.to_pydict()


def test_an_infinite_number_is_written_as_such():
    sink = io.StringIO()
    write_csv({"x": [math.inf, -math.inf]}, sink)
    assert sink.getvalue() == "x\ninf\n-inf\n"


def test_columns_that_make_no_table_are_refused(tmp_path):
    with pytest.raises(DataError, match="equally long columns"):
        write_csv({"x": [1, 2], "y": [1]}, tmp_path / "t.csv")
    with pytest.raises(DataError, match="column 'x' holds list"):
        write_csv({"x": [[1], [2]]}, tmp_path / "t.csv")
    with pytest.raises(DataError, match="'x' occurs more than once"):
        write_csv(pa.table([[1], [2]], names=["x", "x"]), tmp_path / "t.csv")
    assert list(tmp_path.iterdir()) == []


def test_a_missing_directory_is_a_file_error(tmp_path):
    with pytest.raises(FileError, match="cannot write"):
        write_csv({"x": [1]}, tmp_path / "none" / "t.csv")


def test_a_device_is_written_to_and_not_replaced():
    write_csv({"x": [1]}, "/dev/null")
    assert Path("/dev/null").is_char_device()
