"""What a learner should have got, from what the learner has.

A `World` computes terms when they are asked for, by the functions of `equations/`, in float64. Any
of them may be overridden: by the learner's own answers, so that what follows from a wrong number
can be told from a new mistake; by a slip; or by rounding on the way.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from clearprop.equations.activations import ACTIVATIONS
from clearprop.equations.dense import bias_gradient, dense, input_gradient, weight_gradient
from clearprop.equations.losses import LOSSES, cost
from clearprop.equations.penalties import PENALTIES
from clearprop.equations.updates import SLOTS, UPDATES, initial_slots
from clearprop.ledgers.arithmetic import CLIPS, output_d_activation, sample_share
from clearprop.ledgers.formulas import input_of
from clearprop.ledgers.probabilities import FROM_PROBABILITIES
from clearprop.ledgers.terms import Term

if TYPE_CHECKING:
    from clearprop.ledgers.step import Ledger

__all__ = ["World", "matched_delta"]

Array = NDArray[Any]


class World:
    """The terms of a step as they follow from some answers, a slip and some rounding.

    Args:
        step: the ledger; its inputs and parameters hold in every world.
        answers: by name; NaN where there is none. Like every term they may have a leading axis.
        slipped: by name, what a slip made of a term.
        from_z: f′ is worked out from z alone, even where the learner's `a` is not `f(z)`.
        rounding: applied to every computed term and its name, for the next ones to go on from.
    """

    def __init__(
        self,
        step: Ledger,
        answers: Mapping[str, Array] | None = None,
        slipped: Mapping[str, Array] | None = None,
        rounding: Callable[[str, Array], Array] | None = None,
        *,
        from_z: bool = False,
    ) -> None:
        self.step = step
        self.answers = dict(answers or {})
        self._slipped = dict(slipped or {})
        self._rounding = rounding
        self.from_z = from_z
        self._known: dict[str, Array] = {}

    def __getitem__(self, name: str) -> Array:
        """A term of this world, or what the step was given."""
        if name not in self._known:
            self._known[name] = self._value(name)
        return self._known[name]

    def _value(self, name: str) -> Array:
        if name not in self.step.terms:
            return self.step[name].astype(np.float64)
        answer = self.answers.get(name)
        if answer is not None and not np.isnan(answer).any():
            return answer
        value = self.derived(name)
        if self._rounding is not None:
            value = self._rounding(name, value)
        return value if answer is None else np.where(np.isnan(answer), value, answer)

    def derived(self, name: str) -> Array:
        """A term as it follows from the terms before it, whatever was answered for itself."""
        return self._slipped[name] if name in self._slipped else self.by_rule(name)

    def by_rule(self, name: str) -> Array:
        """A term as it follows from the terms before it, without any slip of its own."""
        term = self.step.terms[name]
        return np.asarray(_RULES[term.kind](self, term))

    def derivations(self, name: str) -> list[Array]:
        """A term as it may follow: `derived`, and other ways that agree where nothing is wrong.

        After a mistake in `a`, it matters whether delta or the loss was worked out from a or not.
        """
        term, found = self.step.terms[name], [self.derived(name)]
        i, loss = term.layer, self.step.plan.loss
        if term.kind == "delta" and i == self.last and loss in FROM_PROBABILITIES:
            found.append(matched_delta(self, self[f"a{i}"]))
        if term.kind == "losses" and loss in FROM_PROBABILITIES:
            found.append(LOSSES[loss][0](self[f"z{self.last}"], self["y"]))
            found.append(FROM_PROBABILITIES[loss][0](self[f"a{self.last}"], self["y"]))
        return [array for array in found if np.isfinite(array).all()] or found[:1]

    def activation(self, layer: int) -> str:
        """The name of a layer's activation."""
        return self.step.plan.architecture.activations[layer - 1]

    @property
    def rounds(self) -> bool:
        """Whether numbers are rounded on the way."""
        return self._rounding is not None

    @property
    def last(self) -> int:
        """The number of the output layer."""
        return self.step.plan.architecture.n_layers

    @property
    def share(self) -> Array:
        """`w_i / n`, `(n, 1)`."""
        return sample_share(self.step.data).astype(np.float64)

    def stepped(self, name: str, g: Array, *, t: int | None = None, fresh: bool = False) -> Array:
        """The step of one W or b that a gradient leads to, by the update rule in use.

        Args:
            name: of the parameter.
            g: its gradient, `(..., *shape)`.
            t: another number of the step.
            fresh: as if the rule remembered nothing.
        """
        step, plan = self.step, self.step.plan
        where, shape = plan.architecture.slices[name], plan.architecture.shapes[name]
        flat = g.reshape((*g.shape[: g.ndim - len(shape)], -1))
        options = {
            option: value[0][where] if value.shape[-1] > 1 else value[0]
            for option, value in plan.rule_options.items()
        }
        w = self[name].reshape(-1)
        start = np.broadcast_to(w, flat.shape)
        slots = initial_slots(plan.rule, start) if fresh else self._slots(name)
        eta = step.learning_rate
        w_next, _ = UPDATES[plan.rule](w, flat, slots, t or step.t, eta, **options)
        moved: Array = (w_next - w).reshape((*flat.shape[:-1], *shape))
        return moved

    def _slots(self, name: str) -> tuple[Array, ...]:
        """What the rule remembers of one W or b from before the step."""
        names = SLOTS[self.step.plan.rule]
        return tuple(
            self.step[slot].reshape(1) if slot in self.step else self.step[f"{slot}_{name}"].ravel()
            for slot in names
        )


def _z(world: World, term: Term) -> Array:
    i = term.layer
    z: Array = dense(world[input_of(i)], world[f"W{i}"], world[f"b{i}"])
    return z


def _a(world: World, term: Term) -> Array:
    a: Array = ACTIVATIONS[world.activation(term.layer)][0](world[f"z{term.layer}"])
    return a


def _losses(world: World, _: Term) -> Array:
    """From the logits, as the engine does; from the output where a learner works with that."""
    loss, last = world.step.plan.loss, world.last
    if loss in FROM_PROBABILITIES and f"a{last}" not in world.answers and not world.rounds:
        losses: Array = LOSSES[loss][0](world[f"z{last}"], world["y"])
    else:
        pairs = FROM_PROBABILITIES if loss in FROM_PROBABILITIES else LOSSES
        losses = pairs[loss][0](world[f"a{last}"], world["y"])
    return losses


def _loss(world: World, _: Term) -> Array:
    weights = world.step.data.weights
    c: Array = cost(world["losses"], None if weights is None else weights.astype(np.float64))
    return c


def _penalty(world: World, _: Term) -> Array:
    return world.step["penalty"].astype(np.float64)


def _cost(world: World, _: Term) -> Array:
    return world["loss"] + world["penalty"]


def _d_activation(world: World, term: Term) -> Array:
    i = term.layer
    if i == world.last:
        return output_d_activation(world.step.plan.loss, world[f"a{i}"], world["y"], world.share)
    da: Array = input_gradient(world[f"delta{i + 1}"], world[f"W{i + 1}"])
    return da


def _delta(world: World, term: Term) -> Array:
    """Through f′; a matched pair directly, as `a − y`, unless the learner gave `∂C/∂a`."""
    i, loss = term.layer, world.step.plan.loss
    if i == world.last and loss in FROM_PROBABILITIES and f"d_activation{i}" not in world.answers:
        return matched_delta(world, world[f"a{i}"])
    forward, backward = ACTIVATIONS[world.activation(i)]
    z = world[f"z{i}"]
    a = forward(z) if world.from_z else world[f"a{i}"]
    dz: Array = backward(world[f"d_activation{i}"], z, a)
    return dz


def matched_delta(world: World, a: Array) -> Array:
    """`(w_i / n) · (a − y)`, for binary cross-entropy `/ n_outputs`: of a matched pair."""
    n_outputs = world["y"].shape[-1] if world.step.plan.loss == "binary_cross_entropy" else 1
    delta: Array = world.share * (a - world["y"]) / n_outputs
    return delta


def _dW(world: World, term: Term) -> Array:
    dW: Array = weight_gradient(world[input_of(term.layer)], world[f"delta{term.layer}"])
    return dW


def _db(world: World, term: Term) -> Array:
    db: Array = bias_gradient(world[f"delta{term.layer}"])
    return db


def _penalty_dW(world: World, term: Term) -> Array:
    W = world[f"W{term.layer}"]
    terms = (s[0, 0] * PENALTIES[name][1](W) for name, s in world.step.plan.penalties.items())
    return np.asarray(sum(terms))


def _total(world: World, term: Term) -> Array:
    """The gradient with its penalty, clipped; a norm is of all parameters together."""
    name = term.name.removeprefix("total_d")
    clip = world.step.plan.clip
    if clip is None or clip[0] == "value":
        g = _unclipped(world, name)
        return g if clip is None else np.asarray(CLIPS["value"](g, clip[1]))
    architecture = world.step.plan.architecture
    parts = [_unclipped(world, each) for each in architecture.shapes]
    lead = np.broadcast_shapes(*(p.shape[: p.ndim - len(s)] for p, s in zip(
        parts, architecture.shapes.values(), strict=True)))  # fmt: skip
    flat = np.concatenate(
        [
            np.broadcast_to(part, (*lead, *shape)).reshape((*lead, -1))
            for part, shape in zip(parts, architecture.shapes.values(), strict=True)
        ],
        axis=-1,
    )
    clipped = CLIPS["norm"](flat, clip[1])
    return np.asarray(architecture.view(clipped, name))


def _unclipped(world: World, name: str) -> Array:
    g = world[f"d{name}"]
    return g + world[f"penalty_d{name}"] if f"penalty_d{name}" in world.step.terms else g


def _update(world: World, term: Term) -> Array:
    name = term.name.removeprefix("update_")
    total = f"total_d{name}"
    return world.stepped(name, world[total if total in world.step.terms else f"d{name}"])


def _new(world: World, term: Term) -> Array:
    name = term.name.removesuffix("_new")
    return world[name] + world[f"update_{name}"]


_RULES: dict[str, Callable[[World, Term], Array]] = {
    "z": _z,
    "a": _a,
    "losses": _losses,
    "loss": _loss,
    "penalty": _penalty,
    "cost": _cost,
    "d_activation": _d_activation,
    "delta": _delta,
    "dW": _dW,
    "db": _db,
    "penalty_dW": _penalty_dW,
    "total_dW": _total,
    "total_db": _total,
    "update_W": _update,
    "update_b": _update,
    "W_new": _new,
    "b_new": _new,
}
