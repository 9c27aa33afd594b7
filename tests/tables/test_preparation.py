"""From a table to parts: no leak, clear refusals, notes about every decision."""

import datetime

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clearprop.errors import ArgumentError, DataError
from clearprop.tables import prepare

RNG = np.random.default_rng(0)
N = 60
BASE = {
    "size": RNG.normal(size=N),
    "colour": RNG.choice(["red", "blue", "green"], N).tolist(),
    "old": (RNG.random(N) < 0.5).tolist(),
    "target": ["yes", "no", "no"] * (N // 3),
}


def changed_rows(base, rows, values):
    column = list(base)
    for row in rows:
        column[row] = values
    return column


def test_parts_share_the_rows_and_the_encoding():
    ready = prepare(BASE)
    assert ready.task == "classification"
    assert ready.feature_names == ("size", "colour=blue", "colour=green", "colour=red", "old")
    parts = (ready.train, ready.validation, ready.test)
    assert [len(part.X) for part in parts] == [38, 10, 12]
    assert sorted(np.concatenate([part.rows for part in parts])) == list(range(N))
    encoded = ready.schema.encode(BASE).X
    for part in parts:
        assert part.X.flags.c_contiguous
        assert part.y.flags.c_contiguous
        assert (part.X.dtype, part.y.dtype, part.rows.dtype) == (float, float, np.int64)
        np.testing.assert_array_equal(part.X, encoded[part.rows])
        assert part.y.shape == (len(part.X), 1)
    assert ready.notes == ()


def test_targets_come_back_as_the_table_has_them():
    ready = prepare(BASE)
    for part in (ready.train, ready.validation, ready.test):
        assert ready.targets(part).tolist() == [BASE["target"][row] for row in part.rows]
    ready = prepare(BASE, target="size")
    np.testing.assert_allclose(
        ready.targets(ready.test), BASE["size"][ready.test.rows], rtol=1e-12, atol=1e-12
    )


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 3), st.floats(-1e300, 1e300), st.booleans())
def test_other_rows_never_change_what_training_sees(seed, size, flag):
    before = prepare(BASE, seed=seed)
    for part in (before.validation, before.test):
        other = {
            **BASE,
            "size": changed_rows(BASE["size"], part.rows, size),
            "colour": changed_rows(BASE["colour"], part.rows, "mauve"),
            "old": changed_rows(BASE["old"], part.rows, flag),
        }
        after = prepare(other, seed=seed)
        assert after.schema == before.schema
        np.testing.assert_array_equal(after.train.X, before.train.X)
        np.testing.assert_array_equal(after.train.y, before.train.y)
        assert after.fingerprint != before.fingerprint
        assert any("not seen in training" in note for note in after.notes)


def test_amounts_of_other_rows_never_change_the_standardisation():
    before = prepare(BASE, target="size")
    # Other amounts in the same order: the split itself looks at the order.
    sizes = BASE["size"].copy()
    sizes[before.test.rows] += 1e-9
    assert (np.argsort(sizes) == np.argsort(BASE["size"])).all()
    after = prepare({**BASE, "size": sizes}, target="size")
    assert after.schema == before.schema
    np.testing.assert_array_equal(after.train.y, before.train.y)


def test_the_same_seed_gives_the_same_parts():
    one, two, other = prepare(BASE, seed=1), prepare(BASE, seed=1), prepare(BASE, seed=2)
    np.testing.assert_array_equal(one.test.rows, two.test.rows)
    assert one.test.rows.tolist() != other.test.rows.tolist()
    assert one.fingerprint == two.fingerprint == other.fingerprint


def test_columns_can_be_dropped():
    ready = prepare(BASE, drop=["colour"])
    assert ready.schema.column_names == ("size", "old")


def test_useless_columns_are_left_out_with_a_note():
    table = {
        **BASE,
        "id": [f"n{i}" for i in range(N)],
        "same": [7] * N,
        "word": ["a"] * N,
        "flag": [True] * N,
    }
    ready = prepare(table)
    assert ready.schema.column_names == ("size", "colour", "old")
    start = "column '{}' is left out: "
    assert ready.notes == (
        start.format("id") + "nearly every value is different, as in an identifier or free text",
        start.format("same") + "it has the same value in every training row",
        start.format("word") + "it has the same value in every training row",
        start.format("flag") + "it has the same value in every training row",
    )


@pytest.mark.parametrize("value", [1.5, "word", True])
def test_a_column_without_a_value_in_training_alone_is_left_out(value):
    ready = prepare(BASE)
    column = changed_rows([None] * N, ready.test.rows, value)
    again = prepare({**BASE, "rare": column})
    assert again.schema == ready.schema
    assert again.notes == ("column 'rare' is left out: no training row has a value in it",)


@pytest.mark.parametrize("column", [pa.nulls(N), pa.nulls(N, pa.string()), [float("nan")] * N])
def test_a_column_without_any_value_is_refused_by_name_unless_dropped(column):
    table = {**BASE, "void": column}
    with pytest.raises(DataError) as caught:
        prepare(table)
    assert str(caught.value) == (
        "column 'void' has no value in any row; remove it or leave it out with --drop void"
    )
    assert prepare(table, drop=["void"]).schema == prepare(BASE).schema


def test_dates_count_as_days_and_are_noted():
    days = [datetime.date(1970, 1, 1) + datetime.timedelta(days=i) for i in range(N)]
    as_dates = prepare({**BASE, "day": days})
    as_numbers = prepare({**BASE, "day": range(N)})
    assert as_dates.schema == as_numbers.schema
    assert as_dates.notes == (
        "column 'day' holds dates or times; they count as days (dates from 1970-01-01)",
    )
    target = prepare({"x": range(N), "target": days})
    assert target.task == "regression"


def test_numbers_taken_for_classes_are_noted_unless_the_task_is_given():
    table = {"x": range(N), "target": [0, 1, 2] * (N // 3)}
    assert prepare(table).notes == (
        "target 'target' has 3 different whole numbers, taken for classes; "
        "ask for task 'regression' if they are amounts",
    )
    assert prepare(table, task="classification").notes == ()
    assert prepare(table, task="regression").task == "regression"
    assert prepare({**table, "target": [0, 1] * (N // 2)}).notes == ()
    assert prepare({**table, "target": [True, False] * (N // 2)}).notes == ()


def test_one_row_classes_stay_in_training_and_are_noted():
    table = {"x": range(N), "target": ["a", "b"] * (N // 2 - 1) + ["c", "d"]}
    ready = prepare(table)
    assert {N - 2, N - 1} <= set(ready.train.rows.tolist())
    assert ready.train.y.shape[1] == 4
    assert "some classes have too few rows" in ready.notes[0]


def test_validation_and_test_can_be_left_out():
    ready = prepare(BASE, test=0, validation=0)
    assert ready.test.X.shape == (0, 5)
    assert ready.validation.y.shape == (0, 1)
    assert ready.targets(ready.test).tolist() == []


ARGUMENTS = {
    "test too large": ({"test": 1}, "test must be a number from 0"),
    "validation negative": ({"validation": -0.1}, "validation must be a number from 0"),
    "seed": ({"seed": -1}, "seed must be a whole number"),
    "task": ({"task": "regresion"}, "did you mean 'regression'?"),
    "target": ({"target": "sise"}, "did you mean 'size'?"),
    "drop": ({"drop": ["colur"]}, "did you mean 'colour'?"),
    "drop far off": ({"drop": ["zzz"]}, "got 'zzz'; the columns are 'size'"),
    "drop a text": ({"drop": "colour"}, "drop must be a list"),
    "drop the target": ({"drop": ["target"]}, "drop must not name the target"),
}


@pytest.mark.parametrize("case", ARGUMENTS)
def test_a_bad_argument_is_refused(case):
    arguments, sentence = ARGUMENTS[case]
    with pytest.raises(ArgumentError) as caught:
        prepare(BASE, **arguments)
    assert sentence in str(caught.value)


HALF = [0.5, 1.5] * 30
TABLES = {
    "no table": (3, {}, "a table must be"),
    "no rows": ({"x": [], "target": pa.array([], pa.int64())}, {}, "has no rows"),
    "nothing but the target": ({"target": [0, 1] * 9}, {}, "no column to learn from besides"),
    "only constants": ({"x": [1] * 20, "target": [0, 1] * 10}, {}, "no column is left to learn"),
    "too few rows": ({"x": [1, 2], "target": [0, 1]}, {}, "2 rows, too few"),
    "missing target": (
        {**BASE, "target": [None, "a", "b"] * 20},
        {},
        "no value in 20 rows, first in row 1",
    ),
    "one class": ({**BASE, "target": ["a"] * N}, {}, "one value 'a' in every row"),
    "infinite target": ({**BASE, "target": [np.inf, *range(N - 1)]}, {}, "row 1 holds inf"),
    "infinite class": (
        {**BASE, "target": [np.inf, *[1] * (N - 1)]},
        {"task": "classification"},
        "row 1 holds inf",
    ),
    "constant amount": ({**BASE, "target": [2.5] * N}, {}, "is 2.5 in every training row"),
    "infinite feature": (
        {**BASE, "size": [*[0.0] * (N - 1), -np.inf]},
        {},
        "'size' must hold finite numbers up to 1e300 in size; row 60",
    ),
    "words as amounts": (
        {**BASE},
        {"task": "regression"},
        "must hold numbers for a regression; row 1 holds 'yes'",
    ),
    "a class a row": ({**BASE, "target": [f"n{i}" for i in range(N)]}, {}, "60 classes in 60 rows"),
    "too many classes": (
        {"x": range(3000), "target": range(3000)},
        {"task": "classification"},
        "at most 1000",
    ),
    "repeated name": (pa.table([[1], [2]], names=["target", "target"]), {}, "more than once"),
    "nested": ({**BASE, "odd": [[1]] * N}, {}, "'odd' holds list"),
}


@pytest.mark.parametrize("case", TABLES)
def test_a_table_that_cannot_be_learned_from_is_refused(case):
    table, arguments, sentence = TABLES[case]
    with pytest.raises(DataError) as caught:
        prepare(table, **arguments)
    assert sentence in str(caught.value)
    assert "\n" not in str(caught.value)


def test_the_input_is_not_changed():
    table = pa.table(BASE)
    before = table.to_pydict()
    prepare(table)
    assert table.to_pydict() == before
    sizes = BASE["size"].copy()
    prepare(BASE)
    np.testing.assert_array_equal(BASE["size"], sizes)


def test_a_regression_is_split_in_proportion_to_the_size_of_its_target():
    y = np.random.default_rng(0).lognormal(size=500)
    ready = prepare({"x": range(500), "target": y}, task="regression", seed=3)
    tenth = np.searchsorted(np.quantile(y, np.arange(0.1, 1, 0.1)), y)
    for part in (ready.validation, ready.test):
        counts = np.bincount(tenth[part.rows], minlength=10)
        assert counts.min() >= len(part.rows) // 10 - 1
        assert counts.max() <= len(part.rows) // 10 + 2


def test_a_short_regression_is_split_without_regard_to_its_target():
    ready = prepare({"x": range(40), "target": np.arange(40) / 7}, task="regression")
    assert (len(ready.train.X), len(ready.validation.X), len(ready.test.X)) == (25, 7, 8)
    assert not any("split in proportion" in note for note in ready.notes)


@pytest.mark.parametrize("stray", ["n/a?", "-", "1,000", "$5.00"])
def test_a_stray_cell_in_a_column_of_numbers_is_named_instead_of_losing_the_column(stray):
    values = [str(v) for v in np.random.default_rng(0).normal(size=N)]
    values[30] = stray
    with pytest.raises(DataError, match=r"numbers in 59 of 60 rows, but .* in row 31; mend that"):
        prepare({**BASE, "price": values})


@pytest.mark.parametrize("unit", [1e200, 1e-200])
def test_a_target_whose_square_is_no_number_is_refused(unit):
    table = {"x": range(60), "target": unit * np.arange(60.0)}
    with pytest.raises(DataError, match="give it in another unit"):
        prepare(table, task="regression")
