"""`quadratic`: gradient descent on C(w) = (w + 1)², small enough for a pencil."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from clearprop.equations.updates import sgd
from clearprop.experiments.compare import close, printed
from clearprop.experiments.lesson import Check, Lesson, Picture, Table, Text, Worked
from clearprop.experiments.play import Play
from clearprop.figures import (
    Series,
    describe_series_curves,
    describe_tangent_curve,
    series_curves,
    tangent_curve,
)

__all__ = ["teach"]

_START, _ETA, _STEPS = 5.0, 0.2, 5
_OTHERS = (0.1, 0.4, 0.5, 0.9, 1.1)  # rates shown beside the learner's
_WHY = (
    "Why: after the step, w + 1 has become (w + 1) − η · 2(w + 1) = (1 − 2η)(w + 1). At η = 0.5 "
    "the factor is 0, and one step is enough. Few costs are so kind. But near a minimum every "
    "smooth cost is almost a parabola, and there the same holds, with C″ in place of the 2."
)
_TEXTS = ["5", "2.6", "1.16", "0.296", "-0.2224", "-0.53344"]

Floats = NDArray[np.float64]


def teach(play: Play) -> Lesson:
    """Five steps downhill, each written out."""
    eta = play.learning_rate or _ETA
    path = _descend(eta)
    return Lesson(
        [
            Text(
                "The cost is C(w) = (w + 1)², lowest at w = −1. Its slope is dC/dw = 2(w + 1). A "
                "step goes against the slope, and as far as the learning rate η says: "
                "w ← w − η · dC/dw."
            ),
            Worked(_arithmetic(path, eta)),
            Text(_what_happens(eta)),
            _picture(path),
            Text(_WHY),
            _distances(eta),
            Table(
                f"Each step (gradient descent, η = {eta:g}, one cost, so no batch)",
                ("step", "w", "C(w)", "dC/dw"),
                [
                    (str(k), f"{w:.6g}", f"{(w + 1) ** 2:.6g}", f"{2 * (w + 1):.6g}")
                    for k, w in enumerate(path)
                ],
            ),
        ],
        _checks(path, eta),
        [
            "clearprop learn quadratic --learning-rate 0.9",
            "clearprop learn quadratic --learning-rate 1.1",
        ],
    )


def _descend(eta: float, steps: int = _STEPS) -> Floats:
    """The weight before each step and after the last, while a float can hold its cost."""
    w, path = np.array([_START]), [_START]
    with np.errstate(over="ignore", invalid="ignore"):  # a rate may be beyond all measure
        for t in range(1, steps + 1):
            w, _ = sgd(w, 2 * (w + 1), (), t, eta)
            if not np.isfinite((w + 1) ** 2).all():
                break
            path.append(float(w[0]))
    return np.array(path)


def _arithmetic(path: Floats, eta: float) -> list[str]:
    lines = [
        f"w = {w:.6g}:  dC/dw = 2({w:.6g} + 1) = {2 * (w + 1):.6g},  "
        f"w ← {w:.6g} − {eta:g} · {2 * (w + 1):.6g} = {after:.6g}"
        for w, after in pairwise(path)
    ]
    if len(path) <= _STEPS:
        lines.append(f"w = {path[-1]:.6g}:  after the next step, C(w) is beyond a float's range")
    return lines


def _what_happens(eta: float) -> str:
    """The distance to the minimum is multiplied by 1 − 2η at every step."""
    factor = 1 - 2 * eta
    said = (
        f"Every step multiplies the distance to the minimum, w + 1, by 1 − 2η = {factor:.4g}. "
        "As long as that lies between −1 and 1, that is, for η below 2/C″ = 1, the steps arrive; "
    )
    if abs(factor) > 1:
        return said + f"at η = {eta:g} they do not: each is longer than the one before."
    if factor == -1:
        return said + f"at η = {eta:g} they go to and fro, always as far from it as they began."
    if factor == 0:
        return said + f"at η = {eta:g} the first is enough, and there is no second."
    if factor < 0:
        return said + f"at η = {eta:g} each step jumps across the minimum, and they still arrive."
    return said + f"at η = {eta:g} they come from one side, each shorter than the one before."


def _picture(path: Floats) -> Picture:
    reach = 1.15 * np.abs(path + 1).max()
    w = np.linspace(-1 - reach, -1 + reach, 201)
    figure = (w, (w + 1) ** 2, path[:2], 2 * (path[:2] + 1), path)
    count = ("no step", "one step", "two steps", "three steps", "four steps", "five steps")
    name = f"The cost and {count[len(path) - 1]} on it"
    return Picture(
        "descent",
        "The curve is the cost, the straight lines its slope before the first two steps, the dots "
        "the weight before each step and after the last.",
        describe_tangent_curve(*figure, name=name, y_name="C(w)"),
        lambda theme: tangent_curve(*figure, name=name, y_name="C(w)", theme=theme),
    )


def _distances(eta: float) -> Picture:
    """How far from the minimum, over the steps, at several rates."""
    series = []
    for rate in sorted({*_OTHERS, eta}):
        away = np.abs(_descend(rate, 12) + 1)
        away = np.where(away > 1e-12, away, np.nan)
        series.append(
            Series(f"η = {rate:g}, factor {1 - 2 * rate:z.4g}", np.arange(len(away)), away)
        )
    names = ("How far w is from the minimum", "step", "|w + 1|")
    return Picture(
        "distances",
        "On a logarithmic axis, a constant factor is a straight line: the steeper it falls, the "
        "smaller the factor. Factors of the same size are one line, whether the steps cross over "
        "(a factor below 0) or not. η = 0.5 is there after one step and leaves the picture.",
        describe_series_curves(series, *names, log_y=True),
        lambda theme: series_curves(series, *names, log_y=True, theme=theme),
    )


def _checks(path: Floats, eta: float) -> list[Check]:
    by_hand = -1 + (_START + 1) * (1 - 2 * eta) ** np.arange(len(path))
    closed = close(
        "w at every step, against −1 + 6(1 − 2η)^k",
        by_hand,
        path,
        tolerance=1e-12,
        relative=True,
        source="by hand",
    )
    return [printed("w at every step", _TEXTS, path), closed] if eta == _ETA else [closed]
