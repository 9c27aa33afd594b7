"""The reference engine: `equations/`, run as they stand, by NumPy. Kept for ever, never tuned.

Every other engine is checked against this one, and this one against the equations alone.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from clearprop.engines import scores
from clearprop.engines.base import Data, Plan, State, Steps
from clearprop.engines.objective import draw_masks, loss_and_gradient
from clearprop.equations.backprop import Trace, forward, sample_losses
from clearprop.equations.losses import cost
from clearprop.equations.penalties import clip_norm, clip_value
from clearprop.equations.updates import UPDATES

__all__ = ["ReferenceEngine"]

Array = NDArray[Any]

_EVALUATION_BYTES = 64 * 2**20  # activations held at once while evaluating
_CLIP = {"norm": clip_norm, "value": clip_value}


class ReferenceEngine:
    """Serves every plan; see `Engine` for the contract."""

    name = "reference"

    def refuses(self, plan: Plan) -> str | None:  # noqa: ARG002 - the contract's argument
        """Nothing is refused."""
        return None

    def steps_per_call(self, plan: Plan, members: int) -> int:  # noqa: ARG002 - likewise
        """A fixed number."""
        return 64

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
        loss_sum, seen = before.loss_sum.copy(), before.seen.copy()
        failures: dict[int, tuple[int, int]] = {}
        for k, eta in zip(batches, rates.T, strict=True):
            members = np.flatnonzero(state.alive)
            if not len(members):
                break
            rows = order[members, k * plan.batch_size : (k + 1) * plan.batch_size]
            losses, failed = _step(plan, state, members, _gather(data, rows), eta[members, None])
            kept = members[state.alive[members]]
            loss_sum[kept] += losses[state.alive[members]] * rows.shape[1]
            seen[kept] += rows.shape[1]
            failures |= failed
        return Steps(loss_sum, seen, failures)

    def evaluate(self, plan: Plan, parameters: Array, data: Data) -> tuple[Array, Array]:
        """See `Engine.evaluate`."""
        # Blocks of samples do not depend on the number of members: the bits would, too.
        widest = max(plan.architecture.layer_sizes)
        block = min(len(data.X), max(1, _EVALUATION_BYTES // (16 * 8 * widest)))
        at_once = max(1, _EVALUATION_BYTES // (8 * widest * block))
        parts = [
            _evaluate(plan, parameters[i : i + at_once], data, block)
            for i in range(0, len(parameters), at_once)
        ]
        losses, tallies = (np.concatenate(part) for part in zip(*parts, strict=True))
        return losses, scores.finish(plan.score, tallies, data.y)


def _evaluate(plan: Plan, w: Array, data: Data, block: int) -> tuple[Array, Array]:
    """Loss and tally of a few members, each `(m,)`, block by block of samples."""
    layers, activations = plan.architecture.layers(w), plan.architecture.activations
    losses, tally = [], np.zeros(len(w))
    with np.errstate(all="ignore"):  # a member about to diverge overflows; its loss tells
        for start in range(0, len(data.X), block):
            X, y = data.X[start : start + block], data.y[start : start + block]
            trace = forward(X, layers, activations)
            losses.append(sample_losses(trace, y, plan.loss).astype(np.float64))
            tally += scores.TALLIES[plan.score](
                trace[-1][2], y, activations[-1]
            )  # one by one, for any m
        return cost(np.concatenate(losses, axis=-1), data.weights), tally


def _step(
    plan: Plan, state: State, members: Array, batch: Data, eta: Array
) -> tuple[Array, dict[int, tuple[int, int]]]:
    """One update of the given members, in place; their losses and those that failed."""
    w = state.parameters[members]
    slots = tuple(slot[members] for slot in state.slots)
    # Options and rates are float64, so a float32 network is updated in float64 and rounded once.
    options = {name: value[members] for name, value in plan.rule_options.items()}
    strengths = {name: value[members] for name, value in plan.penalties.items()}
    state.step += 1
    with np.errstate(all="ignore"):  # overflow is looked for below, member by member
        masks = draw_masks(
            plan.architecture,
            plan.dropout[members],
            [plan.seeds[i] for i in members],
            state.step,
            batch.X.shape[1],
        )
        losses, g, trace, _ = loss_and_gradient(
            plan.architecture,
            plan.loss,
            w,
            batch,
            penalties=strengths,
            masks=[None if mask is None else mask.astype(w.dtype) for mask in masks],
        )
        if plan.clip is not None:
            g = _CLIP[plan.clip[0]](g, plan.clip[1])
        w_next, slots = UPDATES[plan.rule](w, g, slots, state.step, eta, **options)
        w_next = w_next.astype(w.dtype, copy=False)  # a float32 may overflow here, and only here
        slots = tuple(
            value.astype(slot.dtype, copy=False)
            for slot, value in zip(state.slots, slots, strict=True)
        )
    finite = np.isfinite(w_next)
    for value in slots:
        finite &= np.isfinite(value)
    ok = np.isfinite(losses) & finite.all(axis=1)
    failed = {
        int(members[i]): (state.step, _first_bad_layer(plan, int(i), trace, finite))
        for i in np.flatnonzero(~ok)
    }
    kept = members[ok]
    state.parameters[kept] = w_next[ok]
    for slot, value in zip(state.slots, slots, strict=True):
        slot[kept] = value[ok]
    state.alive[members[~ok]] = False
    return losses, failed


def _gather(data: Data, rows: Array) -> Data:
    """Each member's batch: `(m, b, ...)`."""
    weights = None if data.weights is None else data.weights[rows]
    return Data(data.X[rows], data.y[rows], weights)


def _first_bad_layer(plan: Plan, i: int, trace: Trace, finite: Array) -> int:
    """The first layer, from 1, in which member i met a number that is not finite."""
    for layer, (_, z, _) in enumerate(trace, start=1):
        if not np.isfinite(z[i]).all():
            return layer
    bad = ~finite[i]
    return int(plan.architecture.layer_of[bad].min()) if bad.any() else len(trace)
