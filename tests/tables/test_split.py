"""Rows set apart: every row once, classes in proportion, no class without a training row."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clearprop.errors import DataError
from clearprop.tables.split import split_rows


def test_parts_have_the_asked_sizes_and_are_sorted():
    split = split_rows(100, None, 0.2, 0.25, seed=0)
    assert [len(part) for part in split[:3]] == [60, 20, 20]
    assert all((np.diff(part) > 0).all() for part in split[:3])
    assert split.notes == ()


def test_classes_are_split_in_proportion():
    codes = np.repeat([0, 1], [80, 20])
    split = split_rows(100, codes, 0.2, 0.25, seed=3)
    for part, (zeros, ones) in zip(split[:3], [(48, 12), (16, 4), (16, 4)], strict=True):
        assert np.bincount(codes[part]).tolist() == [zeros, ones]
    assert split.notes == ()


def test_the_seed_decides():
    one, two, other = (split_rows(50, None, 0.2, 0.2, seed=s) for s in (1, 1, 2))
    np.testing.assert_array_equal(one.test, two.test)
    assert one.test.tolist() != other.test.tolist()


def test_a_class_of_one_row_stays_in_training_and_is_noted():
    codes = np.array([0, 1] * 20 + [2])
    split = split_rows(41, codes, 0.2, 0.2, seed=0)
    assert 40 in split.train
    assert split.notes == (
        "some classes have too few rows to be split in proportion; each keeps one for training",
    )


def test_fractions_of_0_leave_parts_empty():
    split = split_rows(10, np.array([0, 1] * 5), 0.0, 0.0, seed=0)
    assert [len(part) for part in split[:3]] == [10, 0, 0]


@pytest.mark.parametrize(
    ("n", "codes", "test", "validation"),
    [
        (1, None, 0.2, 0.2),
        (2, None, 0.2, 0.2),
        (3, None, 0.2, 0.2),
        (2, None, 0.5, 0.0),
        (1, None, 0.0, 0.0),
        (4, np.array([0, 0, 1, 1]), 0.9, 0.0),
        (4, np.array([0, 1, 2, 3]), 0.5, 0.0),
        (3, np.array([0, 0, 1]), 0.6, 0.0),
    ],
)
def test_too_few_rows_are_refused(n, codes, test, validation):
    with pytest.raises(DataError, match=f"has {n} rows?, too few to set apart test={test:g} "):
        split_rows(n, codes, test, validation, seed=0)


def test_four_rows_of_two_classes_can_be_split():
    split = split_rows(4, np.array([0, 1, 1, 0]), 0.2, 0.2, seed=0)
    assert [len(part) for part in split[:3]] == [2, 1, 1]


@settings(max_examples=150, deadline=None)
@given(
    st.lists(st.integers(0, 4), min_size=4, max_size=40),
    st.floats(0, 0.9),
    st.floats(0, 0.9),
    st.integers(0, 5),
)
def test_every_row_is_in_one_part_and_every_class_in_training(codes, test, validation, seed):
    codes = np.array(codes)
    try:
        split = split_rows(len(codes), codes, test, validation, seed)
    except DataError:
        return
    every = np.concatenate(split[:3])
    assert sorted(every) == list(range(len(codes)))
    assert set(codes[split.train]) == set(codes)
    assert (len(split.test) > 0) == (test > 0)
    assert (len(split.validation) > 0) == (validation > 0)


@settings(max_examples=50, deadline=None)
@given(st.integers(20, 60), st.floats(0.05, 0.5), st.floats(0.05, 0.5))
def test_amounts_are_split_by_size_alone(n, test, validation):
    split = split_rows(n, None, test, validation, seed=0)
    assert len(split.test) == np.ceil(n * test)
    assert len(split.validation) == np.ceil((n - len(split.test)) * validation)
