"""The house style, the door for arrays, and the way out as bytes."""

import itertools
import subprocess
import sys
import xml.etree.ElementTree as ET

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.colors import to_hex, to_rgb
from matplotlib.figure import Figure

from clearprop import figures
from clearprop.errors import ArgumentError
from clearprop.figures._curves import LINE_HEIGHT, _apart
from clearprop.figures._data import evenly
from clearprop.figures.style import colours, key, start

HISTORY = {"epoch": [1, 2, 3], "train_loss": [0.9, 0.5, 0.4]}


def luminance(colour):
    c = np.array(to_rgb(colour))
    return np.where(c <= 0.04045, c / 12.92, ((c + 0.055) / 1.055) ** 2.4) @ [
        0.2126,
        0.7152,
        0.0722,
    ]


def contrast(a, b):
    low, high = sorted([luminance(a), luminance(b)])
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("theme", [figures.LIGHT, figures.DARK], ids=lambda theme: theme.name)
def test_text_and_lines_stand_out_from_the_background(theme):
    for text in (theme.ink, theme.muted, *theme.palette[:2]):
        assert contrast(text, theme.background) >= 4.5
    for line in theme.palette:
        assert contrast(line, theme.background) >= 3.0


@pytest.mark.parametrize("theme", [figures.LIGHT, figures.DARK], ids=lambda theme: theme.name)
def test_the_two_lines_of_a_curve_differ_for_colour_blind_eyes(theme):
    # Viénot, Brettel and Mollon (1999): how red-blind and green-blind eyes see linear RGB.
    red_blind = np.array(
        [[0.1121, 0.8853, -0.0005], [0.1127, 0.8897, -0.0001], [0.0045, 0, 1.0019]]
    )
    green_blind = np.array([[0.292, 0.7054, -0.0003], [0.2934, 0.7089, 0], [-0.021, 0.0256, 1.0]])
    first, second = (np.array(to_rgb(colour)) ** 2.2 for colour in theme.palette[:2])
    for eye in (np.eye(3), red_blind, green_blind):
        seen = [np.clip(eye @ colour, 0, 1) ** (1 / 2.2) for colour in (first, second)]
        assert np.linalg.norm(seen[0] - seen[1]) > 0.3


@pytest.mark.parametrize("count", [1, 7, 8, 20, 60])
@pytest.mark.parametrize("theme", [figures.LIGHT, figures.DARK], ids=lambda theme: theme.name)
def test_as_many_distinct_colours_as_asked_for(theme, count):
    assert len(set(colours(theme, count))) == count


def test_new_axes_carry_the_background_of_the_theme():
    ax = figures.loss_curves(HISTORY, theme="dark")
    assert to_hex(ax.get_facecolor()) == figures.DARK.background
    assert to_hex(ax.figure.get_facecolor()) == figures.DARK.background


def test_axes_of_the_caller_are_drawn_upon_and_returned():
    figure = Figure()
    left, right = figure.subplots(1, 2)
    assert figures.loss_curves(HISTORY, ax=left) is left
    assert len(left.lines) == 1
    assert len(right.lines) == 0


def test_a_theme_may_be_given_itself_and_an_unknown_name_is_refused():
    assert start(None, figures.DARK)[1] is figures.DARK
    with pytest.raises(ArgumentError, match="theme must be one of dark, light; got 'drak'"):
        start(None, "drak")


def test_names_of_a_key_are_taken_literally():
    names = ["_hidden", "$\\frac{$", "<b>", "x" * 99]
    ax, theme = start(None, "light")
    key(ax, theme, names, colours(theme, 4), ["-", "o", "s", "-"])
    shown = [text.get_text() for text in ax.get_legend().get_texts()]
    assert shown[:3] == names[:3]
    assert len(shown[3]) == 18
    ET.fromstring(figures.as_svg(ax))  # noqa: S314 - our own


@pytest.mark.parametrize("code", ["import clearprop.figures", "import clearprop.report"])
def test_importing_the_room_loads_neither_matplotlib_nor_jinja(code):
    check = f"import sys; {code}; sys.exit(bool({{'matplotlib', 'jinja2'}} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", check], check=False).returncode == 0


def test_no_figure_loads_pyplot():
    code = (
        "import sys; from clearprop import figures as f;"
        "f.as_png(f.loss_curves({'epoch': [1], 'train_loss': [1.0]}));"
        "sys.exit('matplotlib.pyplot' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_the_public_names_are_sorted_and_there():
    assert figures.__all__ == sorted(
        figures.__all__, key=lambda n: (not n.isupper(), n.lower() == n, n)
    )
    assert all(hasattr(figures, name) for name in figures.__all__)


def test_the_same_figure_gives_the_same_bytes_whatever_the_settings_of_the_user():
    import matplotlib as mpl

    with figures.house_defaults():
        first = figures.as_svg(figures.loss_curves(HISTORY))
    with mpl.rc_context({"lines.linestyle": ":", "font.size": 30, "svg.fonttype": "path"}):
        with figures.house_defaults():
            second = figures.as_svg(figures.loss_curves(HISTORY))
        assert mpl.rcParams["font.size"] == 30
    assert first == second


def test_an_svg_is_one_well_formed_element_that_points_nowhere():
    svg = figures.as_svg(figures.loss_curves(HISTORY))
    root = ET.fromstring(svg)  # noqa: S314 - our own
    assert svg.startswith(b"<svg")
    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    for element, name in itertools.product(
        root.iter(), ["href", "{http://www.w3.org/1999/xlink}href"]
    ):
        assert element.get(name, "#").startswith(("#", "data:"))
    assert b"<metadata" not in svg
    assert b"Loss" in svg


def test_a_png_has_the_dots_it_was_asked_for():
    png = figures.as_png(figures.loss_curves(HISTORY), dpi=50)
    assert png.startswith(b"\x89PNG")
    assert int.from_bytes(png[16:20]) == 270  # 5.4 inches


def test_glyphs_that_matplotlib_lacks_are_kept_for_the_reader_without_a_warning():
    boundary = {"epoch": [1], "learning_rate": [0.1]}
    ax = figures.learning_rate_curve(boundary, "大きさ", 1)
    assert "大きさ".encode() in figures.as_svg(ax)


@given(st.integers(1, 10_000), st.integers(2, 300))
def test_an_even_sample_is_rising_and_keeps_both_ends(count, most):
    at = evenly(count, most)
    assert len(at) == min(count, most)
    assert at[0] == 0
    assert at[-1] == count - 1
    assert (np.diff(at) > 0).all()
    assert np.ptp(np.diff(at)) <= 1 if len(at) > 1 else True


@given(st.floats(0, 500), st.floats(0, 500))
def test_names_at_line_ends_never_cover_one_another(first, second):
    shifts = _apart([first, second], 1.0)
    distance = (first + shifts[0]) - (second + shifts[1])
    assert abs(distance) >= 2 * LINE_HEIGHT - 1e-9
    assert distance * (first - second) >= 0  # the upper stays the upper


def test_one_name_or_none_needs_no_shift():
    assert _apart([3.0], 1.0) == [0.0]
    assert _apart([], 1.0) == []
