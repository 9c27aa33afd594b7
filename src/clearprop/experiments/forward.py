"""`forward`: a 2-3-1 network computes its answer, every number in sight."""

from __future__ import annotations

import math
from functools import partial

import numpy as np

from clearprop.experiments.compare import close, holds, printed
from clearprop.experiments.lesson import Block, Check, Heading, Lesson, Table, Text, Worked
from clearprop.experiments.play import Play
from clearprop.experiments.steps import arithmetic, forward_picture
from clearprop.ledgers import Ledger, ledger
from clearprop.ledgers.writing import number
from clearprop.network import Network

__all__ = ["teach"]

X, Y = np.array([[1.0, 1.0]]), np.array([[0.0]])
_W1 = [[0.8, 0.4, 0.3], [0.2, 0.9, 0.5]]
_W2 = [[0.3], [0.5], [0.9]]
_SUMS = ["1.0", "1.3", "0.8"]  # of the hidden neurons, by the head
_NAMES = (("x1", "x2"), ("h1", "h2", "h3"), ("out",))


def teach(play: Play) -> Lesson:
    """The forward pass as arithmetic, as a table, on the network, and as two matrix products."""
    step = ledger(_network(play.seed), X, Y, loss="mean_squared_error")
    return Lesson(
        [*_neurons(step), *_table(step), *_as_matrices(step)],
        _checks(step, play.seed),
        [
            "clearprop learn forward --seed 3     other weights to work out by hand",
            "clearprop learn four-equations       the way back",
        ],
    )


def _network(seed: int | None) -> Network:
    network = Network([2, 3, 1], hidden="sigmoid", output="sigmoid", seed=seed or 0)
    if seed is None:
        network["W1"][...], network["W2"][...] = _W1, _W2
    return network


def _neurons(step: Ledger) -> list[Block]:
    return [
        Text(
            "Two numbers go in, three hidden neurons look at them, one output answers. The inputs "
            f"are ({X[0, 0]:g}, {X[0, 1]:g}) and the answer should be {Y[0, 0]:g}. Nothing has "
            "been learned yet; we only want to see how the answer comes about."
        ),
        Heading("The hidden neurons"),
        Text(
            "Each hidden neuron multiplies each input by a weight of its own and adds the "
            "products. That sum is its value before the activation, z. There could be a bias to "
            "add as well; here all biases are 0. In z1[0,2], the first number says which sample "
            "and the second which neuron, both counted from 0."
        ),
        arithmetic(step, "z1"),
        Text(
            "Then it bends the sum by the sigmoid, 1/(1 + e^−z). A large sum comes out near 1, a "
            "large negative one near 0, and 0 comes out as ½. This is its value after the "
            "activation, a. Without this bend, many layers could do no more than one."
        ),
        arithmetic(step, "a1"),
        Heading("The output, and how wrong it is"),
        Text("The output does the same with the three hidden values."),
        arithmetic(step, "z2", "a2"),
        Text(
            "The loss is the squared difference to the target, here without the ½ that some texts "
            "put in front. If it were 0, there would be nothing to learn."
        ),
        arithmetic(step, "losses"),
        forward_picture(
            step,
            "Forward: from the inputs to the answer",
            "Each circle holds the value after the activation; each arrow carries it to the next "
            "layer, times the weight written on it.",
            names=_NAMES,
        ),
    ]


def _table(step: Ledger) -> list[Block]:
    rows = [
        (name, number(z, 6), number(a, 6))
        for layer, names in ((1, _NAMES[1]), (2, _NAMES[2]))
        for name, z, a in zip(names, step[f"z{layer}"][0], step[f"a{layer}"][0], strict=True)
    ]
    rows.append(("loss", "", number(float(step["loss"]), 6)))
    return [Table("Every value", ("neuron", "before activation, z", "after, a"), rows)]


def _as_matrices(step: Ledger) -> list[Block]:
    shapes = [
        ("X", step["X"].shape, "a row for each sample, a column for each input"),
        ("W1", step["W1"].shape, "a column for each hidden neuron"),
        ("a1 = sigmoid(X W1 + b1)", step["a1"].shape, "a row for each sample"),
        ("W2", step["W2"].shape, "a column for each output"),
        ("a2 = sigmoid(a1 W2 + b2)", step["a2"].shape, "the answer"),
    ]
    return [
        Heading("The same as two matrix products"),
        Text(
            "All the sums of a layer together are one matrix product. With a hundred samples, X "
            "has a hundred rows and nothing else changes: that is why networks are written so."
        ),
        Worked(
            [f"{name:24}  {' × '.join(map(str, shape))}   {what}" for name, shape, what in shapes]
        ),
    ]


def _checks(step: Ledger, seed: int | None) -> list[Check]:
    hidden = [
        sum(x * w for x, w in zip(X[0], column, strict=True)) for column in step["W1"].T
    ]  # neuron by neuron, not as a matrix product
    values = [1 / (1 + math.exp(-z)) for z in hidden]
    total = sum(a * w for a, w in zip(values, step["W2"][:, 0], strict=True))
    output = 1 / (1 + math.exp(-total))
    exact = partial(close, tolerance=1e-14, source="by hand, neuron by neuron")
    checks = [
        exact("hidden values before the activation", hidden, step["z1"][0]),
        exact("hidden values after it", values, step["a1"][0]),
        exact("output before and after", [total, output], [step["z2"][0, 0], step["a2"][0, 0]]),
        exact("loss", output**2, float(step["loss"])),
        exact("network.predict", output, float(step.network.predict(X)[0, 0])),
        holds("every activation lies between 0 and 1", "yes",
              "yes" if _between(step) else "no", _between(step), source="the sigmoid"),
    ]  # fmt: skip
    if seed is None:
        checks.insert(0, printed("hidden sums", _SUMS, step["z1"][0], source="in the head"))
    return checks


def _between(step: Ledger) -> bool:
    a = np.concatenate([step["a1"].ravel(), step["a2"].ravel()])
    return bool(((a > 0) & (a < 1)).all())
