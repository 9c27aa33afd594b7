"""Which column is predicted, and whether it holds classes or amounts."""

import datetime

import pyarrow as pa
import pytest

from clearprop.errors import ArgumentError
from clearprop.tables import choose_target, find_task

CASES = {
    "text": (["a", "b"], "classification"),
    "categories": (pa.array(["a", "b"]).dictionary_encode(), "classification"),
    "truth values": ([True, None], "classification"),
    "two numbers in few rows": ([0, 1, 1, 0], "classification"),
    "two whole floats": ([0.0, 1.0], "classification"),
    "missing values do not count": ([0, 1, None, None], "classification"),
    "three in few rows": ([0, 1, 2, 0, 1, 2], "regression"),
    "three in enough rows": ([0, 1, 2] * 5, "classification"),
    "twenty": (list(range(20)) * 5, "classification"),
    "twenty-one": (list(range(21)) * 5, "regression"),
    "fractions": ([0.5, 1.5] * 20, "regression"),
    "infinite": ([0.0, float("inf")] * 20, "regression"),
    "large": ([0, 10**18] * 3, "classification"),
    "dates": (pa.array([datetime.date(2020, 1, 1), None]), "regression"),
    "dates in two values": (pa.array([datetime.date(2020, 1, d) for d in (1, 2)]), "regression"),
}


@pytest.mark.parametrize("case", CASES)
def test_the_task_follows_from_the_values(case):
    values, expected = CASES[case]
    assert find_task(values) == expected


def test_a_column_of_a_table_will_do():
    assert find_task(pa.table({"y": ["a", "b"]})["y"]) == "classification"


def test_a_given_target_must_be_there():
    assert choose_target(["price", "size"], "price") == "price"
    with pytest.raises(ArgumentError, match=r"got 'pirce'; did you mean 'price'\?"):
        choose_target(["price", "size"], "pirce")
    with pytest.raises(ArgumentError, match="got 'zzz'; the columns are 'price', 'size'"):
        choose_target(["price", "size"], "zzz")


def test_without_one_a_column_called_target_is_taken():
    assert choose_target(["a", "target"]) == "target"
    with pytest.raises(ArgumentError, match="no column is called 'target'; the columns are 'a'"):
        choose_target(["a", "b"])


def test_a_long_list_of_columns_is_cut():
    with pytest.raises(ArgumentError, match="'c19' and 80 more"):
        choose_target([f"c{i}" for i in range(100)])
