"""The trainings that `regret.py` measures ways of choosing a rate on: data, network, settings."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from sklearn import datasets
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler

import clearprop as cp

BOTH: dict[str, Any] = {"return_X_y": True}
DATA: dict[str, tuple[bool, Callable[[], Any]]] = {  # name -> classes?, arrays
    "breast_cancer": (True, lambda: datasets.load_breast_cancer(**BOTH)),
    "iris": (True, lambda: datasets.load_iris(**BOTH)),
    "wine": (True, lambda: datasets.load_wine(**BOTH)),
    "digits": (True, lambda: datasets.load_digits(**BOTH)),
    "diabetes": (False, lambda: datasets.load_diabetes(**BOTH)),
    "moons": (True, lambda: datasets.make_moons(1500, noise=0.3, random_state=1)),
    "classification": (
        True,
        lambda: datasets.make_classification(
            2500, 30, n_informative=10, n_classes=3, random_state=1
        ),
    ),
    "friedman1": (False, lambda: datasets.make_friedman1(1500, noise=1.0, random_state=1)),
}
HOW: dict[str, Any] = {"batch_size": 64, "epochs": 60, "schedule": "cosine"}
FIRST_SEED = 1000  # no choice sees these seeds
SEEDS, MOST_SEEDS = 16, 128
SURE = 0.03  # standard error of the best rate's mean loss, as a share, that more seeds are worth


class Task(NamedTuple):
    """Scaled training and validation parts, and the network that goes with them."""

    X: NDArray[Any]
    y: NDArray[Any]
    validation: tuple[NDArray[Any], NDArray[Any]]
    output: str
    n_outputs: int

    @classmethod
    def of(cls, name: str) -> Task:
        """The task on one of the data sets."""
        classes, load = DATA[name]
        X, y = load()
        if not classes:
            y = (y - y.mean()) / y.std()
        parts = train_test_split(
            X, y, test_size=0.4, random_state=1, stratify=y if classes else None
        )
        scaler = StandardScaler().fit(parts[0])
        X, X_val = (scaler.transform(part).astype("float32") for part in parts[:2])
        n = len(np.unique(y)) if classes else 0
        output = "identity" if not classes else "sigmoid" if n == 2 else "softmax"
        return cls(X, parts[2], (X_val, parts[3]), output, 1 if n <= 2 else n)

    def network(self, seed: int) -> cp.Network:
        """64-64 ReLU neurons in float32."""
        sizes = [self.X.shape[1], 64, 64, self.n_outputs]
        return cp.Network(sizes, output=self.output, seed=seed, dtype="float32")

    def shuffled(self) -> Task:
        """The same with targets from which nothing can be learned."""
        shuffle = np.random.default_rng(0).permutation
        X_val, y_val = self.validation
        return self._replace(y=shuffle(self.y), validation=(X_val, shuffle(y_val)))

    def losses(self, rates: Sequence[float], seeds: Sequence[int], **how: Any) -> NDArray[Any]:
        """Validation losses of the kept networks of full trainings, `(n_rates, n_seeds)`."""
        members = cp.grid(learning_rate=rates, seed=seeds)
        runs = cp.train_population(
            self.network(0),
            self.X,
            self.y,
            members,
            validation=self.validation,
            watched_only=True,
            **HOW | how,
        )
        kept = [run.history["validation_loss"][run.kept_epoch] for run in runs]
        return np.reshape(kept, (len(rates), len(seeds)))


def standard_error(losses: NDArray[Any]) -> float:
    """Of the mean of the best rate's losses, as a share of it."""
    best = losses[int(np.argmin(losses.mean(axis=1)))]
    return float(best.std(ddof=1) / np.sqrt(len(best)) / best.mean())


def sure_losses(task: Task, rates: Sequence[float], **how: Any) -> NDArray[Any]:
    """Losses from as many seeds as it takes to be sure of the best rate's, within reason."""
    losses = task.losses(rates, range(FIRST_SEED, FIRST_SEED + SEEDS), **how)
    while (n := losses.shape[1]) < MOST_SEEDS and standard_error(losses) > SURE:
        more = task.losses(rates, range(FIRST_SEED + n, FIRST_SEED + 2 * n), **how)
        losses = np.concatenate([losses, more], axis=1)
    return losses
