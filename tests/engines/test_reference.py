"""The reference engine against a training written a second time, in loops, sample by sample."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clearprop import randomness
from clearprop.engines import reference
from clearprop.engines.reference import ReferenceEngine
from clearprop.equations.losses import LOSSES
from clearprop.equations.updates import UPDATES

engine = ReferenceEngine()

# ------------------------------------------------------------------------------- the second writing


def f(name, z):
    """An activation of one neuron's number, and its derivative."""
    if name == "identity":
        return z, 1.0
    if name == "tanh":
        return math.tanh(z), 1 - math.tanh(z) ** 2
    if name == "relu":
        return max(z, 0.0), float(z > 0)
    s = 1 / (1 + math.exp(-z))
    return s, s * (1 - s)


def loss_and_delta(loss, z, a, y, slope):
    """One sample's loss and ∂loss/∂z of every output."""
    k = len(y)
    if loss == "categorical_cross_entropy":
        p = np.exp(z - max(z))
        p /= p.sum()
        return -sum(y[j] * math.log(p[j]) for j in range(k)), [p[j] - y[j] for j in range(k)]
    if loss == "binary_cross_entropy":
        value = -sum(y[j] * math.log(a[j]) + (1 - y[j]) * math.log(1 - a[j]) for j in range(k)) / k
        return value, [(a[j] - y[j]) / k for j in range(k)]
    r = [a[j] - y[j] for j in range(k)]
    values, slopes = {
        "mean_squared_error": ([x * x for x in r], [2 * x for x in r]),
        "half_squared_error": ([x * x / 2 for x in r], r),
        "mean_absolute_error": ([abs(x) for x in r], [math.copysign(1, x) for x in r]),
        "huber": (
            [x * x / 2 if abs(x) <= 1 else abs(x) - 0.5 for x in r],
            [min(max(x, -1), 1) for x in r],
        ),
    }[loss]
    return sum(values) / k, [slopes[j] / k * slope[j] for j in range(k)]


def sample_gradient(plan, layers, x, y, masks):
    """Loss and gradients of one sample: the chain rule, neuron by neuron."""
    outs, slopes, a = [], [], list(x)
    for (W, b), name, mask in zip(layers, plan.architecture.activations, masks, strict=True):
        outs.append(a)
        z = [sum(a[i] * W[i][j] for i in range(len(a))) + b[j] for j in range(len(b))]
        pairs = [f(name if name != "softmax" else "identity", v) for v in z]
        raw = [pair[0] for pair in pairs]
        slopes.append([pair[1] * mask[j] for j, pair in enumerate(pairs)])
        a = [raw[j] * mask[j] for j in range(len(raw))]
    value, delta = loss_and_delta(plan.loss, np.array(z), raw, y, slopes[-1])
    gradients = []
    for level in range(len(layers) - 1, -1, -1):
        a_prev, (W, _) = outs[level], layers[level]
        dW = [[a_prev[i] * d for d in delta] for i in range(len(a_prev))]
        gradients.append((np.array(dW), np.array(delta)))
        if level:
            delta = [
                slopes[level - 1][i] * sum(W[i][j] * delta[j] for j in range(len(delta)))
                for i in range(len(a_prev))
            ]
    return value, gradients[::-1]


def penalty_slope(name, w):
    if name == "l1":
        return math.copysign(1, w) if w else 0.0
    if name == "l2":
        return w
    return 2 * (w - min(max(w, -1.0), 1.0))


class Memory:
    """An update rule for one parameter, from its paper."""

    def __init__(self, rule, options):
        self.rule, self.o = rule, options
        self.m = self.v = self.u = 0.0
        self.product = 1.0

    def step(self, w, g, t, eta):
        o, rule = self.o, self.rule
        if rule == "sgd":
            return w - eta * g
        if rule in ("momentum", "nesterov"):
            self.m = o["momentum"] * self.m + g
            return w - eta * (self.m if rule == "momentum" else g + o["momentum"] * self.m)
        if rule == "adagrad":
            self.v += g * g
            return w - eta * g / (math.sqrt(self.v) + o["epsilon"])
        if rule == "rmsprop":
            self.v = o["rho"] * self.v + (1 - o["rho"]) * g * g
            return w - eta * g / (math.sqrt(self.v) + o["epsilon"])
        if rule == "adadelta":
            self.v = o["rho"] * self.v + (1 - o["rho"]) * g * g
            d = g * math.sqrt(self.u + o["epsilon"]) / math.sqrt(self.v + o["epsilon"])
            self.u = o["rho"] * self.u + (1 - o["rho"]) * d * d
            return w - eta * d
        return self._adam(w, g, t, eta)

    def _adam(self, w, g, t, eta):
        o = self.o
        if self.rule != "adam":
            w -= eta * o["weight_decay"] * w
        self.m = o["beta1"] * self.m + (1 - o["beta1"]) * g
        self.v = o["beta2"] * self.v + (1 - o["beta2"]) * g * g
        m_hat = self.m / (1 - o["beta1"] ** t)
        if self.rule == "nadamw":
            now, after = (
                o["beta1"] * (1 - 0.5 * 0.96 ** (s * o["momentum_decay"])) for s in (t, t + 1)
            )
            self.product *= now
            m_hat = (1 - now) * g / (1 - self.product)
            m_hat += after * self.m / (1 - self.product * after)
        return w - eta * m_hat / (math.sqrt(self.v / (1 - o["beta2"] ** t)) + o["epsilon"])


def clipped(g, clip):
    if clip is None:
        return g
    kind, limit = clip
    if kind == "value":
        return [min(max(x, -limit), limit) for x in g]
    norm = math.sqrt(sum(x * x for x in g))
    return [x * limit / norm for x in g] if norm > limit else g


def naive(case, i, epochs):
    """Member i alone, one sample after the other; its parameters and its last loss sum."""
    plan, data = case.plan, case.data
    architecture, w = plan.architecture, [float(v) for v in case.start[i]]
    p, n, b = len(w), len(data.X), plan.batch_size
    options = [
        {k: float(v[i, min(q, v.shape[1] - 1)]) for k, v in plan.rule_options.items()}
        for q in range(p)
    ]
    memory = [Memory(plan.rule, options[q]) for q in range(p)]
    t = 0
    for epoch in range(epochs):
        order, loss_sum = randomness.permutation(plan.seeds[i], epoch, n), 0.0
        for first in range(0, n, b):
            rows, t = order[first : first + b], t + 1
            masks = naive_masks(plan, i, t, len(rows))
            g, total = np.zeros(p), 0.0
            for place, row in enumerate(rows):
                layers = architecture.layers(np.array(w))
                value, gradients = sample_gradient(
                    plan, layers, data.X[row], data.y[row], [mask[place] for mask in masks]
                )
                share = (1.0 if data.weights is None else data.weights[row]) / len(rows)
                total += share * value
                g += share * architecture.flatten(gradients)
            for name, strength in plan.penalties.items():
                for q in range(p):
                    if architecture.is_weight[q]:
                        g[q] += strength[i, 0] * penalty_slope(name, w[q])
            g = clipped([float(x) for x in g], plan.clip)
            w = [memory[q].step(w[q], g[q], t, case.rates[i]) for q in range(p)]
            loss_sum += total * len(rows)
    return np.array(w), loss_sum


def naive_masks(plan, i, t, batch):
    masks = []
    for layer, size in enumerate(plan.architecture.layer_sizes[1:]):
        rate = plan.dropout[i, layer]
        u = randomness.uniform(plan.seeds[i], "dropout", batch * size, step=t, layer=layer)
        masks.append((u.reshape(batch, size) >= rate) / (1 - rate))
    return masks


def agrees(case, epochs=2):
    state, loss, failures = case.train(engine, epochs)
    assert not failures
    assert state.alive.all()
    assert state.step == epochs * case.n_batches
    for i in range(len(case.start)):
        w, naive_loss = naive(case, i, epochs)
        np.testing.assert_allclose(state.parameters[i], w, rtol=1e-9, atol=1e-11)
        np.testing.assert_allclose(loss[i], naive_loss, rtol=1e-9)


# ------------------------------------------------------------------------------- comparisons


@pytest.mark.parametrize("batch_size", [1, 7, 17])
@pytest.mark.parametrize("rule", sorted(UPDATES))
def test_every_rule_at_every_batch_size_equals_the_loops(case, rule, batch_size):
    agrees(case(rule=rule, batch_size=batch_size, sizes=(2, 3, 1), m=2))


@pytest.mark.parametrize("loss", sorted(LOSSES))
def test_every_loss_equals_the_loops(case, loss):
    output = {"binary_cross_entropy": "sigmoid", "categorical_cross_entropy": "softmax"}
    agrees(case(loss=loss, output=output.get(loss, "tanh"), m=2))


@pytest.mark.parametrize(
    "options",
    [
        {"dropout": 0.4, "hidden": "relu"},
        {"penalties": ("l1", "l2", "leaving_range")},
        {"clip": ("norm", 0.1)},
        {"clip": ("value", 0.01)},
        {"weighted": True},
        {"dropout": 0.3, "penalties": ("l2",), "clip": ("norm", 1.0), "weighted": True,
         "rule": "adamw", "batch_size": 5},
        {"sizes": (3, 2), "rule": "momentum"},
    ],
    ids=lambda options: "+".join(options),
)  # fmt: skip
def test_every_feature_equals_the_loops(case, options):
    agrees(case(m=2, **options))


def test_a_float32_population_stays_near_the_loops(case):
    single = case(dtype="float32", rule="adam", m=2, penalties=("l2",))
    state, _, _ = single.train(engine, 2)
    assert state.parameters.dtype == np.float32
    assert all(slot.dtype == np.float32 for slot in state.slots)
    for i in range(2):
        np.testing.assert_allclose(state.parameters[i], naive(single, i, 2)[0], rtol=0, atol=2e-5)


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
def test_a_member_alone_has_the_bits_that_it_has_in_a_population(case, options, data):
    population = case(**options)
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
def test_a_wide_member_alone_has_the_bits_that_it_has_in_a_population(case, dtype, batch_size):
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
def test_how_many_steps_a_call_takes_does_not_change_a_bit(case, options, at_once):
    population = case(**options)
    at_a_time, loss, _ = population.train(engine, 2, at_once)
    in_one, same_loss, _ = population.train(engine, 2)
    np.testing.assert_array_equal(at_a_time.parameters, in_one.parameters)
    for ours, theirs in zip(at_a_time.slots, in_one.slots, strict=True):
        np.testing.assert_array_equal(ours, theirs)
    np.testing.assert_allclose(loss, same_loss, rtol=1e-6)


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("budget", [8 * 5 * 3, 10_000, 64 * 2**20])
def test_evaluation_in_blocks_does_not_change_bits_with_the_population(
    case, monkeypatch, budget, dtype
):
    monkeypatch.setattr(reference, "_EVALUATION_BYTES", budget)
    population = case(n=50, m=7, weighted=True, dtype=dtype)
    losses, scores = engine.evaluate(population.plan, population.start, population.data)
    for i in range(7):
        alone = population.member(i)
        loss, score = engine.evaluate(alone.plan, alone.start, alone.data)
        np.testing.assert_array_equal(loss[0], losses[i])
        np.testing.assert_array_equal(score[0], scores[i])


def test_evaluation_in_blocks_is_the_plain_mean(case, monkeypatch):
    population = case(n=50, m=2, weighted=True)
    whole = engine.evaluate(population.plan, population.start, population.data)
    monkeypatch.setattr(reference, "_EVALUATION_BYTES", 1)
    blocks = engine.evaluate(population.plan, population.start, population.data)
    np.testing.assert_allclose(blocks[0], whole[0], rtol=1e-13)
    np.testing.assert_allclose(blocks[1], whole[1], rtol=1e-13)
    X, y, weights = population.data.X, population.data.y, population.data.weights
    for i, w in enumerate(population.start):
        a = X
        layers = population.plan.architecture.layers(w)
        for (W, b), last in zip(layers, (False, False, True), strict=True):
            a = a @ W + b
            a = a if last else np.tanh(a)
        np.testing.assert_allclose(whole[0][i], (weights * ((a - y) ** 2).mean(axis=1)).mean())
        r2 = 1 - ((a - y) ** 2).sum() / ((y - y.mean(axis=0)) ** 2).sum()
        np.testing.assert_allclose(whole[1][i], r2)


def test_evaluation_drops_nothing(case):
    dropping, plain = case(dropout=0.5), case()
    for a, b in zip(
        engine.evaluate(dropping.plan, plain.start, plain.data),
        engine.evaluate(plain.plan, plain.start, plain.data),
        strict=True,
    ):
        np.testing.assert_array_equal(a, b)


def test_the_data_and_the_start_are_left_alone(case):
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
def test_a_member_that_overflows_is_stopped_before_its_bad_step_and_the_others_go_on(case, dropout):
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
    last, _, _ = _steps(before, step - 1)
    np.testing.assert_array_equal(state.parameters[1], last.parameters[0])


def _steps(case, n):
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


def test_the_layer_of_a_failure_is_where_the_numbers_first_left_the_finite(case):
    population = case(hidden="identity", m=1)
    w = population.start
    population.plan.architecture.view(w, "W2")[:] = 1e308
    _, _, failures = population.train(engine, 1)
    assert failures == {0: (1, 2)}


def test_a_gradient_that_overflows_names_the_layer_of_the_parameter(case):
    population = case(sizes=(2, 3, 1), hidden="identity", loss="mean_absolute_error", m=1)
    population.data.X[:] = 1e200
    population.plan.architecture.view(population.start, "W1")[:] = 1e-200
    population.rates[0] = 1e200
    _, _, failures = population.train(engine, 1)
    assert failures == {0: (1, 1)}


@pytest.mark.parametrize("rule", ["adam", "rmsprop", "adagrad", "adadelta"])
def test_memory_that_overflows_is_a_failure_too(case, rule):
    """A square beyond the largest number would freeze the parameter for ever, unseen."""
    population = case(sizes=(2, 1), loss="mean_absolute_error", rule=rule, m=2)
    population.data.X[:] = 1e200
    _, _, failures = population.train(engine, 1)
    assert failures == {0: (1, 1), 1: (1, 1)}


def test_a_float32_that_overflows_in_the_update_is_a_failure(case):
    population = case(sizes=(1, 1), loss="mean_absolute_error", dtype="float32", m=1)
    population.rates[0] = 1e39
    state, _, failures = population.train(engine, 1)
    assert failures == {0: (1, 1)}
    np.testing.assert_array_equal(state.parameters, population.start)


def test_no_step_is_counted_when_nobody_is_left(case):
    population = case(m=2, dropout=0.5, batch_size=1)
    population.rates[:] = 1e300
    state, _, failures = population.train(engine, 2)
    assert state.step == max(step for step, _ in failures.values())
    assert not state.alive.any()


def test_a_loss_that_overflows_fails_though_the_gradient_does_not(case):
    population = case(sizes=(1, 1), m=1, batch_size=17)
    population.data.y[:] = 1e200
    state, loss, failures = population.train(engine, 1)
    assert failures == {0: (1, 1)}
    assert loss.tolist() == [0]
    assert np.isfinite(state.parameters).all()


def test_nothing_is_refused(case):
    assert engine.refuses(case().plan) is None
