"""`parallel`: the same layer neuron by neuron, as matrices and by the compiled core."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from clearprop import figures
from clearprop.engines.native import MISSING
from clearprop.equations.dense import dense
from clearprop.equations.gradients import central_differences
from clearprop.experiments.compare import close, holds
from clearprop.experiments.layer_ways import (
    BATCH,
    ETA,
    Layer,
    best_seconds,
    engine_step,
    gradient,
    neuron_by_neuron,
)
from clearprop.experiments.lesson import Block, Check, Heading, Lesson, Picture, Table, Text, Worked
from clearprop.experiments.play import Play
from clearprop.figures.words import counted

__all__ = ["teach"]

Floats = NDArray[np.float64]

_SIZES = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512)
_MOST_BY_HAND = 64  # neurons that are computed one by one
_BY_HAND = "neuron by neuron"
_NAMES = {_BY_HAND: "neuron by neuron", "reference": "as matrices", "native": "compiled core"}


def teach(play: Play) -> Lesson:
    """The same numbers in three ways, and how long each takes as the layer grows."""
    seed = play.seed or 0
    layers = {n: Layer.of(n, seed) for n in _SIZES}
    seconds = _seconds(layers)
    return Lesson(
        [*_introduction(), *_equal(), *_times(seconds)],
        _checks(layers),
        [
            "clearprop learn parallel --seed 1      other numbers",
            "clearprop bench      whole trainings, beside other libraries",
        ],
    )


def _ways() -> list[str]:
    """What is there to compute with."""
    return [_BY_HAND, "reference", *([] if MISSING else ["native"])]


def _seconds(layers: dict[int, Layer]) -> dict[str, dict[int, float]]:
    """Seconds of one step, by way and number of neurons."""
    return {
        way: {
            n: best_seconds(layer, way)
            for n, layer in layers.items()
            if way != _BY_HAND or n <= _MOST_BY_HAND
        }
        for way in _ways()
    }


def _introduction() -> list[Block]:
    x, W, b = _small()
    z = dense(x, W, b)[0]
    rows = [
        f"neuron {j + 1}:  z = {b[j]:g} + " + " + ".join(
            f"{x[0, i]:g}·({W[i, j]:g})" for i in range(len(x[0]))
        ) + f" = {z[j]:g}"
        for j in range(len(b))
    ]  # fmt: skip
    return [
        Text(
            "The neurons of a layer do not need each other. Each takes the same inputs, weighs "
            "them with its own weights, and is done. So they can be computed one after the other, "
            "or all at the same time: the numbers are the same."
        ),
        Worked(
            [
                "two neurons, three inputs x = (1, 2, 3)",
                *rows,
                "",
                "all at once:  (z₁, z₂) = x W + b,  W with a column for each neuron",
                "       |  0.5  −1   |",
                "  W =  | −1     0   |     b = (0.1, 0.2)",
                f"       |  1     0.5 |     x W + b = ({z[0]:g}, {z[1]:g})",
            ]
        ),
        Text(
            "A matrix product is nothing but these sums, for all neurons and for all samples of a "
            "batch. Writing it so lets the machine do what it is good at: read numbers that lie "
            "side by side, multiply several of them at once, and share large layers among "
            "processors."
        ),
    ]


def _small() -> tuple[Floats, Floats, Floats]:
    return (
        np.array([[1.0, 2.0, 3.0]]),
        np.array([[0.5, -1.0], [-1.0, 0.0], [1.0, 0.5]]),
        np.array([0.1, 0.2]),
    )


def _equal() -> list[Block]:
    n = 64
    forward = BATCH * n * n
    return [
        Heading("One step of a layer, in three ways"),
        Text(
            "A layer of n inputs and n tanh neurons takes one step of gradient descent: forward, "
            f"the loss, back, and new weights (batch {BATCH}, η = {ETA:g}, mean squared error "
            "without ½). Neuron by neuron this is three loops in plain Python, with one number at "
            "a time. As matrices it is the package's equations, run by NumPy. The compiled core is "
            "the same arithmetic in C++, with several numbers in each register of the processor."
        ),
        Worked(
            [
                f"multiplications forward:  {BATCH} samples · {n} inputs · {n} neurons = {forward}",
                f"as many for ∂C/∂W:        a_prevᵀ δ, with the same sizes    = {forward}",
                "twice as many neurons and inputs: four times the work",
            ]
        ),
    ]  # fmt: skip


def _times(seconds: dict[str, dict[int, float]]) -> list[Block]:
    rows = [
        (
            str(n), f"{2 * BATCH * n * n:,}",
            *(f"{1e6 * of[n]:,.1f}" if n in of else "–" for of in seconds.values()),
        )
        for n in _SIZES
    ]  # fmt: skip
    blocks: list[Block] = [
        Heading("How long it takes"),
        Table(
            f"Microseconds for one step on this machine (sgd, batch {BATCH}; shown, not checked)",
            ("neurons n", "multiplications", *(_NAMES[way] for way in seconds)),
            rows,
        ),
        _picture(seconds),
        Text(_told(seconds)),
    ]
    if MISSING:
        blocks.append(
            Text(f"There is no column for the compiled core, for {MISSING}. Nothing else changes.")
        )
    return blocks


def _picture(seconds: dict[str, dict[int, float]]) -> Picture:
    series = [
        figures.Series(_NAMES[way], list(of), [1e6 * each for each in of.values()])
        for way, of in seconds.items()
    ]
    names = ("Time of one step as the layer grows", "neurons n", "time (microseconds)")
    return Picture(
        "times",
        "Both axes are logarithmic. Where a line is level, starting the work takes longer than the "
        "work; where it rises by four for every doubling, the multiplications decide.",
        figures.describe_series_curves(series, *names, log_x=True, log_y=True),
        lambda theme: figures.series_curves(series, *names, log_x=True, log_y=True, theme=theme),
    )


def _told(seconds: dict[str, dict[int, float]]) -> str:
    """What this machine's numbers say."""
    n = _MOST_BY_HAND
    matrices = seconds[_BY_HAND][n] / seconds["reference"][n]
    slower = seconds["reference"][1] / seconds[_BY_HAND][1]
    said = f"With {n} neurons the matrices are {matrices:,.0f} times as fast as the loops. "
    said += (
        f"With one neuron they take {slower:.2g} times as long: calling NumPy costs more than the "
        "little arithmetic there is."
        if slower > 1
        else "With one neuron there is little to gain."
    )
    if "native" not in seconds:
        return said
    small, large = (seconds["reference"][k] / seconds["native"][k] for k in (1, _SIZES[-1]))
    return (
        f"{said} The compiled core has no such calls within a step. It is {small:,.0f} times as "
        f"fast as the matrices with one neuron, and {large:.2g} times with {_SIZES[-1]}, where the "
        "multiplications are most of the work for both."
    )


def _checks(layers: dict[int, Layer]) -> list[Check]:
    x, W, b = _small()
    checks = [
        close(
            "the two neurons above", [0.1 + 0.5 - 2 + 3, 0.2 - 1 + 0 + 1.5], dense(x, W, b)[0],
            tolerance=1e-15, source="by hand",
        )
    ]  # fmt: skip
    for n in (1, 4, 16, _MOST_BY_HAND):
        alone = neuron_by_neuron(layers[n])
        checks += [
            _same(f"{_neurons(n)} after a step, {_NAMES[way]}", alone, layers[n], way)
            for way in _ways()[1:]
        ]
    if not MISSING:
        n = _SIZES[-1]
        matrices = engine_step(layers[n], "reference")[0]
        what = f"{_neurons(n)} after a step, {_NAMES['native']}"
        checks.append(_same(what, matrices, layers[n], "native"))
    layer = layers[4]
    w = layer.network.parameters
    checks.append(
        close(
            "slopes of the layer of 4",
            central_differences(lambda v: gradient(layer, v)[0], w, 1e-5),
            gradient(layer, w)[1][0], tolerance=1e-9, source="finite differences",
        )
    )  # fmt: skip
    return checks


def _neurons(n: int) -> str:
    return counted(n, "neuron")


def _same(what: str, expected: Floats, layer: Layer, way: str) -> Check:
    """All parameters after a step; sums in another order may differ in the last digits."""
    got = engine_step(layer, way)[0]
    gap = float(np.abs(got - expected).max())
    return holds(
        what, f"{len(expected):,} equal numbers", f"largest difference {gap:.1e}", gap < 1e-13,
        source="neuron by neuron" if len(layer.y[0]) <= _MOST_BY_HAND else "as matrices",
    )  # fmt: skip
