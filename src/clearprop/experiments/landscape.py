"""`landscape`: which minimum a rate ends in, on a curve, and what a real loss looks like."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from clearprop import figures
from clearprop.equations.gradients import central_differences
from clearprop.experiments.compare import close, holds
from clearprop.experiments.landscape_plane import plane_blocks, plane_checks, trained
from clearprop.experiments.lesson import Block, Check, Heading, Lesson, Picture, Table, Text, Worked
from clearprop.experiments.play import Play
from clearprop.experiments.walks import walk

__all__ = ["teach"]

Floats = NDArray[np.float64]

_DENTS = ((0.6, 4.0, 0.4), (1.0, 0.0, 1.5), (0.5, -4.0, 0.6))  # depth a, place c, width s
_START, _STEPS = 6.0, 400
_WALKS = (("sgd", 0.1), ("sgd", 2.0), ("sgd", 22.0), ("momentum", 0.1), ("adam", 0.3))
_ENDS = ("3.874", "0.000", "beyond all bounds", "0.000", "0.000")  # of these walks


def cost(w: Floats) -> Floats:
    """`w²/20 − Σ a exp(−(w − c)²/2s²)` of weights `(..., 1)`: a bowl with three dents."""
    x = w[..., 0]
    dents = sum(a * np.exp(-((x - c) ** 2) / (2 * s * s)) for a, c, s in _DENTS)
    return np.asarray(x * x / 20 - dents)


def slope(w: Floats) -> Floats:
    """`w/10 + Σ a (w − c)/s² exp(−(w − c)²/2s²)`."""
    dents = sum(a * (w - c) / s**2 * np.exp(-((w - c) ** 2) / (2 * s * s)) for a, c, s in _DENTS)
    return np.asarray(w / 10 + dents)


def teach(play: Play) -> Lesson:
    """The curve with its walks, then a network's loss on a plane."""
    minima = _minima()
    chosen = (("sgd", play.learning_rate), *_WALKS[3:]) if play.learning_rate else _WALKS
    walks = {
        f"{rule} {eta:g}": (eta, walk(rule, slope, [_START], eta, _STEPS)[:, 0])
        for rule, eta in chosen
    }
    shown = trained(play.seed or 0)
    return Lesson(
        [*_curve(minima), *_walks(walks, minima), *plane_blocks(shown)],
        [*_checks(walks, minima, played=play.learning_rate is not None), *plane_checks(shown)],
        [
            "clearprop learn landscape --learning-rate 1     too high to stay, too low to leave",
            "clearprop learn landscape --seed 3              another start of the network",
        ],
    )


def _minima() -> list[tuple[float, float]]:
    """Place and curvature of every minimum: where the slope turns from down to up, bisected."""
    grid = np.linspace(-8, 8, 1601)
    found = []
    for left in np.flatnonzero((slope(grid[:-1]) < 0) & (slope(grid[1:]) >= 0)):
        low, high = grid[left], grid[left + 1]
        for _ in range(60):
            middle = (low + high) / 2
            low, high = (middle, high) if slope(np.array(middle)) < 0 else (low, middle)
        place = np.array([high])
        found.append(
            (float(high), float(central_differences(lambda w: slope(w)[..., 0], place, 1e-5)[0]))
        )
    return found


def _curve(minima: list[tuple[float, float]]) -> list[Block]:
    start = np.array([_START])
    c, g = float(cost(start)), float(slope(start)[0])
    near = (_START - 4) / 0.4**2 * 0.6 * np.exp(-((_START - 4) ** 2) / (2 * 0.4**2))
    wide = _START / 1.5**2 * np.exp(-(_START**2) / (2 * 1.5**2))
    names = ("the left one", "the wide one", "the narrow one")
    return [
        Text(
            "A cost need not be a simple bowl. This one is a bowl with three dents, so it has "
            "three minima: places from which every way leads up. Gradient descent sees only the "
            "slope under its feet. Nothing tells it whether a lower place lies beyond the hill."
        ),
        Worked(
            [
                "C(w)  = w²/20 − 0.6·exp(−(w−4)²/0.32) − exp(−w²/4.5) − 0.5·exp(−(w+4)²/0.72)",
                "C′(w) = w/10 + 0.6·(w−4)/0.16·exp(…) + w/2.25·exp(…) + 0.5·(w+4)/0.36·exp(…)",
                "",
                f"At w = 6: C = {c:.4f}, C′ = 0.6 + {near:.6f} + {wide:.6f} + 0.000000 = {g:.6f}",
                f"η = 0.1:  w ← 6 − 0.1 · {g:.4f} = {6 - 0.1 * g:.4f}    a small step",
                f"η = 2:    w ← 6 − 2 · {g:.4f} = {6 - 2 * g:.4f}      nearly in the first dent",
                f"η = 22:   w ← 6 − 22 · {g:.4f} = {6 - 22 * g:.4f}   beyond everything",
            ]
        ),
        Table(
            "The minima: where the slope is 0 and turns upwards",
            ("minimum", "w", "C(w)", "curvature C″", "2/C″"),
            [
                (name, f"{w:z.4f}", f"{float(cost(np.array([w]))):.4f}", f"{h:.4f}", f"{2 / h:.4f}")
                for name, (w, h) in zip(names, minima, strict=True)
            ],
        ),
        Text(
            "A minimum can hold gradient descent only while η is below 2/C″, as in the experiment "
            "quadratic. The narrow dent is sharply curved, so it lets go of rates that the wide "
            "one holds. That is how a moderate rate passes the bad minimum: not by strength, but "
            "because it cannot stay there."
        ),
    ]  # fmt: skip


def _walks(
    walks: dict[str, tuple[float, Floats]], minima: list[tuple[float, float]]
) -> list[Block]:
    rows = [
        (
            label, " ".join(f"{w:.2f}" for w in path[:6]), _fate(path, minima),
            "" if not np.isfinite(path[-1]) else f"{float(cost(path[-1:])):.4g}",
        )
        for label, (_, path) in walks.items()
    ]  # fmt: skip
    return [
        Heading("The same start, five walks" if len(walks) == 5 else "The same start"),
        Table(
            f"{_STEPS} steps from w = {_START:g} (exact slope, so no batch)",
            ("rule and η", "first places", "ends at w =", "cost there"),
            rows,
        ),
        Text(_told(walks, minima)),
        _on_the_curve(walks),
        _over_steps(walks),
    ]


def _told(walks: dict[str, tuple[float, Floats]], minima: list[tuple[float, float]]) -> str:
    said = (
        "Momentum remembers how fast it was and rolls through the narrow dent at a rate at which "
        "plain descent stays in it. Adam divides the slope by its own recent size, so it walks "
        "about η a step whether the slope is steep or not, and that carries it through as well."
    )
    if len(walks) == 5:
        return (
            "The small rate ends in the first minimum that it meets, the moderate one passes it "
            "and comes to rest in the lowest, the large one is thrown up the other side, higher at "
            f"each step. {said} Neither knows that the lower minimum is there: from another start "
            "they may pass it, too."
        )
    eta, path = next(iter(walks.values()))
    fates = {
        "goes on": f"is not at rest after {len(path) - 1} steps",
        "beyond all bounds": "diverges",
    }
    fate = _fate(path, minima)
    return f"At η = {eta:g}, gradient descent {fates.get(fate, f'ends at w = {fate}')}. {said}"


def _fate(path: Floats, minima: list[tuple[float, float]]) -> str:
    """The minimum it ends in; or that it goes on, or is lost."""
    if not np.abs(path[-1]) < 1e3:
        return "beyond all bounds"
    for place, _ in minima:
        if np.abs(path[-20:] - place).max() < 1e-3:
            return f"{place:z.3f}"
    return "goes on"


def _on_the_curve(walks: dict[str, tuple[float, Floats]]) -> Picture:
    x = np.linspace(-9, 9, 361)
    figure = (x, cost(x[:, None]), [_START], slope(np.array([_START])))
    steps = {label: path[:40] for label, (_, path) in walks.items() if label.startswith("sgd")}
    name = "Gradient descent on a cost with three minima"
    return Picture(
        "walks",
        "The curve is the cost, the short line its slope at the start, the dots are the weight "
        "before each of the first steps. A walk that diverges leaves the picture.",
        figures.describe_tangent_curve(*figure, steps, name=name, y_name="C(w)"),
        lambda theme: figures.tangent_curve(*figure, steps, name=name, y_name="C(w)", theme=theme),
    )


def _over_steps(walks: dict[str, tuple[float, Floats]]) -> Picture:
    series = []
    for label, (_, path) in walks.items():
        shown = np.where(np.abs(path[:81]) < 10, path[:81], np.nan)  # what diverges leaves
        series.append(figures.Series(label, np.arange(81), shown))
    names = ("Where each walk is", "step", "w")
    return Picture(
        "steps",
        "A walk that comes to rest becomes a level line. The narrow dent lies at w = 3.87, the "
        "lowest minimum at w = 0.",
        figures.describe_series_curves(series, *names),
        lambda theme: figures.series_curves(series, *names, theme=theme),
    )


def _checks(
    walks: dict[str, tuple[float, Floats]], minima: list[tuple[float, float]], *, played: bool
) -> list[Check]:
    places = np.array([-5.0, -3.0, 0.7, 3.7, 6.0])
    measured = [central_differences(cost, np.array([w]), 1e-5)[0] for w in places]
    checks = [
        close(
            "the slope at five places", measured, slope(places), tolerance=1e-8, relative=True,
            source="finite differences",
        ),
        close(
            "the slope at the three minima", np.zeros(3), slope(np.array([w for w, _ in minima])),
            tolerance=1e-12, source="by definition",
        ),
        *_held(minima),
    ]  # fmt: skip
    if not played:
        for (label, (_, path)), end in zip(walks.items(), _ENDS, strict=True):
            got = _fate(path, minima)
            checks.append(holds(f"{label} ends at", end, got, got == end, source="recomputed"))
    return checks


def _held(minima: list[tuple[float, float]]) -> list[Check]:
    """Begun a millionth away, gradient descent stays just below 2/C″ and leaves just above."""
    checks = []
    for place, curvature in minima:
        ends = [
            abs(
                float(walk("sgd", slope, [place + 1e-6], share * 2 / curvature, 3000)[-1, 0])
                - place
            )
            for share in (0.99, 1.01)
        ]
        said = ["stays" if away < 1e-6 else "leaves" for away in ends]
        checks.append(
            holds(
                f"the minimum at {place:z.4f}, at 0.99 and at 1.01 times 2/C″",
                "stays, leaves", ", ".join(said), said == ["stays", "leaves"], source="2/C″",
            )
        )  # fmt: skip
    return checks
