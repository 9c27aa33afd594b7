"""Softmax, the activation that looks at all outputs of a layer together."""

from __future__ import annotations

import re
from functools import partial

import numpy as np
from numpy.typing import NDArray

from clearprop import figures
from clearprop.equations.activations import ACTIVATIONS
from clearprop.equations.gradients import central_differences
from clearprop.experiments.compare import close
from clearprop.experiments.lesson import Block, Check, Heading, Picture, Table, Text, Worked
from clearprop.ledgers.writing import number

__all__ = ["H", "formulas", "softmax_blocks", "softmax_checks", "some_logits", "value_of"]

Floats = NDArray[np.float64]

_ROWS, _CLASSES = 4, 3  # of the numbers that softmax is checked on
_SENTENCE = re.compile(r"\. (?=[A-Z])")  # "et al. 2013" goes on
H = 1e-6  # of the finite differences


def value_of(name: str, z: Floats) -> Floats:
    """The activation of each number; softmax, of each row."""
    return np.asarray(ACTIVATIONS[name][0](z))


def formulas(name: str) -> str:
    """The equation and the way back, in the words of the equations themselves."""
    forward, backward = (
        (function.__doc__ or name).strip().splitlines()[0].replace("`", "").rstrip(".")
        for function in ACTIVATIONS[name]
    )
    return f"Full line: {_SENTENCE.split(forward)[0]}. Dashed: its slope. Way back: {backward}."


def some_logits(seed: int) -> Floats:
    """Some rows of sums, as outputs of a network could have them."""
    return 2 * np.random.default_rng(seed).standard_normal((_ROWS, _CLASSES))


def softmax_blocks(z: Floats, logits: Floats) -> list[Block]:
    """One row worked, several as a table, and a curve over the first of three sums."""
    rows = np.zeros((z.size, _CLASSES))
    rows[:, 0] = z
    a = value_of("softmax", rows)
    e_1 = np.zeros_like(rows)
    e_1[:, 0] = 1  # asks for the slopes of the first output
    slope = np.asarray(ACTIVATIONS["softmax"][1](e_1, rows, a))[:, 0]
    data = ("softmax: the first of three, the others at z = 0", z, a[:, 0], slope)
    labels = ("a1", "∂a1/∂z1")
    first, powers = logits[0], np.exp(logits[0])
    p = value_of("softmax", logits)
    return [
        Heading("softmax"),
        Text(
            "The others look at one number. Softmax looks at all outputs together and makes shares "
            "of them, for questions with several answers of which one is right: e to the power of "
            "each, divided by their sum. So all are above 0 and together they are 1."
        ),
        Worked(
            [
                f"z        = {', '.join(number(value) for value in first)}",
                f"e^z      = {', '.join(number(value) for value in powers)}",
                f"their sum  {number(powers.sum())}",
                f"a        = {', '.join(number(value) for value in p[0])}",
            ]
        ),
        Table(
            "Rows of softmax: each sums to 1",
            ("row", *(f"a{k + 1}" for k in range(_CLASSES)), "sum"),
            [
                (str(k), *(f"{value:.4f}" for value in row), f"{row.sum():.4f}")
                for k, row in enumerate(p)
            ],
        ),
        Picture(
            "softmax",
            formulas("softmax"),
            figures.describe_function_curve(*data, labels=labels, x_name="z1"),
            lambda theme: figures.function_curve(
                *data, labels=labels, x_name="z1", theme=theme
            ),
        ),
        Text(
            "More for one means less for the others. So a change of z1 changes every output, and "
            "softmax has a slope for each pair: ∂a_m/∂z_k = a_m(1 − a_k) if m = k, else −a_m a_k."
        ),
    ]  # fmt: skip


def softmax_checks(logits: Floats) -> list[Check]:
    """Rows that sum to 1, a sum too large for e^z, and every slope of one row."""
    a = value_of("softmax", logits)
    checks = [
        close("each row of softmax", np.ones(_ROWS), a.sum(axis=1), tolerance=1e-15,
              source="shares of a whole"),
        close("softmax of (0, 0, 800)", [0.0, 0.0, 1.0],
              value_of("softmax", np.array([0.0, 0.0, 800.0])), tolerance=1e-300,
              source="by hand", note="written as e^800 it would be infinite divided by infinite"),
    ]  # fmt: skip
    for m in range(_CLASSES):
        e_m = (np.arange(_CLASSES) == m).astype(np.float64)
        exact = ACTIVATIONS["softmax"][1](e_m, logits[0], a[0])
        measured = central_differences(partial(_output, m), logits[0], H)
        checks.append(
            close(f"∂a{m + 1}/∂z1 … ∂a{m + 1}/∂z{_CLASSES}", measured, exact, tolerance=1e-8,
                  source="finite differences")
        )  # fmt: skip
    return checks


def _output(m: int, z: Floats) -> Floats:
    """Output m of softmax: `(..., n) -> (...)`."""
    return value_of("softmax", z)[..., m]
