"""A learner who works a step neuron by neuron, with pencil and paper, and sometimes slips.

Nothing of clearprop is used here but the names of activations and losses: the sums are Python
loops, so that marking is tried on numbers that it did not compute itself.
"""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass, field

import numpy as np


def sigmoid(z):
    return 1 / (1 + math.exp(-z))


# name -> (f, f′ as a function of z, the short form of f′ that some books write, of a)
FUNCTIONS = {
    "identity": (lambda z: z, lambda _: 1.0, None),
    "sigmoid": (sigmoid, lambda z: sigmoid(z) * (1 - sigmoid(z)), lambda a: a * (1 - a)),
    "tanh": (math.tanh, lambda z: 1 - math.tanh(z) ** 2, lambda a: 1 - a * a),
    "relu": (lambda z: max(z, 0.0), lambda z: 1.0 if z > 0 else 0.0, None),
    "softplus": (lambda z: math.log1p(math.exp(z)), sigmoid, None),
    "silu": (
        lambda z: z * sigmoid(z),
        lambda z: sigmoid(z) * (1 + z * (1 - sigmoid(z))),
        None,
    ),
}


def softmax(row):
    e = [math.exp(z) for z in row]
    return [each / sum(e) for each in e]


@dataclass
class Exercise:
    """What the learner is given: W and b of every layer as nested lists, X, y and how to step."""

    weights: list
    biases: list
    activations: list
    loss: str
    X: list
    y: list
    rate: float
    momentum: float = 0.0
    velocity: list = field(default_factory=list)  # (vW, vb) of every layer

    @property
    def sizes(self):
        return [len(self.weights[0]), *(len(b) for b in self.biases)]


class Learner:
    """Works everything out once; `answers` holds every term.

    Args:
        exercise: what to work out.
        slip: None, or (name of the slip, name of the term), such as ("fprime_missing", "delta1").
        rounded: how each number is rounded before it is used again; exact by default.
    """

    def __init__(self, exercise, slip=(None, None), rounded=lambda value: value):
        self.given, self.slip, self.rounded = exercise, slip, rounded
        self.answers = {}
        self.work()

    def slips(self, name, term):
        return self.slip == (name, term)

    def note(self, term, rows):
        """Write a term down; slips that can happen to any row of numbers happen here."""
        array = np.array(rows, dtype=float)
        if self.slips("sign", term):
            array = -array
        if self.slips("decimal", term):
            array = 10 * array
        if self.slips("factor_two", term):
            array = 2 * array
        if self.slips("half", term):
            array = array / 2
        if self.slips("entries_swapped", term):
            array.flat[0], array.flat[array.size - 1] = array.flat[array.size - 1], array.flat[0]
        self.answers[term] = self.rounded(array)
        return self.answers[term].tolist()

    def work(self):
        g, n, last = self.given, len(self.given.X), len(self.given.weights)
        a, z = [g.X], [None]
        for i in range(1, last + 1):
            z.append(self.note(f"z{i}", self.pre_activation(i, a[-1], z[-1])))
            a.append(self.note(f"a{i}", self.activation(i, z[-1])))
        losses = [self.loss(as_, ys) for as_, ys in zip(a[-1], g.y, strict=True)]
        losses = self.note("losses", losses)
        self.note("loss", sum(losses) / (1 if self.slips("samples_forgotten", "loss") else n))
        delta = None
        for i in range(last, 0, -1):
            back = self.at_output(z[i], a[i], n) if i == last else self.one_layer_back(i, delta)
            if i < last or not g.loss.endswith("cross_entropy"):
                da = self.note(f"d_activation{i}", back)
                delta = self.note(f"delta{i}", self.through(i, da, z[i], a[i]))
            else:
                delta = self.note(f"delta{i}", back)
            self.gradients(i, a, delta)
            self.step(i)

    def pre_activation(self, i, entering, z_before):
        W, b, term = self.given.weights[i - 1], self.given.biases[i - 1], f"z{i}"
        rows = z_before if self.slips("activation_forgotten", term) else entering
        turned = self.slips("weights_transposed", term)
        return [
            [
                sum(row[p] * (W[j][p] if turned else W[p][j]) for p in range(len(row)))
                + (0 if self.slips("bias_forgotten", term) else b[j])
                for j in range(len(b))
            ]
            for row in rows
        ]

    def activation(self, i, z):
        name = self.given.activations[i - 1]
        if self.slips("activation_forgotten", f"a{i}"):
            return z
        if name == "softmax":
            return [softmax(row) for row in z]
        return [[FUNCTIONS[name][0](value) for value in row] for row in z]

    def loss(self, a, y):
        k, name = len(y), self.given.loss
        if name == "categorical_cross_entropy":
            return -sum(t * math.log(p) for t, p in zip(y, a, strict=True))
        if name == "binary_cross_entropy":
            return (
                -sum(t * math.log(p) + (1 - t) * math.log(1 - p) for t, p in zip(y, a, strict=True))
                / k
            )
        half = 0.5 if name == "half_squared_error" else 1.0
        return half * sum((p - t) ** 2 for t, p in zip(y, a, strict=True)) / k

    def at_output(self, z, a, n):
        """∂C/∂a, or for the cross-entropies at once ∂C/∂z."""
        name, last = self.given.loss, len(self.given.weights)
        matched = name.endswith("cross_entropy")
        term = f"delta{last}" if matched else f"d_activation{last}"
        factor = 2.0 if name == "mean_squared_error" else 1.0
        k = 1 if name == "categorical_cross_entropy" else len(self.given.y[0])
        if self.slips("outputs_forgotten", term):
            k = 1
        if self.slips("samples_forgotten", term):
            n = 1
        if self.slips("logits_for_output", term):
            a = z
        return [
            [factor * (p - t) / (k * n) for p, t in zip(row, targets, strict=True)]
            for row, targets in zip(a, self.given.y, strict=True)
        ]

    def one_layer_back(self, i, delta):
        W, term = self.given.weights[i], f"d_activation{i}"
        if self.slips("updated_before_use", term):
            W = self.answers[f"W{i + 1}_new"].tolist()
        turned = self.slips("weights_transposed", term)
        return [
            [
                sum(row[k] * (W[k][j] if turned else W[j][k]) for k in range(len(row)))
                for j in range(len(self.given.biases[i - 1]))
            ]
            for row in delta
        ]

    def through(self, i, da, z, a):
        name, term = self.given.activations[i - 1], f"delta{i}"
        _, slope, form = FUNCTIONS[name]
        rows = []
        for das, zs, as_ in zip(da, z, a, strict=True):
            if self.slips("fprime_missing", term):
                f = [1.0] * len(zs)
            elif self.slips("fprime_at_a", term):
                f = [slope(value) for value in as_]
            elif self.slips("fprime_form_at_z", term):
                f = [form(value) for value in zs]
            else:
                f = [slope(value) for value in zs]
            rows.append([d * s for d, s in zip(das, f, strict=True)])
        return rows

    def gradients(self, i, a, delta):
        n, entering, size = len(delta), a[i - 1], len(delta[0])
        source = a[i] if self.slips("own_output_as_input", f"dW{i}") else entering
        dW = [
            [sum(source[s][p] * delta[s][j] for s in range(n)) for j in range(size)]
            for p in range(len(source[0]))
        ]
        if self.slips("indices_swapped", f"dW{i}"):
            dW = [list(row) for row in zip(*dW, strict=True)]
        if self.slips("input_forgotten", f"dW{i}"):
            dW = [[sum(delta[s][j] for s in range(n)) for j in range(size)] for _ in entering[0]]
        self.note(f"dW{i}", dW)
        times = self.slips("bias_times_input", f"db{i}")
        self.note(
            f"db{i}",
            [sum(delta[s][j] * (entering[s][0] if times else 1) for s in range(n))
             for j in range(size)],
        )  # fmt: skip

    def step(self, i):
        for letter, old in (("W", self.given.weights[i - 1]), ("b", self.given.biases[i - 1])):
            g, term = self.answers[f"d{letter}{i}"], f"{letter}{i}_new"
            if self.given.momentum and not self.slips("memory_forgotten", term):
                g = self.given.momentum * np.array(self.given.velocity[i - 1][letter == "b"]) + g
            rate = 1.0 if self.slips("rate_forgotten", term) else self.given.rate
            sign = 1.0 if self.slips("added", term) else -1.0
            self.note(term, np.array(old) + sign * rate * g)


def applicable(exercise):
    """Every slip that this exercise gives occasion to, as (name, term)."""
    last, n, k = len(exercise.weights), len(exercise.X), len(exercise.y[0])
    matched = exercise.loss.endswith("cross_entropy")
    sizes = exercise.sizes
    output = f"delta{last}" if matched else f"d_activation{last}"
    found = [("samples_forgotten", output), ("samples_forgotten", "loss")] if n > 1 else []
    if k > 1 and exercise.loss != "categorical_cross_entropy":
        found.append(("outputs_forgotten", output))
    if exercise.loss == "mean_squared_error":
        found.append(("half", output))
    if exercise.loss == "half_squared_error":
        found += [("factor_two", output), ("factor_two", "losses")]
    if matched:
        found.append(("logits_for_output", output))
    for i in range(1, last + 1):
        found += [("bias_forgotten", f"z{i}"), ("activation_forgotten", f"a{i}")]
        square = sizes[i - 1] == sizes[i] > 1
        if square:
            found += [("weights_transposed", f"z{i}"), ("indices_swapped", f"dW{i}")]
            found += [("own_output_as_input", f"dW{i}")]
        if i > 1:
            found.append(("activation_forgotten", f"z{i}"))
        if i < last:
            found += [("updated_before_use", f"d_activation{i}"), ("sign", f"d_activation{i}")]
            if sizes[i] == sizes[i + 1] > 1:
                found.append(("weights_transposed", f"d_activation{i}"))
        if i < last or not matched:
            found += [("fprime_missing", f"delta{i}"), ("fprime_at_a", f"delta{i}")]
            if FUNCTIONS[exercise.activations[i - 1]][2]:
                found.append(("fprime_form_at_z", f"delta{i}"))
        found += [("sign", f"delta{i}"), ("sign", f"dW{i}"), ("decimal", f"delta{i}")]
        found += [("input_forgotten", f"dW{i}"), ("bias_times_input", f"db{i}")]
        if sizes[i] > 1:
            found.append(("entries_swapped", f"delta{i}"))
        for letter in "Wb":
            found += [(name, f"{letter}{i}_new") for name in ("rate_forgotten", "added")]
            if exercise.momentum:
                found.append(("memory_forgotten", f"{letter}{i}_new"))
    return found


def random_exercise(rng):
    """A small network with a loss, samples and weights of ordinary size."""
    depth = int(rng.integers(1, 4))
    sizes = [int(size) for size in rng.integers(1, 4, depth + 1)]
    loss = str(rng.choice(["mean_squared_error", "half_squared_error", "binary_cross_entropy",
                           "categorical_cross_entropy"]))  # fmt: skip
    if loss == "categorical_cross_entropy":
        sizes[-1] = max(2, sizes[-1])
    hidden = ["sigmoid", "tanh", "relu", "softplus", "silu"]
    output = {"binary_cross_entropy": "sigmoid", "categorical_cross_entropy": "softmax"}.get(
        loss, str(rng.choice(["identity", "sigmoid", "tanh"]))
    )
    n = int(rng.integers(1, 4))
    if loss == "categorical_cross_entropy":
        y = np.eye(sizes[-1])[rng.integers(0, sizes[-1], n)]
    elif loss == "binary_cross_entropy":
        y = rng.integers(0, 2, (n, sizes[-1]))
    else:
        y = rng.uniform(-1, 1, (n, sizes[-1])).round(2)
    pairs = list(itertools.pairwise(sizes))
    momentum = 0.9 if rng.uniform() < 0.25 else 0.0
    return Exercise(
        weights=[rng.normal(size=pair).round(2).tolist() for pair in pairs],
        biases=[rng.normal(size=pair[1]).round(2).tolist() for pair in pairs],
        activations=[*(str(name) for name in rng.choice(hidden, depth - 1)), output],
        loss=loss,
        X=rng.normal(size=(n, sizes[0])).round(2).tolist(),
        y=y.astype(float).tolist(),
        rate=float(rng.choice([0.1, 0.5, 1.0])),
        momentum=momentum,
        velocity=[
            (rng.normal(size=p).round(2).tolist(), rng.normal(size=p[1]).round(2).tolist())
            for p in pairs
        ],
    )


def three_significant(array):
    return np.vectorize(lambda v: float(f"{v:.3g}"), otypes=[float])(array)


def three_decimals(array):
    return np.round(array, 3)
