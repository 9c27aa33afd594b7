"""The map of rates and its small multiples: what is drawn where, and what is refused."""

from __future__ import annotations

import re

import numpy as np
import pytest
from matplotlib.colors import to_hex

from clearprop.errors import ArgumentError
from clearprop.figures import (
    Line,
    Panel,
    as_png,
    as_svg,
    describe_rate_map,
    describe_rate_multiples,
    rate_map,
    rate_multiples,
)
from clearprop.figures.rate_map import label_colours
from clearprop.figures.style import DARK, LIGHT

RATES = [0.001, 0.01, 0.1]
GROUPS = {
    "sgd, batch 1": [["slow", "good", "dead"], ["plateau", "good", "diverged"]],
    "sgd, batch 32": [["slow", "slow", "oscillating"]],
}


def test_every_cell_is_at_its_rate_and_has_the_colour_of_its_label():
    ax = rate_map(RATES, GROUPS)
    tints = label_colours(LIGHT)
    labels = [label for block in GROUPS.values() for row in block for label in row]
    assert [to_hex(bar.get_facecolor()) for bar in ax.patches] == [tints[x] for x in labels]
    for bar, rate in zip(ax.patches, RATES * 3, strict=True):
        left, right = bar.get_x(), bar.get_x() + bar.get_width()
        assert left * right == pytest.approx(rate**2)  # in the middle of a logarithmic axis
    assert "".join(text.get_text() for text in ax.texts) == "sgdpgxsso"


def test_groups_are_named_beside_their_rows():
    ax = rate_map(RATES, GROUPS)
    assert [text.get_text() for text in ax.get_yticklabels()] == list(GROUPS)
    rows = [bar.get_y() for bar in ax.patches[::3]]
    first, second = ax.get_yticks()
    assert rows[0] < first < rows[1] + 1 < rows[2] < second
    assert ax.get_ylim()[0] > ax.get_ylim()[1]  # downwards, in the order of the groups


@pytest.mark.parametrize("theme", [LIGHT, DARK])
def test_labels_have_colours_of_their_own(theme):
    tints = label_colours(theme)
    assert len(set(tints.values())) == 6


def test_the_threshold_is_a_line_at_its_rate():
    ax = rate_map(RATES, GROUPS, thresholds={"2/λmax": 0.02})
    (line,) = ax.lines
    assert list(line.get_xdata()) == [0.02, 0.02]
    assert ax.texts[-1].get_text() == "2/λmax = 0.02"


@pytest.mark.parametrize(
    ("rate", "said", "place"), [(50, "2/λmax = 50 →", 1), (1e-9, "← 2/λmax = 1e-9", 0)]
)
def test_a_threshold_outside_of_the_axis_is_said_at_that_end(rate, said, place):
    ax = rate_map(RATES, GROUPS, thresholds={"2/λmax": rate})
    assert not ax.lines
    assert ax.texts[-1].get_text() == said
    assert ax.texts[-1].xy[0] == place


def test_names_of_near_thresholds_do_not_cover_one_another():
    ax = rate_map(RATES, GROUPS, thresholds={"2/λmax": 0.02, "edge of stability": 0.021})
    low, high = (text.xyann[1] for text in ax.texts[-2:])
    assert high >= low + 12
    with pytest.raises(ArgumentError, match=r"thresholds\['2/λmax'\] must be a finite number"):
        rate_map(RATES, GROUPS, thresholds={"2/λmax": np.nan})


def test_one_rate_and_many_cells_can_be_drawn():
    assert rate_map([0.1], {"a": [["good"]]}).patches
    many = rate_map(np.geomspace(1e-5, 1, 50), {"a": [["good"] * 50] * 20})
    assert not many.texts


def test_the_description_has_the_counts_and_the_good_rates():
    said = describe_rate_map(RATES, GROUPS, thresholds={"2/λmax": 0.02})
    assert "2/λmax is 0.02." in said
    assert "sgd, batch 1: 2 good from 0.01 to 0.01, 1 slow, 1 plateau, 1 dead, 1 diverged." in said


@pytest.mark.parametrize(
    ("rates", "groups", "message"),
    [
        ([0.1, 0.01], {"a": [["good"] * 2]}, "rates must be finite, above zero and ascending"),
        ([0, 0.01], {"a": [["good"] * 2]}, "rates must be finite"),
        ([0.1], {}, "groups must have at least one group"),
        ([0.1], {"a": []}, "groups must have at least one group"),
        ([0.1], {"a": [["good", "good"]]}, "must have 1 label a row; got 2"),
        ([0.1], {"a": [["great"]]}, "must hold good, .*; got 'great'"),
    ],
)
def test_what_cannot_be_drawn_is_refused(rates, groups, message):
    with pytest.raises(ArgumentError, match=message):
        rate_map(rates, groups)


PANELS = [
    Panel("0.01", [Line([0, 1, 2], [1, 0.5, 0.25], "slow")]),
    Panel("0.1", [Line([0, 1], [1, 0.01], "good"), Line([0, 1], [1, 1e300], "diverged")]),
]


def test_each_panel_has_its_lines_in_the_colours_of_their_labels():
    ax = rate_multiples(PANELS, "Losses", "loss", log=True, theme="dark")
    axes = ax.figure.axes
    assert [a.get_title(loc="left") for a in axes] == ["0.01", "0.1"]
    assert [to_hex(line.get_color()) for line in axes[1].lines] == [
        label_colours(DARK)["good"],
        label_colours(DARK)["diverged"],
    ]
    assert ax.get_yscale() == "log"
    assert ax.yaxis.get_major_formatter()(1e-5) == "1e-5"
    assert axes[0].get_ylim() == axes[1].get_ylim()
    assert axes[0].lines[0].get_ydata().tolist() == [1, 0.5, 0.25]


def test_a_run_that_blows_up_does_not_flatten_the_others():
    calm = [Line(range(20), np.linspace(1, 0.5, 20), "slow") for _ in range(5)]
    ax = rate_multiples([Panel("1", [*calm, Line([0, 1], [1, 1e30], "diverged")])], "L", "loss")
    assert ax.get_ylim()[1] < 5


def test_nothing_finite_can_be_drawn_too():
    ax = rate_multiples([Panel("1", [Line([0], [np.nan], "diverged")])], "L", "loss", log=True)
    assert ax.get_yscale() == "linear"


def test_places_without_a_panel_stay_empty():
    ax = rate_multiples([PANELS[0]] * 7, "Losses", "loss")
    assert sum(a.get_visible() for a in ax.figure.axes) == 7


def test_the_description_has_last_values_and_labels():
    assert describe_rate_multiples(PANELS, "Losses") == (
        "Losses: 2 panels with 3 lines; last values 0.01: 0.25 slow; 0.1: 0.505 good, diverged."
    )


def test_no_panels_are_refused():
    with pytest.raises(ArgumentError, match="panels must hold at least one"):
        rate_multiples([], "L", "loss")


def test_both_become_files_and_the_same_each_time():
    draw = [lambda: rate_map(RATES, GROUPS), lambda: rate_multiples(PANELS, "L", "loss")]
    for each in draw:
        assert as_png(each(), 50) == as_png(each(), 50)
        assert re.match(rb"<svg", as_svg(each()))
