"""Targets become numbers and come back; a target of no use is refused."""

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from clearprop.errors import ArgumentError, DataError
from clearprop.tables.class_target import ClassTarget
from clearprop.tables.kinds import canonical
from clearprop.tables.number_target import NumberTarget


def column(values, kind=None):
    return canonical(pa.table({"y": pa.array(values, kind)}))["y"]


@pytest.mark.parametrize(
    "classes", [("no", "yes"), (False, True), (-3, 2**60), (0.0, 1.0)], ids=str
)
def test_two_classes_share_one_output_and_come_back(classes):
    values = [classes[1], classes[0], classes[1]]
    target = ClassTarget.fit("y", column(values))
    assert target.classes == classes
    assert {type(label) for label in target.classes} == {type(classes[0])}
    assert (target.task, target.n_outputs) == ("classification", 1)
    y = target.encode(column(values))
    np.testing.assert_array_equal(y, [[1], [0], [1]])
    assert target.decode(y).values.tolist() == values


def test_more_classes_have_an_output_each():
    target = ClassTarget.fit("y", column(["b", "a", "c"]))
    y = target.encode(column(["c", "a"]))
    np.testing.assert_array_equal(y, [[0, 0, 1], [1, 0, 0]])
    values, p = target.decode(np.array([[0.2, 0.5, 0.3], [0.1, 0.1, 0.8]]))
    assert values.tolist() == ["b", "c"]
    np.testing.assert_array_equal(p.argmax(axis=1), [1, 2])


def test_one_output_gives_the_probabilities_of_both_classes():
    target = ClassTarget("y", ("no", "yes"))
    for outputs in ([0.25, 0.75], [[0.25], [0.75]], [[0.75, 0.25], [0.25, 0.75]]):
        values, p = target.decode(np.array(outputs))
        assert values.tolist() == ["no", "yes"]
        np.testing.assert_array_equal(p, [[0.75, 0.25], [0.25, 0.75]])


def test_neighbouring_large_whole_numbers_are_different_classes():
    values = [2**53, 2**53 + 1]
    target = ClassTarget.fit("y", column(values))
    np.testing.assert_array_equal(target.encode(column(values)), [[0], [1]])


def test_numbered_classes_are_known_whatever_type_a_file_gave_them():
    whole = ClassTarget("y", (1, 2))
    real = ClassTarget("y", (1.0, 2.0))
    truth = ClassTarget("y", (False, True))
    word = ClassTarget("y", ("1", "2"))
    for values in ([2, 1], [2.0, 1.0], ["2", "1"]):
        for target in (whole, real):
            np.testing.assert_array_equal(target.encode(column(values)), [[1], [0]])
    np.testing.assert_array_equal(word.encode(column([2, 1])), [[1], [0]])
    for values in ([1, 0], [True, False], ["true", "false"]):
        np.testing.assert_array_equal(truth.encode(column(values)), [[1], [0]])


def test_a_value_that_is_no_class_is_named_with_its_row():
    with pytest.raises(DataError, match="holds 'mauve' in row 2, which is none of the classes"):
        ClassTarget("y", ("no", "yes")).encode(column(["no", "mauve"]))
    with pytest.raises(DataError, match="holds 7 in row 1"):
        ClassTarget("y", (1, 2)).encode(column([7]))
    with pytest.raises(DataError, match="a number in every row; row 1 holds 'x'"):
        ClassTarget("y", (1, 2)).encode(column(["x"]))


def test_one_class_and_too_many_classes_are_refused():
    with pytest.raises(DataError, match="has the one value 'a' in every row"):
        ClassTarget.fit("y", column(["a", "a"]))
    with pytest.raises(DataError, match="has 1001 different values"):
        ClassTarget.fit("y", column(range(1001)))
    assert ClassTarget.fit("y", column(range(1000))).n_outputs == 1000


def test_missing_targets_are_counted_and_the_first_is_named():
    for values in (["a", None, "b", None], [1, None, 2, None], [1.5, float("nan"), 2.5, None]):
        for kind in (ClassTarget, NumberTarget):
            with pytest.raises(DataError, match="'y' has no value in 2 rows, first in row 2;"):
                kind.fit("y", column(values))


@pytest.mark.parametrize("value", [float("inf"), -float("inf"), 2e300])
def test_an_infinite_number_is_refused_with_its_row(value):
    with pytest.raises(DataError, match=r"'y' must hold finite numbers .*; row 2 holds"):
        NumberTarget.fit("y", column([1.0, value]))


def test_a_number_is_standardised_and_comes_back():
    values = [1.0, 2.0, 6.0]
    target = NumberTarget.fit("y", column(values))
    assert (target.mean, target.task, target.n_outputs) == (3.0, "regression", 1)
    assert target.std == pytest.approx(np.std(values), rel=1e-15)
    y = target.encode(column(values))
    assert y.shape == (3, 1)
    np.testing.assert_allclose([y.mean(), y.std()], [0, 1], atol=1e-15)
    np.testing.assert_allclose(target.decode(y).values, values, rtol=1e-15)
    np.testing.assert_allclose(target.decode(y[:, 0]).values, values, rtol=1e-15)
    assert target.decode(y).probabilities is None


def test_a_constant_number_is_refused():
    with pytest.raises(DataError, match=r"'y' is 0\.1 in every training row"):
        NumberTarget.fit("y", column([0.1] * 7))


@settings(max_examples=150, deadline=None)
@given(st.lists(st.floats(-1e100, 1e100), min_size=2, max_size=10, unique=True))
def test_any_numbers_are_standardised_without_overflow(values):
    assume(max(values) - min(values) >= 1e-100)
    target = NumberTarget.fit("y", column(values))
    assert np.isfinite([target.mean, target.std]).all()
    assert target.std > 0
    y = target.encode(column(values))
    assert np.isfinite(y).all()
    np.testing.assert_allclose(
        target.decode(y).values, values, rtol=1e-12, atol=1e-12 * max(map(abs, values))
    )


@pytest.mark.parametrize(
    "outputs", [np.zeros((2, 3)), np.zeros((2, 2, 1)), np.float64(1), [[np.nan]], [np.inf]]
)
def test_outputs_of_a_wrong_shape_or_without_value_are_refused(outputs):
    for target in (ClassTarget("y", ("a", "b")), NumberTarget("y", 0.0, 1.0)):
        with pytest.raises(ArgumentError, match=r"outputs must"):
            target.decode(outputs)


def test_three_classes_refuse_one_output():
    with pytest.raises(ArgumentError, match=r"shape \(n, 3\) for 3 classes; got \(4,\)"):
        ClassTarget("y", ("a", "b", "c")).decode(np.zeros(4))


def test_an_absurd_output_does_not_warn():
    assert NumberTarget("y", 0.0, 1e300).decode(np.array([1e300])).values.tolist() == [np.inf]
