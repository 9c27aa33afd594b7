"""The table of thresholds: complete, sourced, in use, and changeable."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import clearprop.diagnosis
from clearprop.diagnosis import THRESHOLDS
from clearprop.diagnosis.thresholds import limits_from
from clearprop.errors import ArgumentError

FOLDER = Path(clearprop.diagnosis.__file__).parent


def test_every_threshold_is_used_and_every_one_used_is_in_the_table():
    used = set()
    for path in FOLDER.glob("*.py"):
        used |= set(re.findall(r'limits\["(\w+)"\]', path.read_text()))
    assert used == set(THRESHOLDS)


@pytest.mark.parametrize("name", THRESHOLDS)
def test_every_threshold_says_what_it_means_and_where_it_comes_from(name):
    threshold = THRESHOLDS[name]
    assert threshold.value > 0
    assert re.search(r"at (least|most)|above|below|beyond", threshold.meaning)
    assert threshold.source


@given(st.sampled_from(sorted(THRESHOLDS)), st.floats(1e-9, 1e9))
def test_one_can_be_changed_without_the_others(name, value):
    changed = limits_from({name: value})
    assert changed[name] == value
    assert {k: v for k, v in changed.items() if k != name} == {
        k: v for k, v in limits_from().items() if k != name
    }


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"rising": 1.0}, "thresholds has no 'rising'; did you mean"),
        ({"flat": -1}, r"thresholds\['flat'\] must be a finite number above zero; got -1"),
        ([("flat", 1)], "thresholds must be a Mapping"),
    ],
)
def test_a_threshold_that_makes_no_sense_is_refused(changes, message):
    with pytest.raises(ArgumentError, match=message):
        limits_from(changes)
