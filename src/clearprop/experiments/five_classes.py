"""`five-classes`: dog, cat, mouse, cow, hen; softmax, one-hot targets, −ln p(true), p − y."""

from __future__ import annotations

import math

import numpy as np

from clearprop import figures
from clearprop.equations.activations import softmax_backward
from clearprop.experiments.compare import close, holds
from clearprop.experiments.five_classes_training import EACH, EPOCHS, NAMES, Learned, learn_animals
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
from clearprop.experiments.play import Play
from clearprop.experiments.steps import differences
from clearprop.ledgers import Ledger
from clearprop.ledgers.writing import number

__all__ = ["teach"]


_ETA, _BATCH = 0.5, 20


def teach(play: Play) -> Lesson:
    """Five animals before training, the training, the same five after it, and new ones."""
    eta, batch = play.learning_rate or _ETA, play.batch_size or _BATCH
    found = learn_animals(eta, batch, play.seed or 0)
    usual = not play.changes
    return Lesson(
        [
            *_introduction(found.start),
            *_at_the_start(found.start),
            *_training(found, eta, batch),
            *_at_the_end(found.end),
            *_new_animals(found),
        ],
        [*_checks(found.start, "start"), *_checks(found.end, "end"),
         *_summary_checks(found, usual=usual)],
        [
            "clearprop learn five-classes --seed 3              other animals",
            "clearprop learn five-classes --learning-rate 1000  steps that are too long",
            "clearprop learn five-classes --batch-size full     fewer, surer steps",
        ],
    )  # fmt: skip


def _introduction(step: Ledger) -> list[Block]:
    rows = [
        (name, *(f"{value:g}" for value in y)) for name, y in zip(NAMES, step["y"], strict=True)
    ]
    return [
        Text(
            "Which of five animals is it: dog, cat, mouse, cow or hen? The network has one output "
            "for each. Numbering them 1 to 5 would be wrong: a cow is not twice a cat. So the "
            "target is one-hot: a 1 for the true class and a 0 for all others."
        ),
        Table("One-hot targets y", ("animal", *NAMES), rows),
        Text(
            "Two numbers are known of each animal: the logarithm of its weight in kilograms (0 is "
            "1 kg, 1 is 10 kg, 2 is 100 kg) and its legs, 1 for four and −1 for two. Softmax "
            "makes of the five sums z five probabilities that add up to 1: e^z each, divided by "
            "the sum of all five."
        ),
    ]


def _at_the_start(step: Ledger) -> list[Block]:
    (n, k), p = step["y"].shape, float(step["a1"][0, 0])
    return [
        Heading("Before training"),
        Text(
            f"All weights are 0, so all sums are 0 and every class gets the same: 1/{k}. The loss "
            "of a row is −ln of the probability that the true class got. The others do not enter."
        ),
        Worked(
            [
                f"p(true) = e^0 / ({k} · e^0) = {number(p)}",
                f"−ln {number(p)} = {number(step['losses'][0])}",
            ]
        ),
        Text(
            "Softmax and this loss together have the simplest slope there is: along each sum z it "
            "is p − y, what was said minus what is true. It draws the true class up and the "
            f"others down, and adds up to 0. The mean over the {n} animals divides it by {n}; "
            "that is the delta the ledger shows."
        ),
        Worked(
            [
                f"true class:  ({number(p)} − 1)/{n} = {number(step['delta1'][0, 0])}",
                f"any other:   ({number(p)} − 0)/{n} = {number(step['delta1'][0, 1])}",
            ]
        ),
    ]


def _training(found: Learned, eta: float, batch: int | str) -> list[Block]:
    losses = np.asarray(found.run.history["train_loss"], dtype=np.float64)
    series = [figures.Series("", np.arange(len(losses)), losses)]
    all_of_them = EACH * len(NAMES)
    whole = isinstance(batch, str) or batch >= all_of_them
    size = f"all {all_of_them}" if whole else str(batch)
    names = (f"Training loss, η = {eta:g}, batch {size}", "epoch", "mean of −ln p(true)")
    ended = f"goes from {number(losses[0])} to {number(losses[-1])}."
    if found.run.diverged is not None:
        ended = f"begins at {number(losses[0])}; then it diverges, and the training is stopped."
    return [
        Heading("Training"),
        Text(
            f"{EACH} animals of each kind, {EPOCHS} times through all of them, gradient descent "
            f"with η = {eta:g} and steps on {size} of them. The mean loss {ended}"
        ),
        Picture(
            "loss",
            f"The mean loss over all {all_of_them} animals after each epoch. It begins at "
            "ln 5 = 1.609, the loss of a guess among five.",
            figures.describe_series_curves(series, *names),
            lambda theme: figures.series_curves(series, *names, theme=theme),
        ),
    ]


def _at_the_end(step: Ledger) -> list[Block]:
    p, y, losses, delta = step["a1"], step["y"], step["losses"], step["delta1"]
    said = [
        (name, *(f"{value:.3f}" for value in p[i]), f"{p[i, i]:.3f}", f"{losses[i]:.3f}")
        for i, name in enumerate(NAMES)
    ]
    slopes = [
        (name, *(f"{value:.3f}".replace("-", "−") for value in p[i] - y[i]),
         f"{delta[i, i]:.4f}".replace("-", "−"))
        for i, name in enumerate(NAMES)
    ]  # fmt: skip
    hardest = int(losses.argmax())
    bars = (f"What it says of a typical {NAMES[hardest]}", list(NAMES), p[hardest])
    return [
        Heading("After training"),
        Table("Five typical animals: probabilities, and the loss of each row",
              ("animal", *NAMES, "p(true)", "−ln p(true)"), said),
        Table(f"The slope p − y, and what the mean over {len(p)} rows makes of it",
              ("animal", *NAMES, f"true one /{len(p)}"), slopes),
        Picture(
            "probabilities",
            f"Each bar is the probability that the network gives to a class; together they are 1. "
            f"Of the five, this animal has the highest loss: −ln {p[hardest, hardest]:.3f} = "
            f"{losses[hardest]:.3f}.",
            figures.describe_bars(*bars, x_name="p"),
            lambda theme: figures.bars(*bars, x_name="p", theme=theme),
        ),
    ]  # fmt: skip


def _new_animals(found: Learned) -> list[Block]:
    right, total = int(np.trace(found.counts)), int(found.counts.sum())
    return [
        Heading("Animals it has never seen"),
        Text(
            f"Of {total} new animals, {right} are named right ({right / total:.1%}). The largest "
            "of the five probabilities is the answer. Small dogs weigh as much as cats and have as "
            "many legs: from these two numbers alone, nobody could tell them apart."
        ),
        Picture(
            "confusion",
            "Down the side what the animal is, across what the network says. Right answers lie on "
            "the diagonal; the share is of the row.",
            figures.describe_confusion_matrix(found.counts, NAMES),
            lambda theme: figures.confusion_matrix(found.counts, NAMES, theme=theme),
        ),
    ]


# Checks -------------------------------------------------------------------------------------------


def _checks(step: Ledger, when: str) -> list[Check]:
    """The five rows, worked from p and y alone."""
    p, y = step["a1"], step["y"]
    n = len(y)
    by_hand = [_loss_of(row, i) for i, row in enumerate(step["z1"].tolist())]
    rounding = 1e-13 * (1 + float(np.abs(step["z1"]).max()))  # of sums, in parts of themselves
    sure = np.where(y == 1, np.maximum(p, 1e-300), 1.0)  # a probability may round to 0
    long_way = softmax_backward(-y / sure / n, step["z1"], p)
    return [
        close(f"rows of p at the {when}, summed", np.ones(n), p.sum(axis=1), tolerance=1e-12,
              source="shares of a whole"),
        close(f"−ln p(true) of each row at the {when}", by_hand, step["losses"], tolerance=rounding,
              source="by hand"),
        close(f"delta = (p − y)/{n} at the {when}", (p - y) / n, step["delta1"], tolerance=1e-14,
              source="by hand"),
        close(f"delta by the long way, through softmax, at the {when}", long_way, step["delta1"],
              tolerance=1e-12, source="the derivative of softmax"),
        *differences(step, "delta1", "dW1", "db1"),
    ]  # fmt: skip


def _loss_of(z: list[float], true: int) -> float:
    """`−ln p(true) = ln Σ e^z − z(true)`, the largest z taken out of the sum."""
    top = max(z)
    return top + math.log(sum(math.exp(each - top) for each in z)) - z[true]


def _summary_checks(found: Learned, *, usual: bool) -> list[Check]:
    first = float(found.run.history["train_loss"][0])
    checks = [
        close("loss before training: ln 5", math.log(5), first, tolerance=1e-12, source="by hand"),
        close("delta before training, true class and others", [-0.16, 0.04],
              found.start["delta1"][0, :2], tolerance=1e-15, source="in the head"),
    ]  # fmt: skip
    if usual:
        share = np.trace(found.counts) / found.counts.sum()
        checks.append(
            holds("new animals named right", "9 in 10 or more", f"{share:.1%}", share >= 0.9,
                  source="how far dogs and cats overlap")
        )  # fmt: skip
    return checks
