"""The figure of costs: what it draws, what it says, what it refuses."""

import numpy as np
import pytest

from clearprop.bench import Curve, draw_curves
from clearprop.bench.curves import CURVES, measure_curves
from clearprop.bench.task import make_task
from clearprop.errors import ArgumentError
from clearprop.figures.performance import cost_curve, describe_cost_curve

SIZES, COSTS = [1, 10, 100], {"ours": [5.0, 12.0, 90.0], "$JAX_": [9.0, 30.0, 200.0]}


def draw(**changes):
    given = {"sizes": SIZES, "costs": COSTS, "amounts": [2, 20, 200]} | changes
    return cost_curve(
        given["sizes"], given["costs"], given["amounts"], name="Samples", along="samples"
    )


def test_both_axes_are_logarithmic_and_the_guide_ends_where_ours_does():
    ax = draw()
    assert (ax.get_xscale(), ax.get_yscale()) == ("log", "log")
    guide, ours, peer = ax.lines
    np.testing.assert_allclose(guide.get_ydata(), [0.9, 9, 90])
    assert ours.get_ydata().tolist() == COSTS["ours"]
    assert peer.get_marker() != ours.get_marker()


def test_everything_drawn_lies_within_the_axes():
    ax = draw()
    (left, right), (low, high) = ax.get_xlim(), ax.get_ylim()
    for line in ax.lines:
        assert left < line.get_xdata().min() < line.get_xdata().max() < right
        assert low < line.get_ydata().min() < line.get_ydata().max() < high


def test_the_key_names_every_line_literally():
    texts = [text.get_text() for text in draw().get_legend().get_texts()]
    assert texts == ["ours", "$JAX_", "in proportion to samples"]


def test_the_sentence_has_the_real_numbers():
    said = describe_cost_curve(SIZES, COSTS, along="samples", per="epoch")
    assert said == (
        "Cost in microseconds per epoch from 1 to 100 samples: ours 5 to 90, $JAX_ 9 to 200."
    )


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"costs": {}}, "costs must have at least one name"),
        ({"costs": {"ours": [1, 2]}}, "must be as long as sizes"),
        ({"costs": {"ours": [1, 0, 2]}}, "above zero"),
        ({"sizes": [1, np.nan, 3]}, "sizes must hold finite numbers above zero"),
        ({"amounts": [1, -1, 2]}, "amounts must hold finite numbers above zero"),
    ],
)
def test_what_cannot_be_drawn_is_refused(changes, message):
    with pytest.raises(ArgumentError, match=message):
        draw(**changes)


def test_all_curves_share_one_figure():
    curve = Curve(
        "Samples", "samples", "epoch", (1, 2), {"ours": (1.0, 2.0)}, "samples", (1.0, 2.0)
    )
    figure = draw_curves([curve] * 3)
    assert len(figure.axes) == 3
    assert figure.axes[0].get_ylabel() == "microseconds per epoch"


@pytest.mark.parametrize("plan", CURVES, ids=lambda plan: plan.along)
def test_a_curve_grows_in_what_it_says(plan):
    first, second = (make_task(plan.work(size)) for size in plan.sizes[:2])
    assert plan.amount[1](first) < plan.amount[1](second)
    assert list(plan.sizes) == sorted(plan.sizes)


def test_a_curve_stands_beside_the_best_peer_there_is(session, peer):
    plan = CURVES[1]
    small = type(plan)(**{**vars(plan), "sizes": (4, 8)})
    both = session(peer("numpy"), peer("jax"), ours=0.032, jax=0.064)
    (curve,) = measure_curves(both, [small])
    # 32 batches an epoch: a step is a 32nd of it
    assert curve.costs == {"ours": (1000.0, 1000.0), "Jax": (2000.0, 2000.0)}
    assert curve.amounts == (65 * 4 + 50, 65 * 8 + 90)
    (alone,) = measure_curves(session(), [small])
    assert list(alone.costs) == ["ours"]
