"""`four-equations`: the four equations of backpropagation, each in symbols, shapes and numbers."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from clearprop.experiments.compare import close, holds
from clearprop.experiments.lesson import (
    Animation,
    Block,
    Check,
    Heading,
    Lesson,
    Table,
    Text,
    Worked,
)
from clearprop.experiments.play import Play
from clearprop.experiments.steps import (
    animation_of,
    arithmetic,
    backward_picture,
    differences,
    forward_picture,
)
from clearprop.ledgers import Ledger, ledger
from clearprop.network import Network

__all__ = ["teach"]

Floats = NDArray[np.float64]

X, Y = np.array([[1.0, 0.5], [-0.5, 2.0]]), np.array([[1.0, 0.0], [0.0, 1.0]])
_W1, _B1 = [[0.2, -0.4, 0.7], [0.5, 0.3, -0.6]], [0.1, -0.2, 0.05]
_W2, _B2 = [[0.6, -0.3], [0.4, 0.8], [-0.5, 0.2]], [0.0, 0.1]
_BACK = ("d_activation2", "delta2", "d_activation1", "delta1", "db2", "db1", "dW2", "dW1")


def teach(play: Play) -> Lesson:
    """Forward once, then one equation at a time."""
    step = ledger(_network(play.seed), X, Y, loss="mean_squared_error")
    return Lesson(
        [*_forward(step), *_equations(step), *_drawn(step), *_measured(step)],
        [*_by_hand(step), *differences(step, *_BACK), _shapes_check(step)],
        [
            "clearprop learn four-equations --seed 4     other weights to work out by hand",
            "clearprop learn deltas                      the same in a larger network",
        ],
        Animation("one step: values forward, deltas back, new weights", animation_of(step)),
    )


def _network(seed: int | None) -> Network:
    network = Network([2, 3, 2], hidden="tanh", output="sigmoid", seed=seed or 0)
    if seed is None:
        network["W1"][...], network["b1"][...] = _W1, _B1
        network["W2"][...], network["b2"][...] = _W2, _B2
    return network


def _forward(step: Ledger) -> list[Block]:
    return [
        Text(
            "All of backpropagation is four equations. They are shown here on a network with two "
            "inputs, three hidden neurons (tanh) and two outputs (sigmoid), and on two samples at "
            "once. Layer 1 is the hidden one, layer 2 the output. Going forward, each layer "
            "computes z = a W + b from what comes in, and a = f(z)."
        ),
        forward_picture(
            step,
            "Forward, sample 0",
            "In the circles what each neuron puts out for the first sample, on the arrows the "
            "weights. Biases are not drawn.",
        ),
        Text(
            "The cost C is the mean of the squared differences, over the outputs and the samples "
            f"(no ½): C = {float(step['loss']):.4f}. The question is what each number of the "
            "network has to do with it. The answer for a neuron's sum z is called its delta: "
            "delta = ∂C/∂z. If z grows by a little, C grows by delta times that little."
        ),
    ]


def _equations(step: Ledger) -> list[Block]:
    return [
        Heading("1. Delta at the output"),
        Text(
            "How C changes with an output, times how the output changes with its z. The squared "
            "difference has the slope 2(a − y); the mean over two outputs and two samples divides "
            "it by 2 and by 2. The slope of the sigmoid is f′(z) = a(1 − a). The dot multiplies "
            "number by number, not as matrices."
        ),
        Worked(["delta2 = ∂C/∂a2 · f′(z2)" + _shape(step, "delta2")]),
        arithmetic(step, "d_activation2", "delta2"),
        Heading("2. Delta one layer back"),
        Text(
            "A hidden neuron reaches the cost through every output. So it collects the deltas of "
            "both, each times the weight that leads there; then comes the slope of its own "
            "activation, for tanh f′(z) = 1 − a². W2ᵀ is W2 with rows and columns swapped: the "
            "same weights, walked the other way."
        ),
        Worked(["delta1 = (delta2 W2ᵀ) · f′(z1)" + _shape(step, "delta1")]),
        arithmetic(step, "d_activation1", "delta1"),
        Heading("3. The biases"),
        Text(
            "A bias is added to z as it is, so its derivative is delta itself. Every sample has "
            "its say: the deltas of the samples are added up. (The mean's division by the number "
            "of samples is already in delta.)"
        ),
        Worked(["∂C/∂b = sum of delta over the samples" + _shape(step, "db2")]),
        arithmetic(step, "db2", "db1"),
        Heading("4. The weights"),
        Text(
            "A weight multiplies what comes in. So its derivative is what came in times the delta "
            "of where it leads, again added up over the samples. As a matrix product: the inputs "
            "of the layer, transposed, times delta."
        ),
        Worked(["∂C/∂W2 = a1ᵀ delta2" + _shape(step, "dW2"), "∂C/∂W1 = Xᵀ delta1"
                + _shape(step, "dW1")]),
        arithmetic(step, "dW2", "dW1"),
    ]  # fmt: skip


def _shape(step: Ledger, name: str) -> str:
    return f"     shape {' × '.join(map(str, step[name].shape))}"


def _drawn(step: Ledger) -> list[Block]:
    return [
        Heading("The way back on the network"),
        backward_picture(
            step,
            "Backward: the deltas of sample 0",
            "Read from right to left: in the circles the deltas. They travel over the same "
            "weights as the values did, against the arrows of the way forward. The inputs have no "
            "delta, for they are given.",
        ),
    ]


def _measured(step: Ledger) -> list[Block]:
    """Every gradient beside what nudging gives."""
    found = step.checks
    rows = [
        (
            name,
            " × ".join(map(str, step[name].shape)),
            str(len(found[name].values)),
            f"{np.abs(found[name].values - found[name].differences).max():.0e}",
        )
        for name in _BACK
    ]
    return [
        Heading("Are the equations right?"),
        Text(
            "There is a way to find out that needs no calculus: change one number by a very small "
            "amount, compute the cost anew, and see by how much it changed. d_activation is "
            "∂C/∂a, what comes before the slope in equations 1 and 2."
        ),
        Table(
            "Each gradient beside finite differences",
            ("gradient", "shape", "numbers", "largest difference"),
            rows,
        ),
    ]


# Checks -------------------------------------------------------------------------------------------


def _loops(step: Ledger) -> dict[str, Floats]:
    """The four equations written out neuron by neuron, from the outputs of the way forward."""
    a1, a2, W2 = step["a1"], step["a2"], step["W2"]
    n, k = a2.shape
    found = {name: np.zeros(step[name].shape) for name in _BACK}

    def each(name: str, value: Callable[..., float]) -> None:
        for index in np.ndindex(found[name].shape):
            found[name][index] = value(*index)

    each("d_activation2", lambda s, j: 2 * (a2[s, j] - Y[s, j]) / k / n)
    each("delta2", lambda s, j: found["d_activation2"][s, j] * a2[s, j] * (1 - a2[s, j]))
    each("d_activation1", lambda s, i: sum(W2[i, j] * found["delta2"][s, j] for j in range(k)))
    each("delta1", lambda s, i: found["d_activation1"][s, i] * (1 - a1[s, i] ** 2))
    each("db2", lambda j: sum(found["delta2"][s, j] for s in range(n)))
    each("db1", lambda i: sum(found["delta1"][s, i] for s in range(n)))
    each("dW2", lambda i, j: sum(a1[s, i] * found["delta2"][s, j] for s in range(n)))
    each("dW1", lambda i, j: sum(X[s, i] * found["delta1"][s, j] for s in range(n)))
    return found


def _by_hand(step: Ledger) -> list[Check]:
    numbers = {"delta2": "(1)", "delta1": "(2)", "db2": "(3)", "db1": "(3)", "dW2": "(4)",
               "dW1": "(4)"}  # fmt: skip
    found = _loops(step)
    return [
        close(f"equation {which}, {name}", found[name], step[name], tolerance=1e-14,
              source="neuron by neuron")
        for name, which in numbers.items()
    ]  # fmt: skip


def _shapes_check(step: Ledger) -> Check:
    pairs = [(step[name].shape, step[f"d{name}"].shape) for name in ("W1", "b1", "W2", "b2")]
    return holds(
        "each gradient has the shape of what it belongs to",
        ", ".join(str(own) for own, _ in pairs),
        ", ".join(str(gradient) for _, gradient in pairs),
        all(own == gradient for own, gradient in pairs),
        source="the equations",
    )
