"""scikit-learn: one `partial_fit` an epoch, which goes through the samples in mini-batches.

Its fixed cost a step (checks, lists of arrays) is part of what its users pay.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from clearprop.bench.contestant import Unsuitable
from clearprop.bench.task import Task

__all__ = ["Scikit"]

Array = NDArray[Any]


class Scikit:
    """`MLPClassifier`; a population is beyond it."""

    name, label, package = "sklearn", "scikit-learn", "scikit-learn"

    def prepare(self, task: Task, threads: int) -> ScikitTrainer:  # noqa: ARG002 - BLAS is limited
        """See `Contestant.prepare`."""
        if task.n_networks > 1:
            raise Unsuitable("trains one network at a time")
        return ScikitTrainer(task)


class ScikitTrainer:
    """See `Trainer`."""

    def __init__(self, task: Task) -> None:
        from sklearn.neural_network import MLPClassifier

        work = task.work
        self._task = task
        self._classes = task.y[:, 0].astype(int) if task.binary else task.y.argmax(axis=1)
        self._model = MLPClassifier(
            work.sizes[1:-1],
            solver=work.rule,
            alpha=0.0,
            batch_size=work.batch_size,
            learning_rate_init=work.rates[0],
            shuffle=False,  # the order is the row's own
            momentum=0.0,
            nesterovs_momentum=False,
            random_state=0,
        )
        every = np.arange(max(2, work.sizes[-1]))
        first = slice(0, work.batch_size)
        self._model.partial_fit(task.X[first], self._classes[first], classes=every)
        self.reset()

    def reset(self) -> None:
        """See `Trainer.reset`."""
        layers = self._task.architecture.layers(self._task.start)
        self._model.coefs_ = [W.copy() for W, _ in layers]
        self._model.intercepts_ = [b.copy() for _, b in layers]
        # What Adam remembers has no public name; without it, scikit-learn begins anew.
        vars(self._model).pop("_optimizer", None)
        self._epoch = 0

    def run(self, count: int) -> None:
        """See `Trainer.run`."""
        for _ in range(count):
            order = self._task.orders[self._epoch % len(self._task.orders)]
            self._model.partial_fit(self._task.X[order], self._classes[order])
            self._epoch += 1

    def parameters(self) -> Array:
        """See `Trainer.parameters`."""
        layers = zip(self._model.coefs_, self._model.intercepts_, strict=True)
        return self._task.flatten(list(layers))
