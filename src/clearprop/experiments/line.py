"""`line`: y = 3x at three rates; which of them arrive, why, and what float32 can hide."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from clearprop import figures
from clearprop.experiments.compare import holds, printed
from clearprop.experiments.lesson import Block, Check, Heading, Lesson, Picture, Table, Text, Worked
from clearprop.experiments.line_rates import many_rates, sweep_checks, swept
from clearprop.experiments.line_walks import (
    LONG,
    NUDGE,
    SHOWN,
    Walk,
    X,
    Y,
    as_published,
    cost_at,
    exact_slope,
    limit_of_the_line,
    line_network,
    walked,
)
from clearprop.experiments.play import Play
from clearprop.rates import hessian
from clearprop.training import train_population

__all__ = ["teach"]

Floats = NDArray[np.float64]

_RATES = (0.01, 0.1, 1.0)
_SETTING = "full batch of 4, gradient descent, mean squared error without ½"

# As the text prints them: w before each step and after the last, and the loss before each step.
_W = {
    0.01: ["0", "0.45", "0.82", "1.14", "1.40", "1.62", "1.80", "1.95", "2.07", "2.18", "2.27"],
    0.1: ["0", "4.5", "1.5", "3.53", "2.18", "3.10", "2.50", "2.91", "2.65", "2.84", "2.72"],
}
_LOSSES = {
    0.01: ["67.5", "46.88", "32.57", "22.64", "15.75", "10.97", "7.65", "5.35", "3.75", "2.64"],
    0.1: ["67.5", "30.37", "13.79", "6.25", "2.85", "1.33", "0.65", "0.34", "0.20", "0.13"],
}
_STUCK = ["0", "45", "-654.22", "12755.16", "12755.16", "12755.16"]


def teach(play: Play) -> Lesson:
    """The three rates of the text, or the learner's own."""
    rates = _RATES if play.learning_rate is None else (play.learning_rate,)
    limit = limit_of_the_line()
    found = swept(line_network(), X, Y, limit)
    walks = {eta: as_published(eta) for eta in rates}
    return Lesson(
        [
            *_introduction(rates[0]),
            *(block for eta in rates for block in _steps(eta, walks[eta], limit)),
            *_curves(rates, limit),
            *_explanation(limit),
            *many_rates(line_network(), X, Y, limit, found),
            *(_standstill() if 1.0 in rates else []),
        ],
        [
            *_curvature_checks(),
            *sweep_checks(found, limit),
            *(check for eta in rates for check in _checks(eta, walks[eta])),
        ],
        [
            "clearprop learn line --learning-rate 0.12     just above the limit",
            "clearprop learn line --learning-rate 0.119    just below it",
        ],
    )


def _introduction(eta: float) -> list[Block]:
    w, b = 0.0, 0.0
    gradient = exact_slope(np.array([w, b]))
    return [
        Text(
            "Four points lie on the line y = 3x: (1, 3), (2, 6), (3, 9), (4, 12). A network of one "
            "neuron without activation computes ŷ = wx + b. It starts from w = b = 0, and the cost "
            "is the mean of (ŷ − y)² over the four points."
        ),
        Worked(
            [
                "loss  = (3² + 6² + 9² + 12²) / 4 = 67.5",
                f"∂C/∂w = 2/4 · Σ (ŷ − y)·x = 2/4 · (−3·1 − 6·2 − 9·3 − 12·4) = {gradient[0]:g}",
                f"∂C/∂b = 2/4 · Σ (ŷ − y)   = 2/4 · (−3 − 6 − 9 − 12)         = {gradient[1]:g}",
                f"w ← 0 − {eta:g} · ({gradient[0]:g}) = {w - eta * gradient[0]:g}",
            ]
        ),
    ]


def _steps(eta: float, walk: Walk, limit: float) -> list[Block]:
    """A heading, what the rate does, and its first steps."""
    exact = walked(np.zeros(2), exact_slope, eta, SHOWN)
    if eta > limit:
        fate = "each step is longer than the one before: it diverges"
        if eta == 1.0:
            fate += ". The measured slopes come to a standstill instead; why, is told below"
    elif eta > limit / 2:
        fate = "w jumps from one side of the valley to the other, nearer each time: it converges"
    else:
        fate = "w comes from one side, slower and slower: it converges smoothly"
    rows = [
        (str(k), *map(_two, (w, loss, g, after, true)))
        for k, (w, loss, g, after, true) in enumerate(
            zip(
                walk.path[:-1, 0], walk.losses, walk.gradients[:, 0], walk.path[1:, 0],
                exact.path[1:, 0], strict=False,
            )
        )
    ]  # fmt: skip
    heads = ("step", "w before", "loss", "∂C/∂w measured", "w after", "w after, exact chain rule")
    return [
        Heading(f"η = {eta:g}"),
        Text(f"At η = {eta:g}, {fate}."),
        Table(f"The first {SHOWN} steps at η = {eta:g} ({_SETTING})", heads, rows),
    ]


def _two(value: float) -> str:
    """Two decimals, as the text prints them; a number that has run away gets four digits."""
    return (
        f"{value:.2f}"
        if abs(value) < 1e5
        else f"{value:.3e}".replace("e+0", "e").replace("e+", "e")
    )


def _curves(rates: Sequence[float], limit: float) -> list[Block]:
    """The first steps on the loss, and the weight over a thousand steps of the real engine."""
    members = [{"learning_rate": eta} for eta in rates]
    runs = train_population(
        line_network(), X, Y, members, optimizer="sgd", batch_size="full", epochs=LONG,
        record_weights="step", restore_best=False,
    )  # fmt: skip
    series = [
        figures.Series(
            f"η = {eta:g}",
            run.weight_steps[: run.steps + 1] + 1,
            np.abs(run.weights[: run.steps + 1, 0] - 3),
        )
        for eta, run in zip(rates, runs, strict=True)
        if run.weights is not None and run.weight_steps is not None
    ]
    far = ("How far w is from 3", "step + 1", "|w − 3|")
    blocks: list[Block] = [
        Heading(f"{LONG:,} steps"),
        Picture(
            "weight",
            "Both axes are logarithmic. A straight fall to the right is slow and sure; a line that "
            "shoots up has diverged, and the engine stops it there.",
            figures.describe_series_curves(series, *far, log_x=True, log_y=True),
            lambda theme: figures.series_curves(series, *far, log_x=True, log_y=True, theme=theme),
        ),
    ]
    blocks += [_valley(eta) for eta in rates if eta < 2 * limit]
    return blocks


def _valley(eta: float) -> Picture:
    """The first steps, seen from above the loss."""
    path = walked(np.zeros(2), exact_slope, eta, SHOWN).path
    w, b = _span(path[:, 0], 3.0), _span(path[:, 1], 0.0)
    z = cost_at(np.stack(np.meshgrid(w, b), axis=-1))
    surface = figures.Surface(w, b, z, "w", "b", minima=(("w = 3", 3.0, 0.0),))
    walk = figures.Path2D(f"η = {eta:g}", path[:, 0], path[:, 1])
    name = f"The first {SHOWN} steps at η = {eta:g}, on the loss"
    return Picture(
        f"valley-{eta:g}",
        "The loss is a long, narrow valley: steep along w, flat along the way in which w and b "
        "make up for each other. That is why one rate cannot suit both.",
        figures.describe_surface_2d(surface, [walk], name=name),
        lambda theme: figures.surface_2d(surface, [walk], name=name, theme=theme),
    )


def _span(values: Floats, minimum: float) -> Floats:
    """Places along an axis, with room around the path and the minimum."""
    low, high = min(values.min(), minimum), max(values.max(), minimum)
    return np.linspace(low - 0.3 * (high - low) - 0.2, high + 0.3 * (high - low) + 0.2, 61)


def _explanation(limit: float) -> list[Block]:
    H = hessian(line_network(), X, Y)
    small, large = np.linalg.eigvalsh(H)
    return [
        Heading("What decides: the curvature"),
        Text(
            "Along a direction of curvature λ, every step multiplies the distance to the minimum "
            "by 1 − ηλ. That shrinks only while ηλ < 2. The steepest direction decides, so the "
            "limit is 2/λmax."
        ),
        Worked(
            [
                f"H = [[∂²C/∂w², ∂²C/∂w∂b], [∂²C/∂b∂w, ∂²C/∂b²]] = "
                f"[[{H[0, 0]:g}, {H[0, 1]:g}], [{H[1, 0]:g}, {H[1, 1]:g}]]",
                f"eigenvalues {small:.5f} and {large:.5f}",
                f"2/λmax = 2/{large:.5f} = {limit:.6f}",
                f"1/λmax = {1 / large:.6f}: above it, the steps along this direction cross over",
            ]
        ),
        Text(
            "So 0.01 is smooth, 0.1 oscillates and still arrives, and 1 diverges. These limits are "
            "for this loss: with the ½ in front of it, every limit is twice as high."
        ),
    ]


def _standstill() -> list[Block]:
    """η = 1 in float32 with finite differences: why it stops moving."""
    walk = as_published(1.0, 6)
    stuck = walk.path[-1]
    true = exact_slope(stuck)[0]
    gap = float(np.spacing(stuck[0]))
    nudged = np.float32(stuck[0] + np.float32(NUDGE))
    return [
        Heading("The text's standstill at η = 1"),
        Text(
            "The text measures its gradients by finite differences and keeps its weights in "
            f"float32. At η = 1 its weight stops at {stuck[0]:.2f} and stays, and the text calls "
            "the loss flat there. It is not flat. A float32 number of that size has its next "
            f"neighbour {gap:.6f} away, so adding {NUDGE:g} changes nothing, and the measured "
            "difference is exactly 0."
        ),
        Worked(
            [
                f"float32({stuck[0]:.2f}) + {NUDGE:g} = {nudged:.2f}",
                f"measured: (C(w + h) − C(w)) / h = {walk.gradients[-1, 0]:g}",
                f"exact chain rule:        ∂C/∂w = {true:.4g}",
            ]
        ),
        Text(
            "The exact chain rule does not stand still: it goes on to infinity, by a factor of "
            "about ηλmax − 1 = 15.7 a step."
        ),
    ]


def _curvature_checks() -> list[Check]:
    values = np.linalg.eigvalsh(hessian(line_network(), X, Y))
    return [
        printed("eigenvalues of the Hessian", ["0.29939", "16.70061"], values, source="recomputed"),
        printed("2/λmax", ["0.119756"], limit_of_the_line(), source="recomputed"),
    ]


def _checks(eta: float, walk: Walk) -> list[Check]:
    exact = walked(np.zeros(2), exact_slope, eta, LONG)
    arrived = bool(exact.losses[-1] < exact.losses[0])  # or is on its way there
    limit = limit_of_the_line()
    checks = [
        holds(
            f"η = {eta:g} below or above 2/λmax, and what becomes of it",
            "arrives" if eta < limit else "diverges",
            "arrives" if arrived else "diverges",
            arrived == (eta < limit),
            source="2/λmax",
        )
    ]
    if eta in _W:
        checks += [
            printed(f"w over {SHOWN} steps at η = {eta:g}", _W[eta], walk.path[:, 0]),
            printed(f"loss before each step at η = {eta:g}", _LOSSES[eta], walk.losses[:-1]),
        ]
    if eta == 1.0:
        checks += [
            printed(
                "w at η = 1, float32 weights and finite differences",
                _STUCK,
                walk.path[: len(_STUCK), 0],
                note="the text calls the loss flat there; the gradient is lost in float32",
            ),
            printed("measured gradient where it stands still", ["0"], walk.gradients[-1, 0]),
            holds(
                "true gradient there",
                "about 2.1e5",
                f"{exact_slope(walk.path[-1])[0]:.3g}",
                bool(abs(exact_slope(walk.path[-1])[0] / 2.1e5 - 1) < 0.02),
                source="recomputed",
            ),
        ]
    return checks
