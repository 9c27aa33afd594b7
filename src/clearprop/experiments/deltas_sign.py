"""The text's sign: delta as label − output, and subtracted all the same. It climbs."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from clearprop import figures
from clearprop.engines.objective import loss_and_gradient
from clearprop.equations.updates import sgd
from clearprop.experiments.compare import close, holds
from clearprop.experiments.lesson import Block, Check, Heading, Picture, Text, Worked
from clearprop.ledgers import Ledger
from clearprop.ledgers.writing import number

__all__ = ["sign_blocks", "sign_checks"]

Floats = NDArray[np.float64]

_STEPS = 8
_FAR = 1e9  # a cost at which a run has climbed enough to be shown
_H = 1e-6  # of the step that measures the slope


def sign_blocks(step: Ledger) -> list[Block]:
    """What the text does, what it leads to, and what marking says of it."""
    down, up = _losses(step, 1.0), _losses(step, -1.0)
    return [
        Heading("The sign"),
        Text(
            "The text defines delta the other way round, as label − output, and then subtracts "
            "η·Ao·delta as well. One of the two must be turned: either output − label and "
            "subtract, as here, or label − output and add. With both, the steps go uphill."
        ),
        Worked(
            [
                f"output − label, subtract:  C = {_listed(down)}",
                f"label − output, subtract:  C = {_listed(up)}",
            ]
        ),
        *([Text(_too_long(step))] if down[-1] > down[0] else []),
        _picture(step, down, up),
        Text(
            "Handed in as an answer, such a delta is recognised: the ledger's marking says "
            f"“{_slip(step)}”."
        ),
    ]


def _gradient(step: Ledger, w: Floats) -> tuple[float, Floats]:
    """Cost of parameters `(p,)`, and its gradient along the weights; the text has no biases."""
    architecture = step.network.architecture
    found = loss_and_gradient(architecture, step.plan.loss, w[None], step.data)
    return float(found.losses[0]), np.asarray(found.gradient[0] * architecture.is_weight)


def _losses(step: Ledger, sign: float) -> Floats:
    """The cost before each step and after the last, going against `sign` times the gradient."""
    w, losses = np.array(step.network.parameters), []
    for t in range(_STEPS + 1):
        with np.errstate(all="ignore"):  # a long step may leave what a float holds
            loss, gradient = _gradient(step, w)
        losses.append(loss)
        if not loss <= _FAR:
            break
        w, _ = sgd(w, sign * gradient, (), t + 1, step.learning_rate)
    return np.array(losses)


def _listed(losses: Floats) -> str:
    return ", ".join(number(value, 3) for value in losses)


def _too_long(step: Ledger) -> str:
    return (
        f"At η = {step.learning_rate:g} the right sign climbs as well, for another reason: each "
        "step begins downhill, but is so long that it lands higher on the other side."
    )


def _picture(step: Ledger, down: Floats, up: Floats) -> Picture:
    series = [
        figures.Series(name, np.arange(len(losses)), losses)
        for name, losses in (("output − label", down), ("label − output", up))
    ]
    names = ("Two signs, both subtracted", "step", "C")
    return Picture(
        "sign",
        f"The cost before each of {_STEPS} steps and after the last, at η = "
        f"{step.learning_rate:g} (one sample, gradient descent). The axis upwards is logarithmic.",
        figures.describe_series_curves(series, *names, log_y=True),
        lambda theme: figures.series_curves(series, *names, log_y=True, theme=theme),
    )


def _slip(step: Ledger) -> str:
    first = step.mark({"delta2": -step["delta2"]}).first
    return "" if first is None or not first.slips else first.slips[0].words


def sign_checks(step: Ledger, *, usual: bool) -> list[Check]:
    """Whatever the rate, the text's step begins uphill; at the usual one it never comes down."""
    w = np.array(step.network.parameters)
    _, g = _gradient(step, w)
    ahead, behind = (_gradient(step, w + sign * _H * g)[0] for sign in (1, -1))
    slip = _slip(step)
    checks = [
        close(
            "slope of the cost along the text's step: |∂C/∂w|², above 0", (ahead - behind) / 2 / _H,
            float(g @ g), tolerance=1e-8, source="finite differences",
            note="the text defines delta as label − output and subtracts it: uphill",
        ),
        holds("what marking says of the text's delta", "the sign is wrong", slip,
              slip == "the sign is wrong", source="the ledger"),
    ]  # fmt: skip
    if usual:
        ways = {"falls": ("output − label", 1.0), "rises": ("label − output", -1.0)}
        for way, (name, sign) in ways.items():
            steps = np.diff(_losses(step, sign)) * sign
            got = way if (steps < 0).all() else f"not at {int((steps >= 0).sum())} steps"
            checks.append(
                holds(f"the cost at every one of {len(steps)} steps with {name}", way, got,
                      got == way, source="the slope")
            )  # fmt: skip
    return checks
