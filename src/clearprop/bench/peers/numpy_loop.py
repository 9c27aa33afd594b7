"""Plain NumPy, written by hand: every product into an array made once, updates in place.

Parameters and gradient are one flat vector each, so that an update is a few passes over them; the
layers are views. A population has a leading axis, and `np.matmul` goes through its matrices.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from clearprop.bench.task import Task

__all__ = ["NumpyLoop"]

Array = NDArray[Any]

_BETA1, _BETA2, _EPSILON = 0.9, 0.999, 1e-8


class NumpyLoop:
    """Always there."""

    name, label, package = "numpy", "NumPy", "numpy"

    def prepare(self, task: Task, threads: int) -> NumpyTrainer:  # noqa: ARG002 - BLAS is limited
        """See `Contestant.prepare`."""
        return NumpyTrainer(task)


class NumpyTrainer:
    """See `Trainer`."""

    def __init__(self, task: Task) -> None:
        self._task, self._m, b = task, task.n_networks, task.work.batch_size
        lead = (self._m,) if self._m > 1 else ()
        self._w = np.empty((*lead, task.architecture.n_parameters), np.float32)
        self._g = np.empty_like(self._w)
        self._layers = task.architecture.layers(self._w)
        self._gradients = task.architecture.layers(self._g)
        self._x = np.empty((b, task.work.sizes[0]), np.float32)
        self._y = np.empty((b, task.work.sizes[-1]), np.float32)
        # z of every layer, overwritten by its a, and delta of every layer
        self._a = [np.empty((*lead, b, n), np.float32) for n in task.work.sizes[1:]]
        self._deltas = [np.empty_like(a) for a in self._a]
        rates = np.array(task.work.rates, np.float32)
        self._rates = rates[:, None] if self._m > 1 else rates[0]
        self._batches = [order.reshape(-1, b) for order in task.orders]
        self._update = _Adam(self._w) if task.work.rule == "adam" else _Sgd()
        self.reset()

    def reset(self) -> None:
        """See `Trainer.reset`."""
        self._w[...] = self._task.start
        self._update.reset()
        self._epoch = 0
        self.loss_sum = np.zeros(self._m)

    def run(self, count: int) -> None:
        """See `Trainer.run`."""
        for _ in range(count):
            for rows in self._batches[self._epoch % len(self._batches)]:
                # mode="clip" writes into `out` without a copy between
                np.take(self._task.X, rows, axis=0, out=self._x, mode="clip")
                np.take(self._task.y, rows, axis=0, out=self._y, mode="clip")
                self._forward()
                self._output_delta()
                self._backward()
                self._update(self._w, self._g, self._rates)
            self._epoch += 1

    def parameters(self) -> Array:
        """See `Trainer.parameters`."""
        return self._w.reshape(self._m, -1).copy()

    def _forward(self) -> None:
        a_prev = self._x
        for (W, b), a in zip(self._layers, self._a, strict=True):
            np.matmul(a_prev, W, out=a)
            a += b[..., None, :]
            if a is not self._a[-1]:
                np.maximum(a, 0, out=a)
            a_prev = a

    def _output_delta(self) -> None:
        """The loss of the batch, and `(a − y)/b` into the last delta; z becomes a."""
        z, y, delta = self._a[-1], self._y, self._deltas[-1]
        if self._task.binary:
            losses = np.maximum(z, 0) - z * y + np.log1p(np.exp(-np.abs(z)))
            np.negative(z, out=z)
            np.exp(z, out=z)
            z += 1
            np.reciprocal(z, out=z)
        else:
            z -= z.max(axis=-1, keepdims=True)
            right = (z * y).sum(axis=-1, keepdims=True)
            np.exp(z, out=z)
            total = z.sum(axis=-1, keepdims=True)
            losses = np.log(total) - right
            z /= total
        self.loss_sum += losses.mean(axis=(-2, -1))
        np.subtract(z, y, out=delta)
        delta /= len(y)

    def _backward(self) -> None:
        for i in reversed(range(len(self._layers))):
            (dW, db), delta = self._gradients[i], self._deltas[i]
            a_prev = self._x if i == 0 else self._a[i - 1]
            np.matmul(a_prev.mT, delta, out=dW)
            np.sum(delta, axis=-2, out=db)
            if i:
                np.matmul(delta, self._layers[i][0].mT, out=self._deltas[i - 1])
                self._deltas[i - 1] *= a_prev > 0


class _Sgd:
    def reset(self) -> None:
        """Nothing is remembered."""

    def __call__(self, w: Array, g: Array, rates: Array) -> None:
        """`w ← w − η g`, in place; g is spent."""
        g *= rates
        w -= g


class _Adam:
    def __init__(self, w: Array) -> None:
        self._m, self._v, self._s = np.zeros_like(w), np.zeros_like(w), np.empty_like(w)
        self._t = 0

    def reset(self) -> None:
        """Forget."""
        self._m[...] = self._v[...] = self._t = 0

    def __call__(self, w: Array, g: Array, rates: Array) -> None:
        """`w ← w − η m̂ / (√v̂ + ε)`, in place; g is spent."""
        m, v, s = self._m, self._v, self._s
        self._t += 1
        np.subtract(g, m, out=s)
        s *= 1 - _BETA1
        m += s
        g *= g
        g -= v
        g *= 1 - _BETA2
        v += g
        np.divide(v, 1 - _BETA2**self._t, out=s)
        np.sqrt(s, out=s)
        s += _EPSILON
        np.divide(m, s, out=s)
        s *= rates / np.float32(1 - _BETA1**self._t)
        w -= s
