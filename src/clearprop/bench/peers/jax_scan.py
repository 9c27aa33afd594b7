"""JAX: a whole epoch in one jitted `lax.scan`, `vmap` over a population, parameters donated.

Tried with the loop unrolled and not; the faster of the two takes part.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any

from numpy.typing import NDArray

from clearprop.bench.task import Task
from clearprop.bench.timing import fastest

__all__ = ["JaxScan"]

_UNROLL = (1, 4)
_BETA1, _BETA2, _EPSILON = 0.9, 0.999, 1e-8


class JaxScan:
    """JAX on the processor, whatever else the machine has."""

    name, label, package = "jax", "JAX", "jax"

    def prepare(self, task: Task, threads: int) -> JaxTrainer:  # noqa: ARG002 - NPROC tells it
        """See `Contestant.prepare`."""
        variants = {str(unroll): JaxTrainer(task, unroll) for unroll in _UNROLL}
        return variants[fastest(variants)]


class JaxTrainer:
    """See `Trainer`."""

    def __init__(self, task: Task, unroll: int) -> None:
        self._jax: Any = importlib.import_module("jax")
        self._cpu = self._jax.devices("cpu")[0]
        self._task = task
        with self._jax.default_device(self._cpu):
            step = _step(self._jax, task)
            self._epoch_of = self._jax.jit(
                _epoch(self._jax, step, task.work.batch_size, unroll), donate_argnums=0
            )
            self._data = self._array(task.X), self._array(task.y)
            self._orders = [self._array(order.astype("int32")) for order in task.orders]
            rates = self._array(task.work.rates).astype("float32")
            self._rates = rates if task.n_networks > 1 else rates[0]
        self.reset()

    def reset(self) -> None:
        """See `Trainer.reset`."""
        layers = [(self._array(W), self._array(b)) for W, b in self._task.starts()]
        zeros = self._jax.tree.map(self._jax.numpy.zeros_like, (layers, layers))
        slots = zeros if self._task.work.rule == "adam" else ()
        self._state = layers, slots, self._jax.numpy.float32(0)
        self._epoch = 0
        self._jax.block_until_ready(self._state)

    def run(self, count: int) -> None:
        """See `Trainer.run`."""
        for _ in range(count):
            order = self._orders[self._epoch % len(self._orders)]
            self._state, self.losses = self._epoch_of(self._state, order, *self._data, self._rates)
            self._epoch += 1
        self._jax.block_until_ready((self._state, self.losses))

    def parameters(self) -> NDArray[Any]:
        """See `Trainer.parameters`."""
        return self._task.flatten(self._state[0])

    def _array(self, values: Any) -> Any:
        """A copy on the processor: what is donated must not be NumPy's memory."""
        return self._jax.device_put(self._jax.numpy.array(values, copy=True), self._cpu)


def _epoch(jax: Any, step: Callable[..., Any], batch_size: int, unroll: int) -> Callable[..., Any]:
    """One epoch as a scan over its batches."""

    def epoch(state: Any, order: Any, X: Any, y: Any, rates: Any) -> Any:
        def body(carry: Any, rows: Any) -> Any:
            layers, slots, t = carry
            layers, slots, loss = step(layers, slots, t + 1, rates, X[rows], y[rows])
            return (layers, slots, t + 1), loss

        return jax.lax.scan(body, state, order.reshape(-1, batch_size), unroll=unroll)

    return epoch


def _step(jax: Any, task: Task) -> Callable[..., Any]:
    """Loss, gradient and update of one batch; of every network at once in a population."""
    update = _adam(jax) if task.work.rule == "adam" else _sgd(jax)
    value_and_grad = jax.value_and_grad(_loss(jax, binary=task.binary))

    def step(layers: Any, slots: Any, t: Any, rate: Any, X: Any, y: Any) -> Any:
        loss, gradient = value_and_grad(layers, X, y)
        return *update(layers, gradient, slots, t, rate), loss

    together: Callable[..., Any] = jax.vmap(step, (0, 0, None, 0, None, None))
    return together if task.n_networks > 1 else step


def _loss(jax: Any, *, binary: bool) -> Callable[..., Any]:
    np = jax.numpy

    def loss(layers: Any, X: Any, y: Any) -> Any:
        a = X
        for W, b in layers[:-1]:
            a = jax.nn.relu(a @ W + b)
        W, b = layers[-1]
        z = a @ W + b
        if binary:
            # not max(z, 0) + ...: its derivative is wrong at z = 0, where all neurons are silent
            return np.mean(jax.nn.softplus(z) - z * y)
        return -np.mean(np.sum(y * jax.nn.log_softmax(z), axis=-1))

    return loss


def _sgd(jax: Any) -> Callable[..., Any]:
    def update(layers: Any, gradient: Any, slots: Any, t: Any, rate: Any) -> Any:  # noqa: ARG001
        return jax.tree.map(lambda w, g: w - rate * g, layers, gradient), slots

    return update


def _adam(jax: Any) -> Callable[..., Any]:
    def update(layers: Any, gradient: Any, slots: Any, t: Any, rate: Any) -> Any:
        m = jax.tree.map(lambda m, g: _BETA1 * m + (1 - _BETA1) * g, slots[0], gradient)
        v = jax.tree.map(lambda v, g: _BETA2 * v + (1 - _BETA2) * g * g, slots[1], gradient)
        scale, correction = rate / (1 - _BETA1**t), 1 / (1 - _BETA2**t)
        layers = jax.tree.map(
            lambda w, m, v: w - scale * m / (jax.numpy.sqrt(v * correction) + _EPSILON),
            layers,
            m,
            v,
        )
        return layers, (m, v)

    return update
