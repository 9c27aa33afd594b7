"""The numbers of a ledger: the engine's objective and update, taken apart into named arrays."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from clearprop import _arrays, _checks
from clearprop.engines import Data, Plan
from clearprop.engines.objective import Objective, loss_and_gradient
from clearprop.equations.backprop import sample_losses
from clearprop.equations.dense import bias_gradient, input_gradient, weight_gradient
from clearprop.equations.losses import LOSSES
from clearprop.equations.penalties import PENALTIES, clip_norm, clip_value
from clearprop.equations.updates import SLOTS, UPDATES, initial_slots
from clearprop.errors import ArgumentError, DataError
from clearprop.ledgers.probabilities import FROM_PROBABILITIES

__all__ = ["CLIPS", "compute", "output_d_activation", "rule_slots", "sample_share"]

Array = NDArray[Any]
Slots = tuple[Array, ...]

CLIPS = {"norm": clip_norm, "value": clip_value}


def compute(
    w: Array, data: Data, plan: Plan, rate: float, slots: Slots, t: int
) -> tuple[dict[str, Array], dict[str, Array]]:
    """Every array of one step by its name, and what the rule remembers after it.

    Args:
        w: the parameters, `(p,)`.
        data: inputs, targets and sample weights.
        plan: of one member; dropout is left out.
        rate: the learning rate.
        slots: what the rule remembers, each `(1, p)` or `(1, 1)`.
        t: number of the step.
    """
    weights = None if data.weights is None else data.weights[None]
    batch = Data(data.X[None], data.y[None], weights)
    with np.errstate(all="ignore"):  # what is not finite is refused below, by name
        found = loss_and_gradient(
            plan.architecture, plan.loss, w[None], batch, penalties=plan.penalties
        )
        g = found.gradient if plan.clip is None else CLIPS[plan.clip[0]](
            found.gradient, plan.clip[1]
        )  # fmt: skip
        eta = np.array([[rate]])
        w_next, remembered = UPDATES[plan.rule](w[None], g, slots, t, eta, **plan.rule_options)
        w_next = w_next.astype(w.dtype, copy=False)  # rates are float64: rounded once
        remembered = tuple(slot.astype(w.dtype, copy=False) for slot in remembered)
        arrays = {"X": data.X.copy(), "y": data.y.copy()}
        if data.weights is not None:
            arrays["sample_weight"] = data.weights.copy()
        arrays |= _named(plan, "{}", w)
        arrays |= _remembered(plan, slots, "{}")
        arrays |= _forward(plan, data, found)
        arrays |= _penalty(plan, w, arrays["loss"])
        arrays |= _back(plan, data, arrays, found)
        arrays |= _gradients_of_penalty(plan, w)
        if plan.penalties or plan.clip is not None:
            arrays |= _named(plan, "total_d{}", g[0])
        arrays |= _named(plan, "update_{}", w_next[0] - w)
        arrays |= _named(plan, "{}_new", w_next[0])
        arrays |= _remembered(plan, remembered, "{}_new")
    _refuse_overflow(arrays, plan)
    after = dict(zip(SLOTS[plan.rule], (slot[0] for slot in remembered), strict=True))
    return arrays, after


def rule_slots(rule: str, w: Array, given: Mapping[str, ArrayLike] | None) -> Slots:
    """What the rule remembers before the step, each with a leading axis of one member."""
    start = initial_slots(rule, w[None])
    if given is None:
        return start
    if not isinstance(given, Mapping) or set(given) != set(SLOTS[rule]):
        known = ", ".join(SLOTS[rule]) or "nothing"
        raise ArgumentError(
            f"slots must be a mapping with what {rule!r} remembers ({known}); "
            f"got {_checks.shown(list(given) if isinstance(given, Mapping) else given)}"
        )
    result = []
    for name, zero in zip(SLOTS[rule], start, strict=True):
        slot = _arrays.numbers(f"slots[{name!r}]", given[name], w.dtype)
        if slot.size != zero.size:
            raise ArgumentError(
                f"slots[{name!r}] must hold {zero.size} numbers; got the shape {slot.shape}"
            )
        result.append(slot.reshape(zero.shape))
    return tuple(result)


def sample_share(data: Data) -> Array:
    """How much a sample's loss counts in the cost, `w_i / n`: `(n, 1)`."""
    n = len(data.X)
    weights = np.ones(n, data.X.dtype) if data.weights is None else data.weights
    share: Array = (weights / n)[:, None]
    return share


def output_d_activation(loss: str, a: Array, y: Array, share: Array) -> Array:
    """`∂C/∂a_L = (w_i / n) · ∂loss_i/∂a`, `(..., n, n_out)`; a cross-entropy's may be infinite."""
    backward = (FROM_PROBABILITIES if loss in FROM_PROBABILITIES else LOSSES)[loss][1]
    da: Array = share * backward(a, y)
    return da


def _forward(plan: Plan, data: Data, found: Objective) -> dict[str, Array]:
    arrays: dict[str, Array] = {}
    for i, (_, z, a) in enumerate(found.trace, start=1):
        arrays |= {f"z{i}": z[0].copy(), f"a{i}": a[0].copy()}
    arrays["losses"] = sample_losses(found.trace, data.y[None], plan.loss)[0]
    arrays["loss"] = np.array(found.losses[0])
    return arrays


def _penalty(plan: Plan, w: Array, loss: Array) -> dict[str, Array]:
    """The second term of the cost, over the weights without the biases."""
    if not plan.penalties:
        return {}
    weights = w[plan.architecture.is_weight]
    value = sum(
        strength[0, 0] * PENALTIES[name][0](weights) for name, strength in plan.penalties.items()
    )
    return {"penalty": np.array(value), "cost": np.array(loss + value)}


def _back(
    plan: Plan, data: Data, arrays: Mapping[str, Array], found: Objective
) -> dict[str, Array]:
    last = plan.architecture.n_layers
    result: dict[str, Array] = {}
    for i in range(last, 0, -1):
        if i == last:
            da = output_d_activation(plan.loss, arrays[f"a{i}"], data.y, sample_share(data))
        else:
            da = input_gradient(result[f"delta{i + 1}"], arrays[f"W{i + 1}"])
        delta = found.deltas[i - 1][0].copy()
        a_prev = found.trace[i - 1][0][0]
        result |= {f"d_activation{i}": da, f"delta{i}": delta}
        result |= {f"dW{i}": weight_gradient(a_prev, delta), f"db{i}": bias_gradient(delta)}
    return result


def _gradients_of_penalty(plan: Plan, w: Array) -> dict[str, Array]:
    if not plan.penalties:
        return {}
    g = sum(s[0, 0] * PENALTIES[name][1](w) for name, s in plan.penalties.items())
    named = _named(plan, "penalty_d{}", np.asarray(g))
    return {name: array for name, array in named.items() if name.startswith("penalty_dW")}


def _named(plan: Plan, pattern: str, flat: Array) -> dict[str, Array]:
    """A flat vector `(p,)` cut into one array for each W and b."""
    view = plan.architecture.view
    return {pattern.format(name): view(flat, name).copy() for name in plan.architecture.shapes}


def _remembered(plan: Plan, slots: Slots, pattern: str) -> dict[str, Array]:
    """What the update rule remembers, by slot and parameter: `velocity_W1`."""
    result: dict[str, Array] = {}
    for slot, value in zip(SLOTS[plan.rule], slots, strict=True):
        if value.shape[-1] == 1:
            result[pattern.format(slot)] = np.array(value[0, 0])
        else:
            result |= _named(plan, pattern.format(slot + "_{}"), value[0])
    return result


def _refuse_overflow(arrays: Mapping[str, Array], plan: Plan) -> None:
    """Refuse a step that no engine would take."""
    may_be_infinite = (
        f"d_activation{plan.architecture.n_layers}" if plan.loss in FROM_PROBABILITIES else ""
    )
    for name, array in arrays.items():
        if name != may_be_infinite and not np.isfinite(array).all():
            raise DataError(
                f"{name} is not finite: the numbers of this step overflow; "
                "give smaller inputs, weights or learning rate"
            )
