"""Arrow's types become four; what is neither number nor text is refused by name."""

import datetime
from decimal import Decimal

import numpy as np
import pyarrow as pa
import pytest

from clearprop.errors import DataError
from clearprop.tables.kinds import as_table, canonical, find_kind
from clearprop.tables.values import as_booleans, as_numbers, brief

NOON = datetime.datetime(1970, 1, 3, 12)
CASES = {
    "int8": (pa.array([1, None], pa.int8()), "int64", [1, None]),
    "uint64 small": (pa.array([1, 2], pa.uint64()), "int64", [1, 2]),
    "float16": (pa.array(np.array([0.5, np.nan], np.float16)), "double", [0.5, None]),
    "float64": (pa.array([0.5, float("nan")]), "double", [0.5, None]),
    "decimal": (pa.array([Decimal("1.25"), None]), "double", [1.25, None]),
    "decimal256": (pa.array([Decimal("1.25")], pa.decimal256(50, 2)), "double", [1.25]),
    "bool": (pa.array([True, None]), "bool", [True, None]),
    "string": (pa.array(["a", None]), "large_string", ["a", None]),
    "view": (pa.array(["a", None], pa.string_view()), "large_string", ["a", None]),
    "category": (pa.array(["a", None]).dictionary_encode(), "large_string", ["a", None]),
    "numbered category": (pa.array([7, None]).dictionary_encode(), "int64", [7, None]),
    "date32": (pa.array([datetime.date(1970, 1, 3), None]), "double", [2.0, None]),
    "date64": (pa.array([datetime.date(1970, 1, 3)], pa.date64()), "double", [2.0]),
    "timestamp": (pa.array([NOON, None]), "double", [2.5, None]),
    "timestamp in ns, zoned": (pa.array([NOON], pa.timestamp("ns", "UTC")), "double", [2.5]),
    "time32": (pa.array([datetime.time(6)], pa.time32("s")), "double", [0.25]),
    "time64": (pa.array([datetime.time(6)], pa.time64("ns")), "double", [0.25]),
    "duration": (pa.array([datetime.timedelta(hours=36)]), "double", [1.5]),
    "null": (pa.nulls(2), "null", [None, None]),
}


@pytest.mark.parametrize("case", CASES)
def test_each_type_becomes_one_of_four(case):
    column, kind, values = CASES[case]
    result = canonical(pa.table({"x": column}))["x"]
    assert str(result.type) == kind
    assert result.to_pylist() == values


def test_other_types_are_refused_by_name():
    months = pa.array([(1, 2, 3)], pa.month_day_nano_interval())
    for column in (months, pa.array([[1]]), pa.array([b"x"])):
        with pytest.raises(DataError, match=r"column 'odd' holds .*; only numbers, truth values"):
            canonical(pa.table({"odd": column}))
    assert find_kind(pa.list_(pa.int64())) is None


def test_text_with_invalid_bytes_is_refused_by_name():
    bad = pa.Array.from_buffers(pa.string(), 1, pa.array([b"\xff"]).buffers())
    with pytest.raises(DataError, match="column 'x' holds text that is not valid UTF-8"):
        canonical(pa.table({"x": bad}))


def test_a_table_is_made_from_mappings_and_anything_that_speaks_arrow():
    class Frame:
        def __arrow_c_stream__(self, requested_schema=None):
            return pa.table({"x": [1]}).__arrow_c_stream__(requested_schema)

    assert as_table(Frame()).to_pydict() == {"x": [1]}
    assert as_table({"x": np.array(["a", "b"])}).to_pydict() == {"x": ["a", "b"]}
    table = pa.table({"x": [1]})
    assert as_table(table) is table


@pytest.mark.parametrize("data", [3, None, "text", {"x": [1], "y": [1, 2]}, {"x": [1, "a"]}])
def test_what_is_no_table_is_refused(data):
    with pytest.raises(DataError, match="a table must be a data frame") as caught:
        as_table(data)
    assert "\n" not in str(caught.value)


def test_a_text_that_is_no_number_is_named_with_its_row():
    column = canonical(pa.table({"x": ["1.5", None, "2", "four", "five"]}))["x"]
    with pytest.raises(DataError, match="'x' must hold a number in every row; row 4 holds 'four'"):
        as_numbers("x", column)


def test_texts_that_are_all_numbers_are_numbers():
    column = canonical(pa.table({"x": ["1.5", None]}))["x"]
    np.testing.assert_array_equal(as_numbers("x", column), [1.5, np.nan])


@pytest.mark.parametrize("value", [float("inf"), -float("inf"), 1.1e300])
def test_a_number_without_bounds_is_named_with_its_row(value):
    column = pa.chunked_array([[0.0, None], [1e300, value]])
    with pytest.raises(DataError, match=r"'x' must hold finite numbers .*; row 4 holds"):
        as_numbers("x", column)


def test_truth_values_are_true_false_one_and_zero():
    for column in (["true", "False", None], [1, 0, None], [1.0, 0.0, None], [True, False, None]):
        given = canonical(pa.table({"x": column}))["x"]
        np.testing.assert_array_equal(as_booleans("x", given), [1, 0, np.nan])
    with pytest.raises(DataError, match="'x' must hold true or false; row 2 holds 2"):
        as_booleans("x", pa.chunked_array([[1, 2]]))
    words = canonical(pa.table({"x": ["true", "maybe"]}))["x"]
    with pytest.raises(DataError, match="true or false in every row; row 2 holds 'maybe'"):
        as_booleans("x", words)


def test_long_values_are_shown_in_brief():
    assert brief([1] * 1000, 10) == "[1, 1, ..."
    assert len(brief("x" * 10_000)) == 60


def test_whole_numbers_that_no_number_can_keep_are_refused_by_name():
    table = pa.table({"id": pa.array([1, 2**63], pa.uint64())})
    with pytest.raises(DataError, match="column 'id' holds whole numbers of 2⁶³ or more"):
        canonical(table)
