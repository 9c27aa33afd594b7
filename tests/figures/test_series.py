"""Lines over any number: where they are drawn, how they are named, what is refused."""

import math
import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.backends.backend_agg import FigureCanvasAgg

from clearprop.errors import ArgumentError
from clearprop.figures import Series, as_png, as_svg, describe_series_curves, series_curves
from clearprop.figures._chart import spread
from clearprop.figures.style import DARK

TWO = [Series("sgd", [0, 1, 2], [1.0, 0.5, 0.25]), Series("adam", [0, 1, 2], [1.0, 2.0, 0.01])]


def names(ax):
    return [text.get_text() for text in ax.texts]


def test_lines_are_drawn_as_they_came_and_named_in_their_colour():
    ax = series_curves(TWO, "Loss per optimizer", "step", "loss", theme="dark")
    assert [line.get_xydata().tolist() for line in ax.lines] == [
        [[0, 1.0], [1, 0.5], [2, 0.25]],
        [[0, 1.0], [1, 2.0], [2, 0.01]],
    ]
    assert names(ax) == ["sgd", "adam"]
    assert [text.get_color() for text in ax.texts] == list(DARK.palette[:2])
    assert [line.get_color() for line in ax.lines] == list(DARK.palette[:2])
    assert (ax.get_title(loc="left"), ax.get_xlabel(), ax.get_ylabel()) == (
        "Loss per optimizer",
        "step",
        "loss",
    )


def test_names_at_the_right_stand_in_the_order_of_the_ends_and_a_line_apart():
    lines = [Series(f"l{i}", [0, 1], [0, end]) for i, end in enumerate([3, 1, 2, 0.99, 1.01])]
    ax = series_curves(lines, "n", "x", "y")
    heights = np.array([text.xy[1] for text in ax.texts])
    assert np.argsort(heights).tolist() == [3, 1, 4, 2, 0]
    axes_points = ax.get_position().height * ax.figure.get_size_inches()[1] * 72
    assert (np.diff(np.sort(heights)) * axes_points > 11.9).all()


def test_many_lines_have_a_key():
    ax = series_curves([Series(f"r{i}", [0, 1], [0, i]) for i in range(12)], "n", "x", "y")
    assert not ax.texts
    shown = [text.get_text() for text in ax.get_legend().get_texts()]
    assert shown == [f"r{i}" for i in range(12)]
    assert len({line.get_color() for line in ax.lines}) == 12


def test_a_lone_line_without_a_label_has_no_name():
    assert not series_curves([Series("", [0, 1], [0, 1])], "n", "x", "y").texts


def test_log_axes_say_so_and_leave_out_what_has_no_place_on_them():
    line = [Series("a", [0, 1, 10, 100], [5, 1, 0, 0.001])]
    ax = series_curves(line, "n", "size (neurons)", "time", log_x=True, log_y=True)
    assert (ax.get_xscale(), ax.get_yscale()) == ("log", "log")
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("size (neurons, log scale)", "time (log scale)")
    drawn = ax.lines[0].get_xydata()
    assert drawn[np.isfinite(drawn).all(axis=1)].tolist() == [[1, 1], [100, 0.001]]
    said = describe_series_curves(line, "n", "size", "time", log_x=True, log_y=True)
    assert "2 points without a place on the axes" in said
    assert ax.xaxis.get_major_formatter()(1e-5) == "1e-5"


def test_marks_are_lines_at_their_places_with_their_values():
    ax = series_curves(TWO, "n", "x", "y", marks={"2/λmax": 0.5})
    assert list(ax.lines[-1].get_xdata()) == [0.5, 0.5]
    assert names(ax)[0] == "2/λmax = 0.5"


@pytest.mark.parametrize(
    ("log", "place", "said"),
    [
        (False, 9, "far = 9 →"),
        (False, -9, "← far = -9"),
        (True, 99, "far = 99 →"),
        (True, -1, "← far = -1"),
    ],
)
def test_a_mark_beyond_the_axis_is_named_at_that_end(log, place, said):
    ax = series_curves([Series("", [1, 2], [1, 2])], "n", "x", "y", log_x=log, marks={"far": place})
    assert names(ax) == [said]
    assert len(ax.lines) == 1
    assert ax.texts[0].xy[0] == (place > 0)


def test_names_of_near_marks_stand_in_rows_below_the_title():
    ax = series_curves(TWO, "n", "x", "y", marks={"one": 1.0, "two": 1.01, "left": 0.0})
    lines = {text.get_text(): text.xyann[1] for text in ax.texts}
    assert lines["two = 1.01"] > lines["one = 1"] == lines["left = 0"]
    alone = series_curves(TWO, "n", "x", "y")
    tops = []
    for each in (ax, alone):
        renderer = FigureCanvasAgg(each.figure).get_renderer()
        each.figure.draw_without_rendering()
        box = each._left_title.get_window_extent(renderer)
        tops.append(box.y0 - each.get_window_extent(renderer).y1)
    assert tops[0] > tops[1] + 20


def test_few_points_are_dotted_and_many_are_not():
    few, many = (
        series_curves([Series("", range(n), range(n))], "n", "x", "y").lines[0] for n in (5, 50)
    )
    assert (few.get_marker(), many.get_marker()) == ("o", "")


def test_the_description_has_ends_extremes_and_marks():
    assert describe_series_curves(TWO, "Loss", "step", "loss", marks={"kept": 1}) == (
        "Loss: loss over step from 0 to 2: sgd from 1 to 0.25, "
        "adam from 1 to 0.01 (highest 2); kept at 1."
    )
    many = [Series(f"r{i}", [0, 1], [0, 1]) for i in range(10)]
    assert "r7 from 0 to 1 and 2 more lines." in describe_series_curves(many, "n", "x", "y")


def test_lines_without_a_value_can_be_drawn_and_described():
    lost = [Series("gone", [0, 1], [math.nan, math.inf]), Series("one", [0, 1], [math.nan, 2])]
    for log in (False, True):
        as_svg(series_curves(lost, "n", "x", "y", log_y=log))
        as_svg(series_curves(lost[:1], "n", "x", "y", log_x=log, log_y=log))
    assert "gone without a value, one 2" in describe_series_curves(lost, "n", "x", "y")


@pytest.mark.parametrize(
    ("lines", "marks", "message"),
    [
        ([], {}, "series must hold at least one line"),
        ([Series("a", [0, 1], [1])], {}, r"series[0].y must be as long as series[0].x (2); got"),
        ([Series("a", [], [])], {}, r"series[0].x must be a non-empty array of 1 dimension"),
        ([Series("a", [0], [1])], {"m": math.nan}, "marks['m'] must be a finite number; got nan"),
    ],
)
def test_what_cannot_be_drawn_is_refused(lines, marks, message):
    with pytest.raises(ArgumentError, match=re.escape(message)):
        series_curves(lines, "n", "x", "y", marks=marks)
    with pytest.raises(ArgumentError, match=re.escape(message)):
        describe_series_curves(lines, "n", "x", "y", marks=marks)


def test_the_same_lines_give_the_same_bytes():
    first, second = (
        as_png(series_curves(TWO, "n", "x", "y", marks={"m": 1}), 50) for _ in range(2)
    )
    assert first == second


@given(st.lists(st.floats(0, 1), min_size=1, max_size=9), st.floats(0.01, 0.1))
def test_spread_names_keep_their_order_and_distance_inside_of_the_axes(wanted, gap):
    places = np.array(spread(wanted, gap, 0.0, 1.0))
    order = np.argsort(wanted, kind="stable")
    assert (np.diff(places[order]) >= gap - 1e-9).all()
    assert places.min() >= -1e-9
    assert places.max() <= 1 + 1e-9


def test_names_far_from_one_another_stay_where_they_are():
    assert spread([0.1, 0.9, 0.5], 0.1, 0.0, 1.0) == [0.1, 0.9, 0.5]
    assert spread([], 0.1, 0.0, 1.0) == []
