"""What every engine promises: the same bits however the work is cut, and how a member fails."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from clearprop.equations.updates import UPDATES

# ------------------------------------------------------------------------------- to the bit

CASES = st.fixed_dictionaries(
    {
        "sizes": st.lists(st.integers(1, 6), min_size=2, max_size=4).map(tuple),
        "rule": st.sampled_from(sorted(UPDATES)),
        "hidden": st.sampled_from(["relu", "tanh", "gelu"]),
        "n": st.integers(1, 20),
        "m": st.integers(2, 9),
        "batch_size": st.integers(1, 20),
        "dropout": st.sampled_from([0.0, 0.5]),
        "penalties": st.sampled_from([(), ("l2",), ("l1", "leaving_range")]),
        "clip": st.sampled_from([None, ("norm", 0.3), ("value", 0.05)]),
        "weighted": st.booleans(),
        "dtype": st.sampled_from(["float64", "float32"]),
    }
)


@settings(max_examples=60, deadline=None)
@given(CASES, st.data())
def test_a_member_alone_has_the_bits_that_it_has_in_a_population(case, engine, options, data):
    population = case(**options)
    assume(engine.refuses(population.plan) is None)
    i = data.draw(st.integers(0, options["m"] - 1))
    together, loss, _ = population.train(engine, 2)
    alone, own_loss, _ = population.member(i).train(engine, 2)
    np.testing.assert_array_equal(alone.parameters[0], together.parameters[i])
    np.testing.assert_array_equal(own_loss[0], loss[i])
    for slot, own in zip(together.slots, alone.slots, strict=True):
        np.testing.assert_array_equal(own[0], slot[i])
    whole = engine.evaluate(population.plan, together.parameters, population.data)
    part = engine.evaluate(population.member(i).plan, alone.parameters, population.data)
    np.testing.assert_array_equal(part[0][0], whole[0][i])
    np.testing.assert_array_equal(part[1][0], whole[1][i])


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("batch_size", [1, 32])
def test_a_wide_member_alone_has_the_bits_that_it_has_in_a_population(
    case, engine, dtype, batch_size
):
    """Wide enough for the matrix library's own kernels."""
    options = {"sizes": (70, 130, 65, 9), "n": 90, "m": 3, "rule": "adam", "hidden": "relu"}
    population = case(batch_size=batch_size, dtype=dtype, dropout=0.2, **options)
    together, _, _ = population.train(engine, 1)
    whole = engine.evaluate(population.plan, together.parameters, population.data)
    for i in range(3):
        alone, _, _ = population.member(i).train(engine, 1)
        np.testing.assert_array_equal(alone.parameters[0], together.parameters[i])
        part = engine.evaluate(population.member(i).plan, alone.parameters, population.data)
        np.testing.assert_array_equal([part[0][0], part[1][0]], [whole[0][i], whole[1][i]])


@settings(max_examples=40, deadline=None)
@given(CASES, st.integers(1, 30))
def test_how_many_steps_a_call_takes_does_not_change_a_bit(case, engine, options, at_once):
    population = case(**options)
    assume(engine.refuses(population.plan) is None)
    at_a_time, loss, _ = population.train(engine, 2, at_once)
    in_one, same_loss, _ = population.train(engine, 2)
    np.testing.assert_array_equal(at_a_time.parameters, in_one.parameters)
    for ours, theirs in zip(at_a_time.slots, in_one.slots, strict=True):
        np.testing.assert_array_equal(ours, theirs)
    np.testing.assert_array_equal(loss, same_loss)


def test_evaluation_drops_nothing(case, engine):
    dropping, plain = case(dropout=0.5), case()
    for a, b in zip(
        engine.evaluate(dropping.plan, plain.start, plain.data),
        engine.evaluate(plain.plan, plain.start, plain.data),
        strict=True,
    ):
        np.testing.assert_array_equal(a, b)


def test_the_data_and_the_start_are_left_alone(case, engine):
    population = case(weighted=True, dropout=0.2)
    arrays = (population.data.X, population.data.y, population.data.weights, population.start)
    before = [array.copy() for array in arrays]
    for array in arrays:
        array.flags.writeable = False
    population.train(engine, 1)
    for array, copy in zip(arrays, before, strict=True):
        np.testing.assert_array_equal(array, copy)


# ------------------------------------------------------------------------------- failures


@pytest.mark.parametrize("dropout", [0.0, 0.3])
def test_a_member_that_overflows_is_stopped_before_its_bad_step_and_the_others_go_on(
    case, engine, dropout
):
    population = case(rate=0.05, m=3, dropout=dropout)
    population.rates[1] = 1e200
    state, _, failures = population.train(engine, 2)
    assert state.alive.tolist() == [True, False, True]
    assert list(failures) == [1]
    step, layer = failures[1]
    assert 1 <= step <= 4
    assert 1 <= layer <= 3
    assert np.isfinite(state.parameters).all()
    for i in (0, 2):
        alone, _, _ = population.member(i).train(engine, 2)
        np.testing.assert_array_equal(alone.parameters[0], state.parameters[i])
    before = population.member(1)
    last, _, _ = _steps(before, engine, step - 1)
    np.testing.assert_array_equal(state.parameters[1], last.parameters[0])


def _steps(case, engine, n):
    """The state after n steps of the first epochs."""
    state, steps = case.state(), None
    for k in range(n):
        epoch, batch = divmod(k, case.n_batches)
        steps = engine.run(
            case.plan,
            state,
            case.data,
            case.order(epoch),
            range(batch, batch + 1),
            case.rates[:, None],
        )
    return state, steps, n


def test_the_layer_of_a_failure_is_where_the_numbers_first_left_the_finite(case, engine):
    population = case(hidden="identity", m=1)
    w = population.start
    population.plan.architecture.view(w, "W2")[:] = 1e308
    _, _, failures = population.train(engine, 1)
    assert failures == {0: (1, 2)}


def test_a_gradient_that_overflows_names_the_layer_of_the_parameter(case, engine):
    population = case(sizes=(2, 3, 1), hidden="identity", loss="mean_absolute_error", m=1)
    population.data.X[:] = 1e200
    population.plan.architecture.view(population.start, "W1")[:] = 1e-200
    population.rates[0] = 1e200
    _, _, failures = population.train(engine, 1)
    assert failures == {0: (1, 1)}


@pytest.mark.parametrize("rule", ["adam", "rmsprop", "adagrad", "adadelta", "schedule_free_adamw"])
def test_memory_that_overflows_is_a_failure_too(case, engine, rule):
    """A square beyond the largest number would freeze the parameter for ever, unseen."""
    population = case(sizes=(2, 1), loss="mean_absolute_error", rule=rule, m=2)
    population.data.X[:] = 1e200
    _, _, failures = population.train(engine, 1)
    assert failures == {0: (1, 1), 1: (1, 1)}


def test_a_float32_that_overflows_in_the_update_is_a_failure(case, engine):
    population = case(sizes=(1, 1), loss="mean_absolute_error", dtype="float32", m=1)
    population.rates[0] = 1e39
    state, _, failures = population.train(engine, 1)
    assert failures == {0: (1, 1)}
    np.testing.assert_array_equal(state.parameters, population.start)


def test_no_step_is_counted_when_nobody_is_left(case, engine):
    population = case(m=2, dropout=0.5, batch_size=1)
    population.rates[:] = 1e300
    state, _, failures = population.train(engine, 2)
    assert state.step == max(step for step, _ in failures.values())
    assert not state.alive.any()


def test_a_loss_that_overflows_fails_though_the_gradient_does_not(case, engine):
    population = case(sizes=(1, 1), m=1, batch_size=17)
    population.data.y[:] = 1e200
    state, loss, failures = population.train(engine, 1)
    assert failures == {0: (1, 1)}
    assert loss.tolist() == [0]
    assert np.isfinite(state.parameters).all()
