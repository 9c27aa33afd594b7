"""Whatever form the numbers come in: the same result, or one clear sentence; never a change."""

from __future__ import annotations

import re
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy import sparse

from clearprop import _arrays
from clearprop.errors import DataError

F64, F32 = np.dtype("float64"), np.dtype("float32")
PLAIN = np.array([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])


def forms(tmp_path):
    """The same small numbers in every form that must be understood."""
    path = tmp_path / "x.npy"
    np.save(path, PLAIN)
    read_only = PLAIN.copy()
    read_only.flags.writeable = False
    wide = np.zeros((6, 6))
    wide[::2, 1::3] = PLAIN
    return {
        "list": PLAIN.tolist(),
        "tuples": tuple(map(tuple, PLAIN)),
        "fortran": np.asfortranarray(PLAIN),
        "strided": wide[::2, 1::3],
        "reversed": np.ascontiguousarray(PLAIN[::-1])[::-1],
        "read-only": read_only,
        "memory map": np.load(path, mmap_mode="r"),
        "big-endian": PLAIN.astype(">f8"),
        "big-endian int": PLAIN.astype(">i4"),
        "float16": PLAIN.astype(np.float16),
        "float32": PLAIN.astype(np.float32),
        "longdouble": PLAIN.astype(np.longdouble),
        "int8": PLAIN.astype(np.int8),
        "uint64": PLAIN.astype(np.uint64),
        "objects": PLAIN.astype(object),
        "fractions": [[Fraction(int(v)) for v in row] for row in PLAIN],
        "decimals": [[Decimal(int(v)) for v in row] for row in PLAIN],
        "unmasked": np.ma.array(PLAIN, mask=False),
    }


FORMS = 18


@pytest.fixture(params=range(FORMS))
def form(request, tmp_path):
    known = forms(tmp_path)
    assert len(known) == FORMS
    return list(known.values())[request.param]


@pytest.mark.parametrize("dtype", [F64, F32])
def test_every_form_of_the_features_gives_the_same_numbers(form, dtype):
    before = np.array(form, dtype=float)
    result = _arrays.features(form, 2, dtype)
    np.testing.assert_array_equal(result, PLAIN.astype(dtype), strict=True)
    assert result.flags.c_contiguous
    assert result.dtype.isnative
    np.testing.assert_array_equal(np.array(form, dtype=float), before)


def test_every_form_of_the_targets_gives_the_same_numbers(form):
    result = _arrays.targets(form, 3, 2, "mean_squared_error", F64)
    np.testing.assert_array_equal(result, PLAIN, strict=True)


def test_no_copy_is_made_where_none_is_needed():
    assert _arrays.features(PLAIN, 2, F64) is PLAIN


def test_truth_values_are_numbers():
    np.testing.assert_array_equal(
        _arrays.features([[True, np.bool_(False)]], 2, F64), [[1.0, 0.0]], strict=True
    )


def refused(value, words, n=2, dtype=F64):
    with pytest.raises(DataError, match=words) as caught:
        _arrays.features(value, n, dtype)
    assert str(caught.value).startswith("X ")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (sparse.csr_matrix(PLAIN), "dense array; got a sparse one: use .toarray"),
        (sparse.coo_array(PLAIN), "dense array"),
        ([[1.0, np.nan]], "finite; found nan at row 0, column 1"),
        ([[1.0, 2.0], [-np.inf, 1.0]], "finite; found -inf at row 1, column 0"),
        (np.array([[1, np.nan]], dtype=object), "finite; found nan at row 0, column 1"),
        ([["1", "2"]], "real numbers; found '1' at row 0, column 0"),
        ([[b"1", b"2"]], "real numbers; got |S1"),
        ([[1.0, None]], "real numbers; found None at row 0, column 1"),
        (np.array([[1.0, "a"]], dtype=object), "found 'a' at row 0, column 1"),
        (np.array([[1.0, 1j]], dtype=object), "found 1j at row 0, column 1"),
        (np.array([[1.0, [2.0]]], dtype=object), r"found \[2.0\] at row 0, column 1"),
        (np.array([[np.datetime64("2020", "Y"), 1]], dtype=object), "at row 0, column 0"),
        ([[1.0, 10**400]], "numbers that a float can hold; one at row 0, column 1"),
        ([[10**400, 10**400]], "numbers that a float can hold; one at row 0, column 0"),
        ([[Decimal("sNaN"), 1]], "one at row 0, column 0 is not"),
        (np.array([[1j, 2]]), "real numbers; got complex128"),
        (np.array([["2020", "2021"]], dtype="M8[Y]"), "real numbers; got datetime64"),
        (np.zeros((1, 2), dtype=[("a", float)]), "real numbers; got"),
        (np.ma.array([[1.0, 2.0]], mask=[[False, True]]), "some of its values are masked"),
        ([[1.0, 2.0], [3.0]], "rectangular array; its rows differ in length"),
        (None, "found None at its only place"),
        ([1.0, 2.0], r"shape \(n_samples, n_features\); got \(2,\); for one sample use X\[None"),
        (3.0, r"got \(\)$"),
        (np.zeros((1, 2, 1)), r"got \(1, 2, 1\)$"),
        (np.full((1, 1, 2), np.nan), r"found nan at index \(0, 0, 0\)"),
        ([[1.0, 2.0, 3.0]], "2 features, as many as the network has inputs; got 3"),
        (np.zeros((3, 0)), "2 features"),
        (np.zeros((0, 2)), "at least one sample; it is empty"),
    ],
)  # fmt: skip
def test_features_that_cannot_be_used_are_refused_by_their_place(value, words):
    refused(value, words)


@pytest.mark.parametrize("huge", [1e39, np.float64(3.5e38), np.longdouble("1e4000")])
def test_numbers_too_large_for_the_dtype_are_refused(huge):
    refused(np.array([[huge, 1.0]]), "too large for float32; scale it", dtype=F32)
    refused(np.array([[10**39, 1]], dtype=object), "too large for float32", dtype=F32)


@pytest.mark.skipif(np.finfo(np.longdouble).max == np.finfo(float).max, reason="no long double")
def test_a_long_double_beyond_float64_is_refused():
    refused(np.array([[np.longdouble("1e4000"), 1]]), "too large for float64")


def test_the_largest_numbers_of_the_dtype_pass():
    largest = np.array([[np.finfo(np.float32).max, -np.finfo(np.float32).max]], dtype=np.float64)
    np.testing.assert_array_equal(_arrays.features(largest, 2, F32), largest)


@given(hnp.arrays(st.sampled_from(["f2", "f4", ">f8", "i1", "u8", "?"]), (3, 2)))
def test_any_array_is_passed_on_or_refused_in_one_sentence(value):
    before = value.copy()
    try:
        result = _arrays.features(value, 2, F64)
    except DataError as error:
        refused(value, re.escape(str(error)))
        assert not np.isfinite(value).all()
    else:
        np.testing.assert_array_equal(result, value.astype(float))
    assert value.tobytes() == before.tobytes()


# ------------------------------------------------------------------------------- targets


LABELS = [0, 2, 1, 2]
ONE_HOT = np.eye(3)[LABELS]


@pytest.mark.parametrize(
    "labels",
    [
        LABELS,
        np.array(LABELS, dtype=np.int8),
        np.array(LABELS, dtype=np.uint64),
        np.array(LABELS, dtype=">i8"),
        np.array(LABELS, dtype=np.float16),
        np.array(LABELS, dtype=object),
        np.array(LABELS)[:, None],
        ONE_HOT,
        ONE_HOT.astype(bool),
        np.asfortranarray(ONE_HOT),
    ],
)
@pytest.mark.parametrize("dtype", [F64, F32])
def test_class_indices_in_every_form_become_one_hot_rows(labels, dtype):
    result = _arrays.targets(labels, 4, 3, "categorical_cross_entropy", dtype)
    np.testing.assert_array_equal(result, ONE_HOT.astype(dtype), strict=True)
    assert result.flags.c_contiguous


def test_int8_labels_near_overflow_are_read_as_they_are():
    labels = np.array([127, 0], dtype=np.int8)
    result = _arrays.targets(labels, 2, 128, "categorical_cross_entropy", F64)
    assert np.argmax(result, axis=1).tolist() == [127, 0]


@pytest.mark.parametrize(
    ("labels", "words"),
    [
        ([0, -1], "class indices from 0 to 2; found -1 at row 1"),
        ([3, 0], "found 3 at row 0"),
        ([0.5, 0], "found 0.5 at row 0"),
        (np.array([0, 2**63 + 5], dtype=np.uint64), r"found 9.22337e\+18 at row 1"),
        (np.array([-128, 0], dtype=np.int8), "found -128 at row 0"),
        ([0, 10**30], r"found 1e\+30 at row 1"),
        (["a", "b"], "real numbers; found 'a' at row 0"),
        ([0, np.nan], "finite; found nan at row 1"),
        ([0, 1, 2], r"one row for each of the 2 samples; got the shape \(3,\)"),
        ([], r"got the shape \(0,\)"),
        (1, r"got the shape \(\)"),
        ([[0.5, 0.2, 0.2], [1, 0, 0]], "rows of probabilities that sum to 1.*row 0 does not"),
        ([[1, 0, 0], [1.5, -0.5, 0]], "row 1 does not"),
        ([[1, 0], [0, 1]], r"3 columns, as many as the network has outputs; got the shape"),
    ],
)  # fmt: skip
def test_class_targets_that_make_no_sense_are_refused(labels, words):
    with pytest.raises(DataError, match=words) as caught:
        _arrays.targets(labels, 2, 3, "categorical_cross_entropy", F64)
    assert str(caught.value).startswith("y ")


def test_one_sample_and_one_class_are_enough():
    result = _arrays.targets([0], 1, 3, "categorical_cross_entropy", F64)
    np.testing.assert_array_equal(result, [[1.0, 0.0, 0.0]])


def test_probabilities_are_kept_as_they_are():
    rows = np.array([[0.25, 0.5, 0.25], [0.0, 1.0, 0.0]])
    result = _arrays.targets(rows, 2, 3, "categorical_cross_entropy", F64)
    np.testing.assert_array_equal(result, rows)


def test_many_classes_take_no_square_of_memory():
    result = _arrays.targets([49_999], 1, 50_000, "categorical_cross_entropy", F64)
    assert result[0, -1] == result.sum() == 1


@pytest.mark.parametrize("bad", [-0.1, 1.1, 2, -1])
def test_binary_targets_stay_between_0_and_1(bad):
    with pytest.raises(DataError, match=f"y must lie between 0 and 1 .*found {bad:g}"):
        _arrays.targets([0, bad], 2, 1, "binary_cross_entropy", F64)
    np.testing.assert_array_equal(
        _arrays.targets([0, 1, 0.5], 3, 1, "binary_cross_entropy", F64), [[0], [1], [0.5]]
    )


def test_targets_too_large_for_the_dtype_are_refused():
    with pytest.raises(DataError, match="y holds numbers too large for float32"):
        _arrays.targets([1e39], 1, 1, "mean_squared_error", F32)


def test_targets_with_several_columns_fit_the_outputs():
    with pytest.raises(DataError, match="y must have 1 columns"):
        _arrays.targets(PLAIN, 3, 1, "mean_squared_error", F64)
    with pytest.raises(DataError, match="validation y must have"):
        _arrays.targets(PLAIN[:, 0], 3, 2, "mean_squared_error", F64, "validation y")


# ------------------------------------------------------------------------------- weights


@given(hnp.arrays("float64", st.integers(1, 8), elements=st.floats(0, 1e308)))
def test_weights_have_mean_one_and_keep_their_proportions(given_weights):
    if not given_weights.any():
        return
    result = _arrays.weights(given_weights, len(given_weights), F64)
    assert np.isfinite(result).all()
    np.testing.assert_allclose(result.mean(), 1, rtol=1e-12)
    heaviest = given_weights.max()
    np.testing.assert_allclose(
        result / result.max(), given_weights / heaviest, rtol=1e-9, atol=1e-300
    )


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ([1.0, -1.0], "not be negative"),
        ([0.0, 0.0], "nor zero everywhere"),
        ([1.0], r"one number for each of the 2 samples; got the shape \(1,\)"),
        ([[1.0], [1.0]], r"got the shape \(2, 1\)"),
        ([1.0, np.nan], "finite; found nan at row 1"),
        (["a", "b"], "real numbers"),
    ],
)
def test_weights_that_make_no_sense_are_refused(value, words):
    with pytest.raises(DataError, match=f"^sample_weight .*{words}"):
        _arrays.weights(value, 2, F64)


def test_weights_come_in_the_dtype_of_the_network():
    assert _arrays.weights([1, 3], 2, F32).dtype == F32
    np.testing.assert_array_equal(_arrays.weights([1, 3], 2, F32), [0.5, 1.5])
