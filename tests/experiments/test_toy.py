"""The experiment `toy`: a 2-3-1 network that learns to answer 0, by differences and by chain rule.

The published numbers were made with weights stored as float32 and arithmetic in float64.
"""

from __future__ import annotations

import numpy as np
import pytest

from clearprop.equations.gradients import finite_differences
from clearprop.equations.updates import sgd
from golden.cases import Case
from golden.ours import cost_of, gradient_of, layers_of

CASE = Case((2, 3, 1), ("sigmoid", "identity"), "mean_squared_error")
X, Y = np.array([[1.0, 1.0]]), np.array([[0.0]])
ETA, STEPS, NUDGE = 0.01, 100, 1e-4
START = np.array(
    [
        *(-0.0053, -0.5820, -0.2723, 0.3793, -0.5204, 0.1896),  # W1
        *(-0.0140, 0.5607, -0.0628),  # b1
        *(0.1528, -0.1745, -0.1135),  # W2
        -0.5516,  # b2
    ]
)
PUBLISHED = np.array(
    [
        *(0.01424004, -0.5907864, -0.27549535, 0.39883757, -0.52918637, 0.18640439),
        *(0.00554004, 0.5519136, -0.06599568),
        *(0.3475135, -0.05529078, 0.03760847),
        -0.22443289,
    ]
)


def cost(w):
    return cost_of(CASE, w.astype(np.float64), X, Y)


def output(w):
    (W1, b1), (W2, b2) = layers_of(w.astype(np.float64), CASE.sizes)
    hidden = 1 / (1 + np.exp(-(X @ W1 + b1)))  # written out: not the equations again
    return float((hidden @ W2 + b2)[0, 0])


def learn(w, gradient):
    """The losses before each step, and the weights after the last."""
    losses = []
    for t in range(1, STEPS + 1):
        losses.append(float(cost(w)))
        w = sgd(w.astype(np.float64), gradient(w), (), t, ETA)[0].astype(w.dtype)
    return losses, w


@pytest.fixture(scope="module")
def by_differences():
    return learn(START.astype(np.float32), lambda w: finite_differences(cost, w, NUDGE))


@pytest.fixture(scope="module")
def by_chain_rule():
    return learn(START, lambda w: gradient_of(CASE, w, X, Y))


def test_finite_differences_end_at_the_published_weights(by_differences):
    _, w = by_differences
    assert w.dtype == np.float32
    printed = [float(np.format_float_positional(value, precision=8)) for value in w]
    assert printed == PUBLISHED.tolist()
    assert np.abs(w - PUBLISHED).max() < 1e-7


def test_the_published_loss_is_the_one_before_the_last_update(by_differences):
    losses, w = by_differences
    assert f"{losses[0]:.5f}" == "0.33455"
    assert f"{losses[-1]:.6f}" == "0.000328"
    assert float(cost(w)) < losses[-1]
    assert f"{float(cost(w)):.6f}" != "0.000328"
    assert round(losses[-1], 4) != 0.0001  # as the text has it


def test_the_exact_chain_rule_gets_a_little_further(by_differences, by_chain_rule):
    losses, _ = by_chain_rule
    assert f"{losses[0]:.5f}" == "0.33455"
    assert f"{losses[-1]:.6f}" == "0.000326"
    assert losses[-1] < by_differences[0][-1]


def test_both_end_at_the_outputs_given(by_differences, by_chain_rule):
    assert f"{output(by_differences[1]):.7f}" == "-0.0174781"
    assert f"{output(by_chain_rule[1]):.7f}" == "-0.0174362"


def test_at_the_start_both_ways_agree_to_the_size_of_the_nudge():
    exact = gradient_of(CASE, START, X, Y)
    gaps = finite_differences(cost, START, NUDGE) - exact
    assert np.abs(gaps).max() < 1.001 * NUDGE
    assert gaps[-1] == pytest.approx(NUDGE)  # ½h ∂²C/∂b² with ∂²C/∂b² = 2
    assert np.abs(exact).max() > 1


def test_one_weight_at_a_time_would_have_ended_elsewhere(by_differences):
    # The text updates all weights together; updating each before measuring the next does not
    # reproduce its numbers.
    w = START.astype(np.float32)
    for _ in range(STEPS):
        for i in range(len(w)):
            w[i] -= ETA * finite_differences(cost, w, NUDGE)[i]
    assert np.abs(w - PUBLISHED).max() > 1e-4


def test_the_losses_fall_at_every_step(by_differences, by_chain_rule):
    for losses, _ in (by_differences, by_chain_rule):
        assert (np.diff(losses) < 0).all()
