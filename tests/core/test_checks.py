"""Every check gives the value back in the type of the inside, or says what is wrong."""

from __future__ import annotations

import math
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clearprop import _checks
from clearprop.errors import ArgumentError

NO_NUMBERS = ["1", b"1", None, True, False, [], [1.0, 2.0], {}, object(), 1j, np.arange(2)]
NOT_FINITE = [math.nan, math.inf, -math.inf, np.float32("inf"), 10**400, Decimal("NaN")]


def says(argument, *words):
    """A context that expects one sentence with the argument's name and the words."""
    pattern = ".*".join([f"^{argument} must be ", *words])
    return pytest.raises(ArgumentError, match=pattern)


@pytest.mark.parametrize("value", NO_NUMBERS + NOT_FINITE)
def test_what_is_no_finite_number_is_refused_by_all_that_want_one(value):
    for check in (_checks.number, _checks.positive, _checks.fraction):
        with says("rate", "number", "got ") as caught:
            check("rate", value)
        assert repr(value)[:60] in str(caught.value)


@pytest.mark.parametrize(
    "value", [1, 0.5, np.float32(0.5), np.int8(1), Fraction(1, 2), np.array(2.0)]
)
def test_numbers_of_any_kind_become_floats(value):
    result = _checks.number("rate", value)
    assert type(result) is float
    assert result == float(value)


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_positive_and_fraction_keep_their_bounds(value):
    for accepted, check in [
        (value > 0, lambda: _checks.positive("x", value)),
        (value >= 0, lambda: _checks.positive("x", value, zero=True)),
        (0 <= value < 1, lambda: _checks.fraction("x", value)),
    ]:
        if accepted:
            assert check() == value
        else:
            with says("x", "got "):
                check()


@pytest.mark.parametrize("value", ["1", 1.0, np.float64(2), None, True, Fraction(2, 1), [1]])
def test_what_is_no_whole_number_is_refused(value):
    with says("epochs", "a whole number, 1 or more; got "):
        _checks.integer("epochs", value)


@given(st.integers(), st.integers(), st.integers(0, 10**6) | st.none())
def test_whole_numbers_keep_their_bounds(value, least, width):
    most = None if width is None else least + width
    if value >= least and (most is None or value <= most):
        assert _checks.integer("n", value, least=least, most=most) == value
    else:
        rule = f"{least} or more" if most is None else f"from {least} to {most}"
        with says("n", f"a whole number,? ?{rule}; got {value}"):
            _checks.integer("n", value, least=least, most=most)


@pytest.mark.parametrize("value", [np.int8(3), np.uint64(3), np.array(3), 3])
def test_whole_numbers_of_any_kind_become_ints(value):
    result = _checks.integer("n", value)
    assert type(result) is int
    assert result == 3


def test_an_unknown_name_is_answered_with_the_known_and_the_closest():
    with says("activation", "one of relu, tanh; got 'rleu'; did you mean 'relu'\\?$"):
        _checks.one_of("activation", "rleu", {"tanh", "relu"})
    assert _checks.one_of("activation", "tanh", {"tanh", "relu"}) == "tanh"


@pytest.mark.parametrize("value", [None, 3, ["relu"], {"relu": 1}, b"relu", ""])
def test_what_is_no_known_name_is_refused_without_a_guess(value):
    with says("activation", "one of relu; got ") as caught:
        _checks.one_of("activation", value, ["relu"])
    assert "did you mean" not in str(caught.value)


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("rekv", ""),
        ("sdg", "; did you mean 'SGD'?"),
        ("RELU", "; did you mean 'relu'?"),
        ("Sgd", "; did you mean 'SGD'?"),
        ("zzz", ""),
        (7, ""),
    ],
)
def test_hints_do_not_depend_on_the_case(name, hint):
    assert _checks.closest(name, ["relu", "SGD"]) == hint


def test_named_splits_the_name_from_its_options():
    assert _checks.named("schedule", "step", ["step"]) == ("step", {})
    given = {"name": "step", "drops": 2}
    assert _checks.named("schedule", given, ["step"]) == ("step", {"drops": 2})
    assert given == {"name": "step", "drops": 2}


@pytest.mark.parametrize("spec", [None, 3, {}, {"drops": 2}, ["step"]])
def test_named_refuses_what_has_no_name(spec):
    with says("schedule", "a name or a mapping with a 'name'; got "):
        _checks.named("schedule", spec, ["step"])


@pytest.mark.parametrize("spec", ["stp", {"name": "stp"}, {"name": None}])
def test_named_refuses_an_unknown_name(spec):
    with says("schedule", "one of step; got "):
        _checks.named("schedule", spec, ["step"])
