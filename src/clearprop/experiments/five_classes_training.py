"""The animals of `five-classes`, and what is learned from them."""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from clearprop.ledgers import Ledger, ledger
from clearprop.network import Network
from clearprop.training import Run, train

__all__ = ["EACH", "EPOCHS", "NAMES", "Learned", "learn_animals"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

NAMES = ("dog", "cat", "mouse", "cow", "hen")
_LOG_KG = (1.3, 0.6, -1.7, 2.8, 0.4)  # 20 kg, 4 kg, 20 g, 630 kg, 2.5 kg
_SPREAD = (0.3, 0.12, 0.15, 0.12, 0.12)  # dogs differ most
_LEGS = (1.0, 1.0, 1.0, 1.0, -1.0)  # four legs, or two
EACH = 40  # animals of each class to learn from, and as many new ones
EPOCHS = 100
_LOSS = "categorical_cross_entropy"


@dataclass(frozen=True)
class Learned:
    """All that was computed.

    Attributes:
        start, end: the ledger of five typical animals, before and after training.
        run: the training.
        counts: new animals, true class down, answer across.
    """

    start: Ledger
    end: Ledger
    run: Run
    counts: Ints


def learn_animals(eta: float, batch: int | str, seed: int) -> Learned:
    """Train on animals of every kind, and try the network on as many new ones."""
    network = Network([2, len(NAMES)], output="softmax")
    network.parameters[:] = 0.0  # no opinion: every class as likely as the others
    rng = np.random.default_rng(seed)
    X, classes = _animals(rng)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # that it diverged is said in the lesson
        run = train(network, X, classes, loss=_LOSS, optimizer="sgd", learning_rate=eta,
                    batch_size=batch, epochs=EPOCHS, seed=seed, restore_best=False)  # fmt: skip
    X_new, true = _animals(rng)
    counts = np.zeros((len(NAMES), len(NAMES)), dtype=np.int64)
    np.add.at(counts, (true, run.network.predict(X_new).argmax(axis=1)), 1)
    return Learned(_step(network, eta), _step(run.network, eta), run, counts)


def _animals(rng: np.random.Generator) -> tuple[Floats, Ints]:
    """Animals of every class, `EACH` of each: log10 of the weight in kg, legs; and the class."""
    classes = np.repeat(np.arange(len(NAMES)), EACH)
    size = np.array(_LOG_KG)[classes] + np.array(_SPREAD)[classes] * rng.standard_normal(
        len(classes)
    )
    return np.column_stack([size, np.array(_LEGS)[classes]]), classes


def _typical() -> tuple[Floats, Ints]:
    """One animal of each class."""
    return np.column_stack([_LOG_KG, _LEGS]), np.arange(len(NAMES))


def _step(network: Network, eta: float) -> Ledger:
    return ledger(network, *_typical(), loss=_LOSS, learning_rate=eta)
