"""The compiled core against the reference engine, feature by feature; and against hostile input."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import clearprop as cp
from clearprop import randomness
from clearprop.engines import cost, native
from clearprop.engines.coefficients import CORE_RULES
from clearprop.engines.native import NativeEngine
from clearprop.engines.reference import ReferenceEngine
from clearprop.equations.activations import ACTIVATIONS
from clearprop.equations.losses import FROM_LOGITS, LOSSES
from clearprop.errors import ArgumentError

needs_core = pytest.mark.skipif(native.core is None, reason="the compiled core is not installed")

TOLERANCE = {"float32": 1e-5, "float64": 1e-12}  # relative to the largest, after one step

FEATURES = [
    *({"hidden": name} for name in sorted(ACTIVATIONS) if name != "softmax"),
    *(
        {"output": name, "loss": loss}
        for name in sorted(ACTIVATIONS)
        for loss in sorted(set(LOSSES) - set(FROM_LOGITS))
    ),
    *({"output": output, "loss": loss} for loss, output in FROM_LOGITS.items()),
    *({"rule": rule, "penalties": ("l2",)} for rule in sorted(CORE_RULES)),
    {"penalties": ("l1", "l2", "leaving_range")},
    {"clip": ("norm", 0.01)},
    {"clip": ("value", 0.01)},
    {"dropout": 0.4},
    {"weighted": True},
    {"sizes": (5, 40, 33, 3), "dropout": 0.2, "clip": ("norm", 0.5), "rule": "nadamw",
     "penalties": ("l1",), "weighted": True, "m": 19},
]  # fmt: skip


def close(ours, theirs, tolerance):
    scale = np.abs(theirs).max()
    np.testing.assert_allclose(ours, theirs, rtol=0, atol=tolerance * max(scale, 1e-30))


def one_step(case, engine):
    state = case.state()
    rates = case.rates[:, None]
    steps = engine.run(case.plan, state, case.data, case.order(0), range(1), rates)
    return state, steps


@needs_core
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(
    "features", FEATURES, ids=lambda features: "-".join(map(str, features.values()))
)
@pytest.mark.parametrize("shape", cost.SHAPES)
def test_every_feature_equals_the_reference_after_one_step(case, shape, features, dtype):
    population = case(dtype=dtype, **features)
    theirs, their_steps = one_step(population, ReferenceEngine())
    ours, our_steps = one_step(population, NativeEngine(shape))
    close(ours.parameters, theirs.parameters, TOLERANCE[dtype])
    for own, other in zip(ours.slots, theirs.slots, strict=True):
        close(own, other, 3 * TOLERANCE[dtype])
    close(our_steps.loss_sum, their_steps.loss_sum, TOLERANCE[dtype])
    np.testing.assert_array_equal(our_steps.seen, their_steps.seen)
    for own, other in zip(
        NativeEngine(shape).evaluate(population.plan, theirs.parameters, population.data),
        ReferenceEngine().evaluate(population.plan, theirs.parameters, population.data),
        strict=True,
    ):
        close(own, other, TOLERANCE[dtype])


@needs_core
@pytest.mark.parametrize("rule", sorted(CORE_RULES))
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_after_two_hundred_steps_the_loss_is_the_same_within_two_percent(case, rule, dtype):
    population = case(
        sizes=(2, 8, 8, 1), hidden="relu", output="sigmoid", loss="binary_cross_entropy",
        rule=rule, dtype=dtype, n=80, batch_size=8, rate=0.01, m=2,
    )  # fmt: skip
    losses = []
    for engine in (ReferenceEngine(), NativeEngine()):
        w = population.train(engine, 20)[0].parameters
        losses.append(engine.evaluate(population.plan, w, population.data)[0])
    np.testing.assert_allclose(losses[1], losses[0], rtol=0.02)


@needs_core
@settings(max_examples=40, deadline=None)
@given(
    st.fixed_dictionaries(
        {
            "sizes": st.lists(st.integers(1, 70), min_size=2, max_size=4).map(tuple),
            "rule": st.sampled_from(sorted(CORE_RULES)),
            "n": st.integers(1, 150),
            "m": st.integers(1, 40),
            "batch_size": st.integers(1, 70),
            "dropout": st.sampled_from([0.0, 0.5]),
            "clip": st.sampled_from([None, ("norm", 0.3), ("value", 0.05)]),
            "weighted": st.booleans(),
            "dtype": st.sampled_from(["float64", "float32"]),
        }
    )
)
def test_shape_and_threads_do_not_change_a_bit(case, options):
    population = case(**options)
    results = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(cost, "_WORTH_A_THREAD", 0)
        patch.setattr(cost, "_WORTH_STARTING", 0)
        for shape in cost.SHAPES:
            for threads in ("1", "2", "3"):
                patch.setenv("CLEARPROP_THREADS", threads)
                engine = NativeEngine(shape)
                state, loss, _ = population.train(engine, 1)
                evaluation = engine.evaluate(population.plan, state.parameters, population.data)
                results.append((state.parameters, *state.slots, loss, *evaluation))
    for other in results[1:]:
        for ours, theirs in zip(results[0], other, strict=True):
            np.testing.assert_array_equal(ours, theirs)


@needs_core
@settings(max_examples=30, deadline=None)
@given(
    st.fixed_dictionaries(
        {
            "sizes": st.lists(st.integers(1, 90), min_size=2, max_size=5).map(tuple),
            "rule": st.sampled_from(["sgd", "adamw"]),
            "n": st.integers(1, 90),
            "batch_size": st.integers(1, 50),
            "dropout": st.sampled_from([0.0, 0.5]),
            "clip": st.sampled_from([None, ("norm", 0.3)]),
            "weighted": st.booleans(),
            "rate": st.sampled_from([0.05, 1e30]),
        }
    )
)
def test_a_team_on_one_network_has_the_bits_of_one_thread(case, options):
    population = case(m=1, dtype="float32", **options)
    results = []
    for threads in (1, 2, 5):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(cost.TeamTrial, "choose", lambda *_, n=threads: n)
            state, loss, failures = population.train(NativeEngine("panels"), 2)
            failed = np.array([(i, *where) for i, where in failures.items()])
            results.append((state.parameters, *state.slots, loss, failed))
    for other in results[1:]:
        for ours, theirs in zip(results[0], other, strict=True):
            np.testing.assert_array_equal(ours, theirs)


FEW_THREADS = """
import resource, numpy as np, clearprop as cp
from clearprop.engines import cost
cost.TeamTrial.choose = lambda self, team: 200
X = np.random.default_rng(0).normal(size=(64, 20))
net = cp.Network([20, 30, 2])
usual = cp.train(net, X, X[:, :2], learning_rate="fixed", epochs=3, engine="native")
with open("/proc/self/statm") as file:
    pages = int(file.read().split()[0])
resource.setrlimit(resource.RLIMIT_AS, (pages * resource.getpagesize() + 2**26,) * 2)
few = cp.train(net, X, X[:, :2], learning_rate="fixed", epochs=3, engine="native")
assert (few.network.parameters == usual.network.parameters).all()
"""


@needs_core
@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="it reads its size from /proc")
def test_where_the_system_gives_fewer_threads_fewer_do_the_work():
    done = subprocess.run([sys.executable, "-c", FEW_THREADS], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


@needs_core
def test_a_child_process_trains_on_though_its_parent_was_training(case):
    """A lock that another thread held would come along locked."""
    population, engine = case(), NativeEngine()
    population.train(engine, 1)
    workspace = engine._workspace
    engine._process = -1  # as if this were the child
    population.train(engine, 1)
    assert engine._workspace is not workspace


@needs_core
@pytest.mark.parametrize("rule", ["adam", "rmsprop", "adagrad", "adadelta", "schedule_free_adamw"])
def test_an_epsilon_too_small_for_the_numbers_divides_nothing_by_zero(case, rule):
    population = case(rule=rule, dtype="float32", hidden="relu", m=2)
    population.plan.rule_options["epsilon"][:] = 1e-40
    population.plan.architecture.view(population.start, "b1")[:] = -100  # dead: gradients of 0
    _, _, failures = population.train(NativeEngine(), 1)
    assert not failures


@needs_core
@pytest.mark.parametrize("shape", cost.SHAPES)
def test_a_wide_network_on_several_threads_that_fails_is_rewound_alike(case, shape, monkeypatch):
    monkeypatch.setattr(cost, "_WORTH_A_THREAD", 0)
    population = case(sizes=(30, 50, 40, 4), m=1, dropout=0.2, rule="adam", dtype="float32")
    population.rates[0] = 1e37
    ended = []
    for threads in ("1", "2"):
        monkeypatch.setenv("CLEARPROP_THREADS", threads)
        state, loss, failures = population.train(NativeEngine(shape), 2)
        assert failures
        ended.append((state.parameters, loss, failures))
    np.testing.assert_array_equal(ended[0][0], ended[1][0])
    np.testing.assert_array_equal(ended[0][1], ended[1][1])
    assert ended[0][2] == ended[1][2]


@needs_core
def test_matrices_too_large_for_the_cache_are_taken_in_slices(case, monkeypatch):
    population = case(sizes=(700, 90, 33, 3), n=400, batch_size=400, m=1)
    theirs, _ = one_step(population, ReferenceEngine())
    for threads in (1, 3):
        monkeypatch.setattr(cost.TeamTrial, "choose", lambda *_, n=threads: n)
        ours, _ = one_step(population, NativeEngine("panels"))
        close(ours.parameters, theirs.parameters, 1e-12)


@needs_core
def test_members_in_orders_of_their_own_and_in_one_order_are_both_served(case):
    population = case(m=18, n=40)
    shared = np.broadcast_to(population.order(0)[:1], (18, 40))
    batches, rates = range(5), np.repeat(population.rates[:, None], 5, axis=1)
    for order in (shared, population.order(0), np.asfortranarray(population.order(0))):
        ours, theirs = population.state(), population.state()
        NativeEngine("lanes").run(population.plan, ours, population.data, order, batches, rates)
        ReferenceEngine().run(population.plan, theirs, population.data, order, batches, rates)
        close(ours.parameters, theirs.parameters, 1e-12)


@needs_core
def test_the_core_draws_what_randomness_draws(case):
    """Only masks of exactly these draws give the reference's weights."""
    population = case(sizes=(3, 9, 7, 2), dropout=0.5, m=3, hidden="identity")
    u = randomness.uniform(0, "dropout", 7 * 9, step=1, layer=0)
    assert 0.3 < (u < 0.5).mean() < 0.7
    close(
        one_step(population, NativeEngine())[0].parameters,
        one_step(population, ReferenceEngine())[0].parameters,
        1e-12,
    )


# ------------------------------------------------------------------------------- what it refuses


@needs_core
def test_a_decay_of_its_own_for_each_weight_falls_back_to_the_reference(case):
    population = case(rule="adamw")
    assert NativeEngine().refuses(population.plan) is None
    population.plan.rule_options["weight_decay"][0, 0] *= 2
    assert "differs from weight to weight" in NativeEngine().refuses(population.plan)


@needs_core
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("peak", [0.1, 1e27])
def test_an_average_over_moving_rates_is_that_of_the_reference_however_it_is_cut(case, dtype, peak):
    population = case(rule="schedule_free_adamw", dtype=dtype, m=3, n=40, batch_size=2)
    rates = (
        np.linspace(1, 0.5, 3)[:, None] * peak * np.array([0, 1, 3, 9, 27, 20, 27, 30, 5, 6]) / 30
    )
    ended = []
    for engine, at_once in ((ReferenceEngine(), 10), (NativeEngine(), 10), (NativeEngine(), 3)):
        state, failed = population.state(), {}
        for first in range(0, 10, at_once):
            batches = range(first, min(first + at_once, 10))
            own = rates[:, batches.start : batches.stop]
            steps = engine.run(
                population.plan, state, population.data, population.order(0), batches, own
            )
            failed |= steps.failures
        ended.append((state, failed))
    (theirs, their_failures), (ours, failures), (cut, _) = ended
    # In float32, the square of 1e25 and more is beyond reach: a failure in the step that has it.
    assert bool(their_failures) == (dtype == "float32" and peak > 1)
    assert failures == their_failures
    assert ours.alive.tolist() == theirs.alive.tolist()
    for own, other, in_pieces in zip(
        (ours.parameters, *ours.slots), (theirs.parameters, *theirs.slots),
        (cut.parameters, *cut.slots), strict=True,
    ):  # fmt: skip
        close(own, other, 1e-4 if dtype == "float32" else 1e-11)
        np.testing.assert_array_equal(own, in_pieces)


@needs_core
def test_too_many_layers_fall_back_and_the_run_says_so():
    X = np.linspace(-1, 1, 10)[:, None]
    net = cp.Network([1] * 259, hidden="tanh")
    run = cp.train(net, X, X, learning_rate="fixed", epochs=1)
    assert run.engine == "reference"
    assert run.engine_note == "native: 258 layers; it serves 256"
    assert cp.train(cp.Network([1, 1]), X, X, learning_rate="fixed", epochs=1).engine_note == ""


@needs_core
def test_a_rule_that_sums_over_all_parameters_falls_back_to_the_reference_and_says_why():
    run = cp.train(cp.Network([1, 1]), [[1.0], [2.0]], [1.0, 2.0], epochs=1, optimizer="prodigy",
                   learning_rate=1.0)  # fmt: skip
    assert run.engine == "reference"
    assert run.engine_note == (
        "native: prodigy sums over all parameters between two steps, which the core does not do"
    )


@needs_core
def test_what_the_core_does_not_know_is_refused_by_name(case, monkeypatch):
    plan = case(hidden="tanh").plan
    monkeypatch.setattr(native, "CORE_RULES", {})
    assert NativeEngine().refuses(plan) == "it has no rule 'sgd'"


def test_without_the_core_the_reference_serves_and_the_run_says_why(monkeypatch):
    monkeypatch.setattr(native, "core", None)
    monkeypatch.setattr(native, "MISSING", "the compiled core is not installed: no compiler")
    run = cp.train(cp.Network([1, 1]), [[1.0], [2.0]], [1.0, 2.0], learning_rate="fixed", epochs=1)
    assert run.engine == "reference"
    assert run.engine_note == "native: the compiled core is not installed: no compiler"
    with pytest.raises(ArgumentError, match=r"'native' cannot serve .*no compiler"):
        cp.train(
            cp.Network([1, 1]),
            [[1.0], [2.0]],
            [1.0, 2.0],
            learning_rate="fixed",
            epochs=1,
            engine="native",
        )


@pytest.mark.parametrize("given", ["0", "-1", "two", "", "1025"])
def test_a_bad_number_of_threads_is_refused(monkeypatch, given):
    monkeypatch.setenv("CLEARPROP_THREADS", given)
    with pytest.raises(ArgumentError, match=r"CLEARPROP_THREADS must be a number from 1 to 1024"):
        native.threads()


def test_the_number_of_threads_is_that_of_the_process(monkeypatch):
    monkeypatch.delenv("CLEARPROP_THREADS", raising=False)
    assert native.threads() >= 1
    monkeypatch.setenv("CLEARPROP_THREADS", "3")
    assert native.threads() == 3


def test_an_unknown_shape_is_refused():
    with pytest.raises(ArgumentError, match="shape must be one of lanes, panels; got 'lane'"):
        NativeEngine("lane")


# ------------------------------------------------------------------------------- hostile arrays


def arguments(case):
    """What the core is called with, for a small population; a test may spoil any of it."""
    plan, state = case.plan, case.state()
    numbers = {
        "X": case.data.X, "y": case.data.y, "weights": None, "parameters": state.parameters,
        "slots": [], "coefficients": [case.rates[:, None].repeat(2, axis=1)],
        "penalties": [None, None, None], "decay": None, "dropout": plan.dropout,
    }  # fmt: skip
    core_plan = {
        "sizes": list(plan.architecture.layer_sizes), "activations": [2, 2, 0], "loss": 0,
        "rule": 0, "clip": 0, "limit": 0.0, "batch_size": 7, "scores_hits": False,
        "drops": False, "many": True,
    }  # fmt: skip
    call = {
        "instruction_set": native.core.instruction_sets[0], "workspace": native.core.Workspace(),
        "members": np.arange(3), "order": case.order(0), "first_batch": 0, "n_batches": 2,
        "first_step": 1, "seeds": np.zeros(3, dtype=np.uint64), "loss_sum": np.zeros(3),
        "seen": np.zeros(3, dtype=np.int64), "failed_step": np.zeros(3, dtype=np.int64),
        "threads": 1,
    }  # fmt: skip
    return core_plan, numbers, call


def call_core(core_plan, numbers, call):
    core = native.core
    core.train(plan=core.Plan(**core_plan), **numbers, **call)


READ_ONLY = np.zeros((3, 54))
READ_ONLY.flags.writeable = False

HOSTILE = [
    (0, "sizes", [3]), (0, "sizes", []), (0, "sizes", [3, 5, 4, 0]), (0, "sizes", [3, -1, 4, 2]),
    (0, "sizes", [3, 2**28, 4, 2]), (0, "sizes", [4, 5, 4, 2]), (0, "sizes", [1] * 300),
    (0, "activations", [2, 2]), (0, "activations", [2, 99, 0]), (0, "activations", [2, -1, 0]),
    (0, "activations", [11, 2, 0]), (0, "loss", 6), (0, "loss", -1), (0, "loss", 4), (0, "loss", 5),
    (0, "rule", 8), (0, "rule", 7), (0, "rule", 6), (0, "clip", 3), (0, "batch_size", 0),
    (0, "batch_size", -3),
    (1, "X", np.zeros((17, 4))), (1, "X", np.zeros(17)), (1, "X", np.zeros((0, 3))),
    (1, "X", np.zeros((17, 3), dtype=np.float32)), (1, "X", np.zeros((17, 6))[:, ::2]),
    (1, "X", None), (1, "X", [[1.0] * 3] * 17), (1, "y", np.zeros((16, 2))),
    (1, "y", np.zeros((17, 2), dtype=int)), (1, "weights", np.zeros(16)),
    (1, "parameters", np.zeros((3, 5))), (1, "parameters", np.zeros((2, 54))),
    (1, "parameters", np.zeros((3, 108))[:, ::2]), (1, "slots", [np.zeros((3, 54))]),
    (1, "coefficients", []), (1, "coefficients", [np.zeros((3, 3))]),
    (1, "coefficients", [np.zeros((2, 2))]), (1, "coefficients", [np.zeros((3, 2), dtype=int)]),
    (1, "penalties", [None]), (1, "penalties", [np.zeros((2, 1)), None, None]),
    (1, "decay", np.zeros((3, 9))), (1, "dropout", np.ones((3, 3))),
    (1, "dropout", np.zeros((3, 2))),
    (1, "dropout", np.full((3, 3), np.nan)),
    (2, "members", np.array([3])), (2, "members", np.array([-1])), (2, "members", np.array([0, 0])),
    (2, "members", np.zeros(0, dtype=np.int64)), (2, "order", np.zeros((3, 16), dtype=np.int64)),
    (2, "order", np.full((3, 17), 17)), (2, "order", np.full((3, 17), -1)),
    (2, "order", np.zeros((17, 3), dtype=np.int64).T),
    (2, "first_batch", -1), (2, "first_batch", 2),
    (2, "n_batches", 0), (2, "n_batches", 4), (2, "n_batches", 2**62), (2, "first_step", 0),
    (2, "seeds", np.zeros(2, dtype=np.uint64)), (2, "seeds", np.zeros(3)),
    (2, "loss_sum", np.zeros(2)),
    (2, "seen", np.zeros((2, 3), dtype=np.int64)), (2, "failed_step", np.zeros(3)),
    (2, "threads", 0), (2, "threads", 10**6),
    (2, "instruction_set", "v5"), (1, "parameters", READ_ONLY),
    (1, "X", np.frombuffer(bytes(17 * 3 * 8 + 1), offset=1).reshape(17, 3)),
]  # fmt: skip


@needs_core
@pytest.mark.parametrize(("part", "name", "value"), HOSTILE)
def test_hostile_arrays_are_refused_before_the_core_sees_them(case, part, name, value):
    given = arguments(case(hidden="tanh"))
    before = given[1]["parameters"].copy()
    call_core(*arguments(case(hidden="tanh")))  # as it is, it would be served
    given[part][name] = value
    with pytest.raises((ValueError, TypeError)):
        call_core(*given)
    if name != "parameters":
        np.testing.assert_array_equal(given[1]["parameters"], before)


@needs_core
@settings(max_examples=200, deadline=None)
@given(st.data())
def test_any_shapes_are_either_served_or_refused(case, data):
    given = arguments(case(hidden="tanh"))
    shape = st.lists(st.integers(0, 20), min_size=1, max_size=3).map(tuple)
    kinds = st.sampled_from([np.float64, np.float32, np.int64, np.uint64])
    for _ in range(data.draw(st.integers(1, 3))):
        part, name = data.draw(
            st.sampled_from(
                [(p, key) for p in (1, 2) for key in given[p] if key not in ("workspace",)]
            )
        )
        if isinstance(given[part][name], np.ndarray):
            given[part][name] = np.zeros(data.draw(shape), dtype=data.draw(kinds))
        elif isinstance(given[part][name], int):
            given[part][name] = data.draw(st.integers(-3, 40))
    given[0]["batch_size"] = data.draw(st.integers(1, 40))
    given[0]["many"] = data.draw(st.booleans())
    try:
        call_core(*given)
    except (ValueError, TypeError):
        return
    assert np.isfinite(given[1]["parameters"]).all()


@needs_core
def test_the_evaluation_refuses_hostile_arrays_too(case):
    population = case(hidden="tanh")
    plan, _, call = arguments(population)
    whole = {
        "instruction_set": call["instruction_set"], "workspace": call["workspace"],
        "plan": native.core.Plan(**plan), "X": population.data.X, "y": population.data.y,
        "weights": None, "parameters": population.start, "threads": 1,
    }  # fmt: skip
    native.core.evaluate(**whole)
    for name, value in (
        ("X", population.data.X[:, :2].copy()), ("y", population.data.y[:3]), ("threads", 0),
        ("weights", np.ones(3)), ("parameters", np.zeros((3, 5))), ("parameters", np.zeros(54)),
    ):  # fmt: skip
        with pytest.raises((ValueError, TypeError)):
            native.core.evaluate(**(whole | {name: value}))


# ------------------------------------------------------------------------------- the choice


def test_the_cheaper_shape_is_lanes_for_many_tiny_networks_and_panels_for_a_wide_one(case):
    tiny = case(sizes=(2, 4, 4, 1), batch_size=32, n=64, m=1).plan
    wide = case(sizes=(80, 64, 10), batch_size=32, n=64, m=1).plan
    assert cost.shape(tiny, members=64, lanes=16) == "lanes"
    assert cost.shape(wide, members=1, lanes=16) == "panels"
    assert cost.shape(case(sizes=(784, 1), m=1).plan, members=1, lanes=16) == "panels"
    huge = case(sizes=(20_000, 3), m=1, batch_size=17).plan
    assert cost.shape(huge, members=64, lanes=16) == "panels"  # its lanes would take too much
    assert cost.threads(tiny, 64, 16, "lanes", 2, steps=1000) == 2
    assert cost.threads(tiny, 64, 16, "lanes", 2, steps=1) == 1
    assert cost.threads(tiny, 16, 16, "lanes", 2, steps=1000) == 1


def test_a_team_must_be_faster_than_one_thread_and_gets_another_chance():
    trial = cost.TeamTrial(again_after=3)
    assert trial.choose(1) == 1
    # The first call pays for new memory; later, the better of each counts.
    for seconds, threads in ((9, 2), (2, 1), (5, 2), (3, 1), (8, 2)):
        assert trial.choose(2) == threads
        trial.record(threads, seconds)
    chosen = [trial.choose(2) for _ in range(9)]
    assert chosen == [1] * 7 + [2, 1]  # after 3 calls times 5.25 / 2.1
    trial.record(2, 1)
    assert [trial.choose(2) for _ in range(5)] == [2] * 5


@needs_core
def test_a_call_is_shorter_the_more_a_step_costs(case):
    tiny, wide = case(sizes=(2, 3, 1)).plan, case(sizes=(200, 300, 10), m=1).plan
    engine = NativeEngine()
    assert engine.steps_per_call(tiny, 1) > engine.steps_per_call(wide, 1) >= 1
    assert engine.steps_per_call(tiny, 10**7) == 1


@needs_core
def test_a_power_is_the_same_wherever_it_stands():
    t = np.arange(1, 1000, dtype=np.float64)
    together = native.core.power(0.999, t)
    alone = [native.core.power(0.999, t[i : i + 1])[0] for i in range(999)]
    np.testing.assert_array_equal(together, alone)
    np.testing.assert_allclose(together, 0.999**t, rtol=1e-14)
