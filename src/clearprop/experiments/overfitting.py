"""`overfitting`: a large network learns forty noisy points by heart; stopping early saves it."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from clearprop import figures
from clearprop.equations.backprop import forward
from clearprop.experiments.lesson import Block, Heading, Lesson, Picture, Table, Text, Worked
from clearprop.experiments.overfitting_checks import checks_of
from clearprop.experiments.overfitting_training import PATIENCE, Trained, recorded, train_all
from clearprop.experiments.play import Play
from clearprop.experiments.points import MOON_NAMES, Points, boundary
from clearprop.figures.style import Theme
from clearprop.training import Run

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["teach"]

Floats = NDArray[np.float64]

_EVERY = 6  # epochs between two looks at the activations
_SATURATED = 0.95  # of a tanh


def teach(play: Play) -> Lesson:
    """One training, looked at from both sides, and its cures."""
    found = train_all(play)
    return Lesson(
        [
            *_introduction(found),
            *_curves(found),
            *_stopping(found),
            *_activations(found),
            *_cures(found),
        ],
        checks_of(found, play),
        [
            "clearprop learn overfitting --seed 1             other points, another start",
            "clearprop learn overfitting --learning-rate 0.001",
            "clearprop learn overfitting --data my.csv        a table with classes or numbers",
        ],
    )


def _introduction(found: Trained) -> list[Block]:
    rows, architecture = found.rows, found.long.network.architecture
    sizes = architecture.layer_sizes
    terms = " + ".join(f"{a}·{b} + {b}" for a, b in pairwise(sizes))
    n, p = len(rows.X), architecture.n_parameters
    return [
        Text(
            f"A network is to learn from {rows.source}. Whether it has understood is asked of "
            f"{len(rows.others[0]):,} others, which it never learns from: the validation part."
        ),
        Worked(
            [
                f"layers      {'-'.join(map(str, sizes))}",
                f"parameters  {terms} = {p:,}",
                f"{p:,} parameters / {n} rows = {p / n:.0f} parameters for each row",
            ]
        ),
        Text(
            "With so many, it can bend to each single row, its noise included. It is trained with "
            f"{found.how}, for {found.long.epochs} epochs."
        ),
    ]


def _curves(found: Trained) -> list[Block]:
    """Both losses, both scores."""
    run, best = found.long, found.best
    history = run.history
    score = "accuracy" if "train_accuracy" in history else "r2"
    return [
        Heading("By heart"),
        Picture(
            "loss",
            "Both lines fall as long as the network learns what the rows have in common. Where the "
            "validation loss turns up, it begins to learn what only its own rows have: their "
            "noise. The ring is the lowest validation loss.",
            figures.describe_loss_curves(history, best),
            lambda theme: figures.loss_curves(history, best, theme=theme),
        ),
        Text(_said(found)),
        Picture(
            score,
            "Beside the loss: what the network gets right. It may hardly fall while the loss "
            "rises, for a wrong answer costs the more, the surer it is given.",
            figures.describe_score_curves(history, score, best),
            lambda theme: figures.score_curves(history, score, best, theme=theme),
        ),
    ]


def _said(found: Trained) -> str:
    """What became of both losses after the best epoch."""
    train, other = (found.long.history[f"{part}_loss"] for part in ("train", "validation"))
    best = found.best
    said = (
        f"The validation loss is lowest after epoch {best}: {other[best]:.3g}. From there to the "
        f"end the training loss goes from {train[best]:.3g} to {train[-1]:.3g} and the validation "
        f"loss from {other[best]:.3g} to {other[-1]:.3g}"
    )
    if train[-1] < train[best] and other[-1] > other[best]:
        return said + (
            f", {other[-1] / other[best]:.2g} times as high. The network gets better and better on "
            "its own rows, and worse on all others. That is overfitting."
        )
    return said + ". This training does not overfit, or not yet."


def _stopping(found: Trained) -> list[Block]:
    short, long = found.short, found.long
    rows = [
        _row(f"stopped early, epoch {short.kept_epoch}", short, short.kept_epoch),
        _row(f"to the end, epoch {long.epochs}", long, long.epochs),
    ]
    ended = (
        f"It stopped after epoch {short.epochs}, {PATIENCE} epochs without a new best"
        if short.ending == "early_stopping"
        else "Here that never came about before the last epoch"
    )
    return [
        Heading("Stopping early"),
        Text(
            "The cure costs nothing. After every epoch the validation loss is looked at, and the "
            f"weights are kept if it is the lowest so far. After {PATIENCE} epochs without a new "
            f"best the training stops, and the kept weights are restored. {ended}; the weights are "
            f"those of epoch {short.kept_epoch}. One thing must not be forgotten: these rows have "
            "chosen the epoch, so their loss flatters it a little. An honest judgement needs rows "
            "that have chosen nothing: a test part."
        ),
        Table(f"The two networks ({found.how})", _heads(found), rows),
        *(_borders(found) if found.rows.more is not None else []),
    ]


def _heads(found: Trained) -> tuple[str, ...]:
    score = "accuracy" if "train_accuracy" in found.long.history else "R²"
    return (
        "network",
        "training loss",
        "validation loss",
        f"training {score}",
        f"validation {score}",
    )


def _row(name: str, run: Run, at: int) -> tuple[str, ...]:
    score = "accuracy" if "train_accuracy" in run.history else "r2"
    return (
        name,
        *(f"{run.history[f'{part}_loss'][at]:.3g}" for part in ("train", "validation")),
        *(f"{run.history[f'{part}_{score}'][at]:.3f}" for part in ("train", "validation")),
    )


def _borders(found: Trained) -> list[Block]:
    points = _points(found)
    planes = {
        "best": (
            boundary(found.short.network, points),
            f"Restored, epoch {found.short.kept_epoch}.",
        ),
        "last": (
            boundary(found.long.network, points),
            f"Epoch {found.long.epochs}: see how far the border goes to please single points.",
        ),
    }
    return [
        Picture(
            f"boundary-{name}",
            f"{words} The points are those learned from; rings mark those that it gets wrong.",
            figures.describe_decision_boundary(plane),
            _drawing(plane),
        )
        for name, (plane, words) in planes.items()
    ]


def _drawing(plane: figures.Boundary) -> Callable[[Theme], Axes]:
    return lambda theme: figures.decision_boundary(plane, theme=theme)


def _points(found: Trained) -> Points:
    rows = found.rows
    return Points(rows.X, rows.y, rows.X, lambda at: at, ("x1", "x2"), MOON_NAMES, rows.source)


def _activations(found: Trained) -> list[Block]:
    """What the hidden neurons say about the rows learned from, over the epochs."""
    epochs = np.arange(0, len(recorded(found.long)), _EVERY)
    hidden = _hidden(found, epochs)
    layers = {
        f"hidden layer {k + 1}, tanh": a.reshape(len(epochs), -1) for k, a in enumerate(hidden)
    }
    shares = [
        [float((np.abs(a[at]) > _SATURATED).mean()) for at in (found.best // _EVERY, -1)]
        for a in hidden
    ]
    told = "; ".join(
        f"in hidden layer {k + 1} {first:.0%} near epoch {found.best}, {last:.0%} at the end"
        for k, (first, last) in enumerate(shares)
    )
    return [
        Heading("What goes on inside"),
        Picture(
            "activations",
            "The activations of all neurons of a layer for all rows learned from: the line is "
            "their median, the bands hold the middle half and the middle 90 %. Wide bands that "
            "reach ±1 belong to neurons that have made up their mind.",
            figures.describe_activations_over_time(epochs, layers),
            lambda theme: figures.activations_over_time(epochs, layers, theme=theme),
        ),
        Text(
            f"A tanh beyond ±{_SATURATED:g} is nearly a switch, and such switches cut the plane "
            f"into sharp pieces. Activations beyond it: {told}."
        ),
    ]


def _hidden(found: Trained, epochs: NDArray[np.int64]) -> list[Floats]:
    """Activations of each hidden layer, `(n_epochs, n_rows, n_neurons)`."""
    architecture = found.long.network.architecture
    layers = architecture.layers(recorded(found.long)[epochs])
    trace = forward(found.rows.X, layers, architecture.activations)
    return [np.asarray(a) for _, _, a in trace[:-1]]


def _cures(found: Trained) -> list[Block]:
    runs = {"none": found.long, **found.cures}
    rows = [_row(name, run, run.epochs) for name, run in runs.items()]
    rows.append(_row("early stopping", found.short, found.short.kept_epoch))
    return [
        Heading("Other cures"),
        Text(
            "An L2 penalty pulls all weights towards 0 (see the experiment penalty); dropout "
            "silences half of the hidden neurons at random in every step, so that none can rely "
            "on a single other. And where more rows are to be had, they leave less room for noise."
        ),
        Table(f"Each from the same start, at the end ({found.how})", _heads(found), rows),
    ]
