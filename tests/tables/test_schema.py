"""The schema: tables of any column order, notes, and JSON that is checked to the last member."""

import copy
import json

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clearprop.errors import DamagedFileError, DataError
from clearprop.tables import Schema
from clearprop.tables.fit import fit_schema
from clearprop.tables.kinds import canonical

TABLE = pa.table(
    {
        "size": [1.0, 2.0, None, 4.0],
        "colour": ["red", "blue", None, "red"],
        "new": [True, False, True, None],
        "target": ["no", "yes", "no", "yes"],
    }
)
FEATURES = ["size", "colour", "new"]


def fit(table=TABLE, target="target", task="classification", features=FEATURES):
    rows = np.arange(table.num_rows)
    return fit_schema(canonical(table), features, target, task, rows)[0]


SCHEMA = fit()


def test_features_are_named_after_column_and_category():
    assert SCHEMA.feature_names == (
        "size", "size missing", "colour=blue", "colour=red", "colour=(missing)", "new",
        "new missing",
    )  # fmt: skip
    assert SCHEMA.column_names == ("size", "colour", "new")
    assert (SCHEMA.task, SCHEMA.n_outputs) == ("classification", 1)


def test_feature_names_are_all_different():
    table = pa.table({"a": ["b", "c"], "a=b": [1, 2], "a=b (2)": [1, 2], "y": [0, 1]})
    names = fit(table, "y", features=["a", "a=b", "a=b (2)"]).feature_names
    assert names[0] == "a=b"
    assert len(set(names)) == len(names) == 4


def test_columns_may_come_in_any_order_and_others_beside_them():
    shuffled = TABLE.select(["target", "new", "colour", "size"]).append_column("more", [[1] * 4])
    shuffled = shuffled.append_column("odd", pa.array([[1]] * 4))
    np.testing.assert_array_equal(SCHEMA.encode(shuffled).X, SCHEMA.encode(TABLE).X)
    X = SCHEMA.encode(TABLE).X
    assert X.flags.c_contiguous
    assert X.dtype == np.float64
    assert SCHEMA.encode(TABLE).notes == ()


def test_the_target_is_not_needed_to_encode():
    assert SCHEMA.encode(TABLE.drop_columns("target")).X.shape == (4, 7)


def test_all_missing_columns_are_named_with_the_closest_of_the_table():
    with pytest.raises(DataError) as caught:
        SCHEMA.encode({"Size": [1], "color": ["red"], "target": ["no"]})
    assert str(caught.value) == (
        "the table lacks columns seen in training: 'size' (it has 'Size'), "
        "'colour' (it has 'color'), 'new'"
    )


def test_a_long_list_of_missing_columns_is_cut():
    table = pa.table({f"c{i}": [i, 1, 2] for i in range(15)} | {"y": [0, 1, 1]})
    schema = fit(table, "y", features=[f"c{i}" for i in range(15)])
    with pytest.raises(DataError, match="'c9' and 5 more"):
        schema.encode({"zzz": [1]})


def test_a_repeated_column_is_refused_only_where_it_is_needed():
    twice = pa.table([[1.0], ["red"], [True], [1], [1]], names=[*FEATURES, "other", "other"])
    assert SCHEMA.encode(twice).X.shape == (1, 7)
    with pytest.raises(DataError, match="more than one column 'size'"):
        SCHEMA.encode(twice.rename_columns([*FEATURES, "size", "size"]))


def test_a_value_of_another_kind_is_named_with_column_and_row():
    with pytest.raises(
        DataError, match="'size' must hold a number in every row; row 2 holds 'big'"
    ):
        SCHEMA.encode({"size": ["1", "big"], "colour": ["red"] * 2, "new": [True] * 2})
    with pytest.raises(DataError, match="'new' must hold true or false; row 2 holds 5"):
        SCHEMA.encode({"size": [1, 2], "colour": ["red"] * 2, "new": [1, 5]})
    with pytest.raises(DataError, match="'size' must hold finite numbers"):
        SCHEMA.encode({"size": [1, np.inf], "colour": ["red"] * 2, "new": [True] * 2})


def test_whole_numbers_and_truth_values_serve_for_numbers():
    encode = lambda size: SCHEMA.encode({"size": size, "colour": ["red"], "new": [1]}).X  # noqa: E731
    np.testing.assert_array_equal(encode([1]), encode([1.0]))
    np.testing.assert_array_equal(encode([True]), encode([1.0]))


def test_unseen_values_are_noted_and_not_refused():
    X, notes = SCHEMA.encode({"size": [1], "colour": ["mauve"], "new": [True]})
    assert X[0, 2:5].tolist() == [0, 0, 0]
    assert notes == ("column 'colour': 1 value not seen in training, first 'mauve' in row 1",)


def test_the_target_of_a_new_table_can_be_encoded():
    np.testing.assert_array_equal(SCHEMA.encode_target(TABLE), [[0], [1], [0], [1]])
    with pytest.raises(DataError, match="one target column 'target'; did you mean 'Target'"):
        SCHEMA.encode_target({"Target": ["no"]})


def test_text_columns_are_those_to_read_as_text():
    assert SCHEMA.text_columns == ("colour", "target")
    assert fit(TABLE.set_column(3, "target", [[1, 2, 1, 2]])).text_columns == ("colour",)
    number = fit(TABLE.set_column(3, "target", [[1.5, 2.0, 3.0, 4.0]]), task="regression")
    assert number.text_columns == ("colour",)


def test_outputs_are_decoded_by_the_target():
    assert SCHEMA.decode(np.array([0.9, 0.2])).values.tolist() == ["yes", "no"]


@pytest.mark.parametrize(
    ("target", "task"),
    [
        (["a", "b", "c", "a"], "classification"),
        ([1, 2, 3, 1], "classification"),
        ([0.0, 1.0, 0.0, 1.0], "classification"),
        ([True, False, True, False], "classification"),
        ([1.5, 2.5, 0.1, 4.0], "regression"),
    ],
)
def test_a_schema_comes_back_from_json_equal(target, task):
    schema = fit(TABLE.set_column(3, "target", [target]), task=task)
    again = Schema.from_json(json.loads(json.dumps(schema.to_json(), allow_nan=False)))
    assert again == schema
    np.testing.assert_array_equal(again.encode(TABLE).X, schema.encode(TABLE).X)


GOOD = SCHEMA.to_json()
NUMBER = {"kind": "number", "name": "y", "mean": 0.0, "std": 1.0}


def change(place, value):
    """A copy of a good schema with one member changed."""
    obj = copy.deepcopy(GOOD)
    at = obj
    for key in place[:-1]:
        at = at[key]
    at[place[-1]] = value
    return obj


BAD = {
    "no object": [],
    "nothing": None,
    "empty": {},
    "a member too many": {**GOOD, "more": 1},
    "columns no list": change(["columns"], {}),
    "no columns": change(["columns"], []),
    "column no object": change(["columns", 0], 3),
    "unknown kind": change(["columns", 0, "kind"], "pickle"),
    "kind no text": change(["columns", 0, "kind"], ["number"]),
    "name no text": change(["columns", 0, "name"], 3),
    "name blank": change(["columns", 0, "name"], " "),
    "name no unicode": change(["columns", 0, "name"], "\ud800"),
    "same name twice": change(["columns", 0, "name"], "colour"),
    "name of the target": change(["columns", 0, "name"], "target"),
    "center NaN": change(["columns", 0, "center"], float("nan")),
    "center infinite": change(["columns", 0, "center"], float("-inf")),
    "center huge": change(["columns", 0, "center"], 10**5000),
    "center true": change(["columns", 0, "center"], True),
    "center text": change(["columns", 0, "center"], "1"),
    "scale negative": change(["columns", 0, "scale"], -1.0),
    "missing a number": change(["columns", 0, "missing"], 1),
    "categories no list": change(["columns", 1, "categories"], "ab"),
    "categories not sorted": change(["columns", 1, "categories"], ["b", "a"]),
    "categories twice": change(["columns", 1, "categories"], ["a", "a"]),
    "categories no text": change(["columns", 1, "categories"], [1, 2]),
    "categories no unicode": change(["columns", 1, "categories"], ["\udfff"]),
    "too many categories": change(["columns", 1, "categories"], [f"{i:03}" for i in range(65)]),
    "other no flag": change(["columns", 1, "other"], None),
    "varies no flag": change(["columns", 2, "varies"], "yes"),
    "no target": change(["target"], None),
    "target of a column's kind": change(["target"], GOOD["columns"][1]),
    "one class": change(["target", "classes"], ["no"]),
    "classes mixed": change(["target", "classes"], ["no", 1]),
    "classes true and 1": change(["target", "classes"], [0, True]),
    "classes not sorted": change(["target", "classes"], ["yes", "no"]),
    "classes twice": change(["target", "classes"], ["no", "no"]),
    "classes nested": change(["target", "classes"], [[1], [2]]),
    "class NaN": change(["target", "classes"], [0.0, float("nan")]),
    "class huge": change(["target", "classes"], [0, 2**63]),
    "class no unicode": change(["target", "classes"], ["a", "\ud800"]),
    "too many classes": change(["target", "classes"], list(range(1001))),
    "mean infinite": change(["target"], {**NUMBER, "mean": float("inf")}),
    "std zero": change(["target"], {**NUMBER, "std": 0.0}),
    "std absent": change(["target"], {k: v for k, v in NUMBER.items() if k != "std"}),
}  # fmt: skip


@pytest.mark.parametrize("case", BAD)
def test_json_with_anything_off_is_refused(case):
    with pytest.raises(DamagedFileError, match="the table encoding is damaged: ") as caught:
        Schema.from_json(BAD[case])
    assert len(str(caught.value)) < 200


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=3,
)


def places(obj, start=()):
    """Every place in a JSON value."""
    pairs = obj.items() if isinstance(obj, dict) else enumerate(obj)
    for key, value in pairs:
        yield (*start, key)
        if isinstance(value, (dict, list)):
            yield from places(value, (*start, key))


@settings(max_examples=100, deadline=None)
@given(st.sampled_from(list(places(GOOD))), JSON)
def test_any_changed_member_is_refused_or_gives_a_schema_that_works(place, value):
    try:
        schema = Schema.from_json(change(place, value))
    except DamagedFileError:
        return
    table = {name: [None, None] for name in schema.column_names}
    assert np.isfinite(schema.encode(table).X).all()
    assert Schema.from_json(json.loads(json.dumps(schema.to_json()))) == schema
