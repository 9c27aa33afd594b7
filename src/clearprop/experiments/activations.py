"""`activations`: every activation function of the package beside its derivative."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from clearprop import figures
from clearprop.engines import Data
from clearprop.engines.objective import loss_and_gradient
from clearprop.equations.activations import ACTIVATIONS
from clearprop.experiments.activations_softmax import (
    H,
    formulas,
    softmax_blocks,
    softmax_checks,
    some_logits,
    value_of,
)
from clearprop.experiments.compare import close, holds
from clearprop.experiments.lesson import (
    Block,
    Check,
    Heading,
    Lesson,
    Picture,
    Table,
    Text,
    Worked,
)
from clearprop.experiments.play import Play
from clearprop.ledgers.writing import number
from clearprop.network import Network

__all__ = ["teach"]

Floats = NDArray[np.float64]

_REACH = 5.0  # of the curves, to either side of 0
_LAYERS, _WIDTH = 10, 32  # hidden layers that a gradient passes, and their neurons
_SHOWN = (-2.0, 0.0, 2.0)

# What a learner should remember of each; one that is not here is drawn all the same.
_WORDS = {
    "identity": "No bend at all: the sum goes out as it came. For outputs that are amounts.",
    "sigmoid": "Between 0 and 1, so an output can be read as a probability. Its slope is ¼ at "
    "best and almost 0 far out: there, little can be learned.",
    "tanh": "The sigmoid stretched to −1 … 1. Its slope is 1 in the middle.",
    "relu": "Below 0 nothing, above 0 everything. The slope is 0 or 1, so it costs next to "
    "nothing; a neuron that is below 0 for every sample learns no more.",
    "leaky_relu": "A ReLU that lets 1 % through below 0, so that no neuron stops learning.",
    "elu": "Above 0 like ReLU, below 0 a smooth way to −1.",
    "selu": "ELU, scaled so that mean 0 and variance 1 stay so through many layers.",
    "softplus": "ReLU with its corner rounded off; its slope is the sigmoid.",
    "gelu": "A smooth ReLU that dips a little below 0.",
    "silu": "z times its own sigmoid: a smooth ReLU with a deeper dip.",
    "mish": "Close to silu, a little steeper on the right of 0.",
}


def teach(play: Play) -> Lesson:
    """Why there is an activation, every one drawn, what slopes do in many layers, and softmax."""
    seed = play.seed or 0
    plain = [name for name in ACTIVATIONS if name != "softmax"]
    z = np.linspace(-_REACH, _REACH, 201)
    return Lesson(
        [
            *_introduction(),
            *(block for name in plain for block in _one(name, z)),
            _table(plain),
            *_many_layers(plain, seed),
            *softmax_blocks(z, some_logits(seed)),
        ],
        [*_straight_checks(seed), *_slope_checks(plain, seed), *softmax_checks(some_logits(seed))],
        [
            "clearprop learn activations --seed 7     other places to check the slopes at",
            "clearprop learn forward                  the sigmoid at work",
        ],
    )


def _slope(name: str, z: Floats) -> Floats:
    """The derivative: the way back with `∂C/∂a = 1`."""
    return np.asarray(ACTIVATIONS[name][1](np.ones_like(z), z, value_of(name, z)))


def _straight(seed: int) -> tuple[Network, Network]:
    """Two layers without activation, and the one layer that they are."""
    two = Network([2, 3, 1], hidden="identity", seed=seed)
    one = Network([2, 1])
    one["W1"][...] = two["W1"] @ two["W2"]
    return two, one


def _introduction() -> list[Block]:
    return [
        Text(
            "A neuron adds up its weighted inputs to a sum z and passes on a = f(z). The function "
            "f is its activation. It must bend: without a bend, two layers are no more than one, "
            "because a weighted sum of weighted sums is again a weighted sum."
        ),
        Worked(
            [
                "two layers without bend:  (X W1) W2",
                "one layer:                X (W1 W2)     the same numbers for every X",
            ]
        ),
        Text(
            "On the way back each neuron multiplies by the slope of its activation, f′(z). So the "
            "slope matters as much as the function: where it is near 0, little of the gradient "
            "comes through. Below each figure stands its way back: da is short for ∂C/∂a, what "
            "comes from the layer after, and dz for ∂C/∂z, what goes on to the weights."
        ),
    ]


def _one(name: str, z: Floats) -> list[Block]:
    data = (name, z, value_of(name, z), _slope(name, z))
    labels = ("f(z)", "f′(z)")
    return [
        Heading(name),
        *([Text(_WORDS[name])] if name in _WORDS else []),
        Picture(
            name,
            formulas(name),
            figures.describe_function_curve(*data, labels=labels),
            lambda theme: figures.function_curve(*data, labels=labels, theme=theme),
        ),
    ]


def _table(names: Sequence[str]) -> Table:
    places = np.array(_SHOWN)
    z = np.linspace(-_REACH, _REACH, 2001)
    rows = [
        (
            name,
            *(number(value, 3) for value in value_of(name, places)),
            *(number(value, 3) for value in _slope(name, places)),
            number(float(_slope(name, z).max()), 3),
        )
        for name in names
    ]
    marks = [f"{kind}({place:g})".replace("-", "−") for kind in ("f", "f′") for place in _SHOWN]
    return Table(
        f"All of them at three places, and the steepest slope between −{_REACH:g} and {_REACH:g}",
        ("activation", *marks, "steepest"),
        rows,
    )


def _many_layers(names: Sequence[str], seed: int) -> list[Block]:
    quarter = float(_slope("sigmoid", np.zeros(1))[0])
    left = [_share_left(name, seed) for name in names]
    bars = (f"Delta of hidden layer 1 beside that of layer {_LAYERS}", list(names), left)
    return [
        Heading(f"What {_LAYERS} layers make of it"),
        Text(
            f"A gradient that goes back through {_LAYERS} layers is multiplied by {_LAYERS} "
            "slopes, besides the weights. The sigmoid's slope is ¼ where it is steepest. So even "
            "at its best, through ten layers it leaves"
        ),
        Worked([f"{number(quarter)}^{_LAYERS} = {number(quarter**_LAYERS, 3)}"]),
        Text(
            "Less than a millionth arrives at the first layer, which then hardly learns. That is "
            "called a vanishing gradient. Real networks have weights as well, and z is not 0 "
            f"everywhere, so here are networks with {_LAYERS} hidden layers of {_WIDTH} neurons, "
            "each started in the way that suits its activation, before any training:"
        ),
        Picture(
            "ten-layers",
            "Each bar is how large delta = ∂C/∂z is in the first hidden layer, as a share of what "
            "it is in the last (root mean square over 64 samples). Near 1 is good: all layers "
            "learn about equally fast. The axis is logarithmic.",
            figures.describe_bars(*bars, x_name="share"),
            lambda theme: figures.bars(*bars, x_name="share", log=True, theme=theme),
        ),
    ]


def _share_left(name: str, seed: int) -> float:
    """The size of delta in the first hidden layer, in parts of that in the last."""
    network = Network([_WIDTH] * (_LAYERS + 1) + [1], hidden=name, seed=seed)
    rng = np.random.default_rng(seed)
    data = Data(rng.standard_normal((64, _WIDTH)), rng.standard_normal((64, 1)))
    flat = network.parameters[None]
    deltas = loss_and_gradient(network.architecture, "mean_squared_error", flat, data).deltas
    first, last = (float(np.sqrt(np.mean(deltas[k] ** 2))) for k in (0, _LAYERS - 1))
    return first / last


# Checks -------------------------------------------------------------------------------------------


def _straight_checks(seed: int) -> list[Check]:
    two, one = _straight(seed)
    X = some_logits(seed)[:, :2]
    return [
        close("two layers without a bend, and one layer of W1 W2", one.predict(X),
              two.predict(X), tolerance=1e-12, source="algebra"),
    ]  # fmt: skip


def _slope_checks(names: Sequence[str], seed: int) -> list[Check]:
    """Each slope at random places, none of them at a kink, beside finite differences."""
    z = np.random.default_rng(seed).uniform(-_REACH, _REACH, 64)
    z = z[np.abs(z) > 2 * H]
    checks = []
    for name in names:
        measured = (value_of(name, z + H) - value_of(name, z - H)) / (2 * H)
        checks.append(
            close(f"{name}′", measured, _slope(name, z), tolerance=1e-8,
                  source="finite differences")
        )  # fmt: skip
    largest = np.array([_slope("sigmoid", np.zeros(1))[0], _slope("tanh", np.zeros(1))[0]])
    far = np.concatenate([value_of(name, np.array([-800.0, 800.0])) for name in names])
    return [
        *checks,
        close("sigmoid′(0) and tanh′(0)", [0.25, 1.0], largest, tolerance=0.0, source="by hand"),
        _vanishing_check(seed),
        holds("f(−800) and f(800) of all of them", "finite", _finite(far),
              _finite(far) == "finite", source="IEEE 754"),
    ]  # fmt: skip


def _vanishing_check(seed: int) -> Check:
    sigmoid, relu = _share_left("sigmoid", seed), _share_left("relu", seed)
    return holds(
        f"share of delta left after {_LAYERS} layers, sigmoid and ReLU",
        "sigmoid below 1/100 of ReLU", f"{number(sigmoid, 3)} and {number(relu, 3)}",
        sigmoid < 0.01 * relu, source="slopes of at most ¼",
    )  # fmt: skip


def _finite(values: Floats) -> str:
    return "finite" if np.isfinite(values).all() else "not finite"
