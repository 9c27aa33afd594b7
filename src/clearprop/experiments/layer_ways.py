"""One step of one layer in three ways: neuron by neuron, as matrices, by the compiled core."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from clearprop.engines import Data, Plan, State, choose_engine
from clearprop.engines.objective import loss_and_gradient
from clearprop.network import Network
from clearprop.training import Settings
from clearprop.training.members import make_plan

__all__ = ["BATCH", "ETA", "LOSS", "Layer", "best_seconds", "engine_step", "neuron_by_neuron"]

Floats = NDArray[np.float64]

LOSS = "mean_squared_error"
BATCH, ETA = 16, 0.1
_REPEATS = 3  # of a timing, of which the shortest counts
_LONG = 0.02  # seconds that a timing takes at least, by repeating the step within it


@dataclass(frozen=True, eq=False)
class Layer:
    """n inputs, n tanh neurons, and a batch for it."""

    network: Network
    X: Floats
    y: Floats

    @classmethod
    def of(cls, n: int, seed: int) -> Layer:
        """Random inputs and targets."""
        draws = np.random.default_rng(seed)
        X, y = draws.uniform(-1, 1, (2, BATCH, n))
        return cls(Network([n, n], output="tanh", seed=seed), X, y)

    def plan(self, engine: str) -> Plan:
        """What an engine is told: gradient descent on the full batch."""
        settings = Settings(
            optimizer="sgd", learning_rate=ETA, batch_size="full", loss=LOSS, engine=engine
        )
        return make_plan(self.network, settings, [{}], Data(self.X, self.y))


def neuron_by_neuron(layer: Layer) -> Floats:
    """The parameters after one step, computed with plain numbers, one neuron after the other."""
    X, y = layer.X.tolist(), layer.y.tolist()
    W, b = layer.network["W1"].T.tolist(), layer.network["b1"].tolist()
    share = 2 / (len(X) * len(b))  # of ∂C/∂a = 2(a − y)/(samples · outputs)
    for j, weights in enumerate(W):  # a neuron: its own weights, its own bias
        dW, db = [0.0] * len(weights), 0.0
        for x, target in zip(X, y, strict=True):
            z = b[j]
            for w, value in zip(weights, x, strict=True):
                z += w * value
            a = math.tanh(z)
            delta = share * (a - target[j]) * (1 - a * a)
            db += delta
            for i, value in enumerate(x):
                dW[i] += delta * value
        b[j] -= ETA * db
        W[j] = [w - ETA * d for w, d in zip(weights, dW, strict=True)]
    return np.concatenate([np.array(W).T.ravel(), b])


def engine_step(layer: Layer, engine: str, steps: int = 1) -> tuple[Floats, float]:
    """The parameters after one step or more by an engine, and the seconds of the steps alone."""
    plan = layer.plan(engine)
    chosen = choose_engine(engine, plan)
    data = Data(np.tile(layer.X, (steps, 1)), np.tile(layer.y, (steps, 1)))
    order = np.arange(len(data.X))[None]
    state = State.start(layer.network.parameters[None], "sgd")
    rates = np.full((1, steps), ETA)
    started = time.perf_counter()
    chosen.run(plan, state, data, order, range(steps), rates)
    return np.asarray(state.parameters[0]), time.perf_counter() - started


def best_seconds(layer: Layer, way: str) -> float:
    """Seconds of one step: the shortest of a few timings."""
    if way == "neuron by neuron":
        times = []
        for _ in range(_REPEATS):
            started = time.perf_counter()
            neuron_by_neuron(layer)
            times.append(time.perf_counter() - started)
        return min(times)
    steps = 1
    while (seconds := engine_step(layer, way, steps)[1]) < _LONG / _REPEATS and steps < 512:
        steps *= 4
    return min(seconds, *(engine_step(layer, way, steps)[1] for _ in range(_REPEATS - 1))) / steps


def gradient(layer: Layer, w: Floats) -> tuple[Floats, Floats]:
    """Loss and gradient at parameters `(..., p)`, by the equations."""
    found = loss_and_gradient(
        layer.network.architecture, LOSS, w.reshape(-1, w.shape[-1]), Data(layer.X, layer.y)
    )
    return np.asarray(found.losses).reshape(w.shape[:-1]), np.asarray(found.gradient)
