"""`chain`: one input, one hidden neuron, one output; the derivative as a product of factors."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from clearprop import figures
from clearprop.engines import Data
from clearprop.engines.objective import loss_and_gradient
from clearprop.experiments.compare import close
from clearprop.experiments.lesson import Block, Check, Heading, Lesson, Picture, Text, Worked
from clearprop.experiments.play import Play
from clearprop.experiments.steps import (
    arithmetic,
    backward_picture,
    differences,
    forward_picture,
    product,
)
from clearprop.ledgers import Factors, Ledger, ledger
from clearprop.ledgers.writing import number
from clearprop.network import Network

__all__ = ["teach"]

Floats = NDArray[np.float64]

X, Y = np.array([[1.5]]), np.array([[0.7]])
_START = (0.8, 0.1, -0.5, 0.2)  # w1, b1, w2, b2
_ETA = 0.5
_LOSS = "mean_squared_error"
_REACH, _PLACES = 6.0, 201  # of the curves over one weight
_H = 1e-6  # of the nudge of one factor

_OF_W2 = ("∂C/∂a2", "∂a2/∂z2", "∂z2/∂w2")
_OF_W1 = ("∂C/∂a2", "∂a2/∂z2", "∂z2/∂a1", "∂a1/∂z1", "∂z1/∂w1")


def teach(play: Play) -> Lesson:
    """Forward, the two products, and one step along them."""
    eta = play.learning_rate or _ETA
    step = ledger(_network(play.seed), X, Y, loss=_LOSS, learning_rate=eta)
    w2, w1 = step.factors("W2[0,0]"), step.factors("W1[0,0]")
    return Lesson(
        [*_forward(step), *_products(step, w2, w1), *_step(step)],
        _checks(step, w2, w1),
        [
            "clearprop learn chain --seed 7               other weights to work out by hand",
            "clearprop learn chain --learning-rate 100    a step that is too long",
        ],
    )


def _network(seed: int | None) -> Network:
    network = Network([1, 1, 1], hidden="sigmoid", output="sigmoid", seed=seed or 0)
    if seed is None:
        network.parameters = _START
    return network


def _forward(step: Ledger) -> list[Block]:
    return [
        Text(
            "The smallest network that has something to pass back: one input x, one hidden neuron, "
            "one output. Each neuron does two things. It takes what comes in times a weight w, "
            "plus a bias b; that sum is called z. Then it bends z by an activation, here the "
            "sigmoid 1/(1 + e^−z), which gives a number between 0 and 1, called a."
        ),
        Text(
            f"The input is x = {X[0, 0]:g} and the answer should be y = {Y[0, 0]:g}. The cost C "
            "says how far off the answer is: C = (a2 − y)². Below, X, W1 and W2 hold one number "
            "each, x, w1 and w2; [0,0] is its place, counted from 0."
        ),
        arithmetic(step, "z1", "a1", "z2", "a2", "losses"),
        forward_picture(
            step,
            "From the input to the output",
            "Read from left to right: in each circle what comes out there, on each arrow the "
            "weight it is multiplied by. The biases are not drawn.",
            names=[["x"], ["a1"], ["a2"]],
        ),
    ]


def _products(step: Ledger, w2: Factors, w1: Factors) -> list[Block]:
    return [
        Heading("How much does the cost change if w2 changes a little?"),
        Text(
            "A little more w2 changes z2, which changes a2, which changes C. Each of the three "
            "changes is a derivative, and the chain rule says: multiply them. ∂C/∂a2 is read "
            "“how C changes with a2”. The slope of the sigmoid is sigmoid′(z) = a(1 − a)."
        ),
        product(w2, _OF_W2, "∂C/∂w2"),
        Heading("And w1, one layer further back?"),
        Text(
            "w1 is further away: it changes z1, then a1, then z2, a2 and C. The first two factors "
            "are the same as before, so they need not be computed again. That is the whole idea "
            "of backpropagation: begin at the cost, go back, and reuse the product so far."
        ),
        product(w1, _OF_W1, "∂C/∂w1"),
        Text(
            "The product up to a neuron's z is called its delta: delta2 = ∂C/∂z2 is the first two "
            "factors, delta1 = ∂C/∂z1 the first four."
        ),
        Worked(
            [
                f"delta2 = ∂C/∂z2 = {number(step['delta2'][0, 0])}",
                f"delta1 = ∂C/∂z1 = {number(step['delta1'][0, 0])}",
            ]
        ),
        backward_picture(
            step,
            "From the cost back to the input",
            "Read from right to left: in each circle the delta. delta1 is delta2 times the weight "
            "between them, w2, times the slope of the hidden neuron's sigmoid.",
            names=[["x"], ["delta1"], ["delta2"]],
        ),
        Heading("The same numbers as slopes"),
        Text(
            "Change one weight alone, compute the cost each time, and draw it. The derivative is "
            "the slope of that curve where the network stands."
        ),
        _curve(step, "w1", 0),
        _curve(step, "w2", 2),
    ]


def _costs(w: Floats) -> Floats:
    """The cost of parameters `(m, 4)`: `(m,)`."""
    return np.asarray(loss_and_gradient(_network(0).architecture, _LOSS, w, Data(X, Y)).losses)


def _curve(step: Ledger, name: str, place: int) -> Picture:
    """The cost over one parameter, and its tangent at the network."""
    here = step.network.parameters
    w = here[place] + np.linspace(-_REACH, _REACH, _PLACES)
    all_weights = np.tile(here, (_PLACES, 1))
    all_weights[:, place] = w
    data = (w, _costs(all_weights), here[place], step[f"dW{name[1]}"][0, 0])
    title = f"The cost over {name} alone"
    return Picture(
        f"slope-{name}",
        f"The curve is the cost for every {name}, the other three numbers left as they are. The "
        f"straight line touches it at {name} = {number(here[place])}; its slope is ∂C/∂{name}.",
        figures.describe_tangent_curve(*data, name=title, x_name=name, y_name="C"),
        lambda theme: figures.tangent_curve(
            *data, name=title, x_name=name, y_name="C", theme=theme
        ),
    )


def _step(step: Ledger) -> list[Block]:
    before = float(step["loss"])
    after = float(_costs(step.after.parameters[None])[0])
    outcome = "it falls" if after < before else "it rises: the step was too long"
    return [
        Heading("One step"),
        Text(
            "A slope says which way is up. So each number goes the other way, as far as the "
            f"learning rate η = {step.learning_rate:g} says. One sample, plain gradient descent:"
        ),
        arithmetic(step, "W1_new", "b1_new", "W2_new", "b2_new"),
        Text(f"The cost before is {number(before)}, after the step {number(after)}: {outcome}."),
    ]


def _checks(step: Ledger, w2: Factors, w1: Factors) -> list[Check]:
    w, b, v, c = (float(each) for each in step.network.parameters)
    x, y = float(X[0, 0]), float(Y[0, 0])
    a1 = 1 / (1 + math.exp(-(w * x + b)))  # written out, not by the engine
    a2 = 1 / (1 + math.exp(-(v * a1 + c)))
    slope = 2 * (a2 - y) * a2 * (1 - a2)
    checks = [
        close("a1, a2 and C", [a1, a2, (a2 - y) ** 2],
              [step["a1"][0, 0], step["a2"][0, 0], step["loss"]], tolerance=1e-14,
              source="by hand"),
        close("∂C/∂w2 and ∂C/∂w1", [slope * a1, slope * v * a1 * (1 - a1) * x],
              [w2.value, w1.value], tolerance=1e-14, source="by hand"),
    ]  # fmt: skip
    for name, factors in (("∂C/∂w2", w2), ("∂C/∂w1", w1)):
        checks.append(
            close(f"{name}: product of its factors, and backpropagation", factors.gradient,
                  factors.value, tolerance=1e-15, source="the engine")
        )  # fmt: skip
    return [
        *checks,
        *(_factor_check(step, name, k, w1) for k, name in enumerate(_OF_W1)),
        *differences(step, "dW2", "dW1", "delta2", "delta1", "db2", "db1"),
    ]


def _factor_check(step: Ledger, name: str, k: int, w1: Factors) -> Check:
    """One factor of ∂C/∂w1 beside a nudge of the one number that it derives by."""
    v, c = float(step["W2"][0, 0]), float(step["b2"][0])
    b, x, y = float(step["b1"][0]), float(X[0, 0]), float(Y[0, 0])
    steps: list[tuple[Callable[[float], float], float]] = [
        (lambda a2: (a2 - y) ** 2, float(step["a2"][0, 0])),
        (lambda z2: 1 / (1 + math.exp(-z2)), float(step["z2"][0, 0])),
        (lambda a1: v * a1 + c, float(step["a1"][0, 0])),
        (lambda z1: 1 / (1 + math.exp(-z1)), float(step["z1"][0, 0])),
        (lambda w: w * x + b, float(step["W1"][0, 0])),
    ]
    f, at = steps[k]
    measured = (f(at + _H) - f(at - _H)) / (2 * _H)
    return close(
        name, measured, w1.paths[0].factors[k].value, tolerance=1e-8, source="finite differences"
    )
