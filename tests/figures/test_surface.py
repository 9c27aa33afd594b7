"""A function of two numbers, flat and in perspective, with walks over it."""

import re

import numpy as np
import pytest
from matplotlib.figure import Figure

from clearprop.errors import ArgumentError
from clearprop.figures import (
    Path2D,
    Surface,
    as_png,
    describe_surface_2d,
    describe_surface_3d,
    surface_2d,
    surface_3d,
)
from clearprop.figures._surface import checked, levels, wide
from clearprop.figures.style import DARK

X, Y = np.linspace(-2, 2, 41), np.linspace(-1, 3, 61)
GRID = np.meshgrid(X, Y)
BOWL = Surface(X, Y, GRID[0] ** 2 + 3 * (GRID[1] - 1) ** 2, "w1", "w2", [("lowest", 0, 1)])
VALLEY = Surface(X, Y, (1 - GRID[0]) ** 2 + 100 * (GRID[1] - GRID[0] ** 2) ** 2, "x", "y")
PATHS = [Path2D("sgd", [-1.5, -1, 0.5], [2, 1.5, 1]), Path2D("adam", [-1.5, 9], [2, 9])]


def test_paths_are_drawn_as_they_came_each_with_its_name():
    ax = surface_2d(BOWL, PATHS, theme="dark")
    walks = [line for line in ax.lines if len(line.get_xdata()) > 1]
    assert [line.get_xydata().tolist() for line in walks] == [
        [[-1.5, 2], [-1, 1.5], [0.5, 1]],
        [[-1.5, 2], [9, 9]],
    ]
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["sgd", "adam"]
    assert [line.get_color() for line in walks] == list(DARK.palette[1:3])


@pytest.mark.parametrize("draw", [surface_2d, surface_3d])
def test_paths_differ_by_their_marks_too_and_the_key_has_them(draw):
    ax = draw(BOWL, [*PATHS, Path2D("long", np.linspace(-1, 1, 500), np.linspace(0, 1, 500))])
    handles = ax.get_legend().legend_handles
    assert [handle.get_marker() for handle in handles] == ["o", "s", "D"]
    ends = [line for line in ax.lines if len(line.get_xdata()) == 1 and line.get_marker() != "X"]
    assert [line.get_marker() for line in ends] == ["o", "o", "s", "s", "D", "D"]


def test_the_axes_end_where_the_grid_ends_and_have_its_names():
    ax = surface_2d(BOWL, PATHS)
    assert (ax.get_xlim(), ax.get_ylim()) == ((-2, 2), (-1, 3))
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("w1", "w2")


def test_minima_are_crosses_with_their_names():
    ax = surface_2d(BOWL)
    assert ax.lines[0].get_xydata().tolist() == [[0, 1]]
    assert ax.texts[-1].get_text() == "lowest"
    assert ax.get_legend() is None


def test_contours_lie_where_the_function_has_their_height():
    ax = surface_2d(BOWL)
    lines = ax.collections[1]
    for path, height in zip(lines.get_paths(), levels(BOWL.z)[1:-1], strict=True):
        x, y = path.vertices.T
        assert x**2 + 3 * (y - 1) ** 2 == pytest.approx(np.full(len(x), height), abs=0.02)


def test_levels_are_even_or_even_in_the_logarithm_where_the_range_is_wide():
    even = levels(np.asarray(BOWL.z))
    assert np.ptp(np.diff(even)) < 1e-12
    z = np.asarray(VALLEY.z)
    steps = np.diff(np.log(levels(z)[1:] - z.min()))
    assert np.ptp(steps) < 1e-6
    assert levels(z)[-1] == pytest.approx(z.max())


@pytest.mark.parametrize("z", [np.zeros((61, 41)), np.full((61, 41), -3.0)], ids=["0", "-3"])
def test_a_plain_can_be_drawn(z):
    plain = Surface(X, Y, z, "a", "b")
    as_png(surface_2d(plain), 40)
    as_png(surface_3d(plain), 40)


def test_where_the_function_is_not_finite_there_is_a_hole():
    z = np.where(GRID[0] > 1, np.inf, np.asarray(BOWL.z))
    holed = Surface(X, Y, z, "a", "b")
    as_png(surface_2d(holed, PATHS), 40)
    as_png(surface_3d(holed, PATHS), 40)
    assert "f from 0 to" in describe_surface_2d(holed)


def test_heights_between_places_of_the_grid_are_bilinear():
    plane = Surface([0, 1, 3], [0, 2], [[0, 1, 3], [10, 11, 13]], "a", "b")
    data = checked(plane, [])
    x, y = np.array([0.25, 2.0, 3.0, 3.1]), np.array([1.0, 0.5, 2.0, 1.0])
    assert data.height(x, y)[:3] == pytest.approx(x[:3] + 5 * y[:3])
    assert np.isnan(data.height(x, y)[3])


def test_in_perspective_paths_lie_just_above_the_surface():
    ax = surface_3d(BOWL, PATHS)
    x, y, z = (np.asarray(v) for v in ax.lines[0].get_data_3d())
    assert x.tolist() == [-1.5, -1, 0.5]
    above = z - (x**2 + 3 * (y - 1) ** 2)
    assert ((above > 0) & (above < 0.03 * 16)).all()
    assert (ax.get_xlabel(), ax.get_ylabel(), ax.get_zlabel()) == ("w1", "w2", "f")


def test_in_perspective_a_minimum_beyond_the_grid_is_left_out():
    far = Surface(X, Y, BOWL.z, "a", "b", [("far", 9, 9), ("near", 0, 1)])
    ax = surface_3d(far)
    assert [text.get_text().strip() for text in ax.texts] == ["near"]


def test_in_perspective_a_wide_range_is_logarithmic_with_the_numbers_of_the_function():
    assert wide(np.asarray(BOWL.z)) is None
    small = wide(np.asarray(VALLEY.z))
    ax = surface_3d(VALLEY)
    assert ax.get_zlabel() == "f (log scale)"
    ax.figure.draw_without_rendering()
    ticks = [float(label.get_text().replace(",", "")) for label in ax.get_zticklabels()]
    lowest = np.min(VALLEY.z)
    assert np.log1p((np.array(ticks) - lowest) / small) == pytest.approx(ax.get_zticks(), rel=0.02)


def test_the_third_dimension_needs_axes_that_have_one():
    with pytest.raises(ArgumentError, match='ax must be Axes of projection "3d"'):
        surface_3d(BOWL, ax=Figure().add_subplot())
    own = Figure().add_subplot(projection="3d")
    assert surface_3d(BOWL, ax=own) is own


@pytest.mark.parametrize(
    ("describe", "name"), [(describe_surface_2d, "Contours"), (describe_surface_3d, "Surface")]
)
def test_the_description_has_the_lowest_place_and_the_ends_of_the_paths(describe, name):
    assert describe(BOWL, PATHS) == (
        f"{name} over w1 and w2: f from 0 to 16, lowest at w1 = 0, w2 = 1; lowest at (0, 1); "
        "sgd: 2 steps from (-1.5, 2) to (0.5, 1), f 5.25 to 0.25 on the surface; "
        "adam: 1 step from (-1.5, 2) to (9, 9)."
    )


@pytest.mark.parametrize(
    ("surface", "paths", "message"),
    [
        (Surface([0], [0, 1], [[0], [0]], "a", "b"), [], "surface.x must hold two or more finite"),
        (Surface([0, 1], [1, 0], np.eye(2), "a", "b"), [], "surface.y must hold two or more"),
        (Surface([0, 1], [0, 1], np.eye(3), "a", "b"), [], "surface.z must be of shape (2, 2)"),
        (Surface([0, 1], [0, 1], np.eye(2) * np.nan, "a", "b"), [], "must have finite values"),
        (BOWL, [Path2D("p", [0, 1], [0])], "paths[0].y must be as long as paths[0].x (2)"),
    ],
)
def test_what_cannot_be_drawn_is_refused(surface, paths, message):
    for make in (surface_2d, surface_3d, describe_surface_2d, describe_surface_3d):
        with pytest.raises(ArgumentError, match=re.escape(message)):
            make(surface, paths)


@pytest.mark.parametrize("draw", [surface_2d, surface_3d])
def test_the_same_surface_gives_the_same_bytes(draw):
    assert as_png(draw(VALLEY, PATHS), 50) == as_png(draw(VALLEY, PATHS), 50)
