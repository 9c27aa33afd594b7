"""The compiled core: the same trainings as the reference engine, hundreds of times faster.

Here everything is checked and laid out; native/ computes. Many networks ride in one register, or
one network's neurons do: which, and on how many threads, `cost.py` decides. None of it changes a
bit of the result: every sum is taken in one order.
"""

from __future__ import annotations

import importlib
import os
import time
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from clearprop import _checks
from clearprop.engines import cost, scores
from clearprop.engines.base import Data, Plan, State, Steps
from clearprop.engines.coefficients import CORE_RULES, StepNumbers, coefficients
from clearprop.engines.reference import ReferenceEngine
from clearprop.equations.updates import SCALARS
from clearprop.errors import ArgumentError

core: Any = None
try:
    core = importlib.import_module("clearprop._native")
except ImportError as error:  # no compiler when clearprop was installed, or another machine
    MISSING = f"the compiled core is not installed: {error}"
else:
    MISSING = ""

__all__ = ["NativeEngine", "available_threads", "threads"]

Array = NDArray[Any]
Step = tuple[int, int]  # member, number

_MOST_LAYERS = 256
_MOST_PARAMETERS = 2**30
_MOST_VALUES = 2**30
_AT_ONCE = 2**17  # rates of members times steps that one call gets


def available_threads() -> int:
    """The processors that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def threads() -> int:
    """Threads that may be used: `CLEARPROP_THREADS`, else the processors of this process."""
    given = os.environ.get("CLEARPROP_THREADS")
    if given is None:
        return available_threads()
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
        self._plan: Plan | None = None  # what the rest belongs to
        self._process = 0
        self._workspace: Any = None
        self._trial = cost.TeamTrial()
        self._core_plans: dict[str, Any] = {}

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
        if plan.rule == "prodigy":
            return "prodigy sums over all parameters between two steps, which the core does not do"
        served = [rule for rule, own in CORE_RULES.items() if own in core.rules]
        for kind, name, known in (
            *(("activation", a, core.activations) for a in plan.architecture.activations),
            ("loss", plan.loss, core.losses),
            ("rule", plan.rule, served),
        ):
            if name not in known:
                return f"it has no {kind} {name!r}"
        return _uneven_decay(plan)

    def steps_per_call(self, plan: Plan, members: int) -> int:
        """About a twentieth of a second's work."""
        seconds = cost.seconds_per_step(plan, members, self._lanes(np.float32))
        return max(1, min(int(0.05 / seconds), _AT_ONCE // members))

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
        loss_sum, seen = before.loss_sum.copy(), before.seen.copy()
        failed_step = np.zeros(len(state.alive), dtype=np.int64)
        numbers, remembered = _step_numbers(plan, state, rates), state.remembered(plan.rule)
        self._settle(plan)
        shape, team = self._choose(plan, members, state.parameters.dtype, len(batches))
        alone = len(members) == 1
        used = self._trial.choose(team) if alone else team
        began = time.perf_counter()
        core.train(
            instruction_set=self._instruction_set(),
            plan=self._core_plan(plan, shape),
            workspace=self._workspace,
            threads=used,
            X=data.X,
            y=data.y,
            weights=data.weights,
            parameters=state.parameters,
            slots=[slot for name, slot in remembered.items() if name not in SCALARS],
            coefficients=numbers.coefficients,
            decay=numbers.decay,
            penalties=[_column(plan.penalties.get(name)) for name in core.penalties],
            dropout=_column(plan.dropout),
            seeds=np.array(plan.seeds, dtype=np.uint64),
            members=members,
            order=_contiguous_rows(order),
            first_batch=batches.start,
            n_batches=len(batches),
            first_step=state.step + 1,
            loss_sum=loss_sum,
            seen=seen,
            failed_step=failed_step,
        )
        if alone:
            self._trial.record(used, (time.perf_counter() - began) / len(batches))
        _advance_scalars(plan, state, members, numbers, failed_step)
        failures = {
            i: (step, _failed_layer(plan, state, data, order, batches, rates, (i, step)))
            for i, step in ((int(i), int(failed_step[i])) for i in np.flatnonzero(failed_step))
        }
        state.alive[list(failures)] = False
        # Where nobody is left, the step of the last failure is the last that was tried.
        state.step = state.step + len(batches) if state.alive.any() else int(failed_step.max())
        return Steps(loss_sum, seen, failures)

    def evaluate(self, plan: Plan, parameters: Array, data: Data) -> tuple[Array, Array]:
        """See `Engine.evaluate`."""
        self._settle(plan)
        lanes = self._lanes(parameters.dtype)
        shape = self.shape or cost.shape(plan, len(parameters), lanes)
        parts = core.evaluate(
            instruction_set=self._instruction_set(),
            plan=self._core_plan(plan, shape),
            workspace=self._workspace,
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

    def _choose(self, plan: Plan, members: Array, dtype: Any, steps: int) -> tuple[str, int]:
        """The shape, and how many threads may be worth it."""
        lanes = self._lanes(dtype)
        shape = self.shape or cost.shape(plan, len(members), lanes)
        return shape, cost.threads(plan, len(members), lanes, shape, threads(), steps)

    def _settle(self, plan: Plan) -> None:
        """Begin anew with another plan, and in a child process: a lock may have come along."""
        if plan is not self._plan or self._process != os.getpid():
            self._plan, self._process = plan, os.getpid()
            self._workspace, self._trial = core.Workspace(), cost.TeamTrial()
            self._core_plans = {}

    def _core_plan(self, plan: Plan, shape: str) -> Any:
        if shape not in self._core_plans:
            self._core_plans[shape] = _core_plan(plan, shape)
        return self._core_plans[shape]


def _uneven_decay(plan: Plan) -> str | None:
    """Weight decay `(m, p)` must be one number a member, on the weights alone."""
    decay = plan.rule_options.get("weight_decay")
    if decay is None:
        return None
    own = decay.max(axis=1, keepdims=True)
    for name, where in plan.architecture.slices.items():
        if (decay[:, where] != (own if name.startswith("W") else 0)).any():
            return "weight decay that differs from weight to weight"
    return None


def _step_numbers(plan: Plan, state: State, rates: Array) -> StepNumbers:
    """The numbers that the rule reads, kept within what the network's own numbers can hold."""
    kind = np.finfo(state.parameters.dtype)
    options = dict(plan.rule_options)
    if "weight_decay" in options:
        options["weight_decay"] = options["weight_decay"].max(axis=1, keepdims=True)
    if "epsilon" in options:  # an ε that counts as 0 would divide 0 by 0
        options["epsilon"] = np.maximum(options["epsilon"], float(kind.tiny))
    scalars = [slot for name, slot in state.remembered(plan.rule).items() if name in SCALARS]
    eta = np.minimum(rates, float(kind.max))
    return coefficients(plan.rule, eta, options, state.step + 1, core.power, scalars)


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


def _column(values: Array | None) -> Array | None:
    return None if values is None else np.asarray(values, dtype=np.float64)


def _contiguous_rows(order: Array) -> Array:
    """Each member's row numbers side by side; a broadcast stays one."""
    return order if order.strides[1] == order.itemsize else np.ascontiguousarray(order)


def _failed_layer(
    plan: Plan, state: State, data: Data, order: Array, batches: range, rates: Array, step: Step
) -> int:
    """Where the numbers of a member left the finite: the reference engine takes that step again."""
    i, number = step
    k = number - state.step - 1
    own = replace(
        plan,
        rule_options={name: value[i : i + 1] for name, value in plan.rule_options.items()},
        penalties={name: value[i : i + 1] for name, value in plan.penalties.items()},
        dropout=plan.dropout[i : i + 1],
        seeds=plan.seeds[i : i + 1],
    )
    parts = (state.parameters, *state.slots)
    w, *slots = (part[i : i + 1].copy() for part in parts)
    alone = State(w, tuple(slots), number - 1, np.ones(1, dtype=bool))
    batch = batches[k : k + 1]
    with threadpool_limits(1, user_api="blas"):
        steps = ReferenceEngine().run(
            own, alone, data, order[i : i + 1], batch, rates[i : i + 1, k : k + 1]
        )
    return steps.failures.get(0, (number, plan.architecture.n_layers))[1]


def _advance_scalars(
    plan: Plan, state: State, members: Array, numbers: StepNumbers, failed_step: Array
) -> None:
    """What is remembered of a whole network, such as NAdamW's `M`, after its last step."""
    scalars = [slot for name, slot in state.remembered(plan.rule).items() if name in SCALARS]
    for slot, after in zip(scalars, numbers.scalars, strict=True):
        for i in members:
            taken = failed_step[i] - state.step - 1 if failed_step[i] else after.shape[1]
            if taken:
                slot[i] = after[i, taken - 1]
