"""Schedule-Free AdamW and Prodigy: whole paths against plain Python, and what sets them apart."""

from __future__ import annotations

import numpy as np
import pytest

from clearprop.equations.gradients import relative_error
from clearprop.equations.updates import SLOTS, UPDATES, evaluated, initial_slots
from golden.cases import (
    N_STEPS,
    RATE_FREE_CASES,
    STIFFNESS,
    UPDATE_START,
    gradient_sequence,
    problem_gradient,
)
from golden.naive_rules import NAIVE
from golden.ours import path_of
from golden.tolerances import TOLERANCES

LIMIT = TOLERANCES["torch", "float64"]
SEQUENCE = gradient_sequence()


def naive_path(case, etas, gradient):
    """The parameters after each step, number by number."""
    w = list(UPDATE_START)
    rule, path = NAIVE[case.rule](w, **dict(case.options)), []
    for t, eta in enumerate(etas):
        w = rule.step(w, [float(g) for g in gradient(np.array(w), t)], t + 1, eta)
        path.append(w)
    return rule, np.array(path)


def our_path(case, etas, gradient):
    w = np.array(UPDATE_START)
    slots, path = initial_slots(case.rule, w), []
    for t, eta in enumerate(etas):
        w, slots = UPDATES[case.rule](w, gradient(w, t), slots, t + 1, eta, **dict(case.options))
        path.append(w)
    return dict(zip(SLOTS[case.rule], slots, strict=True)), np.array(path)


UP_AND_DOWN = np.array([0.0, 0.1, 0.3, 0.6, *np.linspace(1, 0.01, N_STEPS - 4)])


@pytest.mark.parametrize(
    "factors", [np.ones(N_STEPS), UP_AND_DOWN], ids=["constant", "up and down"]
)
@pytest.mark.parametrize("on", ["a problem", "gradients of every size"])
@pytest.mark.parametrize("case", RATE_FREE_CASES, ids=str)
def test_fifty_steps_are_those_of_plain_python(case, on, factors):
    def gradient(w, t):
        return problem_gradient(w, np.array(STIFFNESS)) if on == "a problem" else SEQUENCE[t]

    etas = [float(case.eta * factor) for factor in factors]
    theirs, their_path = naive_path(case, etas, gradient)
    ours, our_path_ = our_path(case, etas, gradient)
    assert np.isfinite(their_path).all()
    assert np.abs(their_path[-1] - UPDATE_START).max() > 1e-3
    assert relative_error(our_path_, their_path, LIMIT.floor).max() <= LIMIT.relative
    if case.rule == "prodigy":
        np.testing.assert_allclose(ours["distance"], [theirs.d], rtol=1e-10)
    else:
        np.testing.assert_allclose(ours["average"], theirs.x, rtol=1e-10, atol=1e-12)


def test_the_cases_change_every_option_of_each_rule_once():
    for rule in NAIVE:
        own = [case for case in RATE_FREE_CASES if case.rule == rule]
        known = list(UPDATES[rule].__defaults__)
        assert [len(case.options) for case in own] == [0, len(known)]


def test_only_a_rule_that_averages_is_judged_elsewhere_than_at_its_gradients():
    w = np.array([1.0, 2.0])
    for rule in UPDATES:
        slots = initial_slots(rule, w)
        np.testing.assert_array_equal(evaluated(rule, w, slots), w)
        after, slots = UPDATES[rule](w, w, slots, 1, 0.1)
        after, slots = UPDATES[rule](after, w, slots, 2, 0.1)
        elsewhere = (evaluated(rule, after, slots) != after).any()
        assert elsewhere == (rule == "schedule_free_adamw")


def test_at_a_constant_rate_schedule_free_judges_the_mean_of_all_places():
    slots, w, places = initial_slots("schedule_free_adamw", np.zeros(3)), np.zeros(3), []
    for t, g in enumerate(SEQUENCE[:20, :3]):
        w, slots = UPDATES["schedule_free_adamw"](w, g, slots, t + 1, 0.1)
        places.append(slots[0])
    np.testing.assert_allclose(slots[1], np.mean(places, axis=0), rtol=1e-12)
    np.testing.assert_allclose(w, 0.1 * slots[0] + 0.9 * slots[1], rtol=1e-12)


def test_steps_at_a_rate_of_zero_move_nothing_and_leave_no_trace_in_the_average():
    for rule in NAIVE:
        w, slots = np.ones(2), initial_slots(rule, np.ones(2))
        for t in (1, 2):
            w, slots = UPDATES[rule](w, np.ones(2), slots, t, 0.0)
            np.testing.assert_array_equal(w, np.ones(2))
        assert all(np.isfinite(slot).all() for slot in slots)
    w, slots = np.ones(2), initial_slots("schedule_free_adamw", np.ones(2))
    _, slots = UPDATES["schedule_free_adamw"](w, w, slots, 1, 0.0)
    _, slots = UPDATES["schedule_free_adamw"](w, w, slots, 2, 0.1)
    np.testing.assert_array_equal(slots[1], slots[0])  # the first step that counts counts alone


@pytest.mark.parametrize("rule", NAIVE)
def test_only_decay_moves_where_the_gradient_is_zero(rule):
    options = {"weight_decay": 0.5} | ({"d0": 0.1} if rule == "prodigy" else {})
    w = np.array([1.0, -2.0])
    after = path_of(rule, w, [np.zeros_like] * 3, 0.1, options)
    if rule == "prodigy":  # the rate is dη
        np.testing.assert_allclose(after[-1], w * (1 - 0.1 * 0.1 * 0.5) ** 3, rtol=1e-14)
    else:  # two numbers: where it decays, and the mean that follows
        z, x = 1 - 0.1 * 0.5, 1 - 0.1 * 0.5
        np.testing.assert_allclose(after[0], w * z, rtol=1e-14)
        z -= 0.1 * 0.5 * z  # at y, which is z here
        x = (x + z) / 2
        np.testing.assert_allclose(after[1], w * (0.1 * z + 0.9 * x), rtol=1e-14)


def test_prodigy_finds_the_distance_to_go_from_a_start_a_million_times_too_small():
    far = np.array([30.0, -20.0])
    slots, w = initial_slots("prodigy", far), far
    distances = []
    for t in range(400):
        w, slots = UPDATES["prodigy"](w, np.sign(w), slots, t + 1, 1.0)
        distances.append(float(slots[-1][0]))
    assert (np.diff(distances) >= 0).all()
    assert distances[0] == 1e-6
    assert 1 < distances[-1] <= np.abs(far).max()  # an underestimate of ‖w0 − w*‖∞
    assert np.abs(w).max() < 2


def test_prodigy_stands_still_where_gradients_turn_at_every_step():
    w, slots = np.ones(2), initial_slots("prodigy", np.ones(2))
    for t in range(200):
        w, slots = UPDATES["prodigy"](w, np.ones(2) * (-1) ** t, slots, t + 1, 1.0)
    assert slots[-1] == 1e-6
    assert np.abs(w - 1).max() < 1e-4


def test_a_member_of_a_population_has_its_own_distance():
    start = np.array([[1.0, 2.0], [100.0, 50.0], [1.0, 2.0]])
    w, slots = start, initial_slots("prodigy", start)
    for t in range(60):
        w, slots = UPDATES["prodigy"](w, w, slots, t + 1, 1.0, d0=np.array([[1e-3], [1e-3], [1]]))
    near, far, begun_large = slots[-1][:, 0]
    assert far > 2 * near
    assert begun_large >= 1
