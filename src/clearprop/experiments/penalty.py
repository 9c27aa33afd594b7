"""`penalty`: a second term of the error that keeps weights in range, and L1 and L2 beside it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from clearprop import figures
from clearprop.equations.penalties import PENALTIES
from clearprop.experiments.lesson import Block, Heading, Lesson, Picture, Table, Text, Worked
from clearprop.experiments.penalty_checks import checks_of
from clearprop.experiments.penalty_training import (
    APART,
    CALM,
    CALM_RATE,
    EPOCHS,
    OTHERS,
    RANGE,
    TINY,
    Balance,
    Strengths,
    Trained,
    balance_of,
    last_weights,
    name_of,
    tiny,
    train_all,
    weights_of,
)
from clearprop.experiments.play import Play
from clearprop.training import Run

__all__ = ["teach"]

Floats = NDArray[np.float64]


def teach(play: Play) -> Lesson:
    """Eight penalties side by side."""
    found = train_all(play)
    balance = balance_of(found)
    return Lesson(
        [*_introduction(found), *_in_range(found, balance), *_apart(found), *_others(found)],
        checks_of(found, balance, play),
        [
            "clearprop learn penalty --learning-rate 0.02",
            "clearprop learn penalty --batch-size full      fewer, calmer steps",
            "clearprop learn penalty --seed 3",
        ],
    )


def _introduction(found: Trained) -> list[Block]:
    eta = found.runs[0].learning_rate
    w = np.linspace(-2, 2, 401)
    value, slope = _of_one("leaving_range", w)
    names = ("The penalty on one weight", ("penalty", "its slope"))
    return [
        Text(
            "The error that is trained may have a second term that looks at the weights alone. "
            "Here it is nothing while a weight lies in [−1, 1], and grows with the square of the "
            "distance outside. A number, the strength s, says how much it counts:"
        ),
        Worked(
            [
                "error = loss + s · Σ [ max(0, w − 1)² + max(0, −1 − w)² ]",
                "slope for one weight above 1:  ∂loss/∂w + s · 2(w − 1)",
                f"w = 1.5, s = 1, η = {eta:g}:  penalty 0.5² = 0.25, its slope 2 · 0.5 = 1,",
                f"so it alone takes the weight from 1.5 to 1.5 − {eta:g} · 1 = {1.5 - eta:g}",
            ]
        ),
        Picture(
            "function",
            "Flat between −1 and 1: there, the penalty neither costs nor pulls. Outside, the "
            "slope grows with the distance, and so does the pull back.",
            figures.describe_function_curve(names[0], w, value, slope, labels=names[1], x_name="w"),
            lambda theme: figures.function_curve(
                names[0], w, value, slope, labels=names[1], x_name="w", theme=theme
            ),
        ),
        Text(
            f"The network of the experiment moons (2-4-4-1) learns {found.points.source}, from "
            f"one start, once for each penalty ({found.how}, {EPOCHS} epochs). Penalties hold for "
            "weights; biases are left free."
        ),
    ]


def _of_one(name: str, w: Floats) -> tuple[Floats, Floats]:
    """The penalty of single weights, and its slope."""
    function, backward = PENALTIES[name]
    return np.asarray(function(w[:, None])), np.asarray(backward(w[:, None]))[:, 0]


def _in_range(found: Trained, balance: Balance | None) -> list[Block]:
    series = [
        figures.Series(name_of(strengths), run.history["epoch"], _largest(run))
        for strengths, run in zip(RANGE, found.ranged, strict=True)
    ]
    what = ("The largest weight", "epoch", "max |w|")
    return [
        Heading("The weights stay in range"),
        Picture(
            "largest",
            "The largest weight of the network, whatever its sign. Without a penalty it goes "
            "where the loss pulls it. The stronger the penalty, the nearer it stays to 1.",
            figures.describe_series_curves(series, *what),
            lambda theme: figures.series_curves(series, *what, theme=theme),
        ),
        _table("The range penalty", RANGE, found.ranged, found),
        *_at_rest(found, balance),
        *(_histories(found, k) for k in (0, len(RANGE) - 1)),
    ]


def _largest(run: Run) -> Floats:
    largest: Floats = np.abs(weights_of(run)).max(axis=1)
    return largest[: len(run.history["epoch"])]


def _table(
    title: str, penalties: Sequence[Strengths], runs: Sequence[Run], found: Trained
) -> Table:
    heads = ("penalty", "loss", "penalty term", "accuracy", "max |w|", f"|w| < {TINY:g}")
    rows = []
    for strengths, run in zip(penalties, runs, strict=True):
        at, w = run.kept_epoch, last_weights(run)
        ended = " (diverged)" if run.diverged else ""
        rows.append(
            (
                name_of(strengths) + ended,
                f"{run.history['train_loss'][at]:.4g}",
                f"{_term(strengths, w):.3g}",
                f"{run.history['train_accuracy'][at]:.1%}",
                f"{np.abs(w).max():.3f}",
                f"{(np.abs(w) < TINY).sum()} of {w.size}",
            )
        )
    return Table(f"{title}, at the end ({found.how}, {EPOCHS} epochs)", heads, rows)


def _term(strengths: Strengths, w: Floats) -> float:
    with np.errstate(over="ignore"):  # weights may have blown up without a loss beyond bounds
        return sum(s * float(PENALTIES[name][0](w)) for name, s in strengths.items())


def _at_rest(found: Trained, balance: Balance | None) -> list[Block]:
    price = (
        "The range has its price. A border drawn by small weights is less steep and less bent, so "
        "the loss stays higher."
    )
    first, last = (run.history["train_loss"][run.kept_epoch] for run in found.ranged[::3])
    told: list[Block] = [Text(price)] if last > first else []
    if balance is None:
        return told
    s, edge = RANGE[APART]["leaving_range"], np.sign(balance.w)
    return [
        Text(
            "A soft border gives way a little: a weight comes to rest where the pull of the loss "
            "outwards and the pull of the penalty inwards are equal. To see it, the network with "
            f"strength {s:g} takes {CALM} more steps at η = {CALM_RATE:g}, with all points "
            "in each, so that no noise disturbs it. Then the weight furthest outside is"
        ),
        Worked(
            [
                f"w = {balance.w:.4f}",
                f"pull of the loss     −∂loss/∂w            = {balance.outwards:+.4f}",
                f"pull of the penalty  −2 · {s:g} · (w − ({edge:+.0f})) = {balance.inwards:+.4f}",
            ]
        ),
        *told,
    ]


def _histories(found: Trained, k: int) -> Picture:
    run = found.ranged[k]
    is_weight = run.network.architecture.is_weight
    history = (
        np.arange(len(weights_of(run))),
        weights_of(run),
        run.network.architecture.layer_of[is_weight],
    )
    said = "no penalty" if k == 0 else f"the penalty of strength {RANGE[k]['leaving_range']:g}"
    return Picture(
        f"weights-{k}",
        f"Every weight, with {said}.",
        figures.describe_weight_histories(*history),
        lambda theme: figures.weight_histories(*history, theme=theme),
    )


def _apart(found: Trained) -> list[Block]:
    run, strengths = found.ranged[APART], RANGE[APART]
    loss, penalty = run.history["train_loss"], run.history["penalty"]
    epochs = run.history["epoch"]
    series = [
        figures.Series("error", epochs, loss + penalty),
        figures.Series("loss", epochs, loss),
        figures.Series("penalty", epochs, penalty),
    ]
    name = f"The two terms, strength {strengths['leaving_range']:g}"
    what = (name, "epoch", "error")
    return [
        Heading("The two terms of the error"),
        Picture(
            "terms",
            "The error is the sum of the loss and the penalty. What the optimizer lowers is the "
            "sum: one of its terms may well rise while the other falls faster.",
            figures.describe_series_curves(series, *what),
            lambda theme: figures.series_curves(series, *what, theme=theme),
        ),
        Text(
            f"At the start the penalty is {penalty[0]:.4g} and the loss {loss[0]:.4g}; at the end "
            f"the penalty is {penalty[-1]:.4g} and the loss {loss[-1]:.4g}."
        ),
    ]


def _others(found: Trained) -> list[Block]:
    return [
        Heading("L2 and L1"),
        Text(
            "Two other penalties pull at every weight, wherever it is. L2 is s · ½ Σ w²: its pull "
            "s · w grows with the weight, so large weights shrink most and small ones are left "
            "nearly alone. L1 is s · Σ |w|: its pull is s, the same for large and small, so "
            "weights that the loss does not need go all the way to 0, and then about it "
            "by no more than a step."
        ),
        _table("L2 and L1", ({}, *OTHERS), (found.runs[0], *found.runs[len(RANGE) :]), found),
        Text(
            "The last column counts the weights that are as good as 0. L1 has more of them than "
            "L2, and L2 has the smaller largest weight: each does what its pull says."
            if _as_told(found)
            else "The last column counts the weights that are as good as 0."
        ),
    ]


def _as_told(found: Trained) -> bool:
    """Whether the strongest L1 has more weights at 0 than the strongest L2, and larger ones."""
    _, l2, _, l1 = found.runs[len(RANGE) :]
    return tiny(l1) > tiny(l2) and bool(
        np.abs(last_weights(l2)).max() < np.abs(last_weights(l1)).max()
    )
