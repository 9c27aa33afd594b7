"""A trial: one training of a sweep, as much of it as labels, tables and figures need."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from clearprop.training import Run

__all__ = ["Key", "Trial", "trial_of"]

Array = NDArray[Any]
Key = tuple[str, int, float, int]  # optimizer, batch size, learning rate, seed

_MOST_PARAMETERS, _MOST_RECORDS = 40, 60  # of a trial's weight history
_LEAST_UPDATES = 4  # below, turning back says nothing
_WAY_DOWN = 0.99  # share of its own drop up to which a run is on its way down


@dataclass(frozen=True)
class Trial:
    """One training at one rate, from one seed.

    Attributes:
        optimizer: the update rule.
        batch_size: samples a step.
        learning_rate: the base rate.
        seed: of start, order and dropout.
        train_loss: at the start and after every epoch; NaN where it was not finite.
        validation_loss: the same of the validation part, or None.
        kept_epoch: whose network the training kept.
        diverged: where and how, in words, or None.
        reversals: share of updates that turn back on the one before, on the way down; None in
            mini-batches and where weights were not recorded.
        weights: some parameters over the epochs, `(n_records, k)`, or None.
        weight_epochs: the epochs of these records, or None.
    """

    optimizer: str
    batch_size: int
    learning_rate: float
    seed: int
    train_loss: tuple[float, ...]
    validation_loss: tuple[float, ...] | None
    kept_epoch: int
    diverged: str | None
    reversals: float | None = None
    weights: tuple[tuple[float, ...], ...] | None = None
    weight_epochs: tuple[int, ...] | None = None

    @property
    def key(self) -> Key:
        """What tells it from the other trials of its sweep."""
        return self.optimizer, self.batch_size, self.learning_rate, self.seed

    @property
    def watched(self) -> float:
        """The loss by which rates are compared: the kept network's; inf where it diverged."""
        column = self.train_loss if self.validation_loss is None else self.validation_loss
        value = column[self.kept_epoch]
        return np.inf if self.diverged or not np.isfinite(value) else value

    def to_json(self) -> dict[str, Any]:
        """Plain JSON types; what is not finite is null."""
        contents = asdict(self)
        for name in ("train_loss", "validation_loss"):
            if contents[name] is not None:
                contents[name] = [x if np.isfinite(x) else None for x in contents[name]]
        return contents

    @classmethod
    def from_json(cls, contents: Mapping[str, Any]) -> Trial:
        """The trial that `to_json` described."""
        given = dict(contents)
        for name in ("train_loss", "validation_loss"):
            if given[name] is not None:
                given[name] = tuple(np.nan if x is None else float(x) for x in given[name])
        if given["weights"] is not None:
            given["weights"] = tuple(map(tuple, given["weights"]))
            given["weight_epochs"] = tuple(given["weight_epochs"])
        return cls(**given)


def trial_of(run: Run, optimizer: str, seed: int, n_samples: int) -> Trial:
    """What a finished run says."""
    validation = run.history.get("validation_loss")
    weights, epochs = _sampled(run, n_samples)
    return Trial(
        optimizer=optimizer,
        batch_size=run.batch_size,
        learning_rate=run.learning_rate,
        seed=seed,
        train_loss=_finite(run.history["train_loss"]),
        validation_loss=None if validation is None else _finite(validation),
        kept_epoch=run.kept_epoch,
        diverged=None if run.diverged is None else str(run.diverged),
        reversals=_reversals(run) if run.batch_size >= n_samples else None,
        weights=weights,
        weight_epochs=epochs,
    )


def _finite(values: Array) -> tuple[float, ...]:
    return tuple(np.where(np.isfinite(values), values, np.nan).tolist())


def _reversals(run: Run) -> float | None:
    """Share of updates with a negative product with the one before, until the drop is made."""
    if run.weights is None:
        return None
    loss = run.history["train_loss"]
    if not np.isfinite(loss).any():
        return None
    drop = loss[0] - np.nanmin(loss)
    down = int(np.argmax(loss <= loss[0] - _WAY_DOWN * drop)) if drop > 0 else 0
    records = run.weights[: max(down, _LEAST_UPDATES) + 1].astype(np.float64)
    with np.errstate(all="ignore"):  # of a run that diverges
        updates = np.diff(records, axis=0)
        products = (updates[1:] * updates[:-1]).sum(axis=1)
    return float(np.mean(products < 0)) if len(products) >= _LEAST_UPDATES - 1 else None


def _sampled(
    run: Run, n_samples: int
) -> tuple[tuple[tuple[float, ...], ...] | None, tuple[int, ...] | None]:
    """A few parameters at a few epochs, six digits each: enough for a small picture."""
    if run.weights is None or run.weight_steps is None:
        return None, None
    rows, columns = (
        np.unique(np.linspace(0, size - 1, min(size, most)).round().astype(int))
        for size, most in zip(run.weights.shape, (_MOST_RECORDS, _MOST_PARAMETERS), strict=True)
    )
    kept = run.weights[np.ix_(rows, columns)].astype(np.float64)
    rows, kept = rows[np.isfinite(kept).all(axis=1)], kept[np.isfinite(kept).all(axis=1)]
    steps_per_epoch = -(-n_samples // run.batch_size)
    epochs = run.weight_steps[rows] // steps_per_epoch
    weights = tuple(tuple(float(f"{w:.6g}") for w in row) for row in kept.tolist())
    return weights, tuple(epochs.tolist())
