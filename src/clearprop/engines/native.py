"""The compiled core: the same trainings as the reference engine, hundreds of times faster.

Here everything is checked and laid out; native/ computes. Many networks ride in one register, or
one network's neurons do: which, and on how many threads, `cost.py` decides. None of it changes a
bit of the result: every sum is taken in one order.
"""

from __future__ import annotations

import importlib
import os
import time
from typing import Any

import numpy as np
from numpy.typing import NDArray

from clearprop import _checks
from clearprop.engines import cost, scores
from clearprop.engines.base import Data, Plan, State, Steps
from clearprop.engines.coefficients import CORE_RULES, StepNumbers, coefficients
from clearprop.errors import ArgumentError

core: Any = None
try:
    core = importlib.import_module("clearprop._native")
except ImportError as error:  # no compiler when clearprop was installed, or another machine
    MISSING = f"the compiled core is not installed: {error}"
else:
    MISSING = ""

__all__ = ["NativeEngine", "threads"]

Array = NDArray[Any]

_MOST_LAYERS = 32
_MOST_PARAMETERS = 2**30
_MOST_VALUES = 2**31
_AT_ONCE = 2**20  # rates of members times steps that one call gets


def threads() -> int:
    """Threads that may be used: `CLEARPROP_THREADS`, else the processors of this process."""
    given = os.environ.get("CLEARPROP_THREADS")
    if given is None:
        available = getattr(os, "sched_getaffinity", None)
        return len(available(0)) if available else os.cpu_count() or 1
    if not given.isdecimal() or not 1 <= int(given) <= 1024:
        raise ArgumentError(f"CLEARPROP_THREADS must be a number from 1 to 1024; got {given!r}")
    return int(given)


class NativeEngine:
    """See `Engine` for the contract.

    Args:
        shape: "lanes" (a register holds many networks), "panels" (a register holds neurons of one
            network), or None: whichever should be faster.
        instruction_set: one of `_native.instruction_sets`, or None: the best there is.
    """

    name = "native"

    def __init__(self, shape: str | None = None, instruction_set: str | None = None) -> None:
        self.shape = None if shape is None else _checks.one_of("shape", shape, cost.SHAPES)
        self.instruction_set = instruction_set
        self._workspace: Any = None
        self._trial = cost.TeamTrial()

    def refuses(self, plan: Plan) -> str | None:
        """What the core lacks for this plan."""
        if core is None:
            return MISSING
        if plan.architecture.n_layers > _MOST_LAYERS:
            return f"{plan.architecture.n_layers} layers; it serves {_MOST_LAYERS}"
        if plan.architecture.n_parameters >= _MOST_PARAMETERS:
            return f"more than {_MOST_PARAMETERS:,} parameters"
        if plan.batch_size * max(plan.architecture.layer_sizes) >= _MOST_VALUES:
            return f"more than {_MOST_VALUES:,} values in a layer of a batch"
        for kind, name, known in (
            *(("activation", a, core.activations) for a in plan.architecture.activations),
            ("loss", plan.loss, core.losses),
            ("rule", plan.rule, CORE_RULES),
        ):
            if name not in known:
                return f"it has no {kind} {name!r}"
        return _uneven_decay(plan)

    def steps_per_call(self, plan: Plan, members: int) -> int:
        """About a twentieth of a second's work."""
        seconds = cost.seconds_per_step(plan, members, self._lanes(np.float32))
        return int(np.clip(0.05 / seconds, 1, max(1, _AT_ONCE // members)))

    def run(
        self,
        plan: Plan,
        state: State,
        data: Data,
        order: Array,
        batches: range,
        rates: Array,
        before: Steps | None = None,
    ) -> Steps:
        """See `Engine.run`."""
        before = before or Steps.none(len(state.alive))
        members = np.flatnonzero(state.alive)
        if not len(members) or not len(batches):
            return Steps(before.loss_sum, before.seen, {})
        loss_sum = before.loss_sum.copy()
        outcome = np.zeros((3, len(state.alive)), dtype=np.int64)  # seen, failed step and layer
        outcome[0] = before.seen
        numbers = _step_numbers(plan, state, rates)
        lanes = self._lanes(state.parameters.dtype)
        shape = self.shape or cost.shape(plan, len(members), lanes)
        team = cost.threads(plan, len(members), lanes, shape, threads())
        alone = shape == "panels" and len(members) == 1
        used = self._trial.choose(team) if alone else team
        began = time.perf_counter()
        core.train(
            instruction_set=self._instruction_set(),
            plan=_core_plan(plan, shape),
            workspace=self._own_workspace(),
            numbers=_core_numbers(plan, state, data, numbers),
            members=members,
            order=_contiguous_rows(order),
            first_batch=batches.start,
            n_batches=len(batches),
            first_step=state.step + 1,
            seeds=np.array(plan.seeds, dtype=np.uint64),
            loss_sum=loss_sum,
            outcome=outcome,
            threads=used,
        )
        self._trial.record(used, (time.perf_counter() - began) / len(batches))
        seen, failed_step, failed_layer = outcome
        _advance_products(state, members, numbers, failed_step)
        failed = np.flatnonzero(failed_step)
        state.alive[failed] = False
        # Where nobody is left, the step of the last failure is the last that was tried.
        state.step = state.step + len(batches) if state.alive.any() else int(failed_step.max())
        return Steps(
            loss_sum, seen, {int(i): (int(failed_step[i]), int(failed_layer[i])) for i in failed}
        )

    def evaluate(self, plan: Plan, parameters: Array, data: Data) -> tuple[Array, Array]:
        """See `Engine.evaluate`."""
        lanes = self._lanes(parameters.dtype)
        shape = self.shape or cost.shape(plan, len(parameters), lanes)
        parts = core.evaluate(
            instruction_set=self._instruction_set(),
            plan=_core_plan(plan, shape),
            workspace=self._own_workspace(),
            X=data.X,
            y=data.y,
            weights=data.weights,
            parameters=np.ascontiguousarray(parameters),
            threads=cost.evaluation_threads(plan, len(parameters), len(data.X), threads()),
        )
        # Block by block, in order: np.sum would add pairwise, and differently for other lengths.
        loss, tally = (np.add.accumulate(part, axis=1)[:, -1] for part in parts)
        return loss / len(data.X), scores.finish(plan.score, tally, data.y)

    def _instruction_set(self) -> str:
        return self.instruction_set or str(core.instruction_sets[0])

    def _lanes(self, dtype: Any) -> int:
        return int(core.lanes(self._instruction_set(), dtype == np.float32))

    def _own_workspace(self) -> Any:
        if self._workspace is None:
            self._workspace = core.Workspace()
        return self._workspace


def _uneven_decay(plan: Plan) -> str | None:
    """Weight decay `(m, p)` must be one number a member, on the weights alone."""
    decay = plan.rule_options.get("weight_decay")
    if decay is None:
        return None
    spared = decay.max(axis=1, keepdims=True) * plan.architecture.is_weight
    return None if (decay == spared).all() else "weight decay that differs from weight to weight"


def _step_numbers(plan: Plan, state: State, rates: Array) -> StepNumbers:
    options = dict(plan.rule_options)
    if "weight_decay" in options:
        options["weight_decay"] = options["weight_decay"].max(axis=1, keepdims=True)
    product = state.slots[2] if plan.rule == "nadamw" else None
    return coefficients(plan.rule, rates, options, state.step + 1, core.power, product)


def _core_plan(plan: Plan, shape: str) -> Any:
    kind, limit = plan.clip or ("none", 0.0)
    return core.Plan(
        sizes=list(plan.architecture.layer_sizes),
        activations=[core.activations.index(name) for name in plan.architecture.activations],
        loss=core.losses.index(plan.loss),
        rule=core.rules.index(CORE_RULES[plan.rule]),
        clip=core.clippings.index(kind),
        limit=limit,
        batch_size=plan.batch_size,
        scores_hits=plan.score == "accuracy",
        drops=bool(np.any(plan.dropout)),
        many=shape == "lanes",
    )


def _core_numbers(plan: Plan, state: State, data: Data, numbers: StepNumbers) -> Any:
    return core.Numbers(
        X=data.X,
        y=data.y,
        weights=data.weights,
        parameters=state.parameters,
        slots=list(state.slots[:2]),
        coefficients=numbers.coefficients,
        decay=numbers.decay,
        penalties=[
            np.asarray(plan.penalties[name], dtype=np.float64) if name in plan.penalties else None
            for name in ("l1", "l2", "leaving_range")
        ],
        dropout=np.asarray(plan.dropout, dtype=np.float64),
    )


def _contiguous_rows(order: Array) -> Array:
    """Each member's row numbers side by side; a broadcast stays one."""
    return order if order.strides[1] == order.itemsize else np.ascontiguousarray(order)


def _advance_products(
    state: State, members: Array, numbers: StepNumbers, failed_step: Array
) -> None:
    """NAdamW's `M` after the last step that each member took."""
    if numbers.momentum_product is None:
        return
    n = numbers.momentum_product.shape[1]
    for i in members:
        taken = failed_step[i] - state.step - 1 if failed_step[i] else n
        if taken:
            state.slots[2][i] = numbers.momentum_product[i, taken - 1]
