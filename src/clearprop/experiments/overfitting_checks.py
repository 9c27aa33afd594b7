"""Whether the lesson `overfitting` tells the truth: what was restored, from when, and how."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from clearprop.experiments.compare import close, holds
from clearprop.experiments.lesson import Check
from clearprop.experiments.overfitting_training import PATIENCE, Trained, recorded
from clearprop.experiments.play import Play
from clearprop.network import Network

__all__ = ["checks_of"]

Floats = NDArray[np.float64]


def checks_of(found: Trained, play: Play) -> list[Check]:
    """What always holds, and what was published where the learner changed nothing."""
    checks = [_restored_loss(found), _restored_weights(found), _same_way(found), _patience(found)]
    if play.changes:
        return checks
    train, other = (found.long.history[f"{part}_loss"] for part in ("train", "validation"))
    best = found.best
    return [
        holds(
            "after the best epoch",
            "training loss falls, validation loss rises",
            f"training {train[best]:.3g} to {train[-1]:.3g}, "
            f"validation {other[best]:.3g} to {other[-1]:.3g}",
            train[-1] < train[best] and other[-1] > other[best],
            source="published",
        ),
        *checks,
    ]


def _restored_loss(found: Trained) -> Check:
    """The restored network's loss, by the formula written out, is the lowest that was seen."""
    X, y = found.rows.others
    a = np.clip(found.short.network.predict(X), 1e-300, None)
    if found.rows.output == "sigmoid":
        losses = -np.log(np.where(y == 1, a, 1 - a)).sum(axis=1)
    elif found.rows.output == "softmax":
        losses = -(y * np.log(a)).sum(axis=1)
    else:
        losses = ((found.short.network.predict(X) - y) ** 2).mean(axis=1)
    return close(
        "validation loss of the restored weights, against the lowest of all epochs",
        float(np.nanmin(found.short.history["validation_loss"])),
        float(losses.mean()),
        tolerance=1e-9,
        relative=True,
        source="by hand",
    )


def _restored_weights(found: Trained) -> Check:
    best = int(np.nanargmin(found.short.history["validation_loss"]))
    return _bits(
        f"the restored weights and those recorded after epoch {best}",
        found.short.network,
        recorded(found.short)[best],
    )


def _same_way(found: Trained) -> Check:
    """Looking at the validation loss changes nothing until it stops the training."""
    stop = found.short.epochs
    there = Network.of(found.long.network.architecture, recorded(found.short)[stop])
    return _bits(
        f"with and without early stopping, the weights after epoch {stop}",
        there,
        recorded(found.long)[stop],
    )


def _bits(what: str, network: Network, weights: Floats) -> Check:
    same = np.array_equal(network.parameters, weights, equal_nan=True)
    return holds(
        what, "the same bits", "the same bits" if same else "other bits", same, source="property"
    )


def _patience(found: Trained) -> Check:
    short = found.short
    waited = short.epochs - short.best_epoch
    stopped = short.ending == "early_stopping"
    return holds(
        "epochs between the best and the stop",
        f"{PATIENCE}" if stopped else f"at most {PATIENCE}, for the epochs were used up",
        str(waited),
        waited == PATIENCE if stopped else waited <= PATIENCE,
        source="property",
    )
