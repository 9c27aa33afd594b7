"""CSV files: what is read, and what is refused in one sentence."""

import gzip
import re
import tracemalloc

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from clearprop.errors import ClearpropError, DataError, FileError
from clearprop.tables import csv_reading, read_table


@pytest.fixture
def write(tmp_path):
    def write(content, name="t.csv"):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write


@pytest.mark.parametrize("mark", list(",;\t|"))
def test_the_delimiter_is_found_in_the_header(write, mark):
    table = read_table(write(f"a{mark}b{mark}c\n1{mark}x{mark}2.5\n"))
    assert table.to_pydict() == {"a": [1], "b": ["x"], "c": [2.5]}


def test_a_delimiter_within_quotes_does_not_count(write):
    table = read_table(write('"size, in m, or, so";b\n1;2\n'))
    assert table.to_pydict() == {"size, in m, or, so": [1], "b": [2]}


def test_a_draw_goes_to_the_tab_in_a_tsv_file_and_to_the_comma_elsewhere(write):
    assert read_table(write("a\tb,c\n1\t2\n", "t.tsv")).column_names == ["a", "b,c"]
    assert read_table(write("a\tb,c\n1,2\n", "t.txt")).column_names == ["a\tb", "c"]


def test_a_byte_order_mark_is_no_part_of_the_first_name(write):
    assert read_table(write(b"\xef\xbb\xbfa,b\n1,2\n")).column_names == ["a", "b"]


def test_blank_lines_before_the_header_are_skipped(write):
    assert read_table(write("\n  \n\na;b\n1;2\n".replace("  ", ""))).column_names == ["a", "b"]


def test_windows_and_old_mac_line_ends_are_read(write):
    assert read_table(write("a,b\r\n1,2\r\n")).to_pydict() == {"a": [1], "b": [2]}
    assert read_table(write("a,b\r1,2\r")).to_pydict() == {"a": [1], "b": [2]}


@pytest.mark.parametrize(
    "word", ["", "NA", "N/A", "NaN", "nan", "null", "NULL", "None", "?", " ? ", " NA"]
)
def test_missing_values_are_known_in_columns_of_numbers_and_of_text(write, word):
    table = read_table(
        write(f"n,f,s,b\n1,1.5,x,true\n{word},{word},{word},{word}\n2,2.5,y,false\n")
    )
    assert table.to_pydict() == {
        "n": [1, None, 2],
        "f": [1.5, None, 2.5],
        "s": ["x", None, "y"],
        "b": [True, None, False] if word == word.strip() else ["true", None, "false"],
    }
    assert table["n"].type == pa.int64()
    assert table["f"].type == pa.float64()


def test_only_true_and_false_are_truth_values(write):
    table = read_table(write("a,b,c\ntrue,yes,1\nFALSE,no,0\nTrue,yes,1\n"))
    assert table.to_pydict() == {
        "a": [True, False, True],
        "b": ["yes", "no", "yes"],
        "c": [1, 0, 1],
    }


def test_spaces_around_names_and_texts_are_dropped(write):
    table = read_table(write("a, b ,c\n1, red , 2\n"))
    assert table.to_pydict() == {"a": [1], "b": ["red"], "c": [2]}


def test_decimal_commas_are_numbers_only_where_semicolons_separate(write):
    assert read_table(write("a;b\n1,5;x\n-2;1,5\n")).to_pydict() == {
        "a": [1.5, -2.0],
        "b": ["x", "1,5"],
    }
    assert read_table(write("a|b\n1,5|x\n")).to_pydict() == {"a": ["1,5"], "b": ["x"]}


def test_dates_and_times_keep_their_type(write):
    table = read_table(write("d,t\n2020-01-02,2020-01-02 12:00:00\n"))
    assert [str(kind) for kind in table.schema.types] == ["date32[day]", "timestamp[s]"]


def test_types_are_found_over_the_whole_file(write, monkeypatch):
    monkeypatch.setattr(csv_reading, "LONGEST_LINE", 1 << 16)
    rows = 300_000
    table = read_table(write("a,b\n" + "1234,5\n" * rows + "word,5\n"))
    assert table["a"].type == pa.string()
    assert table["a"][0].as_py() == "1234"
    assert table["a"][rows].as_py() == "word"
    assert table["b"].type == pa.int64()


def test_columns_named_as_text_keep_their_zeros(write):
    path = write(" zip ;n;d\n007;1;1,5\n 010;2;2\n")
    assert read_table(path)["zip"].to_pylist() == [7, 10]
    table = read_table(path, text=("zip", "d", "absent"))
    assert table["zip"].to_pylist() == ["007", "010"]
    assert table["d"].to_pylist() == ["1,5", "2"]
    assert table["n"].to_pylist() == [1, 2]


def test_an_empty_line_of_a_one_column_file_is_a_missing_value(write):
    assert read_table(write("a\n1\n\n3\n"))["a"].to_pylist() == [1, None, 3]


def test_a_quoted_value_may_span_lines(write):
    assert read_table(write('a,b\n"x\ny",1\n"5"" pipe",2\n'))["a"].to_pylist() == [
        "x\ny",
        '5" pipe',
    ]


def test_a_single_inch_mark_is_no_open_quote(write):
    assert read_table(write('a,b\n5" pipe,1\n'))["a"].to_pylist() == ['5" pipe']


REFUSED = {
    "empty": (b"", "is empty"),
    "blank": (b"\n\n \n", "is empty"),
    "header only": (b"a,b\n", "a header and no rows"),
    "header without line end": (b"a,b", "a header and no rows"),
    "row too short": (
        b"a,b\n1,2\n3\n4,5\n",
        "row 2 (the header not counted) has 1 field and the header 2: '3'",
    ),
    "row too long": (
        b"a,b\n1,2,3\n",
        "row 1 (the header not counted) has 3 fields and the header 2: '1,2,3'",
    ),
    "twice": (b"a,b, a,b,c\n1,2,3,4,5\n", "'a', 'b' occur more than once"),
    "no name": (b"a,,b\n1,2,3\n", "column 2 has no name"),
    "latin-1": (b"a,b\n1,x\n2,caf\xe9\n", "not UTF-8 text in line 3"),
    "cut off in a letter": (b"a,b\n1,x\n2,caf\xc3", "not UTF-8 text in line 3"),
    "UTF-16": ("a,b\n1,2\n".encode("utf-16"), "is UTF-16 text"),
    "NUL": (b"a,b\n1,2\n\x00,4\n", "NUL byte in line 3"),
    "gzip in disguise": (gzip.compress(b"a,b\n1,2\n" * 99), "not UTF-8 text in line 1"),
    "open quote": (
        b'a,b\n1,2\n3,"x\n4,5\n',
        "a quotation mark in row 2, column 'b', is not closed",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_file_that_is_no_table_is_refused(write, case):
    content, sentence = REFUSED[case]
    with pytest.raises(DataError, match=re.escape(sentence)) as caught:
        read_table(write(content))
    assert "\n" not in str(caught.value)


def test_the_first_ragged_row_is_named_far_into_a_file(write):
    good = "1,2\n" * 5000
    with pytest.raises(DataError, match=r"row 5001 .* has 3 fields"):
        read_table(write(f"a,b\n{good}1,2,3\n{good}1\n"))


def test_a_ragged_row_is_shown_in_brief(write):
    with pytest.raises(DataError) as caught:
        read_table(write("a,b\n" + "x" * 5000 + "\n"))
    assert len(str(caught.value)) < 300


def test_the_line_of_a_bad_byte_is_counted_across_blocks(write):
    with pytest.raises(DataError, match="UTF-8 text in line 400002;"):
        read_table(write(b"a,b\n" + b"1,2\n" * 400_000 + b"\xff,1\n"))
    with pytest.raises(DataError, match="NUL byte in line 400002;"):
        read_table(write(b"a,b\n" + b"1,2\n" * 400_000 + b"\0,1\n"))


@pytest.mark.parametrize("start", [b"", b"a,b\n1,2\n3,4\n"])
def test_an_endless_line_is_refused_in_bounded_memory(write, start):
    path = write(start)
    with path.open("ab") as file:
        for _ in range(40):
            file.write(b"x" * (1 << 20))
    line = len(start.splitlines()) + 1
    tracemalloc.start()
    with pytest.raises(DataError, match=f"more than 16 MiB in line {line};"):
        read_table(path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 8 << 20


def test_lines_of_bounded_length_do_not_add_up(write, monkeypatch):
    monkeypatch.setattr("clearprop.tables.csv_scan.LONGEST_LINE", 100)
    monkeypatch.setattr("clearprop.tables.csv_scan.BLOCK", 64)
    assert read_table(write("a,b\n" + ("x" * 80 + ",1\n") * 50)).num_rows == 50
    with pytest.raises(DataError, match="in line 3;"):
        read_table(write("a,b\n1,2\n" + "x" * 101 + ",1\n"))


def test_an_endless_quoted_row_is_refused(write, monkeypatch):
    monkeypatch.setattr(csv_reading, "LONGEST_LINE", 1000)
    with pytest.raises(DataError, match="a quotation mark may not be closed"):
        read_table(write('a,b\n"' + "1,2\n" * 1000 + '",1\n'))


def test_an_error_that_nobody_foresaw_is_one_sentence_too():
    sentence = csv_reading._explain("t.csv", "CSV error: odd\nmore", [])
    assert sentence == "t.csv cannot be read as CSV: CSV error: odd"


def test_a_file_that_is_not_there_or_of_another_kind_is_refused(write, tmp_path):
    cases = {
        tmp_path / "none.csv": "there is no file",
        tmp_path: "is a directory",
        write("x", "t.xlsx"): "must end in one of .csv",
        write("x", "t"): "must end in one of .csv",
        write("x", "t.csv.gz"): "is packed; unpack it first",
        write("x", "t.zip"): "is packed; unpack it first",
    }
    for path, sentence in cases.items():
        with pytest.raises(FileError, match=re.escape(sentence)):
            read_table(path)


def test_a_device_is_no_table():
    with pytest.raises(FileError, match="no regular file"):
        read_table("/dev/null")


def test_an_error_of_the_disk_is_told_in_one_sentence(write, monkeypatch):
    def fail(path, text):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("clearprop.tables.reading.read_csv", fail)
    with pytest.raises(FileError, match=r"cannot read .*: Permission denied"):
        read_table(write("a,b\n1,2\n"))


def test_a_text_path_is_taken(write):
    assert read_table(str(write("a,b\n1,2\n"))).num_rows == 1


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    st.one_of(
        st.binary(max_size=60),
        st.text(alphabet='ab1,;\n"\t |.-?é\r', max_size=60).map(str.encode),
    )
)
def test_any_bytes_give_a_table_or_a_clear_error(write, content):
    try:
        table = read_table(write(content))
    except ClearpropError as error:
        assert str(error)  # noqa: PT017  either outcome is right
    else:
        assert table.num_rows > 0
        assert len(set(table.column_names)) == table.num_columns > 0
