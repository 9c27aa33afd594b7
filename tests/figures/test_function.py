"""A function beside its derivative."""

import math
import re

import numpy as np
import pytest

from clearprop.equations.activations import ACTIVATIONS
from clearprop.errors import ArgumentError
from clearprop.figures import as_svg, describe_function_curve, function_curve
from clearprop.figures.style import LIGHT

X = np.linspace(-4, 4, 201)


@pytest.mark.parametrize("name", ["sigmoid", "tanh", "relu"])
def test_function_and_derivative_are_drawn_as_they_came(name):
    forward, backward = ACTIVATIONS[name]
    f = forward(X)
    df = backward(np.ones_like(X), X, f)
    ax = function_curve(name, X, f, df, labels=("a", "da/dz"))
    first, second = ax.lines[-2:]
    assert np.array_equal(first.get_xydata(), np.c_[X, f])
    assert np.array_equal(second.get_xydata(), np.c_[X, df])
    assert [text.get_text() for text in ax.texts] == ["a", "da/dz"]
    assert (first.get_color(), second.get_color()) == LIGHT.palette[:2]
    assert first.get_linestyle() != second.get_linestyle()
    assert ax.get_title(loc="left") == name
    assert ax.get_xlabel() == "z"


def test_the_axes_through_zero_are_drawn_where_zero_is_in_sight():
    assert len(function_curve("n", X, X, np.ones_like(X)).lines) == 4
    assert len(function_curve("n", X + 9, X + 9, np.ones_like(X)).lines) == 2


def test_a_pole_of_the_derivative_does_not_flatten_the_function():
    p = np.linspace(0.001, 1, 50)
    low, high = function_curve("n", p, -np.log(p), -1 / p).get_ylim()
    assert -20 < low < -10
    assert high > 6.9
    flat = function_curve("n", X, np.full_like(X, 3.0), np.zeros_like(X))
    assert flat.get_ylim()[0] < 0


def test_the_description_has_ranges_and_the_steepest_place():
    f, df = X**2, 2 * X
    assert describe_function_curve("Square", X, f, df, labels=("f", "df"), x_name="w") == (
        "Square over w from -4 to 4: f between 0 and 16; df between -8 and 8, "
        "farthest from 0 at w = -4."
    )


def test_what_is_not_finite_is_left_out():
    ax = function_curve("n", [0, 1, 2], [math.inf, 1, 2], [math.nan] * 3)
    assert [text.get_text() for text in ax.texts] == ["f"]
    assert ax.get_ylim()[1] < 3
    as_svg(ax)
    as_svg(function_curve("n", [0, 1, 2], [math.nan] * 3, [1, 2, 3]))
    said = describe_function_curve("n", [0, 1, 2], [math.inf, 1, 2], [math.nan] * 3)
    assert "f between 1 and 2; f′ without a value." in said  # noqa: RUF001 - a prime is meant


@pytest.mark.parametrize(
    ("x", "f", "df", "message"),
    [
        ([0, 1], [0], [0, 1], "f must be as long as x (2); got length 1"),
        ([0, 1], [0, 1], [0], "df must be as long as x (2); got length 1"),
        ([1, 0], [0, 1], [0, 1], "x must hold two or more finite, rising places"),
        ([0], [0], [0], "x must hold two or more finite, rising places"),
        ([[0]], [0], [0], "x must be a non-empty array of 1 dimension"),
    ],
)
def test_what_cannot_be_drawn_is_refused(x, f, df, message):
    for make in (function_curve, describe_function_curve):
        with pytest.raises(ArgumentError, match=re.escape(message)):
            make("n", x, f, df)
