"""Numbers as bars, and eigenvalues as a spectrum."""

import re

import numpy as np
import pytest
from matplotlib.colors import to_hex

from clearprop.errors import ArgumentError
from clearprop.figures import (
    as_png,
    bars,
    describe_bars,
    describe_hessian_spectrum,
    hessian_spectrum,
)
from clearprop.figures.style import LIGHT

LABELS = ["backpropagation", "finite differences", "search"]
VALUES = [2, 74, 3.2e7]


def ends(ax):
    return [bar.get_x() + bar.get_width() for bar in ax.patches]


@pytest.mark.parametrize("log", [False, True])
def test_bars_end_at_their_values_which_stand_beside_them(log):
    ax = bars("Evaluations", LABELS, VALUES, x_name="evaluations", log=log)
    assert ends(ax) == pytest.approx(VALUES)
    assert [text.get_text() for text in ax.texts] == ["2", "74", "3.2e7"]
    assert [text.get_text() for text in ax.get_yticklabels()] == LABELS
    assert ax.get_xlabel() == ("evaluations (log scale)" if log else "evaluations")
    assert ax.get_xscale() == ("log" if log else "linear")


def test_the_first_bar_is_on_top():
    ax = bars("n", LABELS, VALUES)
    assert ax.get_ylim()[0] > ax.get_ylim()[1]
    heights = [bar.get_y() for bar in ax.patches]
    assert heights == sorted(heights)


def test_linear_bars_begin_at_zero_also_to_the_left():
    ax = bars("n", ["a", "b"], [-3, 5])
    assert [bar.get_x() for bar in ax.patches] == [0, 0]
    assert [text.get_ha() for text in ax.texts] == ["right", "left"]
    assert ax.get_xlim()[0] < -3 < 5 < ax.get_xlim()[1]
    assert bars("n", ["a"], [0.0]).get_xlim()[1] > 0


def test_what_has_no_place_on_the_axis_has_its_number():
    ax = bars("n", ["a", "b", "c"], [np.inf, 0, 10], log=True)
    assert ends(ax) == pytest.approx([10])
    assert [text.get_text() for text in ax.texts] == ["infinite", "0", "10"]
    as_png(bars("n", ["a"], [np.nan], log=True), 40)
    as_png(bars("n", ["a"], [np.nan]), 40)


def test_marks_are_lines_across_all_bars():
    ax = bars("n", ["a", "b"], [1, 5], marks={"goal": 2})
    assert list(ax.lines[0].get_xdata()) == [2, 2]
    assert ax.texts[-1].get_text() == "goal = 2"


def test_logarithmic_bars_begin_at_a_third_of_the_least():
    ax = bars("n", LABELS, VALUES, log=True)
    assert ax.get_xlim()[0] == pytest.approx(min(VALUES) / 3)
    assert {bar.get_x() for bar in ax.patches} == {ax.get_xlim()[0]}


def test_bars_in_words():
    assert describe_bars("n", LABELS, VALUES, x_name="calls", marks={"goal": 5}) == (
        "n (calls): backpropagation 2, finite differences 74, search 3.2e7; goal at 5."
    )


def test_labels_and_values_must_be_as_many():
    for make in (bars, describe_bars):
        with pytest.raises(ArgumentError, match=re.escape("labels must be as many as values (1)")):
            make("n", ["a", "b"], [1])
        with pytest.raises(ArgumentError, match="values must be a non-empty array"):
            make("n", [], [])


EIGENVALUES = [3.0, 1e-18, -0.5, 20.0, 0.01, -1e-17]


def test_eigenvalues_are_ranked_and_those_below_zero_are_apart():
    ax = hessian_spectrum(EIGENVALUES)
    positive, zero, negative = ax.lines[:3]
    assert positive.get_xydata().tolist() == [[20, 1], [3, 2], [0.01, 3]]
    assert zero.get_xydata().tolist() == [[1e-18, 4], [-1e-17, 5]]
    assert negative.get_xydata().tolist() == [[-0.5, 6]]
    assert to_hex(negative.get_color()) != to_hex(positive.get_color()) == LIGHT.palette[0]
    assert negative.get_marker() != positive.get_marker()
    assert ax.get_xscale() == "symlog"
    shown = [text.get_text() for text in ax.get_legend().get_texts()]
    assert shown == ["positive (3)", "zero (2)", "negative (1)"]


def test_every_eigenvalue_is_in_sight_and_ticks_do_not_touch():
    for values in (EIGENVALUES, [-1e-9, -3.0], [1e-12, 1e6], [5.0], np.geomspace(1e-7, 9, 80)):
        ax = hessian_spectrum(values, 10.0)
        assert ax.get_xlim()[0] <= min(values)
        assert max(values) <= ax.get_xlim()[1]
        places = ax.transData.transform([(tick, 1) for tick in ax.get_xticks()])[:, 0]
        assert np.diff(np.sort(places)).min(initial=99) > 20


def test_the_threshold_is_a_line_with_its_value():
    ax = hessian_spectrum(EIGENVALUES, 18.0, threshold_name="2/rate")
    assert list(ax.lines[-1].get_xdata()) == [18, 18]
    assert ax.texts[-1].get_text() == "2/rate = 18"
    beyond = hessian_spectrum(EIGENVALUES, 1e6)
    assert beyond.texts[-1].get_text() == "2/η = 1,000,000 →"


def test_the_spectrum_in_words():
    assert describe_hessian_spectrum(EIGENVALUES, 2.5) == (
        "Eigenvalues of the Hessian: 6 from -0.5 to 20; 3 positive, 2 zero, 1 negative; "
        "2 above 2/η = 2.5."
    )


def test_what_counts_as_zero_grows_with_the_number_of_eigenvalues():
    epsilon = np.finfo(np.float64).eps
    for ones, said in ((3, "3 positive, 1 zero"), (1, "2 positive")):
        assert said in describe_hessian_spectrum([3 * epsilon, *np.ones(ones)])


def test_only_zeros_can_be_drawn():
    as_png(hessian_spectrum([0.0, 0.0]), 40)
    assert "2 zero" in describe_hessian_spectrum([0.0, 0.0])


def test_what_is_not_finite_is_refused():
    for make in (hessian_spectrum, describe_hessian_spectrum):
        with pytest.raises(ArgumentError, match="eigenvalues must be finite"):
            make([1, np.nan])
        with pytest.raises(ArgumentError, match="threshold must be a finite number or None"):
            make([1], np.inf)
