"""Our engine as a contestant: whole epochs through the contract that training uses."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from clearprop.bench.task import Task
from clearprop.engines import State, choose_engine
from clearprop.network import Network
from clearprop.training.data import assemble
from clearprop.training.members import base_rates, make_plan, starts
from clearprop.training.settings import Settings

__all__ = ["Ours"]

Array = NDArray[Any]


class Ours:
    """The engine of a name, or the one that "auto" chooses."""

    name, label, package = "ours", "ours", "clearprop"

    def __init__(self, engine: str = "auto") -> None:
        self.engine = engine

    def prepare(self, task: Task, threads: int) -> OurTrainer:  # noqa: ARG002 - it reads them itself
        """See `Contestant.prepare`."""
        return OurTrainer(task, self.engine)


class OurTrainer:
    """See `Trainer`. Plan, data and rates are made as `train_population` makes them."""

    def __init__(self, task: Task, engine: str) -> None:
        network = Network.of(task.architecture, task.start)
        members = [{"learning_rate": rate} for rate in task.work.rates]
        settings = Settings(
            optimizer=task.work.rule, batch_size=task.work.batch_size, engine=engine
        )
        self._data, _ = assemble(network, task.X, task.y, settings)
        self._plan = make_plan(network, settings, members, self._data)
        self._engine = choose_engine(engine, self._plan)
        self.engine_name = self._engine.name
        self._start = starts(network, members)
        self._batches = range(task.n_batches)
        self._rates = np.repeat(base_rates(settings, members)[:, None], task.n_batches, axis=1)
        shape = (len(members), len(task.X))
        self._orders = [np.broadcast_to(order, shape) for order in task.orders]  # as `Loop` does
        self.reset()

    def reset(self) -> None:
        """See `Trainer.reset`."""
        self._state = State.start(self._start, self._plan.rule)
        self._epoch = 0

    def run(self, count: int) -> None:
        """See `Trainer.run`."""
        for _ in range(count):
            order = self._orders[self._epoch % len(self._orders)]
            self._engine.run(self._plan, self._state, self._data, order, self._batches, self._rates)
            self._epoch += 1

    def parameters(self) -> Array:
        """See `Trainer.parameters`."""
        return self._state.parameters.copy()
