"""`himmelblau`: four valleys, and which of them a start and an update rule end in."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from clearprop import figures
from clearprop.experiments.himmelblau_function import (
    ETA,
    STARTS,
    checks_of_minima,
    checks_of_the_function,
    f,
    gradient,
    hessian,
    limits_of,
    minima_by_descent,
    seen_from_above,
)
from clearprop.experiments.himmelblau_race import RATES, checks_of_rules, moving, race, racing
from clearprop.experiments.lesson import Block, Heading, Lesson, Picture, Table, Text, Worked
from clearprop.experiments.play import Play
from clearprop.experiments.walks import walk
from clearprop.figures import Path2D

__all__ = ["teach"]

Floats = NDArray[np.float64]


def teach(play: Play) -> Lesson:
    """The minima by descent, where they can be reached, and every rule from one start."""
    eta = play.learning_rate or ETA
    minima = minima_by_descent()
    walks = race()
    return Lesson(
        [
            *_function(eta),
            *_valleys(minima, eta),
            *_basins(minima, eta),
            *racing(walks, minima),
        ],
        [*checks_of_the_function(), *checks_of_minima(minima, eta), *checks_of_rules(walks)],
        [
            "clearprop learn himmelblau --learning-rate 0.016    minimum C can hold nobody",
            "clearprop learn himmelblau --learning-rate 0.03     no minimum can",
        ],
        moving(walks, minima),
    )


def _function(eta: float) -> list[Block]:
    start = np.array([0.0, 0.0])
    dx, dy = gradient(start)
    after = walk("sgd", gradient, start, eta, 1)[1]
    return [
        Text(
            "Himmelblau's function has two inputs and four lowest places, each as low as the "
            "others: f = 0. It is no network, and that is its use. A loss with two weights can be "
            "drawn, so that one sees what a learning rate and an update rule do."
        ),
        Worked(
            [
                "f(x, y) = u² + v²,  with u = x² + y − 11 and v = x + y² − 7",
                "∂f/∂x = 2u · ∂u/∂x + 2v · ∂v/∂x = 2u · 2x + 2v · 1  = 4x·u + 2v",
                "∂f/∂y = 2u · ∂u/∂y + 2v · ∂v/∂y = 2u · 1  + 2v · 2y = 2u + 4y·v",
                "",
                f"At (0, 0):  u = −11, v = −7, f = 121 + 49 = {f(start):g}",
                f"            ∂f/∂x = 4·0·(−11) + 2·(−7) = {dx:g}",
                f"            ∂f/∂y = 2·(−11) + 4·0·(−7) = {dy:g}",
                f"One step:   x ← 0 − {eta:g} · ({dx:g}) = {after[0]:g}",
                f"            y ← 0 − {eta:g} · ({dy:g}) = {after[1]:g},  f = {f(after):.6g}",
            ]
        ),
    ]


def _valleys(minima: dict[str, Floats], eta: float) -> list[Block]:
    limits = limits_of(minima)
    rows = []
    for (name, w), start in zip(minima.items(), STARTS, strict=True):
        small, large = np.linalg.eigvalsh(hessian(w))
        rows.append(
            (
                name, f"({start[0]:g}, {start[1]:g})", f"{w[0]:.6f}", f"{w[1]:.6f}",
                f"{small:.3f}", f"{large:.3f}", f"{limits[name]:.6f}",
            )
        )  # fmt: skip
    held = [name for name in minima if eta < limits[name]]
    lost = [name for name in minima if name not in held]
    able = "all four" if not lost else _listed(held) if held else "none of them"
    said = f"At η = {eta:g}, {able} can hold a descent"
    if lost:
        said += f": a walk that comes near the bottom of {_listed(lost, 'or')} is thrown out again"
    paths = walk("sgd", gradient, STARTS, eta, 60)
    walks = [Path2D(f"from ({s[0]:g}, {s[1]:g})", *paths[:, k].T) for k, s in enumerate(STARTS)]
    return [
        Heading("Four starts, four minima"),
        Text(
            f"From four starts, gradient descent at η = {ETA:g} finds the four minima. They lie "
            "equally low, but they are not equally wide. λ is the curvature at the bottom, and a "
            "minimum can hold gradient descent only while η stays below 2/λmax. A high rate "
            "therefore chooses: the steepest valley is lost first."
        ),
        Table(
            f"The minima, found by gradient descent (η = {ETA:g}, exact gradient, 2,000 steps)",
            ("minimum", "start", "x", "y", "λmin", "λmax", "2/λmax"),
            rows,
        ),
        Text(said + "."),
        seen_from_above(
            "starts", walks, minima, f"Gradient descent from four starts, η = {eta:g}",
            "Lines join places of equal height; the darker, the deeper. A ring is a start, a large "
            "dot an end after 60 steps.",
        ),
    ]  # fmt: skip


def _listed(names: Sequence[str], last: str = "and") -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} {last} {names[-1]}"


def _basins(minima: dict[str, Floats], eta: float) -> list[Block]:
    """Which start ends in which minimum, by gradient descent and by Adam."""
    across = np.linspace(-5.0, 5.0, 101)
    starts = np.stack(np.meshgrid(across, across), axis=-1)
    blocks: list[Block] = [
        Heading("Which start ends where"),
        Text(
            "The same, from 10,201 starts. Each place takes the colour of the minimum in which a "
            "descent from there is after 400 steps. A walk mostly stays in the valley that it "
            "starts in, but a long step may carry it across a ridge. So the start decides, and the "
            "update rule and its rate decide with it."
        ),
    ]
    for rule, rate in (("sgd", eta), ("adam", RATES["adam"])):
        blocks.append(
            _basin(rule, rate, minima, across, walk(rule, gradient, starts, rate, 400)[-1])
        )
    return blocks


def _basin(
    rule: str, rate: float, minima: dict[str, Floats], across: Floats, ends: Floats
) -> Picture:
    places = np.stack(list(minima.values()))
    with np.errstate(invalid="ignore"):
        away = np.linalg.norm(np.nan_to_num(ends, nan=1e9)[..., None, :] - places, axis=-1)
    arrived = away < 0.1
    field = np.concatenate([arrived, ~arrived.any(axis=-1, keepdims=True)], axis=-1)
    names = [*minima, "no minimum"] if field[..., -1].any() else [*minima]
    boundary = figures.Boundary(
        ("x", "y"), places, np.arange(len(places)), names, across, across,
        field[..., : len(names)].astype(float), np.zeros(len(places), dtype=bool),
    )  # fmt: skip
    name = f"Where {rule} ends, η = {rate:g}"
    counts = field.reshape(-1, field.shape[-1]).sum(axis=0)
    ended = ", ".join(f"{count:,} in {each}" for each, count in zip(names, counts, strict=False))
    return Picture(
        f"basins-{rule}",
        f"Start anywhere; the colour says in which minimum {rule} at η = {rate:g} is after 400 "
        "steps. The marks are the minima.",
        f"{name}: of {arrived[..., 0].size:,} starts, {ended}.",
        lambda theme: figures.decision_boundary(boundary, name=name, theme=theme),
    )
