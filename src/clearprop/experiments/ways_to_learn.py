"""`ways-to-learn`: from trying every combination to backpropagation, and what each costs."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from clearprop import figures
from clearprop.equations.gradients import central_differences
from clearprop.experiments.compare import close, holds
from clearprop.experiments.lesson import Block, Check, Heading, Lesson, Picture, Table, Text, Worked
from clearprop.experiments.play import Play
from clearprop.experiments.ways import (
    LOST,
    STEPPED,
    Cost,
    Outcome,
    by_grid,
    by_steps,
    network_of,
    task,
)

__all__ = ["teach"]

Floats = NDArray[np.float64]
Grown = dict[int, dict[str, Outcome]]

_VALUES = tuple(k / 2 for k in range(-3, 4))  # that the grid tries for every weight
_HIDDEN = (1, 2, 4, 8, 16)
_ETA, _MOST, _HARDER = 0.3, 20_000, 10.0
_YEAR = 365.25 * 24 * 3600


def teach(play: Play) -> Lesson:
    """All five to the loss of the grid, then four of them on growing networks."""
    eta, seed = play.learning_rate or _ETA, play.seed or 0
    X, y = task()
    C = Cost(network_of(1, seed), X, y)
    Cost(C.network, X, y).gradient(C.network.parameters)  # the first call of all takes longer
    w, grid = by_grid(C, _VALUES)
    easy = {hidden: _all(hidden, grid.loss, eta, seed) for hidden in _HIDDEN}
    hard = {hidden: _all(hidden, grid.loss / _HARDER, eta, seed) for hidden in _HIDDEN}
    return Lesson(
        [
            *_introduction(C),
            *_same_loss(w, grid, easy[1], eta),
            *_growth(grid, easy, eta),
            *_lower(grid, hard, eta),
        ],
        _checks(grid, easy, hard, seed),
        [
            "clearprop learn ways-to-learn --learning-rate 0.1    smaller steps, more of them",
            "clearprop learn ways-to-learn --seed 1               another start, other nudges",
        ],
    )


def _all(hidden: int, target: float, eta: float, seed: int) -> dict[str, Outcome]:
    """The four that step, from one start, to the loss `target`."""
    X, y = task()
    return {
        name: by_steps(
            way, Cost(network_of(hidden, seed), X, y), target=target, eta=eta, seed=seed, most=_MOST
        )
        for name, way in STEPPED.items()
    }


def _introduction(C: Cost) -> list[Block]:
    p = C.network.parameters.size
    return [
        Text(
            "A network learns when its weights change so that the loss falls. Nothing says how to "
            "find such a change. Here are five ways, from the plainest to the one that is used. "
            "All train the same network, 1 → 1 → 1 with a tanh in the middle, on nine points of a "
            f"curve. It has p = {p} weights, biases included."
        ),
        Worked(
            [
                "exhaustive grid            try k values for each weight, in all combinations",
                "random nudge               change one weight by chance; keep it if the loss falls",
                "one weight at a time       nudge one weight by h, see how the loss changes, step",
                "all differences            the same for every weight, then one step for all",
                "backpropagation            all slopes by the chain rule: once forward, once back",
            ]
        ),
        Text(
            "What is counted is how often the network is computed forward for all nine points: an "
            "evaluation. That number does not depend on the machine. Seconds do, so they are shown "
            "but not checked. A backward pass costs about as much as one or two evaluations; it is "
            "not counted as one."
        ),
    ]


def _same_loss(w: Floats, grid: Outcome, ways: dict[str, Outcome], eta: float) -> list[Block]:
    k, p = len(_VALUES), len(w)
    all_ways = {"exhaustive grid": grid, **ways}
    labels, counts = list(all_ways), [each.evaluations for each in all_ways.values()]
    bars = ("Evaluations to the same loss", labels, counts)
    return [
        Heading("To the same loss"),
        Worked(
            [
                f"the grid: {k} values, {_VALUES[0]:g} to {_VALUES[-1]:g}, for each of {p} weights",
                f"combinations: {k}^{p} = {k**p:,}",
                f"best of them: {', '.join(f'{value:g}' for value in w)}, loss {grid.loss:.6f}",
            ]
        ),
        Text(
            f"That loss, {grid.loss:.4f}, is what the others have to reach. They start from one "
            f"and the same start; those that follow a slope use the learning rate η = {eta:g} (all "
            "nine points at each step)."
        ),
        Table(
            f"Down to a loss of {grid.loss:.4f} (full batch of 9, mean squared error without ½)",
            ("way", "evaluations", "steps", "loss reached", "milliseconds"),
            [_row(name, each) for name, each in all_ways.items()],
        ),
        Picture(
            "evaluations",
            "Fewer is better. Each mark on the axis is ten times the one before.",
            figures.describe_bars(*bars, x_name="evaluations"),
            lambda theme: figures.bars(*bars, x_name="evaluations", log=True, theme=theme),
        ),
        _note(ways),
    ]


def _row(name: str, each: Outcome) -> tuple[str, ...]:
    reached = f"{each.loss:.4f}" if each.reached else _lost(each) or f"{each.loss:.4f}, stopped"
    milliseconds = f"{1000 * each.seconds:.1f}"
    return name, f"{each.evaluations:,}", f"{each.steps:,}", reached, milliseconds


def _note(ways: dict[str, Outcome]) -> Text:
    same = ways["all differences"].steps == ways["backpropagation"].steps
    return Text(
        "The last two take the same steps, for they measure and derive the same slopes; only the "
        "price differs: p + 1 evaluations a step against one."
        if same
        else "At this rate the last two part: steps that are too long magnify the tiny errors of "
        "measured slopes."
    )


def _growth(grid: Outcome, grown: Grown, eta: float) -> list[Block]:
    sizes = {hidden: network_of(hidden, 0).parameters.size for hidden in grown}
    k = len(_VALUES)
    a_second = grid.evaluations / grid.seconds
    rows = [
        (
            f"1 → {hidden} → 1", str(sizes[hidden]), _power(k, sizes[hidden]),
            *(_counted(grown[hidden][name]) for name in STEPPED),
        )
        for hidden in grown
    ]  # fmt: skip
    years = float(k ** sizes[16]) / a_second / _YEAR
    return [
        Heading("How it grows with the number of weights"),
        Table(
            f"Evaluations to a loss of {grid.loss:.4f}, η = {eta:g}, full batch of 9",
            ("network", "weights p", f"grid, {k}^p", *STEPPED),
            rows,
        ),
        Text(
            f"The grid multiplies by {k} with every weight. For {sizes[16]} weights it would take "
            f"{_power(k, sizes[16])} evaluations; this machine does about {a_second:,.0f} a "
            f"second, which makes {_round(years)} years. A network that reads handwriting has a "
            "hundred thousand weights. All differences need p + 1 evaluations for one "
            "step, so with a hundred thousand weights a single step costs a hundred thousand "
            "evaluations. Backpropagation needs one, and one pass back, whatever p is."
        ),
        _grown_picture("growth", grown, sizes, f"Evaluations to a loss of {grid.loss:.4f}"),
    ]


def _power(k: int, p: int) -> str:
    return f"{k**p:,}" if p < 8 else _round(float(k) ** p)


def _round(value: float) -> str:
    return f"{value:,.0f}" if value < 1e6 else f"{value:.1e}".replace("e+", "e")


def _lost(each: Outcome) -> str:
    return "" if each.loss < LOST else "diverged"


def _counted(each: Outcome) -> str:
    return f"{each.evaluations:,}" if each.reached else _lost(each) or f"over {each.evaluations:,}"


def _grown_picture(kind: str, grown: Grown, sizes: dict[int, int], name: str) -> Picture:
    series = [
        figures.Series(
            way,
            list(sizes.values()),
            [each[way].evaluations if each[way].reached else np.nan for each in grown.values()],
        )
        for way in STEPPED
    ]
    names = (name, "weights p", "evaluations")
    return Picture(
        kind,
        "A level line does not mind how many weights there are. Where a way does not get there "
        f"within {_MOST:,} evaluations, there is no dot.",
        figures.describe_series_curves(series, *names, log_x=True, log_y=True),
        lambda theme: figures.series_curves(series, *names, log_x=True, log_y=True, theme=theme),
    )


def _lower(grid: Outcome, hard: Grown, eta: float) -> list[Block]:
    target = grid.loss / _HARDER
    sizes = {hidden: network_of(hidden, 0).parameters.size for hidden in hard}
    return [
        Heading("A lower loss"),
        Text(
            "A random nudge needs no slope and no learning rate, and it never goes up: on a task "
            "as small as this it does well. But it helps only by luck, and the nearer the goal, "
            "the rarer the luck. Here the same ways have to reach a tenth of that loss, "
            f"{target:.5f}. Backpropagation is the one whose price for a step does not grow and "
            "whose direction is no matter of luck."
        ),
        Table(
            f"Evaluations to a loss of {target:.5f}, η = {eta:g}, full batch of 9",
            ("network", "weights p", *STEPPED),
            [
                (f"1 → {hidden} → 1", str(sizes[hidden]), *(_counted(ways[n]) for n in STEPPED))
                for hidden, ways in hard.items()
            ],
        ),
        _grown_picture("lower", hard, sizes, f"Evaluations to a loss of {target:.5f}"),
    ]


def _checks(grid: Outcome, easy: Grown, hard: Grown, seed: int) -> list[Check]:
    k, p = len(_VALUES), network_of(1, 0).parameters.size
    checks = [
        holds(
            "evaluations of the grid", f"{k}^{p} = {k**p:,}", f"{grid.evaluations:,}",
            grid.evaluations == k**p, source="counted by hand",
        )
    ]  # fmt: skip
    for hidden in _HIDDEN:
        size = network_of(hidden, 0).parameters.size
        prices = dict(zip(STEPPED, (1, 2, size + 1, 1), strict=True))  # evaluations of one step
        for name, price in prices.items():
            outcomes = [easy[hidden][name], hard[hidden][name]]
            should = [price * (each.steps + 1) for each in outcomes]
            got = [each.evaluations for each in outcomes]
            checks.append(
                holds(
                    f"evaluations of {name} with {size} weights, both goals",
                    ", ".join(map(str, should)), ", ".join(map(str, got)), should == got,
                    source="steps, counted by hand",
                )
            )  # fmt: skip
    return [*checks, *_slopes(seed)]


def _slopes(seed: int) -> list[Check]:
    """Backpropagation's slopes at the start of every network, by central differences."""
    X, y = task()
    checks = []
    for hidden in _HIDDEN:
        C = Cost(network_of(hidden, seed), X, y)
        w = C.network.parameters
        checks.append(
            close(
                f"slopes of backpropagation with {len(w)} weights", central_differences(C, w, 1e-5),
                C.gradient(w)[1], tolerance=1e-8, source="finite differences",
            )
        )  # fmt: skip
    return checks
