"""The bundled tables, and what `prepare` makes of each."""

import numpy as np
import pytest

from clearprop.errors import ArgumentError
from clearprop.tables import BUNDLED, BUNDLED_DESCRIPTIONS, load_bundled, prepare

EXPECTED = {  # rows, features, outputs, task
    "breast_cancer": (569, 30, 1, "classification"),
    "diabetes": (442, 10, 1, "regression"),
    "digits": (1797, 60, 10, "classification"),  # four of 64 pixels are 0 in training
    "iris": (150, 4, 3, "classification"),
    "moons": (1500, 2, 1, "classification"),
    "wine": (178, 13, 3, "classification"),
}


@pytest.mark.parametrize("name", BUNDLED)
def test_each_can_be_prepared_as_it_is(name):
    rows, features, outputs, task = EXPECTED[name]
    table = load_bundled(name)
    assert table.num_rows == rows
    assert table.column_names[-1] == "target"
    ready = prepare(table)
    assert ready.task == task
    assert ready.train.X.shape[1] == features
    assert ready.train.y.shape[1] == outputs
    assert np.isfinite(ready.train.X).all()


def test_every_name_has_one_line_of_description():
    assert tuple(BUNDLED_DESCRIPTIONS) == BUNDLED == tuple(sorted(EXPECTED))
    assert all(text and "\n" not in text for text in BUNDLED_DESCRIPTIONS.values())


def test_classes_with_names_are_named():
    assert sorted(set(load_bundled("breast_cancer")["target"].to_pylist())) == [
        "benign",
        "malignant",
    ]
    assert sorted(set(load_bundled("digits")["target"].to_pylist())) == list(range(10))
    assert load_bundled("moons").column_names == ["x1", "x2", "target"]


def test_an_unknown_name_gets_a_hint():
    with pytest.raises(ArgumentError, match=r"did you mean 'wine'\?"):
        load_bundled("whine")
