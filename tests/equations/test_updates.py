"""Every update rule: one step worked by hand, populations, memory.

Whole paths are in test_golden.py and test_rate_free.py.
"""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from clearprop.equations.updates import SCALARS, SLOTS, UPDATES, initial_slots
from golden.cases import (
    RATE_FREE_CASES,
    STIFFNESS,
    UPDATE_CASES,
    UPDATE_START,
    UpdateCase,
    problem_gradient,
)
from golden.ours import path_of

Z = 3 - 0.1 * (0.5 / (0.5 / math.sqrt(0.578125) + 0.01) + 0.3 * 2)  # of Schedule-Free, below

# Step number 3 from w = 2 with g = 0.5, η = 0.1; the slots are what was remembered so far.
# Each row: options, slots before, slots after, w after; the arithmetic is spelled out.
ONE_STEP = {
    "sgd": ({}, (), (), 2 - 0.1 * 0.5),
    "momentum": ({"momentum": 0.8}, (0.25,), (0.7,), 2 - 0.1 * 0.7),  # v = .8·.25 + .5
    "nesterov": ({"momentum": 0.8}, (0.25,), (0.7,), 2 - 0.1 * (0.5 + 0.8 * 0.7)),
    "adagrad": ({"epsilon": 0.5}, (2.0,), (2.25,), 2 - 0.1 * 0.5 / (1.5 + 0.5)),  # s = 2 + .25
    # s = .5·7.25 + .5·.25 = 3.75; Δ = .5·√(.75 + .25)/√(3.75 + .25) = .25; u = .375 + .03125
    "adadelta": (
        {"rho": 0.5, "epsilon": 0.25},
        (7.25, 0.75),
        (3.75, 0.40625),
        2 - 0.1 * 0.25,
    ),
    # s = .5·.25 + .5·.25 = .25
    "rmsprop": ({"rho": 0.5, "epsilon": 0.5}, (0.25,), (0.25,), 2 - 0.1 * 0.5 / (0.5 + 0.5)),
    # m = .5·.3 + .5·.5 = .4; v = .75·.05 + .25·.25 = .1; m̂ = .4/(1 − .125); v̂ = .1/(1 − .421875)
    "adam": (
        {"beta1": 0.5, "beta2": 0.75, "epsilon": 0.01},
        (0.3, 0.05),
        (0.4, 0.1),
        2 - 0.1 * (0.4 / 0.875) / (math.sqrt(0.1 / 0.578125) + 0.01),
    ),
    # the same after w ← 2 − .1·.3·2 = 1.94
    "adamw": (
        {"beta1": 0.5, "beta2": 0.75, "epsilon": 0.01, "weight_decay": 0.3},
        (0.3, 0.05),
        (0.4, 0.1),
        1.94 - 0.1 * (0.4 / 0.875) / (math.sqrt(0.1 / 0.578125) + 0.01),
    ),
    # ψ = 1: μ3 = .5(1 − ½·.96³) = .278816, μ4 = .5(1 − ½·.96⁴) = .28766336; M3 = .2·μ3 = .0557632
    "nadamw": (
        {
            "beta1": 0.5,
            "beta2": 0.75,
            "epsilon": 0.01,
            "weight_decay": 0.3,
            "momentum_decay": 1.0,
        },
        (0.3, 0.05, 0.2),
        (0.4, 0.1, 0.0557632),
        1.94
        - 0.1
        * ((1 - 0.278816) * 0.5 / (1 - 0.0557632) + 0.28766336 * 0.4 / (1 - 0.0557632 * 0.28766336))
        / (math.sqrt(0.1 / 0.578125) + 0.01),
    ),
    # z = 3 and x = 2 so far; γ = max(.2, .1), Σγ² = .06 + .04, so c = .4; v = .75·.25 + .25·.25,
    # v̂ = .25/.578125; z = 3 − .1·(.5/(√v̂ + .01) + .3·2); x = .6·2 + .4z; y = .75z + .25x
    "schedule_free_adamw": (
        {"beta1": 0.25, "beta2": 0.75, "epsilon": 0.01, "weight_decay": 0.3},
        (3.0, 2.0, 0.25, 0.2, 0.06),
        (Z, 0.6 * 2 + 0.4 * Z, 0.25, 0.2, 0.1),
        0.75 * Z + 0.25 * (0.6 * 2 + 0.4 * Z),
    ),
    # √β2 = .5, d²η/d0 = .5²·.1/.125 = .2. r = .5·1.4 + .2·.5·(5 − 2) = 1; s = .5·.2 + .2·.5 = .2;
    # m = .75·.1 + .25·.5·.5 = .1375; v = .25·.03 + .75·.0625 = .054375; d = .2·1/.2 = 1;
    # w = 2 − .05·.3·2 − .05·m/(√v + .5·.01)
    "prodigy": (
        {"beta1": 0.75, "beta2": 0.25, "epsilon": 0.01, "weight_decay": 0.3, "d0": 0.125,
         "d_coefficient": 0.2},
        (5.0, 0.1, 0.03, 0.2, 1.4, 0.5),
        (5.0, 0.1375, 0.054375, 0.2, 1.0, 1.0),
        1.97 - 0.05 * 0.1375 / (math.sqrt(0.054375) + 0.005),
    ),
}  # fmt: skip


def test_every_rule_is_worked_by_hand():
    assert ONE_STEP.keys() == UPDATES.keys()


@pytest.mark.parametrize("rule", ONE_STEP)
def test_one_step_is_the_one_worked_by_hand(rule):
    options, before, after, w_after = ONE_STEP[rule]
    slots = tuple(np.array([value]) for value in before)
    w, slots = UPDATES[rule](np.array([2.0]), np.array([0.5]), slots, 3, 0.1, **options)
    np.testing.assert_allclose(w, [w_after], rtol=1e-14)
    np.testing.assert_allclose([s[0] for s in slots] if slots else [], after, rtol=1e-14)


@pytest.mark.parametrize("rule", UPDATES)
def test_slots_are_named_and_start_where_the_formulas_do(rule):
    w = np.full((3, 4), 7.0)
    slots = initial_slots(rule, w)
    assert len(slots) == len(SLOTS[rule])
    for name, slot in zip(SLOTS[rule], slots, strict=True):
        assert slot.shape == ((3, 1) if name in SCALARS else (3, 4))
        start = 7 if name in ("base", "average", "start") else name == "momentum_product"
        assert (slot == start).all()
        assert not np.shares_memory(slot, w)


@pytest.mark.parametrize("rule", UPDATES)
def test_slots_keep_number_shape_and_dtype_from_step_to_step(rule):
    w = np.ones((2, 3), dtype=np.float32)
    slots = initial_slots(rule, w)
    w_next, after = UPDATES[rule](w, w, slots, 1, 0.1)
    assert [(s.shape, s.dtype) for s in after] == [(s.shape, s.dtype) for s in slots]
    assert (w_next.shape, w_next.dtype) == (w.shape, w.dtype)


@pytest.mark.parametrize("rule", UPDATES)
def test_nothing_handed_in_is_written_to(rule):
    w, g = np.ones(3), np.full(3, 0.5)
    slots = initial_slots(rule, w)
    for array in (w, g, *slots):
        array.setflags(write=False)
    UPDATES[rule](w, g, slots, 1, 0.1)


@pytest.mark.parametrize("rule", UPDATES)
def test_a_gradient_of_zero_from_the_start_moves_nothing_but_by_decay(rule):
    decays = rule in ("adamw", "nadamw")  # of the rate-free rules see test_rate_free.py
    options = {"weight_decay": 0.0} if decays else {}
    w = np.array([1.0, -2.0])
    after = path_of(rule, w, [np.zeros_like] * 3, 0.1, options)[-1]
    np.testing.assert_array_equal(after, w)
    if decays:
        np.testing.assert_allclose(
            path_of(rule, w, [np.zeros_like] * 3, 0.1, {"weight_decay": 0.5})[-1],
            w * (1 - 0.1 * 0.5) ** 3,
        )


@pytest.mark.parametrize("case", UPDATE_CASES + RATE_FREE_CASES, ids=str)
def test_a_population_walks_as_its_members_would(case):
    stiffness = np.array(STIFFNESS)
    start = np.array(UPDATE_START) * np.array([[1.0], [-0.5], [0.2]])  # (m, p)
    etas = case.eta * np.array([[1.0], [0.5], [0.1]])  # (m, 1)
    options = dict(case.options)
    # Every option that is a Factor may differ between members; halve it for the last.
    varied = {
        name: np.array([[value], [value], [value / 2]])
        for name, value in options.items()
        if name not in ("epsilon", "momentum_decay")
    }

    def gradient(w):
        return np.stack([problem_gradient(member, stiffness) for member in w])

    together = path_of(case.rule, start, [gradient] * 10, etas, options | varied)
    for i in range(3):
        own = options | {name: float(values[i, 0]) for name, values in varied.items()}
        alone = path_of(
            case.rule,
            start[i],
            [lambda w: problem_gradient(w, stiffness)] * 10,
            float(etas[i, 0]),
            own,
        )
        np.testing.assert_allclose(
            np.stack(together)[:, i], np.stack(alone), rtol=1e-13, atol=1e-16
        )


def test_momentum_of_zero_is_plain_descent():
    w, g = np.array([1.0, -2.0]), np.array([0.3, 0.4])
    plain = path_of("sgd", w, [lambda _: g] * 5, 0.1, {})[-1]
    for rule in ("momentum", "nesterov"):
        np.testing.assert_array_equal(
            path_of(rule, w, [lambda _: g] * 5, 0.1, {"momentum": 0.0})[-1], plain
        )


def test_adamw_without_decay_is_adam():
    case = UpdateCase("adam", 0.05)
    stiffness = np.array(STIFFNESS)
    gradients = [lambda w: problem_gradient(w, stiffness)] * 20
    w = np.array(UPDATE_START)
    adam = path_of("adam", w, gradients, case.eta, {})
    adamw = path_of("adamw", w, gradients, case.eta, {"weight_decay": 0.0})
    np.testing.assert_array_equal(np.stack(adam), np.stack(adamw))


def test_momentum_at_a_constant_gradient_speeds_up_tenfold():
    w = path_of("momentum", np.zeros(1), [np.ones_like] * 400, 0.01, {"momentum": 0.9})
    assert float(w[-2][0] - w[-1][0]) == pytest.approx(0.01 / (1 - 0.9), rel=1e-12)


NONZERO = arrays(
    np.float64, 4, elements=st.floats(1e-3, 1e3) | st.floats(-1e3, -1e-3)
)  # far above ε


@pytest.mark.parametrize("rule", ["adam", "adagrad"])
@given(g=NONZERO)
def test_the_first_step_of_adaptive_rules_is_the_rate_whatever_the_gradient(rule, g):
    w, _ = UPDATES[rule](np.zeros(4), g, initial_slots(rule, np.zeros(4)), 1, 0.1)
    np.testing.assert_allclose(w, -0.1 * np.sign(g), rtol=1e-4)


@pytest.mark.parametrize("rule", UPDATES)
@given(g=NONZERO)
def test_the_first_step_goes_downhill_in_every_component(rule, g):
    options = {"weight_decay": 0.0} if rule in ("adamw", "nadamw") else {}
    w, _ = UPDATES[rule](np.zeros(4), g, initial_slots(rule, np.zeros(4)), 1, 0.1, **options)
    assert (np.sign(w) == -np.sign(g)).all()


@pytest.mark.parametrize("rule", UPDATES)
def test_every_rule_gets_down_a_bowl(rule):
    eta = {"adadelta": 20.0, "adagrad": 0.5, "prodigy": 1.0, "schedule_free_adamw": 0.1}.get(
        rule, 0.05
    )
    bowl = [lambda w: w * np.array([1.0, 4.0])] * 300
    w = path_of(rule, np.array([3.0, -2.0]), bowl, eta, {})[-1]
    assert np.abs(w).max() < 0.2
