"""`schedules`: how the learning rate may move during a training, and what that does."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from clearprop import figures
from clearprop.experiments.lesson import Block, Heading, Lesson, Picture, Table, Text, Worked
from clearprop.experiments.play import Play
from clearprop.experiments.schedules_checks import schedule_checks
from clearprop.experiments.schedules_training import (
    COMPOSED,
    EPOCHS,
    NOISE,
    PLATEAU,
    REDUCED,
    SAMPLES,
    SEEDS,
    Task,
    choices_of,
    losses_of,
    task_of,
)
from clearprop.figures.words import counted
from clearprop.rates import Choice, choose_learning_rate
from clearprop.training import Run

__all__ = ["teach"]

Floats = NDArray[np.float64]

_FAMILIES = {
    "Only downwards": ("constant", "step", "exponential", "polynomial", "cosine"),
    "Up first": ("warm_up", COMPOSED, "one_cycle", "wsd"),
    "Up and down again": ("cyclical", "sgdr", "coslog4"),
    "By what happens": ("constant", REDUCED),
}
_WHAT = {
    "constant": "stays as it is",
    "step": "a tenth after each quarter of the training",
    "exponential": "the same percentage off at every step, to a hundredth",
    "polynomial": "a straight line down to 0",
    "cosine": "half a cosine down to 0",
    "warm_up": "a straight line up over the first 5 %, then constant",
    COMPOSED: "the same line up, then half a cosine down",
    "one_cycle": "up over a quarter of the training, then down to nothing",
    "wsd": "warm-up, stable, decay over the last fifth",
    "cyclical": "four triangles",
    "sgdr": "a cosine with warm restarts, each twice as long",
    "coslog4": "four waves, each longer than the one before",
    REDUCED: f"halved when the loss has not fallen for {PLATEAU['patience']} epochs",
}
_UNREST = (
    "The unrest is by how much the loss goes up or down from one epoch to the next, as a share of "
    "itself, over the last ten epochs. A batch smaller than the data makes every slope a little "
    "wrong. At a constant rate these errors keep the weights moving for ever; under a falling "
    "rate they come to rest. With the full batch there are no such errors, and a falling rate "
    "only makes the way shorter. Differences between schedules that are smaller than those "
    "between starts mean nothing."
)


def teach(play: Play) -> Lesson:
    """Every schedule on the same training, then the rate that is chosen by trying."""
    task = task_of(play)
    runs = {name: task.train(choices_of(name)) for name in _WHAT}
    choice = choose_learning_rate(
        task.network, task.X, task.y, optimizer="sgd", batch_size=task.batch, epochs=EPOCHS,
        seed=task.seed,
    )  # fmt: skip
    return Lesson(
        [*_introduction(task), *_pictures(task, runs), *_result(task, runs), *_automatic(choice)],
        schedule_checks(task, runs, choice, played=bool(play.changes)),
        [
            "clearprop learn schedules --learning-rate 0.4    more unrest, and more to calm",
            "clearprop learn schedules --batch-size full      no noise, and nothing to calm",
        ],
    )


def _introduction(task: Task) -> list[Block]:
    return [
        Text(
            "A high rate covers ground, a low rate settles. A schedule has both, one after the "
            "other: it multiplies the learning rate by a factor that depends on how much of the "
            "training is done. The progress t is 0 at the first step and 1 after the last, so the "
            "same schedule serves ten steps and a million."
        ),
        Text(
            f"The task: {SAMPLES} points on y = sin(πx), each off by noise of size {NOISE:g}, so "
            "that no smooth curve meets them all. A network 1 → 16 → 1 learns them by gradient "
            f"descent ({task.how}, mean squared error without ½). The loss cannot fall far below "
            f"the noise: {NOISE:g}² = {NOISE**2:g}."
        ),
        Worked([f"{name:<22} {what}" for name, what in _WHAT.items()]),
        Worked(
            [
                "rate at a step = base rate · factor(t),   cosine: factor(t) = ½(1 + cos πt)",
                f"t = 0:    {task.rate:g} · ½(1 + 1)  = {task.rate:g}",
                f"t = 1/3:  {task.rate:g} · ½(1 + ½)  = {task.rate * 0.75:g}",
                f"t = 1/2:  {task.rate:g} · ½(1 + 0)  = {task.rate / 2:g}",
                f"t = 1:    {task.rate:g} · ½(1 − 1)  = 0",
            ]
        ),
    ]


def _pictures(task: Task, runs: dict[str, tuple[Run, ...]]) -> list[Block]:
    """For each family: the rate over the steps, and the loss over the epochs."""
    blocks: list[Block] = []
    for number, (family, names) in enumerate(_FAMILIES.items(), start=1):
        rates = [(name, runs[name][0].step_rates) for name in names]
        losses = [(name, _typical(runs[name])) for name in names]
        blocks += [
            Heading(family),
            _curves(
                f"rate-{number}", rates, (f"Rate: {family.lower()}", "step", "learning rate"),
                "The rate of every step, from the first to the last.", log=False,
            ),
            _curves(
                f"loss-{number}", losses, (f"Loss: {family.lower()}", "epoch", "training loss"),
                f"The median over {SEEDS} starts; {task.how}.", log=True,
            ),
        ]  # fmt: skip
    return blocks


def _typical(runs: tuple[Run, ...]) -> Floats:
    """The median loss of every epoch; what has blown up leaves the picture."""
    losses = np.nan_to_num(losses_of(runs), nan=np.inf)
    middle = np.median(losses, axis=0)
    return np.where(middle < 1e3, middle, np.nan)


def _curves(
    kind: str, lines: list[tuple[str, Floats]], names: tuple[str, str, str], caption: str, *,
    log: bool,
) -> Picture:  # fmt: skip
    series = [figures.Series(label, np.arange(len(y)), y) for label, y in lines]
    return Picture(
        kind,
        caption,
        figures.describe_series_curves(series, *names, log_y=log),
        lambda theme: figures.series_curves(series, *names, log_y=log, theme=theme),
    )


def _result(task: Task, runs: dict[str, tuple[Run, ...]]) -> list[Block]:
    ends = {name: losses_of(each)[:, -1] for name, each in runs.items()}
    ends = {name: np.nan_to_num(end, nan=np.inf) for name, end in ends.items()}
    medians = {name: float(np.median(end)) for name, end in ends.items()}
    order = sorted(medians, key=medians.__getitem__)
    rows = [
        (
            name, _shown(medians[name]), _shown(float(ends[name].min())),
            _shown(float(ends[name].max())), _unrest(runs[name]),
        )
        for name in order
    ]  # fmt: skip
    return [
        Heading("What it comes to"),
        Table(
            f"Training loss after {EPOCHS} epochs over {SEEDS} starts ({task.how})",
            ("schedule", "median", "lowest", "highest", "unrest"),
            rows,
        ),
        Text(
            f"At the base rate {task.rate:g} every run diverges: a schedule cannot save a rate "
            "that is too high from the first steps to the last."
            if not math.isfinite(min(medians.values()))
            else _UNREST
        ),
    ]


def _shown(loss: float) -> str:
    return f"{loss:.5f}" if loss < 1e3 else "diverged"


def _unrest(runs: tuple[Run, ...]) -> str:
    """The median relative change of the loss from epoch to epoch, at the end."""
    last = np.log(losses_of(runs)[:, -11:])
    changes = np.expm1(np.abs(np.diff(last, axis=1)))
    return f"{np.nanmedian(changes):.2%}" if np.isfinite(changes).any() else "–"


def _automatic(choice: Choice) -> list[Block]:
    series = [
        figures.Series(
            f"{counted(each.epochs, 'epoch')}, {counted(each.losses.shape[1], 'seed')}",
            each.rates,
            np.where(each.means < 10, each.means, np.nan),
        )
        for each in choice.evidence
    ]
    names = ("What was tried", f"learning rate (sgd, batch {choice.batch_size})", choice.watched)
    marks = {"chosen": choice.rate}
    return [
        Heading("The rate chosen by trying"),
        Text(
            "A schedule bends the rate; it does not say where to begin. That can be found out: "
            "many trial trainings are run side by side at different rates, and judged on a part of "
            f"the data that none of them is trained on. {choice.verdict}"
        ),
        Picture(
            "automatic",
            "Each line is one round of trainings, the later rounds nearer to the best. The "
            "dashed line is the rate that was chosen.",
            figures.describe_series_curves(series, *names, log_x=True, log_y=True, marks=marks),
            lambda theme: figures.series_curves(
                series, *names, log_x=True, log_y=True, marks=marks, theme=theme
            ),
        ),
    ]
