"""The reference engine against a training written a second time, in loops, sample by sample."""

from __future__ import annotations

import math

import numpy as np
import pytest

from clearprop import randomness
from clearprop.engines import reference
from clearprop.engines.reference import ReferenceEngine
from clearprop.equations.losses import LOSSES
from clearprop.equations.updates import UPDATES
from golden.naive_rules import NAIVE

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
    if plan.rule in NAIVE:
        decay = [options[q]["weight_decay"] for q in range(p)]
        whole = NAIVE[plan.rule](w, **options[0] | {"weight_decay": decay})
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
            if plan.rule in NAIVE:
                w = whole.step(w, g, t, case.rates[i])
            else:
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


# ------------------------------------------------------------------------------- blocks


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


def test_nothing_is_refused(case):
    assert engine.refuses(case().plan) is None
