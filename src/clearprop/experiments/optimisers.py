"""`optimisers`: every update rule from one start, on the same batches, and how it steps."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from clearprop import figures, randomness
from clearprop.engines import Data
from clearprop.engines.objective import loss_and_gradient
from clearprop.equations.updates import UPDATES
from clearprop.experiments.compare import close, holds
from clearprop.experiments.lesson import Block, Check, Heading, Lesson, Picture, Table, Text, Worked
from clearprop.experiments.play import Play
from clearprop.experiments.points import half_moons
from clearprop.network import Network
from clearprop.training import Run, train_population

__all__ = ["teach"]

Floats = NDArray[np.float64]

_EPOCHS, _BATCH, _SAMPLES = 30, 20, 200
_RATES = tuple(float(f"{10 ** (k / 2):.3g}") for k in range(-8, 5))  # 0.0001 to 100
_FAMILIES = {
    "one rate for all weights": ("sgd", "momentum", "nesterov"),
    "a rate of its own for every weight": ("adagrad", "adadelta", "rmsprop", "adam"),
    "Adam's descendants": ("adamw", "nadamw", "schedule_free_adamw", "prodigy"),
}
_WHAT = {
    "sgd": "against the slope: −ηg",
    "momentum": "adds up slopes; 0.9 of the speed is kept",
    "nesterov": "momentum that looks one step ahead",
    "adagrad": "divides by the root of all squared slopes so far",
    "adadelta": "divides likewise, times the size of its last steps",
    "rmsprop": "divides by the root of the recent squared slopes",
    "adam": "momentum, divided as in rmsprop, both corrected at the start",
    "adamw": "adam, with the weights decaying beside it",
    "nadamw": "adamw that looks one step ahead",
    "schedule_free_adamw": "adamw judged at the average of its path",
    "prodigy": "adam that estimates its own rate",
}


@dataclass(frozen=True)
class _Task:
    """What every rule is given: data, start, batch size, seed of the order."""

    network: Network
    X: Floats
    y: Floats
    batch: int | str
    seed: int

    @property
    def how(self) -> str:
        """For the titles of tables."""
        return f"batch {self.batch} of {len(self.X)}, {_EPOCHS} epochs, binary cross-entropy"


def teach(play: Play) -> Lesson:
    """Every rule at the best of many rates, or at the learner's."""
    task = _task(play)
    rates = _RATES if play.learning_rate is None else (play.learning_rate,)
    tried = {rule: _train(task, rule, rates) for rule in UPDATES}
    best = {rule: min(runs, key=_final) for rule, runs in tried.items()}
    sweep = [*_sweep(task, tried)] if len(rates) > 1 else []
    return Lesson(
        [*_introduction(task, best, swept=len(rates) > 1), *sweep, *_losses(best), *_steps(best)],
        _checks(task, best, played=bool(play.changes)),
        [
            "clearprop learn optimisers --learning-rate 0.03    all rules at one rate",
            "clearprop learn optimisers --batch-size 1          noisier slopes",
        ],
    )


def _task(play: Play) -> _Task:
    seed = play.seed or 0
    X, y = half_moons(seed)
    network = Network([2, 8, 8, 1], hidden="tanh", output="sigmoid", seed=seed)
    given = play.batch_size or _BATCH
    batch = given if isinstance(given, str) else min(given, _SAMPLES)
    return _Task(network, X[:_SAMPLES], y[:_SAMPLES], batch, seed)


def _train(task: _Task, rule: str, rates: tuple[float, ...]) -> tuple[Run, ...]:
    """One population: the rule at every rate."""
    return train_population(
        task.network, task.X, task.y, [{"learning_rate": rate} for rate in rates], optimizer=rule,
        batch_size=task.batch, epochs=_EPOCHS, seed=task.seed, record_weights="step",
        restore_best=False,
    ).runs  # fmt: skip


def _final(run: Run) -> float:
    """The last training loss; infinite for a run that diverged."""
    loss = float(run.history["train_loss"][-1])
    return loss if run.diverged is None and np.isfinite(loss) else np.inf


def _effective(run: Run) -> Floats:
    """`|Δw| / (η √p)` of every step: how far a weight goes, on average, at a rate of 1."""
    weights = np.asarray(run.weights)
    away = np.linalg.norm(np.diff(weights, axis=0), axis=1)
    return np.asarray(away / (run.learning_rate * np.sqrt(weights.shape[1])))


def _introduction(task: _Task, best: dict[str, Run], *, swept: bool) -> list[Block]:
    chosen = (
        f"A learning rate means something else to every rule, so each was tried at {len(_RATES)} "
        f"rates from {_RATES[0]:g} to {_RATES[-1]:g}, and is shown at the one with the lowest loss "
        "after the last epoch. That favours no rule, and it hides how hard a good rate is to find; "
        "the next picture shows that."
        if swept
        else f"All rules are shown at the one rate {best['sgd'].learning_rate:g}. That is no fair "
        "race: a rate means something else to every rule, and that is what one sees."
    )
    return [
        Text(
            "Backpropagation gives the slope of the loss along every weight. What to do with it is "
            "the business of the update rule, also called the optimiser. Here every rule that the "
            "package has starts from the same weights and sees the same samples in the same order."
        ),
        Worked([f"{rule:<20} {what}" for rule, what in _WHAT.items()]),
        Text(chosen),
        Table(
            f"Every rule (2 → 8 → 8 → 1 on half-moons, {task.how})",
            ("rule", "η", "loss at the end", "first epoch below 0.1"),
            [_row(rule, run) for rule, run in best.items()],
        ),
    ]


def _row(rule: str, run: Run) -> tuple[str, ...]:
    below = np.flatnonzero(run.history["train_loss"] < 0.1)
    final = "diverged" if run.diverged else f"{_final(run):.4f}"
    first = str(below[0]) if below.size else "none"
    return rule, f"{run.learning_rate:g}", final, first


def _sweep(task: _Task, tried: dict[str, tuple[Run, ...]]) -> list[Block]:
    """The loss after the last epoch over the rate."""
    series = [
        figures.Series(rule, _RATES, [min(_final(run), 3.0) for run in tried[rule]])
        for rule in ("sgd", "momentum", "adagrad", "adam", "schedule_free_adamw", "prodigy")
    ]
    names = (
        "Which rates serve which rule",
        f"learning rate (batch {task.batch})",
        "loss at the end",
    )
    return [
        Picture(
            "rates",
            "A wide, low trough means that a rate is easy to find. Losses above 3, and runs that "
            "diverged, are drawn at 3.",
            figures.describe_series_curves(series, *names, log_x=True, log_y=True),
            lambda theme: figures.series_curves(
                series, *names, log_x=True, log_y=True, theme=theme
            ),
        )
    ]


def _losses(best: dict[str, Run]) -> list[Block]:
    blocks: list[Block] = [Heading("The loss over the epochs")]
    for number, (family, rules) in enumerate(_FAMILIES.items(), start=1):
        lines = [(rule, best[rule].history["train_loss"]) for rule in rules]
        blocks.append(
            _curves(f"loss-{number}", lines, (f"Loss: {family}", "epoch", "training loss"), best)
        )
    return blocks


def _steps(best: dict[str, Run]) -> list[Block]:
    first = {rule: float(_effective(run)[0]) for rule, run in best.items() if run.steps}
    blocks: list[Block] = [
        Heading("The effective step"),
        Text(
            "How far does a weight really go in one step? Take the length of the step over all "
            "weights, divide it by the learning rate, and by √p, where p is the number of weights: "
            "that is the effective step of a weight at a rate of 1."
        ),
        Worked(
            [
                "effective step = |w_after − w_before| / (η · √p),   p = "
                f"{best['sgd'].network.parameters.size}",
                f"first step of sgd:       {first['sgd']:.6f}   the slope itself",
                f"first step of nesterov:  {first['nesterov']:.6f}   1.9 times the slope",
                f"first step of adam:      {first['adam']:.6f}   m̂/√v̂ = g/|g|: 1 for every weight",
                f"first step of rmsprop:   {first['rmsprop']:.6f}   g/√(0.01 g²): 10 for each",
            ]
        ),
        Text(
            "For sgd the steps are as long as the slopes: long on a hillside, short on flat "
            "ground. For Adam they begin at 1 however small the slope is, and shrink where slopes "
            "disagree from batch to batch. Adagrad divides by all that it has ever seen, so its "
            f"divisor only grows. At one and the same rate, Adam's first step would be "
            f"{first['adam'] / first['sgd']:.3g} times as long as that of sgd: that is why a rate "
            "that suits one is wrong for the other."
        ),
    ]  # fmt: skip
    for number, (family, rules) in enumerate(_FAMILIES.items(), start=1):
        lines = [(rule, _averaged(_effective(best[rule]))) for rule in rules]
        blocks.append(
            _curves(f"step-{number}", lines, (f"Steps: {family}", "epoch", "effective step"), best)
        )
    return blocks


def _averaged(steps: Floats) -> Floats:
    """The mean of each epoch; what is left of one that a run did not finish counts as one."""
    parts = np.array_split(steps, max(1, min(_EPOCHS, len(steps))))
    return np.array([part.mean() for part in parts])


def _curves(
    kind: str, lines: list[tuple[str, Floats]], names: tuple[str, str, str], best: dict[str, Run]
) -> Picture:
    offset = int(kind.startswith("step"))  # the first epoch's steps belong to epoch 1
    series = [
        figures.Series(f"{rule}, η {best[rule].learning_rate:g}", np.arange(len(y)) + offset, y)
        for rule, y in lines
    ]
    caption = (
        "The mean effective step of every epoch. Of a rule that estimates its own rate, the "
        "estimate is part of the step."
        if offset
        else "The loss of all samples at the end of every epoch; 0 is the start."
    )
    return Picture(
        kind,
        caption,
        figures.describe_series_curves(series, *names, log_y=True),
        lambda theme: figures.series_curves(series, *names, log_y=True, theme=theme),
    )


def _checks(task: _Task, best: dict[str, Run], *, played: bool) -> list[Check]:
    starts = [np.asarray(run.weights)[0] for run in best.values()]
    checks = [
        holds(
            "rules that start from the network's own weights", f"{len(UPDATES)}",
            f"{sum(bool((w == task.network.parameters).all()) for w in starts)}",
            all(bool((w == task.network.parameters).all()) for w in starts), source="by definition",
        ),
        *_first_steps(task, best),
        *_last_loss(task, best),
    ]  # fmt: skip
    if not played:
        falling = sum(_final(run) < 0.1 for run in best.values())
        checks.append(
            holds(
                "rules whose loss falls below 0.1", f"{len(UPDATES)} of {len(UPDATES)}",
                f"{falling} of {len(best)}", falling == len(UPDATES), source="recomputed",
            )
        )  # fmt: skip
    return checks


def _rounding(w: Floats, rate: float, step: Floats) -> float:
    """What the rounding of the weights may make of a step divided by its rate, in parts of it."""
    return float(np.spacing(np.abs(w).max()) / (rate * np.abs(step).clip(1e-8).min()))


def _first_steps(task: _Task, best: dict[str, Run]) -> list[Check]:
    """Each rule's first step divided by its rate, from the slope on the first batch alone."""
    count = len(task.X) if task.batch == "full" else min(int(task.batch), len(task.X))
    rows = randomness.permutation(task.seed, 0, len(task.X))[:count]
    w = task.network.parameters[None]
    batch = Data(task.X[rows], task.y[rows])
    g = loss_and_gradient(task.network.architecture, "binary_cross_entropy", w, batch).gradient[0]
    size = np.abs(g)
    should = {
        "sgd": g,
        "momentum": g,
        "nesterov": 1.9 * g,
        "adagrad": g / (size + 1e-10),
        "adadelta": g * np.sqrt(1e-6 / (0.1 * size**2 + 1e-6)),
        "rmsprop": g / (0.1 * size + 1e-8),
        "adam": g / (size + 1e-8),
        "schedule_free_adamw": g / (size + 1e-8),
        "adamw": g / (size + 1e-8) + 0.01 * w[0] * task.network.architecture.is_weight,
    }
    return [
        close(
            f"first step of {rule}, divided by the rate",
            expected,
            -np.diff(np.asarray(best[rule].weights)[:2], axis=0)[0] / best[rule].learning_rate,
            tolerance=1e-6 + _rounding(w, best[rule].learning_rate, expected),
            relative=True,
            source="by hand, from the slope on the first batch",
        )
        for rule, expected in should.items()
        if best[rule].steps
    ]


def _last_loss(task: _Task, best: dict[str, Run]) -> list[Check]:
    """The last loss in each history, computed anew from the last weights."""
    kept = {rule: run for rule, run in best.items() if run.diverged is None}
    if not kept:
        return []
    w = np.stack([np.asarray(run.weights)[-1] for run in kept.values()])
    anew = loss_and_gradient(
        task.network.architecture, "binary_cross_entropy", w, Data(task.X, task.y)
    )
    return [
        close(
            "loss of every rule at the end",
            anew.losses,
            [run.history["train_loss"][-1] for run in kept.values()],
            tolerance=1e-9,
            relative=True,
            source="the equations alone",
        )
    ]
