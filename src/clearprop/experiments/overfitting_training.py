"""What the lesson `overfitting` trains: few noisy points, a network with far too many weights."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from clearprop.experiments.own_table import check_rows, read_own
from clearprop.experiments.play import Play
from clearprop.experiments.points import half_moons, seeds_for
from clearprop.network import Network
from clearprop.tables import prepare
from clearprop.training import Run, Settings, train_population

__all__ = ["PATIENCE", "Rows", "Trained", "recorded", "train_all"]

Floats = NDArray[np.float64]

_HIDDEN = (64, 64)
_RATE, _SIZE, _EPOCHS, PATIENCE = 0.01, 8, 300, 40
_FEW, _NOISE = 40, 0.35  # points to learn from
_OTHERS = 400  # to judge by
_MORE = 10  # times as many points
_MOST_FEW, _MOST_OTHERS, _LEAST_SHARE = 100, 2000, 0.4  # of a learner's table
_OUTPUTS = {"regression": "identity", "classification": "softmax"}


@dataclass(frozen=True, eq=False)
class Rows:
    """What is learned from, and what is judged by.

    Attributes:
        X, y: to learn from, `(n, n_in)` and `(n, n_out)`.
        others: the same of rows that the network never learns from.
        output: the activation of the output.
        source: where they come from, in words.
        more: of the half-moons, ten times as many to learn from; None for a table.
    """

    X: Floats
    y: Floats
    others: tuple[Floats, Floats]
    output: str
    source: str
    more: tuple[Floats, Floats] | None


@dataclass(frozen=True, eq=False)
class Trained:
    """The same training to the end, and stopped early; and two others that resist.

    Attributes:
        rows: what was learned.
        long: all epochs, with the last weights.
        short: stopped early, with the best weights.
        cures: by name: with a penalty, with dropout, with more points.
    """

    rows: Rows
    long: Run
    short: Run
    cures: dict[str, Run]

    @property
    def best(self) -> int:
        """The epoch with the lowest validation loss of the long run."""
        return int(np.nanargmin(self.long.history["validation_loss"]))

    @property
    def how(self) -> str:
        """Rate, batch size and optimizer."""
        run = self.long
        return f"{run.settings.rule}, η = {run.learning_rate:g}, batch {run.batch_size}"


def train_all(play: Play) -> Trained:
    """Twice the same, but for early stopping, and the cures beside it."""
    rows, seed = _rows(play), play.seed or 0
    network = Network(
        [rows.X.shape[1], *_HIDDEN, rows.y.shape[1]], hidden="tanh", output=rows.output, seed=seed
    )
    settings = Settings(
        optimizer="adam",
        learning_rate=play.learning_rate or _RATE,
        batch_size=play.batch_size or _SIZE,
        epochs=_EPOCHS,
        record_weights="epoch",
        restore_best=False,
        seed=seed,
    )
    members: list[dict[str, Any]] = [{}, {"penalty": {"l2": 0.01}}, {"dropout": 0.5}]
    runs = train_population(network, rows.X, rows.y, members, settings, validation=rows.others)
    stopping = replace(settings, early_stopping=PATIENCE, restore_best=True)
    (short,) = train_population(network, rows.X, rows.y, [{}], stopping, validation=rows.others)
    cures = {"L2 0.01": runs[1], "dropout 0.5": runs[2]}
    if rows.more is not None:
        fewer = replace(settings, epochs=_EPOCHS // _MORE)
        (more,) = train_population(network, *rows.more, [{}], fewer, validation=rows.others)
        cures[f"{_MORE} times the points, as many steps"] = more
    return Trained(rows, runs[0], short, cures)


def recorded(run: Run) -> Floats:
    """All parameters at the start and after every epoch."""
    assert run.weights is not None  # noqa: S101 - they were asked for
    return np.asarray(run.weights)


def _rows(play: Play) -> Rows:
    if play.data is not None:
        return _own(play.data, play.seed or 0)
    first, second = seeds_for(play, 2)
    X, y = half_moons(first, _FEW + _OTHERS, _NOISE)
    more = half_moons(second, (_MORE - 1) * _FEW, _NOISE)
    return Rows(
        X[:_FEW],
        y[:_FEW],
        (X[_FEW:], y[_FEW:]),
        "sigmoid",
        f"{_FEW} points of two half-moons, with so much noise ({_NOISE:g}) that the moons overlap",
        (np.concatenate([X[:_FEW], more[0]]), np.concatenate([y[:_FEW], more[1]])),
    )


def _own(path: str | Path, seed: int) -> Rows:
    """At most 100 rows to learn from, so that there is something to learn by heart."""
    table, target = read_own(path)
    check_rows(path, table)
    share = max(_LEAST_SHARE, 1 - _MOST_FEW / table.num_rows)
    ready = prepare(table, target=target, test=0.0, validation=share, seed=seed)
    two = ready.schema.n_outputs == 1
    output = "sigmoid" if two and ready.task == "classification" else _OUTPUTS[ready.task]
    kept = np.linspace(0, len(ready.validation.X) - 1, _MOST_OTHERS).round().astype(int)
    some = np.unique(kept)
    return Rows(
        ready.train.X,
        ready.train.y,
        (ready.validation.X[some], ready.validation.y[some]),
        output,
        f"{len(ready.train.X)} rows of {Path(path).name}, which has {table.num_rows:,}, and "
        f"learns to tell the column {target!r}",
        None,
    )
