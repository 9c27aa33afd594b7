"""A drawn network: every number on its own place, arrows in the right direction."""

import itertools
import re

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_hex
from matplotlib.figure import Figure
from matplotlib.patches import Circle, FancyArrowPatch

from clearprop.errors import ArgumentError
from clearprop.figures import NetworkDrawing, as_png, describe_network_drawing, network_drawing
from clearprop.figures._network_layout import RADIUS, label_share
from clearprop.figures.style import DARK, LIGHT

SHAPES = [
    [1, 1, 1],
    [2, 3, 1],
    [2, 2, 2],
    [2, 2, 4, 3, 2],
    [4, 4],
    [8, 4, 8],
    [5, 8, 8, 5, 3],
    [1, 12, 1],
]


def full(sizes, **more):
    """All labels as long as they become."""
    values = [[-1.23e-05] * n for n in sizes]
    weights = [np.full((a, b), -0.1234) for a, b in itertools.pairwise(sizes)]
    names = [[f"h{i}" for i in range(n)] for n in sizes]
    return NetworkDrawing(sizes, values, weights, neuron_names=names, **more)


def circles(ax):
    return [patch for patch in ax.patches if isinstance(patch, Circle)]


def arrows(ax):
    return [patch for patch in ax.patches if isinstance(patch, FancyArrowPatch)]


def texts(ax):
    return [text.get_text() for text in ax.texts]


@pytest.mark.parametrize("sizes", SHAPES, ids=str)
def test_no_text_covers_another_nor_a_circle_it_does_not_belong_to(sizes):
    ax = network_drawing(full(sizes))
    ax.figure.draw_without_rendering()
    renderer = FigureCanvasAgg(ax.figure).get_renderer()
    boxes = [text.get_window_extent(renderer) for text in ax.texts]
    for first, second in itertools.combinations(boxes, 2):
        assert not first.overlaps(second)
    edge_labels = [
        box for box, text in zip(boxes, ax.texts, strict=True) if text.get_text() == "-0.123"
    ]
    for circle, box in itertools.product(circles(ax), edge_labels):
        assert not circle.get_window_extent(renderer).overlaps(box)


@pytest.mark.parametrize("sizes", SHAPES, ids=str)
def test_every_neuron_is_a_circle_and_every_weight_an_arrow(sizes):
    ax = network_drawing(full(sizes))
    assert len(circles(ax)) == sum(sizes)
    assert len(arrows(ax)) == sum(a * b for a, b in itertools.pairwise(sizes))
    assert all(circle.get_radius() == RADIUS for circle in circles(ax))


def test_each_weight_stands_on_the_edge_of_its_row_and_column():
    weights = np.arange(6.0).reshape(2, 3) + 10
    ax = network_drawing(NetworkDrawing([2, 3], edge_labels=[weights]))
    centres = np.array([circle.center for circle in circles(ax)])
    for text in ax.texts:
        i, j = np.argwhere(weights == float(text.get_text()))[0]
        way, at = centres[2 + j] - centres[i], np.array(text.get_position()) - centres[i]
        assert way[0] * at[1] - way[1] * at[0] == pytest.approx(0, abs=1e-12)
        assert 0 < at[0] < way[0]


@pytest.mark.parametrize(
    ("direction", "sign", "colour"), [("forward", 1, 0), ("backward", -1, 1)], ids=str
)
def test_arrows_point_where_the_numbers_flow(direction, sign, colour):
    ax = network_drawing(full([2, 2, 1], direction=direction), theme="dark")
    for arrow in arrows(ax):
        (x0, _), (x1, _) = arrow._posA_posB
        assert (x1 - x0) * sign > 0
        assert to_hex(arrow.get_edgecolor()) == DARK.palette[colour]


def test_layers_that_are_not_lit_are_pale():
    ax = network_drawing(full([1, 1, 1], lit={0, 1}))
    tints = [to_hex(circle.get_edgecolor()) for circle in circles(ax)]
    assert tints == [LIGHT.palette[0], LIGHT.palette[0], LIGHT.faint]
    assert [to_hex(a.get_edgecolor()) for a in arrows(ax)] == [LIGHT.palette[0], LIGHT.faint]


def test_labels_are_texts_numbers_or_nothing():
    drawing = NetworkDrawing([2, 1], [["on", None], [0.123456]], [[["w"], [None]]])
    assert texts(network_drawing(drawing)) == ["w", "on", "0.123"]
    assert texts(network_drawing(NetworkDrawing([2, 1]))) == []
    assert texts(network_drawing(NetworkDrawing([1, 1, 1], edge_labels=[None, [[2]]]))) == ["2"]


@pytest.mark.parametrize(("n_in", "n_out"), list(itertools.product(range(1, 9), repeat=2)))
def test_numbers_between_two_layers_are_at_heights_of_their_own(n_in, n_out):
    share = label_share(n_in, n_out)
    assert (share is None) == (min(n_in, n_out) > 4)
    if share is not None:
        heights = [i * (1 - share) + j * share for i in range(n_in) for j in range(n_out)]
        assert np.diff(np.sort(heights)).min(initial=1) >= 0.2 - 1e-12


def test_weights_without_room_are_left_out_and_that_is_said():
    ax = network_drawing(full([5, 5, 2]))
    assert "weights between layers 0 and 1 not written: too many" in texts(ax)
    assert texts(ax).count("-0.123") == 10
    assert "and 13 more" in describe_network_drawing(full([5, 5, 2]))


def test_in_axes_of_the_caller_the_texts_shrink():
    left, right = Figure(figsize=(4, 2)).subplots(1, 2)
    assert network_drawing(full([2, 3, 1]), ax=left) is left
    alone = network_drawing(full([2, 3, 1]))
    assert left.texts[0].get_fontsize() < alone.texts[0].get_fontsize()
    free = Figure(figsize=(9, 9)).add_axes((0, 0, 1, 1))
    assert network_drawing(full([1, 1]), ax=free).texts[0].get_fontsize() > 4
    assert not right.texts


def test_the_description_has_the_numbers():
    drawing = NetworkDrawing(
        [2, 1],
        [[0.5, 1], [0.62]],
        [[[1.25], [-2]]],
        "backward",
        "Deltas",
        [["x1", "x2"], ["y"]],
    )
    assert describe_network_drawing(drawing) == (
        "Deltas 2-1, backward: layer 0: x1 0.5, x2 1; layer 1: y 0.62; "
        "weights from layer 0 to layer 1: 1.25, -2."
    )
    assert describe_network_drawing(NetworkDrawing([3, 2])) == "Network 3-2, forward."


@pytest.mark.parametrize(
    ("drawing", "message"),
    [
        (NetworkDrawing([3]), "layer_sizes must have 2 to 8 layers of 1 to 12 neurons"),
        (NetworkDrawing([3, 13]), "got [3, 13]"),
        (NetworkDrawing([3, 0]), "got [3, 0]"),
        (NetworkDrawing([1, 1], [[1]]), "neuron_labels must have rows of [1, 1] labels; got [1]"),
        (NetworkDrawing([1, 2], neuron_names=[["a"], ["b"]]), "neuron_names must have rows of"),
        (NetworkDrawing([1, 1], edge_labels=[[[1]], [[1]]]), "edge_labels must have 1 entry"),
        (NetworkDrawing([1, 2], edge_labels=[[[1]]]), "edge_labels[0] must be of shape (1, 2)"),
        (NetworkDrawing([1, 1], direction="up"), "direction must be one of backward, forward"),
    ],
)
def test_what_cannot_be_drawn_is_refused(drawing, message):
    for make in (network_drawing, describe_network_drawing):
        with pytest.raises(ArgumentError, match=re.escape(message)):
            make(drawing)


def test_the_same_network_gives_the_same_bytes():
    assert as_png(network_drawing(full([2, 2])), 50) == as_png(network_drawing(full([2, 2])), 50)
