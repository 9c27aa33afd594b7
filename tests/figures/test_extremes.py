"""Numbers near the ends of what a float holds are drawn without a warning: trainings blow up."""

import numpy as np
import pytest

from clearprop import figures
from clearprop.errors import ArgumentError
from clearprop.figures import Path2D, Series, Surface

HUGE = 1e149
X = np.linspace(-1, 1, 5)
BOWL = np.add.outer(X**2, X**2)
CALM, STEEP = Surface(X, X, BOWL, "a", "b"), Surface(X, X, HUGE * (BOWL - 1), "a", "b")
AWAY = [
    Path2D("p", [0.5, -5, HUGE, -HUGE], [0.5, 3, -HUGE, HUGE]),
    Path2D("q", np.linspace(0, HUGE, 200), np.zeros(200)),
]
DRAWN = {
    "contours with a path that blows up": lambda: figures.surface_2d(CALM, AWAY),
    "landscape with a path that blows up": lambda: figures.surface_3d(CALM, AWAY),
    "contours of a cost that blows up": lambda: figures.surface_2d(STEEP),
    "landscape of a cost that blows up": lambda: figures.surface_3d(STEEP),
    "lines": lambda: figures.series_curves(
        [Series("a", [0, 1, 2], [1, -HUGE, HUGE])], "n", "x", "y", marks={"m": HUGE}
    ),
    "lines on log axes": lambda: figures.series_curves(
        [Series("a", [1, 10, HUGE], [1 / HUGE, 1, HUGE])],
        "n",
        "x",
        "y",
        log_x=True,
        log_y=True,
        marks={"m": 1e-3, "k": 1e160},
    ),
    "tangent": lambda: figures.tangent_curve(X, HUGE * X**2, 0.5, HUGE, [1, -HUGE, 0]),
    "bars": lambda: figures.bars("n", ["a", "b"], [-HUGE, HUGE]),
    "bars on a log axis": lambda: figures.bars("n", ["a", "b"], [1 / HUGE, HUGE], log=True),
    "spectrum": lambda: figures.hessian_spectrum([HUGE, -1 / HUGE, 1], 1 / HUGE),
    "function": lambda: figures.function_curve("n", [0, 1, 2], [0, HUGE, 1], [-HUGE, 0, 1]),
    "activations": lambda: figures.activations_over_time([0, 1], {"a": [[0, HUGE], [1, -HUGE]]}),
}


@pytest.mark.parametrize("name", DRAWN)
def test_huge_and_tiny_numbers_can_be_drawn(name):
    ax = DRAWN[name]()
    assert figures.as_png(ax, 40).startswith(b"\x89PNG")
    assert figures.as_svg(ax).startswith(b"<svg")


@pytest.mark.parametrize("odd", [["a", "b"], [1j, 2], [object(), 1], [[1, 2], [3]]])
def test_what_is_no_array_of_numbers_is_refused_by_name(odd):
    with pytest.raises(ArgumentError, match="values must be a rectangular array of real numbers"):
        figures.bars("n", ["a", "b"], odd)
    with pytest.raises(ArgumentError, match="at must be a rectangular array of real numbers"):
        figures.tangent_curve([0, 1], [0, 1], odd, [0])
    with pytest.raises(ArgumentError, match=r"history\['train_loss'\] must be a rectangular"):
        figures.loss_curves({"epoch": [0, 1], "train_loss": odd})
