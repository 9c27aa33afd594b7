"""`toy`: a 2-3-1 network learns to answer 0, by finite differences and by the chain rule."""

from __future__ import annotations

import numpy as np

from clearprop import figures
from clearprop.experiments.lesson import (
    Block,
    Heading,
    Lesson,
    Picture,
    Table,
    Text,
    Worked,
)
from clearprop.experiments.play import Play
from clearprop.experiments.steps import forward_picture
from clearprop.experiments.toy_checks import FINAL, gradient_checks, published_checks
from clearprop.experiments.toy_training import (
    EPOCHS,
    LOSS,
    NUDGE,
    Walk,
    X,
    Y,
    by_chain_rule,
    by_differences,
    cost,
    network,
)
from clearprop.ledgers import Ledger, ledger
from clearprop.ledgers.writing import factors_as_text, number
from clearprop.network import Network

__all__ = ["teach"]

_ETA = 0.01
_SETTING = "one sample, plain gradient descent, mean squared error without ½"
_SHOWN = (0, 1, 2, 5, 10, 20, 50, 99, 100)  # epochs in the table


def teach(play: Play) -> Lesson:
    """One gradient in both ways, then the two trainings side by side."""
    eta = play.learning_rate or _ETA
    step = ledger(network(), X, Y, loss=LOSS, learning_rate=eta)
    nudged, exact = by_differences(eta), by_chain_rule(eta)
    usual = eta == _ETA
    return Lesson(
        [
            *_introduction(step),
            *_one_weight(step),
            *_side_by_side(nudged, exact, eta),
            *_drawn(nudged, exact, eta),
            *(_words_on_the_text(nudged) if usual else []),
        ],
        [*gradient_checks(step), *(published_checks(nudged, exact) if usual else [])],
        [
            "clearprop learn toy --learning-rate 0.1     arrives sooner",
            "clearprop learn toy --learning-rate 2       steps that are too long",
        ],
    )


def _introduction(step: Ledger) -> list[Block]:
    return [
        Text(
            "A network with two inputs, three hidden neurons (sigmoid) and one output without "
            "activation. For the inputs (1, 1) it should answer 0. It has 13 numbers to learn, and "
            f"starts at the text's weights with the answer {number(step['a2'][0, 0])} and the loss "
            f"{float(step['loss']):.5f}. The loss is the squared difference, without a ½."
        ),
        forward_picture(
            step,
            "Before training",
            "In the circles what each neuron puts out, on the arrows the weights. Biases are not "
            "drawn.",
        ),
        Text("How should each of the 13 numbers change? There are two ways to find out."),
    ]


def _one_weight(step: Ledger) -> list[Block]:
    """∂C/∂W2[0,0] by a nudge and by the chain rule."""
    w = step.network.parameters
    place = step.network.architecture.slices["W2"].start
    nudged = w.copy()
    nudged[place] += NUDGE
    before, after = float(cost(w)), float(cost(nudged))
    measured, factors = (after - before) / NUDGE, step.factors("W2[0,0]")
    return [
        Heading("The first way: nudge and see"),
        Text(
            f"Add h = {NUDGE:g} to one weight, compute the loss anew, and divide the change by h. "
            "It needs no mathematics, but one run of the network for every weight, and one more "
            "without a nudge: 14 runs for 13 numbers, a million and one for a million. For the "
            "first weight of the output, W2[0,0]:"
        ),
        Worked(
            [
                f"C(W2[0,0])     = {before:.8f}",
                f"C(W2[0,0] + h) = {after:.8f}",
                f"∂C/∂W2[0,0] ≈ ({after:.8f} − {before:.8f}) / {NUDGE:g} = {number(measured, 6)}",
            ]
        ),
        Heading("The second way: the chain rule"),
        Text(
            "Multiply the slopes on the way from the loss to the weight. All 13 come out of one "
            "run forward and one back, however many there are, and they are exact."
        ),
        Worked([line[2:] for line in factors_as_text(factors).split("\n")[2:-2]]),
        Text(
            f"To six digits it is {number(factors.value, 6)}. The nudge was off by "
            f"{number(abs(measured - factors.value), 2)}: it measures the slope of a short line, "
            "not of the curve."
        ),
    ]


def _side_by_side(nudged: Walk, exact: Walk, eta: float) -> list[Block]:
    rows = [
        (str(k), _at(nudged, k), _at(exact, k))
        for k in _SHOWN
        if k < max(len(nudged.losses), len(exact.losses))
    ]
    blocks: list[Block] = [
        Heading(f"{EPOCHS} steps of each"),
        Text(
            f"Now take {EPOCHS} steps with η = {eta:g}: every number minus η times its slope, all "
            "at once. The text nudges, and keeps its weights in float32, numbers of about seven "
            "digits. Beside it the chain rule on the real engine, in float64, about sixteen digits."
        ),
        Table(f"Loss (η = {eta:g}, {_SETTING})", ("after", "nudged", "chain rule"), rows),
    ]
    if not exact.losses[-1] < exact.losses[0] or len(exact.losses) <= EPOCHS:
        return [*blocks, Text("The loss does not come down: at this rate each step is too long.")]
    return [*blocks, _weights(nudged, exact, eta)]


def _at(walk: Walk, k: int) -> str:
    return f"{walk.losses[k]:.6g}" if k < len(walk.losses) else "diverged"


def _weights(nudged: Walk, exact: Walk, eta: float) -> Table:
    """All 13 numbers at the start and in the end, and the published ones where there are any."""
    names = [
        f"{name}[{','.join(map(str, index))}]"
        for name, shape in network().architecture.shapes.items()
        for index in np.ndindex(shape)
    ]
    published = [text for texts in FINAL.values() for text in texts]
    usual = eta == _ETA
    rows = [
        (
            name,
            f"{start:.4f}",
            f"{walked:.8f}",
            *([published[k]] if usual else []),
            f"{ruled:.8f}",
        )
        for k, (name, start, walked, ruled) in enumerate(
            zip(names, network().parameters, nudged.path[-1], exact.path[-1], strict=True)
        )
    ]
    heads = ("weight", "start", "nudged", *(["published"] if usual else []), "chain rule")
    return Table(f"The weights after {EPOCHS} steps (η = {eta:g}, {_SETTING})", heads, rows)


def _drawn(nudged: Walk, exact: Walk, eta: float) -> list[Block]:
    length = min(len(nudged.losses), len(exact.losses))
    gap = np.abs(nudged.losses[:length] - exact.losses[:length])
    series = [
        figures.Series("nudged", np.arange(len(nudged.losses)), nudged.losses),
        figures.Series("chain rule", np.arange(len(exact.losses)), exact.losses),
        figures.Series("their distance", np.arange(length), gap),
    ]
    names = (f"Loss at η = {eta:g}", "step", "loss")
    layers = network().architecture.layer_of
    steps = np.arange(len(exact.path))
    last = ledger(
        Network.of(network().architecture, exact.path[-1]), X, Y, loss=LOSS, learning_rate=eta
    )
    return [
        Picture(
            "loss",
            "The loss of both ways, and how far apart they are: where two lines cannot be told "
            "from each other, the third lies far below. The axis upwards is logarithmic.",
            figures.describe_series_curves(series, *names, log_y=True),
            lambda theme: figures.series_curves(series, *names, log_y=True, theme=theme),
        ),
        Picture(
            "weights",
            "Each line is one of the 13 numbers, by the chain rule. Those of the output, layer 2, "
            "go furthest. With one sample, an epoch is one step.",
            figures.describe_weight_histories(steps, exact.path, layers),
            lambda theme: figures.weight_histories(steps, exact.path, layers, theme=theme),
        ),
        forward_picture(
            last, "After training", "The same network after the last step, by the chain rule.",
            kind="forward-after",
        ),
    ]  # fmt: skip


def _words_on_the_text(nudged: Walk) -> list[Block]:
    return [
        Heading("What the text has right, and what not"),
        Text(
            "Its weights, its first and last loss and its answer come out here digit by digit. "
            f"The loss that it prints in the end, {nudged.before_last:.6f}, is the one before the "
            f"last step; after it, it is {nudged.losses[-1]:.6f}. In its words the text says that "
            "the loss ends near 0.0001. That is a misprint: it ends at 0.0003."
        ),
        Text(
            "The two ways differ a little. A nudge of h looks a little uphill or downhill, so it "
            "measures the slope at a distance of h/2, not here. That moves the end by a few parts "
            "in a thousand."
        ),
    ]
