"""The cost along one weight: curve, tangents and steps, as they came."""

import re

import numpy as np
import pytest

from clearprop.errors import ArgumentError
from clearprop.figures import as_svg, describe_tangent_curve, tangent_curve
from clearprop.figures.style import LIGHT

X = np.linspace(-3, 3, 601)
COST = (X - 1) ** 2
WALK = [-2.0, -0.5, 0.25, 0.625]


def test_the_curve_is_drawn_as_it_came():
    ax = tangent_curve(X, COST, [], [], x_name="w1", y_name="C")
    (line,) = ax.lines
    assert np.array_equal(line.get_xydata(), np.c_[X, COST])
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("w1", "C")


@pytest.mark.parametrize("place", [-2.5, 0.0, 1.0, 2.8])
def test_a_tangent_touches_the_curve_with_its_slope_and_says_it(place):
    slope = 2 * (place - 1)
    ax = tangent_curve(X, COST, place, slope)
    (x0, x1), (y0, y1) = ax.lines[1].get_data()
    assert (y1 - y0) / (x1 - x0) == pytest.approx(slope, abs=1e-12)
    assert (x0 + x1) / 2 == pytest.approx(place)
    assert (y0 + y1) / 2 == pytest.approx((place - 1) ** 2, abs=1e-4)
    assert ax.texts[0].get_text() == f"slope {slope:g}"


def test_a_steep_tangent_stays_short():
    ax = tangent_curve(X, COST, 0.0, 1e6)
    assert np.ptp(ax.lines[1].get_ydata()) < np.ptp(ax.get_ylim())


def test_steps_lie_upon_the_curve_in_their_order():
    ax = tangent_curve(X, COST, [], [], WALK)
    steps, first = ax.lines[1:]
    assert steps.get_xdata().tolist() == WALK
    assert steps.get_ydata() == pytest.approx((np.array(WALK) - 1) ** 2, abs=1e-4)
    assert first.get_xdata().tolist() == WALK[:1]
    assert ax.get_legend() is None


def test_several_descents_have_colours_and_names_of_their_own():
    ax = tangent_curve(X, COST, [], [], {"slow": WALK, "fast": [-2, 4, -9]})
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["slow", "fast"]
    assert [line.get_color() for line in ax.lines[1::2]] == list(LIGHT.palette[1:3])
    assert [line.get_marker() for line in ax.lines[1::2]] == ["o", "s"]
    assert np.isfinite(ax.lines[3].get_ydata()).tolist() == [True, False, False]


def test_a_slope_at_an_end_of_the_axis_is_written_inwards():
    ax = tangent_curve(X, COST, [-3, 3], [-8, 4])
    assert [text.get_ha() for text in ax.texts] == ["left", "right"]
    inside = tangent_curve(X, COST, [-1, 1.5], [-4, 1])
    assert [text.get_ha() for text in inside.texts] == ["right", "left"]


def test_the_description_has_the_lowest_point_slopes_and_steps():
    said = describe_tangent_curve(X, COST, [0], [-2], {"slow": WALK, "fast": [-2, 4, -9]})
    assert said == (
        "Cost along one weight: lowest cost 0 at w = 1; slope -2 at w = 0; "
        "slow: 3 steps from w = -2 to w = 0.625; "
        "fast: 2 steps from w = -2 to w = -9 (2 of the 3 places not in sight)."
    )


def test_where_the_cost_is_not_finite_there_is_a_gap():
    cost = np.where(X > 2, np.inf, COST)
    as_svg(tangent_curve(X, cost, [2.5], [1], [2.9, 0]))
    assert len(tangent_curve(X, cost, [2.5], [1]).lines) == 1
    assert describe_tangent_curve(X, X * np.nan, [], []) == "Cost along one weight: never finite."


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (([0, 1], [0], [], []), "cost must be as long as x (2); got length 1"),
        (([1, 0], [0, 1], [], []), "x must hold two or more finite, rising places"),
        (([0, 1], [0, 1], [0.5], []), "slope must be as long as at (1,); got shape (0,)"),
        (([0, 1], [0, 1], [1.5], [1]), "at must lie between the ends of x, 0 and 1"),
        (([0, 1], [0, 1], [0.5], [np.nan]), "slope must be finite"),
        (([0, 1], [0, 1], [], [], [[0]]), "steps[''] must be a non-empty array of 1 dimension"),
        (([0, 1], [0, 1], [], [], {n: [0] for n in "abcdef"}), "steps must be 5 descents or"),
    ],
)
def test_what_cannot_be_drawn_is_refused(arguments, message):
    for make in (tangent_curve, describe_tangent_curve):
        with pytest.raises(ArgumentError, match=re.escape(message)):
            make(*arguments)
