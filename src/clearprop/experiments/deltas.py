"""`deltas`: the text's deltas in its own letters, its sign put right, then the general case."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from clearprop.experiments.compare import close
from clearprop.experiments.deltas_activated import (
    activated_blocks,
    activated_checks,
    activated_step,
)
from clearprop.experiments.deltas_sign import sign_blocks, sign_checks
from clearprop.experiments.lesson import Animation, Block, Check, Heading, Lesson, Text, Worked
from clearprop.experiments.play import Play
from clearprop.experiments.steps import (
    animation_of,
    backward_picture,
    differences,
    forward_picture,
)
from clearprop.ledgers import Ledger, ledger
from clearprop.ledgers.writing import number
from clearprop.network import Network

__all__ = ["teach"]

X, Y = np.array([[1.0, 0.5]]), np.array([[1.0, 0.0]])
_FIRST = [[0.5, -0.3], [0.2, 0.8]]  # IA, IB; JA, JB
_SECOND = [[0.4, 0.6], [-0.7, 0.1]]  # AC, AD; BC, BD
_ETA = 0.1
_NAMES = (("I", "J"), ("A", "B"), ("C", "D"))


def teach(play: Play) -> Lesson:
    """Part one without activations, in letters; part two with them, on 2-2-4-3-2."""
    eta = play.learning_rate or _ETA
    step = ledger(_network(), X, Y, loss="mean_squared_error", learning_rate=eta)
    larger = activated_step(play.seed, eta)
    return Lesson(
        [*_letters(step), *sign_blocks(step), *activated_blocks(larger)],
        [*_checks(step), *sign_checks(step, usual=eta == _ETA), *activated_checks(larger)],
        [
            "clearprop learn deltas --seed 4                other weights in the larger network",
            "clearprop learn deltas --learning-rate 3       steps that are too long",
        ],
        Animation(
            "a step of the larger network: values forward, deltas back", animation_of(larger)
        ),
    )


def _network() -> Network:
    """Two inputs I and J, hidden A and B, outputs C and D; no activation, no bias."""
    network = Network([2, 2, 2], hidden="identity", output="identity")
    network["W1"][...], network["W2"][...] = _FIRST, _SECOND
    return network


def _values(step: Ledger) -> dict[str, float]:
    """Every number of the step by the text's letters: outputs `Ao`, deltas `Aδ`, weights `AC`."""
    found = dict(zip(("I", "J"), step["X"][0], strict=True))
    for layer, names in ((1, "AB"), (2, "CD")):
        for k, name in enumerate(names):
            found[f"{name}o"] = step[f"a{layer}"][0, k]
            found[f"{name}δ"] = step[f"delta{layer}"][0, k]
    for layer, above, below in ((1, "IJ", "AB"), (2, "AB", "CD")):
        for (i, j), value in np.ndenumerate(step[f"W{layer}"]):
            found[above[i] + below[j]] = value
            found[f"{above[i]}{below[j]} new"] = step[f"W{layer}_new"][i, j]
    return {name: float(value) for name, value in found.items()}


def _letters(step: Ledger) -> list[Block]:
    v, eta = _values(step), step.learning_rate
    (c, d), (i, j) = Y[0], X[0]
    return [
        Text(
            "One text explains backpropagation on a network with two inputs (here I and J), two "
            "hidden neurons A and B and two outputs C and D. AC is the weight from A to C, Ao the "
            "output of A, Aδ its delta. The text leaves the activations out, so a neuron's output "
            "is its sum. There are no biases."
        ),
        Heading("Forward"),
        Worked(
            [
                _worked("Ao", "I·IA + J·JA", [(i, v["IA"]), (j, v["JA"])], v["Ao"]),
                _worked("Bo", "I·IB + J·JB", [(i, v["IB"]), (j, v["JB"])], v["Bo"]),
                _worked("Co", "Ao·AC + Bo·BC", [(v["Ao"], v["AC"]), (v["Bo"], v["BC"])], v["Co"]),
                _worked("Do", "Ao·AD + Bo·BD", [(v["Ao"], v["AD"]), (v["Bo"], v["BD"])], v["Do"]),
            ]
        ),
        forward_picture(
            step, "Outputs, forward",
            "In the circles the outputs, on the arrows the weights.", names=_NAMES,
        ),
        Heading("Backward"),
        Text(
            f"C should say {c:g} and D should say {d:g}. The delta of an output is output minus "
            "label. That is the slope of the mean squared error: with two outputs, the 2 of the "
            "square and the 2 of the mean cancel. The delta of a hidden neuron collects the deltas "
            "that it leads to, each times the weight on the way."
        ),
        Worked(
            [
                f"Cδ = Co − {c:g} = {number(v['Cδ'])}",
                f"Dδ = Do − {d:g} = {number(v['Dδ'])}",
                _worked("Aδ", "AC·Cδ + AD·Dδ", [(v["AC"], v["Cδ"]), (v["AD"], v["Dδ"])], v["Aδ"]),
                _worked("Bδ", "BC·Cδ + BD·Dδ", [(v["BC"], v["Cδ"]), (v["BD"], v["Dδ"])], v["Bδ"]),
            ]
        ),
        backward_picture(
            step, "Deltas, backward",
            "In the circles the deltas. The weights are the same, walked from right to left.",
            names=_NAMES,
        ),
        Heading("New weights"),
        Text(
            "The slope of the error along a weight is what came in times the delta it led to. The "
            f"step goes against it, as far as η = {eta:g} says (one sample, gradient descent):"
        ),
        Worked(
            [
                f"{w} ← {w} − η·{start}·{end}δ = {number(v[w])} − {eta:g}·{_in(v[start])}"
                f"·{_in(v[end + 'δ'])} = {number(v[w + ' new'])}"
                for w, start, end in _weights()
            ]
        ),
    ]  # fmt: skip


def _weights() -> list[tuple[str, str, str]]:
    """Each weight, what comes in over it, and where it leads."""
    outer = [(a + b, f"{a}o", b) for a in "AB" for b in "CD"]
    return outer + [(a + b, a, b) for a in "IJ" for b in "AB"]


def _worked(name: str, formula: str, pairs: list[tuple[float, float]], value: float) -> str:
    products = " + ".join(f"{_in(a)}·{_in(b)}" for a, b in pairs)
    return f"{name} = {formula} = {products} = {number(value)}"


def _in(value: float) -> str:
    """A number in a product: a negative one in brackets."""
    text = number(value)
    return f"({text})" if text.startswith("−") else text


# Checks -------------------------------------------------------------------------------------------


def _by_hand(eta: float) -> Mapping[str, float]:
    """The text's formulas with its letters, and nothing of the engine."""
    (i, j), (c, d) = X[0].tolist(), Y[0].tolist()
    (IA, IB), (JA, JB) = _FIRST
    (AC, AD), (BC, BD) = _SECOND
    Ao, Bo = i * IA + j * JA, i * IB + j * JB
    Co, Do = Ao * AC + Bo * BC, Ao * AD + Bo * BD
    Cd, Dd = Co - c, Do - d
    Ad, Bd = AC * Cd + AD * Dd, BC * Cd + BD * Dd
    return {
        "Ao": Ao, "Bo": Bo, "Co": Co, "Do": Do, "Cδ": Cd, "Dδ": Dd, "Aδ": Ad, "Bδ": Bd,
        "AC new": AC - eta * Ao * Cd, "AD new": AD - eta * Ao * Dd,
        "BC new": BC - eta * Bo * Cd, "BD new": BD - eta * Bo * Dd,
        "IA new": IA - eta * i * Ad, "IB new": IB - eta * i * Bd,
        "JA new": JA - eta * j * Ad, "JB new": JB - eta * j * Bd,
    }  # fmt: skip


def _checks(step: Ledger) -> list[Check]:
    mine, hand = _values(step), _by_hand(step.learning_rate)
    groups = (
        ("Ao, Bo, Co, Do", ("Ao", "Bo", "Co", "Do")),
        ("Cδ, Dδ, Aδ, Bδ", ("Cδ", "Dδ", "Aδ", "Bδ")),
        ("new AC, AD, BC, BD", ("AC new", "AD new", "BC new", "BD new")),
        ("new IA, IB, JA, JB", ("IA new", "IB new", "JA new", "JB new")),
    )
    checks = [
        close(what, [hand[name] for name in names], [mine[name] for name in names],
              tolerance=1e-12, relative=True, source="the text's formulas, by hand")
        for what, names in groups
    ]  # fmt: skip
    return [*checks, *differences(step, "delta2", "delta1", "dW2", "dW1")]
