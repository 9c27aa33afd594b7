"""Every schedule: start, boundaries and end pinned, range and continuity by hypothesis."""

from __future__ import annotations

import inspect
import math
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clearprop.equations import schedules
from clearprop.equations.schedules import SCHEDULES

# name -> (t, factor) with the defaults, worked by hand.
PINS = {
    "constant": [(0, 1), (0.5, 1), (1, 1)],
    "step": [
        (0, 1),
        (0.2499, 1),
        (0.25, 0.1),
        (0.5, 0.01),
        (0.7499, 0.01),
        (0.75, 1e-3),
        (1, 1e-3),
    ],
    "exponential": [(0, 1), (0.5, 0.1), (1, 0.01)],
    "polynomial": [(0, 1), (0.25, 0.75), (1, 0)],
    "cosine": [(0, 1), (1 / 3, 0.75), (0.5, 0.5), (1, 0)],
    "warm_up": [(0, 0), (0.025, 0.5), (0.05, 1), (1, 1)],
    "one_cycle": [
        (0, 1 / 25),
        (0.125, (1 + 1 / 25) / 2),
        (0.25, 1),
        (0.625, (1 + 1e-5) / 2),
        (1, 1e-5),
    ],
    "cyclical": [
        (0, 0.1),
        (1 / 16, 0.55),
        (1 / 8, 1),
        (1 / 4, 0.1),
        (3 / 8, 1),
        (7 / 8, 1),
        (1, 0.1),
    ],
    "sgdr": [(0, 1), (1 / 14, 0.5), (1 / 7, 1), (2 / 7, 0.5), (3 / 7, 1), (5 / 7, 0.5), (1, 0)],
    "wsd": [(0, 0), (0.025, 0.5), (0.05, 1), (0.8, 1), (0.85, 0.5), (1, 0)],
    # 1 + 15t = 2^k, 2^(k+½): trough and crest of wave k
    "coslog4": [(0, 0), ((2**0.5 - 1) / 15, 1), (1 / 15, 0), (0.2, 0), (7 / 15, 0), (1, 0)],
}

# Where the rate is meant to jump, with the defaults.
JUMPS = {"step": (0.25, 0.5, 0.75), "sgdr": (1 / 7, 3 / 7)}
# The steepest slope that is meant; wsd falls like √x and has none.
SLOPES = {
    "exponential": math.log(100),
    "polynomial": 1,
    "cosine": math.pi / 2,
    "warm_up": 20,
    "one_cycle": math.pi / 2 / 0.25,
    "cyclical": 0.9 * 8,
    "sgdr": 7 * math.pi / 2,
    "coslog4": 15 * math.pi / math.log(2),
}


def test_every_schedule_is_pinned():
    assert PINS.keys() == SCHEDULES.keys()


@pytest.mark.parametrize("name", PINS)
def test_start_boundaries_and_end_are_pinned(name):
    for t, factor in PINS[name]:
        assert SCHEDULES[name](t) == pytest.approx(factor, abs=1e-12), t
    assert PINS[name][0][0] == 0
    assert PINS[name][-1][0] == 1


@pytest.mark.parametrize("name", SCHEDULES)
def test_a_factor_is_a_plain_float(name):
    for t in (0, 0.3, 1):
        assert type(SCHEDULES[name](t)) is float


@pytest.mark.parametrize("name", SCHEDULES)
@given(t=st.floats(0, 1))
def test_the_factor_stays_between_0_and_1(name, t):
    assert 0 <= SCHEDULES[name](t) <= 1


@pytest.mark.parametrize("name", sorted(SLOPES))
@given(t=st.floats(0, 1), step=st.floats(0, 1e-3))
def test_the_factor_moves_no_faster_than_its_slope_away_from_jumps(name, t, step):
    later = min(t + step, 1.0)
    if any(t < jump <= later for jump in JUMPS.get(name, ())):
        return
    change = abs(SCHEDULES[name](later) - SCHEDULES[name](t))
    assert change <= 1.001 * SLOPES[name] * (later - t) + 1e-12


@pytest.mark.parametrize("name", ["exponential", "polynomial", "cosine", "step"])
@given(t=st.floats(0, 1), step=st.floats(0, 1))
def test_decaying_schedules_never_rise(name, t, step):
    assert SCHEDULES[name](min(t + step, 1.0)) <= SCHEDULES[name](t)


@given(st.floats(0.01, 0.99), st.floats(0.01, 1), st.floats(1e-3, 0.5))
def test_one_cycle_has_its_peak_where_it_is_told(peak, start, final):
    f = partial(schedules.one_cycle, peak=peak, start=start, final=final)
    assert f(0) == pytest.approx(start)
    assert f(peak) == pytest.approx(1)
    assert f(math.nextafter(peak, 0)) == pytest.approx(1)
    assert f(1) == pytest.approx(final)


@given(st.floats(0, 1), st.floats(0.001, 1))
def test_wsd_is_never_negative_and_ends_at_exactly_zero(t, decay):
    assert 0 <= schedules.wsd(t, 0.0, decay) <= 1
    assert schedules.wsd(1.0, 0.0, decay) == 0
    assert schedules.wsd(1.0, 0.05, 0.0) == 1  # without decay it stays


@given(st.floats(0.01, 0.5), st.floats(0.01, 0.49))
def test_wsd_is_flat_between_its_ends(warm, decay):
    for t in (warm, (warm + 1 - decay) / 2, math.nextafter(1 - decay, 0)):
        assert schedules.wsd(t, warm, decay) == pytest.approx(1, abs=1e-7)
    assert schedules.wsd(warm / 2, warm, decay) == pytest.approx(0.5)
    assert schedules.wsd(1 - decay / 4, warm, decay) == pytest.approx(1 - math.sqrt(0.75))


@pytest.mark.parametrize("growth", [1, 2, 3])
@pytest.mark.parametrize("cycles", range(1, 7))
@pytest.mark.parametrize("steps_of_the_first", [1, 10, 100])
def test_sgdr_restarts_at_the_very_step_at_which_a_cycle_ends(growth, cycles, steps_of_the_first):
    lengths = [steps_of_the_first * growth**k for k in range(cycles)]
    f = partial(schedules.sgdr, cycles=cycles, growth=float(growth), final=0.25)
    for k in range(cycles):
        start, total = sum(lengths[:k]), sum(lengths)
        assert f(start / total) == pytest.approx(1)
        assert f((start + lengths[k] / 2) / total) == pytest.approx(0.625)
        if lengths[k] >= 100:
            assert f((start + lengths[k] - 1) / total) < 0.2505
    assert f(1.0) == 0.25


@pytest.mark.parametrize("drops", range(1, 8))
def test_step_drops_at_the_very_step_at_which_it_is_told(drops):
    for length in (1, 7, 100):
        total = length * (drops + 1)
        for k in range(1, drops + 1):
            f = partial(schedules.step, drops=drops, factor=0.5)
            assert f(k * length / total) == 0.5**k
            assert f((k * length - 0.5) / total) == 0.5 ** (k - 1)
        assert f(1.0) == 0.5**drops


@pytest.mark.parametrize("cycles", range(1, 8))
def test_cyclical_touches_its_ends_in_every_cycle(cycles):
    f = partial(schedules.cyclical, cycles=cycles, lowest=0.2)
    for k in range(cycles + 1):
        assert f(k / cycles) == pytest.approx(0.2)
    for k in range(cycles):
        assert f((k + 0.5) / cycles) == pytest.approx(1)


def test_final_factors_and_powers_are_options():
    assert schedules.exponential(1, 0.5) == 0.5
    assert schedules.exponential(0.5, 0.25) == 0.5
    assert schedules.polynomial(0.5, 2.0) == 0.25
    assert schedules.polynomial(1, 2.0, 0.1) == pytest.approx(0.1)
    assert schedules.cosine(1, 0.1) == pytest.approx(0.1)
    assert schedules.cosine(0.5, 0.5) == pytest.approx(0.75)


@pytest.mark.parametrize("name", [name for name in SCHEDULES if name != "warm_up"])
def test_warm_up_runs_from_zero_into_the_start_of_any_schedule_and_ends_with_it(name):
    f = partial(schedules.warm_up, warm=0.1, then=SCHEDULES[name])
    assert f(0) == 0
    assert f(0.05) == 0.5
    assert f(0.1) == SCHEDULES[name](0)
    assert f(0.55) == pytest.approx(SCHEDULES[name](0.5), abs=1e-12)
    assert f(1) == SCHEDULES[name](1)


def test_warm_up_hands_options_on():
    assert schedules.warm_up(1.0, 0.1, schedules.cosine, final=0.3) == pytest.approx(0.3)
    assert schedules.warm_up(0.0, 0.0) == 1  # no warm-up at all


@pytest.mark.parametrize("name", SCHEDULES)
def test_progress_is_the_only_argument_without_a_default(name):
    parameters = list(inspect.signature(SCHEDULES[name]).parameters.values())
    assert parameters[0].name == "t"
    for parameter in parameters[1:]:
        variadic = parameter.kind is inspect.Parameter.VAR_KEYWORD
        assert variadic or parameter.default is not inspect.Parameter.empty
