"""Every update rule from one start between two valleys of Himmelblau's function."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from clearprop import figures
from clearprop.equations.updates import UPDATES
from clearprop.experiments.compare import close, holds
from clearprop.experiments.himmelblau_function import f, gradient, seen_from_above, surface
from clearprop.experiments.lesson import Animation, Block, Check, Heading, Picture, Table, Text
from clearprop.experiments.walks import walk
from clearprop.figures import Path2D, Theme

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["RATES", "checks_of_rules", "moving", "race", "racing"]

Floats = NDArray[np.float64]

_STEPS = 400
_DRAWN = ("sgd", "momentum", "adagrad", "adam")  # in perspective, and moving
_FRAMES = 45
_RACE = (0.0, -3.0)  # a start between two valleys, where the rules part
RATES = {
    "sgd": 0.01, "momentum": 0.002, "nesterov": 0.002, "adagrad": 0.5, "adadelta": 1.0,
    "rmsprop": 0.02, "adam": 0.1, "adamw": 0.1, "nadamw": 0.1, "schedule_free_adamw": 0.1,
    "prodigy": 1.0,
}  # fmt: skip
_FAMILIES = {
    "One rate for both directions": ("sgd", "momentum", "nesterov"),
    "A rate of its own for each direction": ("adagrad", "adadelta", "rmsprop", "adam"),
    "Adam's descendants": ("adamw", "nadamw", "schedule_free_adamw", "prodigy"),
}


def race() -> dict[str, Floats]:
    """The walk of every rule, `(steps + 1, 2)`."""
    return {rule: walk(rule, gradient, _RACE, rate, _STEPS) for rule, rate in RATES.items()}


def racing(walks: dict[str, Floats], minima: dict[str, Floats]) -> list[Block]:
    """All rules from one start: tables and pictures."""
    dx, dy = gradient(np.array(_RACE))
    ends = {rule: _nearest(path[-1], minima)[0] for rule, path in walks.items()}
    groups = {
        name: [rule for rule in ends if ends[rule] == name]
        for name in minima
        if name in ends.values()
    }
    parted = "; ".join(f"{', '.join(rules)} in {name}" for name, rules in groups.items())
    blocks: list[Block] = [
        Heading("Every update rule from one start"),
        Text(
            f"The start ({_RACE[0]:g}, {_RACE[1]:g}) lies between valleys. There the slope is "
            f"({dx:g}, {dy:g}): far steeper along y. sgd goes along the slope. The rules of Adam's "
            "kind divide the slope in each direction by its own size first, so both directions "
            "count the same, and these rules set out diagonally."
        ),
        Text(f"After {_STEPS} steps they end in different minima: {parted}."),
        Table(
            f"{_STEPS} steps from ({_RACE[0]:g}, {_RACE[1]:g}), exact gradient, so no batch",
            ("rule", "η", "ends in", "distance left", "f at the end", "step with f < 0.01", "way"),
            [_row(rule, path, minima) for rule, path in walks.items()],
        ),
        Text(
            "The way is the length of the whole path. Momentum goes a long way round, because it "
            "swings; it pays where slopes are noisy or valleys long. The two rules with weight "
            "decay, adamw and nadamw, stop short of the minimum: the decay pulls them to (0, 0)."
        ),
    ]
    for number, (family, rules) in enumerate(_FAMILIES.items(), start=1):
        paths = [_until_there(rule, walks[rule]) for rule in rules]
        blocks.append(
            seen_from_above(
                f"race-{number}", paths, minima, family,
                "Each walk from the ring to its large dot; it is drawn until f stays below 0.0001.",
            )
        )  # fmt: skip
    return [*blocks, _landscape(walks, minima)]


def _row(rule: str, path: Floats, minima: dict[str, Floats]) -> tuple[str, ...]:
    name, distance = _nearest(path[-1], minima)
    below = np.flatnonzero(f(path) < 0.01)
    way = np.linalg.norm(np.diff(path, axis=0), axis=1).sum()
    return (
        rule, f"{RATES[rule]:g}", name, f"{distance:.1e}", f"{f(path[-1]):.1e}",
        str(below[0]) if below.size else "never", f"{way:.1f}",
    )  # fmt: skip


def _nearest(w: Floats, minima: dict[str, Floats]) -> tuple[str, float]:
    distances = {name: float(np.linalg.norm(w - place)) for name, place in minima.items()}
    name = min(distances, key=distances.__getitem__)
    return name, distances[name]


def _until_there(rule: str, path: Floats) -> Path2D:
    """The walk until f stays below 0.0001."""
    high = np.flatnonzero(f(path) >= 1e-4)
    end = min(int(high[-1]) + 2, len(path)) if high.size else len(path)
    return Path2D(rule.removesuffix("_adamw"), *path[:end].T)


def _landscape(walks: dict[str, Floats], minima: dict[str, Floats]) -> Picture:
    place = surface(minima, 45)
    paths = [_until_there(rule, walks[rule]) for rule in _DRAWN]
    name = "The same landscape in perspective"
    look = partial(figures.surface_3d, place, paths, name=name, view=(48.0, -122.0))
    return Picture(
        "landscape",
        "Height is f, on a logarithmic axis, because the corners are far higher than the ridges "
        "between the valleys.",
        figures.describe_surface_3d(place, paths, name=name),
        lambda theme: look(theme=theme),
    )


def moving(walks: dict[str, Floats], minima: dict[str, Floats]) -> Animation:
    """Four of the rules on their way, two steps a frame."""
    plane = surface(minima, 61)

    def frame(k: int, theme: Theme) -> Axes:
        paths = [Path2D(rule, *walks[rule][: 1 + 2 * k].T) for rule in _DRAWN]
        return figures.surface_2d(plane, paths, name=f"After {2 * k} steps", theme=theme)

    return Animation(
        "sgd, momentum, adagrad and adam on their way",
        lambda path, theme: figures.animate(frame, _FRAMES, path, theme=theme),
    )


def checks_of_rules(walks: dict[str, Floats]) -> list[Check]:
    """The first step of every rule from the formulas, and that every rule arrives."""
    checks = []
    g, w = gradient(np.array(_RACE)), np.array(_RACE)
    for rule, should in _first_steps(w, g).items():
        checks.append(
            close(
                f"first step of {rule}", should, walks[rule][1] - w, tolerance=1e-6, relative=True,
                source="by hand",
            )
        )  # fmt: skip
    missing = [rule for rule, path in walks.items() if not f(path[-1]) < 0.01]
    checks.append(
        holds(
            f"rules with f below 0.01 after {_STEPS} steps",
            f"{len(UPDATES)} of {len(UPDATES)}",
            f"{len(walks) - len(missing)} of {len(walks)}",
            not missing and set(walks) == set(UPDATES),
            source="recomputed",
            note=f"not there: {', '.join(missing)}" if missing else "",
        )
    )
    return checks


def _first_steps(w: Floats, g: Floats) -> dict[str, Floats]:
    """What each formula gives where nothing is remembered yet, g being far above every ε.

    Adam's `m̂ / √v̂` is then `g / |g|`: a step of η in every direction, however steep it is.
    """
    r, sign = RATES, np.sign(g)
    ahead = 0.9 * (1 - 0.5 * 0.96**0.008)  # of nadamw: β1(1 − ½·0.96^{2ψ}), ψ = 0.004
    here = 0.9 * (1 - 0.5 * 0.96**0.004)
    nadam = sign * (1 + ahead * (1 - 0.9) / (1 - here * ahead))
    return {
        "sgd": -r["sgd"] * g,
        "momentum": -r["momentum"] * g,
        "nesterov": -r["nesterov"] * 1.9 * g,
        "adagrad": -r["adagrad"] * sign,
        "adadelta": -r["adadelta"] * np.sqrt(1e-6 / (0.1 * g * g + 1e-6)) * g,
        "rmsprop": -r["rmsprop"] * sign * 10,
        "adam": -r["adam"] * sign,
        "adamw": -r["adamw"] * (sign + 0.01 * w),
        "nadamw": -r["nadamw"] * (nadam + 0.01 * w),
        "schedule_free_adamw": -r["schedule_free_adamw"] * sign,
        "prodigy": -1e-6 * sign * 0.1 / np.sqrt(0.001),
    }
