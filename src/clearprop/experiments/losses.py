"""`losses`: every loss of the package against the prediction, and why logits are handed over."""

from __future__ import annotations

import math
from functools import partial

import numpy as np
from numpy.typing import NDArray

from clearprop import figures
from clearprop.equations.gradients import central_differences
from clearprop.equations.losses import FROM_LOGITS, LOSSES
from clearprop.experiments.compare import close, printed
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
from clearprop.experiments.losses_logits import (
    large_checks,
    large_logits,
    loss_of,
    slope_of,
    true_class,
)
from clearprop.experiments.play import Play
from clearprop.ledgers.formulas import LOSS_FORMULAS
from clearprop.ledgers.writing import number

__all__ = ["teach"]

Floats = NDArray[np.float64]

_P = 0.88  # of the true class, in the text
_H = 1e-6  # of the finite differences
_SAMPLES, _OUTPUTS = 4, 3

_WORDS = {
    "mean_squared_error": "The squared difference: twice as far off costs four times as much, so "
    "one wild sample can outweigh many. The slope is 2(a − y).",
    "half_squared_error": "The same with ½ in front, so that the slope is plain a − y. Every "
    "gradient is half as large, so every limit on the learning rate is twice as high. That is why "
    "the two have different names here, and why every table says which one it used.",
    "mean_absolute_error": "The plain distance: a wild sample counts only as far as it is off. "
    "The slope is −1 or 1 however near the answer is, so steps do not get shorter by themselves.",
    "huber": "Squared near the answer, straight beyond a distance of 1: the calm of the one and "
    "the robustness of the other.",
    "binary_cross_entropy": "For yes or no. The output is a probability p, made by a sigmoid. If "
    "the answer is yes, the loss is −ln p: nothing for a sure and right answer, without bound for "
    "a sure and wrong one.",
    "categorical_cross_entropy": "For one of several classes. Softmax makes the probabilities, "
    "and only that of the true class counts: −ln p(true).",
}


def teach(play: Play) -> Lesson:
    """Each loss drawn, the text's example worked, and the logits that break the plain formula."""
    return Lesson(
        [
            Text(
                "A loss says in one number how far an answer a is from the target y. Training "
                "follows its slope ∂loss/∂a, so the slope matters more than the number. Below, "
                "the full line is the loss and the dashed line its slope. With several outputs, "
                "the loss is the mean over them; for classes, the sum."
            ),
            *(block for name in LOSSES for block in _one(name)),
            *_half(),
            *_example(),
            *large_logits(),
        ],
        [*_example_checks(), *large_checks(), *_slope_checks(play.seed or 0)],
        [
            "clearprop learn losses --seed 7     other answers to check the slopes at",
            "clearprop learn five-classes        the cross-entropy of five classes, by hand",
        ],
    )


def _one(name: str) -> list[Block]:
    said = [Text(_WORDS[name])] if name in _WORDS else []
    drawn = _from_logits(name) if name in FROM_LOGITS else [_over_answer(name)]
    return [Heading(name), *said, *drawn]


def _over_answer(name: str) -> Picture:
    """Loss and slope over an answer, the target being 1."""
    a, y = np.linspace(-2, 4, 241)[:, None], np.ones((241, 1))
    return _picture(
        name,
        (f"{name}, target 1", a[:, 0], loss_of(name, a, y), slope_of(name, a, y)[:, 0]),
        "a",
        f"{_formula(name)}. The loss is lowest where the answer is the target, a = 1, and the "
        "slope points away from it: below 0 on the left, above 0 on the right.",
    )


def _from_logits(name: str) -> list[Picture]:
    """Two figures: over the probability of the true class, and over the number it is made of."""
    binary = FROM_LOGITS[name] == "sigmoid"
    p = np.linspace(0.02, 0.999, 241)
    loss_at, slope_at = true_class(name, np.log(p / (1 - p)))
    over_p = (f"{name}, over p(true)", p, loss_at, slope_at / (p * (1 - p)))
    z = np.linspace(-6, 6, 241)
    over_z = (f"{name}, over z", z, *true_class(name, z))
    others = "" if binary else ", the other class at z = 0"
    return [
        _picture(name, over_p, "p", f"{_formula(name)}. Loss −ln p, slope −1/p: it grows "
                 "without bound where p goes to 0."),
        _picture(f"{name}-z", over_z, "z", f"The same over the sum z that p is made of{others}: "
                 "the slope is p − 1, never steeper than −1. A wrong answer gives a full slope, "
                 "however sure it was; a squared error of p would be flat there."),
    ]  # fmt: skip


def _picture(
    kind: str, data: tuple[str, Floats, Floats, Floats], across: str, caption: str
) -> Picture:
    labels = ("loss", f"∂loss/∂{across}")
    return Picture(
        kind,
        caption,
        figures.describe_function_curve(*data, labels=labels, x_name=across),
        lambda theme: figures.function_curve(*data, labels=labels, x_name=across, theme=theme),
    )


def _formula(name: str) -> str:
    return f"loss = {LOSS_FORMULAS.get(name, name)}"


def _half() -> list[Block]:
    a, y, h = np.array([[3.0]]), np.array([[1.0]]), 0.5
    rows = []
    for name in ("mean_squared_error", "half_squared_error"):
        slope = slope_of(name, a, y)[0, 0]
        curvature = (slope_of(name, a + h, y)[0, 0] - slope) / h  # exact: the slope is a line
        values = (loss_of(name, a, y)[0], slope, curvature, 2 / curvature)
        rows.append((name, *map(number, values)))
    return [
        Heading("With ½ or without"),
        Text(
            "Say one weight is the whole answer, a = w. A step w ← w − η · slope comes nearer to "
            "the target only while η is below 2 divided by the curvature, which is how fast the "
            "slope changes. Without the ½ it changes twice as fast."
        ),
        Table(
            "a = 3, y = 1 (one sample, gradient descent)",
            ("loss", "value", "slope", "curvature", "largest η"),
            rows,
        ),
    ]


def _example() -> list[Block]:
    z = math.log(_P / (1 - _P))
    return [
        Heading("A worked example"),
        Text(
            f"A network says {_P:g} for the true class. How large is the loss? Only that number "
            "counts, whether there are two classes or twenty:"
        ),
        Worked([f"−ln {_P:g} = {-math.log(_P):.3f}", f"−ln 0.5  = {-math.log(0.5):.3f}   a guess "
                "between two", f"−ln 0.01 = {-math.log(0.01):.3f}   sure, and wrong"]),
        Text(
            f"The engine is not handed p but the sum that p is made of, called the logit: "
            f"z = ln(p/(1 − p)) = {z:.4f} for p = {_P:g}. The next section says why."
        ),
    ]  # fmt: skip


# Checks -------------------------------------------------------------------------------------------


def _example_checks() -> list[Check]:
    z = np.array([math.log(_P / (1 - _P))])
    rest = np.log([[_P, *[(1 - _P) / 4] * 4]])
    y = np.eye(5)[:1]
    return [
        printed("binary cross-entropy of p = 0.88", ["0.128"],
                true_class("binary_cross_entropy", z)[0]),
        printed("categorical cross-entropy of p = 0.88 among five", ["0.128"],
                loss_of("categorical_cross_entropy", rest, y)),
        close("slope at a = 3, y = 1, without ½ and with it", [4.0, 2.0],
              [slope_of(name, np.array([[3.0]]), np.array([[1.0]]))[0, 0]
               for name in ("mean_squared_error", "half_squared_error")],
              tolerance=0.0, source="by hand"),
    ]  # fmt: skip


def _slope_checks(seed: int) -> list[Check]:
    """Each slope at random answers beside finite differences of the loss."""
    rng = np.random.default_rng(seed)
    a = 2 * rng.standard_normal((_SAMPLES, _OUTPUTS))
    real = rng.standard_normal((_SAMPLES, _OUTPUTS))
    shares = rng.dirichlet(np.ones(_OUTPUTS), _SAMPLES)
    checks = []
    for name in LOSSES:
        y = shares if name in FROM_LOGITS else real
        measured = [
            central_differences(partial(_of_sample, name, y[i]), a[i], _H) for i in range(_SAMPLES)
        ]
        checks.append(
            close(f"slope of {name}, {_OUTPUTS} outputs", measured, slope_of(name, a, y),
                  tolerance=1e-8, source="finite differences")
        )  # fmt: skip
    return checks


def _of_sample(name: str, y: Floats, a: Floats) -> Floats:
    """The loss of one sample as a function of its answers: `(..., k) -> (...)`."""
    return loss_of(name, a, y)
