"""Encoders of one column: what they learn, what they give, what they say."""

import math

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clearprop.tables.boolean_column import BooleanColumn
from clearprop.tables.category_column import CategoryColumn, looks_like_identifier
from clearprop.tables.kinds import canonical
from clearprop.tables.number_column import NumberColumn, smooth_clip

REALS = st.floats(-1e300, 1e300)


def column(values, kind=None):
    return canonical(pa.table({"c": pa.array(values, kind)}))["c"]


def test_numbers_are_scaled_by_median_and_quartiles_and_clipped_smoothly():
    fitted = NumberColumn.fit("c", column([0, 1, 2, 3, 4]))
    assert (fitted.center, fitted.scale, fitted.missing) == (2.0, 2.0, False)
    X, notes = fitted.encode(column([2.0, 8.0, 0.0]))
    expected = [[0], [3 / math.sqrt(2)], [-1 / math.sqrt(1 + 1 / 9)]]
    np.testing.assert_allclose(X, expected, rtol=1e-15)
    assert notes == []


def test_half_the_range_is_the_scale_where_the_quartiles_agree():
    fitted = NumberColumn.fit("c", column([5] * 9 + [15]))
    assert (fitted.center, fitted.scale) == (5.0, 5.0)


def test_numbers_that_do_not_vary_have_no_feature():
    fitted = NumberColumn.fit("c", column([5, 5, 5]))
    assert fitted.features == ()
    assert fitted.encode(column([5, 6]))[0].shape == (2, 0)


def test_a_missing_number_is_the_median_and_is_marked():
    fitted = NumberColumn.fit("c", column([1, None, 2, 3]))
    assert fitted.features == ("c", "c missing")
    X, notes = fitted.encode(column([None, 2, 3]))
    np.testing.assert_allclose(X[:, 0], [0, 0, smooth_clip(np.array([1.0]))[0]])
    np.testing.assert_array_equal(X[:, 1], [1, 0, 0])
    assert notes == []


def test_only_the_mark_is_left_where_present_numbers_do_not_vary():
    fitted = NumberColumn.fit("c", column([4, None, 4]))
    assert fitted.features == ("c missing",)
    np.testing.assert_array_equal(fitted.encode(column([None, 9]))[0], [[1], [0]])


def test_a_column_without_a_training_value_has_no_feature():
    assert NumberColumn.fit("c", column([None, None], pa.float64())).features == ()
    assert BooleanColumn.fit("c", column([None, None], pa.bool_())).features == ()
    assert CategoryColumn.fit("c", column([None, None], pa.string())).features == ()


def test_a_missing_number_unknown_to_training_is_the_median_and_noted():
    fitted = NumberColumn.fit("c", column([1, 2, 3]))
    X, notes = fitted.encode(column([None, 2], pa.int64()))
    np.testing.assert_array_equal(X, [[0], [0]])
    assert notes == ["column 'c': 1 missing value, taken as the median"]


@settings(max_examples=150, deadline=None)
@given(st.lists(REALS, min_size=1, max_size=12), st.lists(REALS, min_size=1, max_size=12))
def test_any_numbers_give_ordered_features_between_minus_three_and_three(training, new):
    fitted = NumberColumn.fit("c", column(training))
    X, _ = fitted.encode(column(sorted(new)))
    assert np.isfinite(X).all()
    assert (np.abs(X) <= 3).all()
    assert fitted.features == () or (np.diff(X[:, 0]) >= -1e-12).all()


@given(st.floats(allow_nan=False))
def test_the_smooth_clip_is_odd_and_near_the_identity_at_0(t):
    y = float(smooth_clip(np.array([t]))[0])
    assert abs(y) <= 3
    assert y == -float(smooth_clip(np.array([-t]))[0])
    if abs(t) < 1e-3:
        assert y == pytest.approx(t, rel=1e-6, abs=5e-324)


def test_truth_values_are_0_and_1():
    fitted = BooleanColumn.fit("c", column([True, False, True]))
    assert fitted.features == ("c",)
    X, notes = fitted.encode(column([False, True, None]))
    np.testing.assert_array_equal(X, [[0], [1], [0]])
    assert notes == ["column 'c': 1 missing value, taken as false"]


def test_a_missing_truth_value_is_marked_where_training_had_one():
    fitted = BooleanColumn.fit("c", column([True, False, None]))
    assert fitted.features == ("c", "c missing")
    X, notes = fitted.encode(column([None, True]))
    np.testing.assert_array_equal(X, [[0, 1], [1, 0]])
    assert notes == []


def test_a_constant_truth_value_has_no_feature():
    assert BooleanColumn.fit("c", column([True, True])).features == ()
    assert BooleanColumn.fit("c", column([True, None])).features == ("c missing",)


def test_categories_are_sorted_and_have_a_feature_each():
    fitted = CategoryColumn.fit("c", column(["red", "blue", "red"]))
    assert fitted.features == ("c=blue", "c=red")
    X, notes = fitted.encode(column(["red", "blue"]))
    np.testing.assert_array_equal(X, [[0, 1], [1, 0]])
    assert notes == []


def test_a_missing_category_is_a_category_where_training_had_one():
    fitted = CategoryColumn.fit("c", column(["red", None]))
    assert fitted.features == ("c=red", "c=(missing)")
    np.testing.assert_array_equal(fitted.encode(column([None, "red"]))[0], [[0, 1], [1, 0]])


def test_unseen_categories_are_all_zero_and_noted():
    fitted = CategoryColumn.fit("c", column(["red", "blue"]))
    X, notes = fitted.encode(column(["red", "mauve", None, "puce"]))
    np.testing.assert_array_equal(X, [[0, 1], [0, 0], [0, 0], [0, 0]])
    assert notes == [
        "column 'c': 2 values not seen in training, first 'mauve' in row 2",
        "column 'c': 1 missing value, and none in training",
    ]


def test_beyond_64_categories_the_rarest_share_one_feature():
    frequent = [f"f{i:02}" for i in range(64)]
    values = frequent * 3 + [f"rare{i}" for i in range(10)] + [None]
    fitted = CategoryColumn.fit("c", column(values))
    assert fitted.categories == tuple(frequent)
    assert len(fitted.features) == 66
    assert fitted.features[-2:] == ("c=(missing)", "c=(other)")
    X, notes = fitted.encode(column(["rare3", "never", None, "f01"]))
    np.testing.assert_array_equal(X.argmax(axis=1), [65, 65, 64, 1])
    np.testing.assert_array_equal(X.sum(axis=1), [1, 1, 1, 1])
    assert notes == []


def test_among_equally_frequent_categories_the_first_in_order_stay():
    fitted = CategoryColumn.fit("c", column([f"c{i:02}" for i in reversed(range(70))]))
    assert fitted.categories == tuple(f"c{i:02}" for i in range(64))


def test_one_category_alone_has_no_feature():
    fitted = CategoryColumn.fit("c", column(["red", "red"]))
    assert fitted.features == ()
    assert fitted.encode(column(["red", "blue", None]))[0].shape == (3, 0)


def test_numbers_in_a_column_of_text_are_text():
    fitted = CategoryColumn.fit("c", column(["7", "x"]))
    np.testing.assert_array_equal(fitted.encode(column([7, 8]))[0], [[1, 0], [0, 0]])
    fitted = CategoryColumn.fit("c", column(["true", "maybe"]))
    np.testing.assert_array_equal(fitted.encode(column([True]))[0], [[0, 1]])


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([f"n{i}" for i in range(21)], True),
        ([f"n{i}" for i in range(20)], False),
        ([f"n{i}" for i in range(95)] + ["n0"] * 5, True),
        ([f"n{i}" for i in range(94)] + ["n0"] * 6, False),
        ([f"n{i}" for i in range(21)] + [None] * 500, True),
        ([None] * 500, False),
    ],
)
def test_text_that_nearly_never_repeats_looks_like_an_identifier(values, expected):
    assert looks_like_identifier(column(values, pa.string())) is expected


def test_an_encoder_accepts_a_table_without_rows():
    for fitted, kind in (
        (NumberColumn("c", 0.0, 1.0, True), pa.float64()),
        (BooleanColumn("c", True, True), pa.bool_()),
        (CategoryColumn("c", ("a",), True, False), pa.string()),
    ):
        X, notes = fitted.encode(column([], kind))
        assert X.shape == (0, 2)
        assert notes == []


def test_a_column_without_a_value_at_prediction_counts_as_missing():
    empty = column([None, None])
    assert NumberColumn("c", 0.0, 1.0, True).encode(empty)[0].tolist() == [[0, 1], [0, 1]]
    assert BooleanColumn("c", True, True).encode(empty)[0].tolist() == [[0, 1], [0, 1]]
    assert CategoryColumn("c", ("a",), True, False).encode(empty)[0].tolist() == [[0, 1], [0, 1]]


def test_truth_values_are_taken_for_numbers_with_a_note():
    fitted = NumberColumn.fit("c", column([0.0, 1.0, 3.0]))
    features, notes = fitted.encode(column([True, False]))
    np.testing.assert_array_equal(features, fitted.encode(column([1.0, 0.0]))[0])
    assert notes == ["column 'c' holds true and false, taken for 1 and 0"]
