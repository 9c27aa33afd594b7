"""Every gradient of a ledger against central differences, and why one does not agree.

The differences are taken in float64, whatever the network's dtype, of three functions: the cost of
the parameters, the cost of a layer's z or a with the layers after it, and the penalty.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from clearprop.equations.activations import ACTIVATIONS, KINKED
from clearprop.equations.backprop import Trace, forward, sample_losses
from clearprop.equations.gradients import central_differences, crosses_kink, relative_error
from clearprop.equations.losses import cost
from clearprop.equations.penalties import PENALTIES
from clearprop.ledgers.probabilities import FROM_PROBABILITIES

if TYPE_CHECKING:
    from clearprop.ledgers.step import Ledger

__all__ = ["Check", "check_gradients", "few_enough"]

Array = NDArray[Any]
Cost = Callable[[Array], Array]

_MOST_CHECKED = 2000  # entries of one array that are checked without being asked for all
_FEWEST_CHECKED = 4
_PRODUCTS = 2**28  # in all forward passes together: a second or two
_H = 1e-5
_TOLERANCE = 1e-6
_FLOOR = 1e-3  # below this size, the rounding of the cost is all that a difference shows
_ROUNDING = {"float32": 1e-4, "float64": 1e-12}  # of a gradient, as a share of its largest entry
_NUMBERS_AT_ONCE = 2**20


class Check(NamedTuple):
    """One gradient beside its finite differences.

    Attributes:
        name: of the gradient, such as `dW1`.
        indices: which entries were checked, `(k, ndim)`.
        values: the entries, `(k,)`.
        differences: central differences, `(k,)`.
        errors: `|v − d| / max(|v|, |d|, 0.001)`, `(k,)`.
        reasons: of each entry, "" where both agree to 1e-6; else "kink" (the nudge crosses one, so
            that the difference is no derivative), "rounding", "curvature" (a smaller nudge agrees
            better) or "mismatch" (no reason was found).
    """

    name: str
    indices: NDArray[np.int64]
    values: Array
    differences: Array
    errors: Array
    reasons: tuple[str, ...]

    @property
    def agrees(self) -> bool:
        """Whether every entry agrees, or differs for a reason that is no error."""
        return "mismatch" not in self.reasons

    def by_index(self) -> dict[tuple[int, ...], str]:
        """Each checked entry's word: "agrees", or the reason."""
        keys = (tuple(int(i) for i in index) for index in self.indices)
        return dict(zip(keys, (reason or "agrees" for reason in self.reasons), strict=True))

    def to_json(self) -> dict[str, Any]:
        """Plain JSON types; the entries that do not agree, with their reasons."""
        off = [k for k, reason in enumerate(self.reasons) if reason]
        return {
            "checked": len(self.values),
            "largest_error": _plain(np.max(self.errors, initial=0.0)),
            "not_agreeing": [
                {
                    "index": self.indices[k].tolist(),
                    "value": _plain(self.values[k]),
                    "difference": _plain(self.differences[k]),
                    "reason": self.reasons[k],
                }
                for k in off
            ],
        }


def _plain(value: float) -> float | None:
    """A number for JSON, which knows no infinity."""
    return float(value) if np.isfinite(value) else None


class _Question(NamedTuple):
    """A gradient to check: of which function, at which point, and where that function has kinks."""

    name: str
    C: Cost  # (..., k) -> (...)
    pattern: Cost  # (..., k) -> on which side of each kink, (..., kinks)
    at: Array  # (k,)
    width: int  # numbers that one evaluation holds


def few_enough(step: Ledger) -> int:
    """How many entries of each array to check, for it to be done in a second or two."""
    products = step.plan.architecture.n_parameters * (1 + len(step.data.X))
    arrays = 4 * step.plan.architecture.n_layers
    return int(np.clip(_PRODUCTS // (products * arrays), _FEWEST_CHECKED, _MOST_CHECKED))


def check_gradients(step: Ledger, most: int | None) -> dict[str, Check]:
    """Each gradient's `Check`, of at most so many entries, in the order of computation."""
    with np.errstate(all="ignore"):  # a saturated output has an infinite ∂C/∂a, and says so
        found = {each.name: _check(step, each, most) for each in _questions(step)}
    return {name: found[name] for name in step.terms if name in found}


def _check(step: Ledger, question: _Question, most: int | None) -> Check:
    values = step[question.name]
    flat = values.reshape(-1).astype(np.float64)
    k = flat.size if most is None else min(most, flat.size)
    chosen = np.linspace(0, flat.size - 1, k).round().astype(np.int64)
    block = int(np.clip(_NUMBERS_AT_ONCE // question.width, 1, 256))
    parts = [_compare(step, question, chosen[i : i + block], flat) for i in range(0, k, block)]
    differences = np.concatenate([part[0] for part in parts])
    errors = np.concatenate([part[1] for part in parts])
    indices = np.stack(np.unravel_index(chosen, values.shape), axis=-1)
    reasons = tuple(reason for part in parts for reason in part[2])
    return Check(question.name, indices, flat[chosen], differences, errors, reasons)


def _compare(
    step: Ledger, question: _Question, chosen: NDArray[np.int64], flat: Array
) -> tuple[Array, Array, list[str]]:
    """Differences, errors and reasons of a block of entries; the others are left alone."""

    def placed(function: Cost) -> Cost:
        def of_block(block: Array) -> Array:
            point = np.broadcast_to(question.at, (*block.shape[:-1], flat.size)).copy()
            point[..., chosen] = block
            return function(point)

        return of_block

    C, here, g = placed(question.C), question.at[chosen], flat[chosen]
    d = central_differences(C, here, _H)
    error = relative_error(g, d, _FLOOR)
    off = ~(error <= _TOLERANCE)
    if not off.any():
        return d, error, [""] * len(g)
    kink = crosses_kink(placed(question.pattern), here, _H)
    lost = 100 * np.finfo(np.float64).eps * np.abs(C(here)) / _H
    lost = lost + _ROUNDING[step.network.dtype.name] * np.max(np.abs(flat), initial=0.0)
    rounding = np.abs(g - d) <= lost
    closer = np.abs(g - central_differences(C, here, _H / 2)) < 0.75 * np.abs(g - d)
    unbounded = ~np.isfinite(g)  # the true slope is so steep that no float holds it
    why = np.select(
        [~off, kink, rounding | unbounded, closer],
        ["", "kink", "rounding", "curvature"],
        "mismatch",
    )
    return d, error, [str(word) for word in why]


class _Tail(NamedTuple):
    """A trace of the whole network or of its end, and the activation of each layer in it."""

    trace: Trace
    names: tuple[str, ...]
    logits: bool  # whether the output's z is known, or only its a


Measure: TypeAlias = Callable[["Ledger", _Tail], Array]


def _questions(step: Ledger) -> Iterator[_Question]:
    architecture = step.plan.architecture
    w = step.network.parameters.astype(np.float64)
    width = w.size + len(step["X"]) * sum(architecture.layer_sizes)
    for name, where in architecture.slices.items():
        C = partial(_along_parameters, step, where, _cost)
        pattern = partial(_along_parameters, step, where, _sides)
        yield _Question(f"d{name}", C, pattern, w[where], width)
        if step.plan.penalties and name.startswith("W"):
            penalty = partial(_penalty, step)
            yield _Question(f"penalty_d{name}", penalty, _positive, w[where], width)
    for layer in range(1, architecture.n_layers + 1):
        for name, values in (("d_activation", "a"), ("delta", "z")):
            at = step[f"{values}{layer}"].astype(np.float64).reshape(-1)
            C = partial(_along_values, step, (values, layer), _cost)
            pattern = partial(_along_values, step, (values, layer), _sides)
            yield _Question(f"{name}{layer}", C, pattern, at, width)


def _along_parameters(step: Ledger, where: slice, measure: Measure, part: Array) -> Array:
    """A measure of the whole network, with one W or b replaced: `(..., k) -> (...)`."""
    w = step.network.parameters
    point = np.broadcast_to(w, (*part.shape[:-1], w.size)).astype(np.float64)
    point[..., where] = part
    architecture = step.plan.architecture
    names = architecture.activations
    trace = forward(step["X"].astype(np.float64), architecture.layers(point), names)
    return measure(step, _Tail(trace, names, logits=True))


def _along_values(step: Ledger, start: tuple[str, int], measure: Measure, values: Array) -> Array:
    """A measure of the layers from a layer's z or a on, as a function of that z or a."""
    kind, layer = start
    names = step.plan.architecture.activations
    values = values.reshape((*values.shape[:-1], *step[f"z{layer}"].shape))
    a = ACTIVATIONS[names[layer - 1]][0](values) if kind == "z" else values
    layers = [(W.astype(np.float64), b.astype(np.float64)) for W, b in step.network.layers[layer:]]
    trace = [(a, values, a), *forward(a, layers, names[layer:])]
    first = names[layer - 1] if kind == "z" else "identity"  # from a on, there is no kink left
    return measure(step, _Tail(trace, (first, *names[layer:]), kind == "z" or bool(layers)))


def _cost(step: Ledger, tail: _Tail) -> Array:
    """`C`; where only the output's `a` is known, a cross-entropy is of probabilities."""
    weights, y = step.data.weights, step["y"].astype(np.float64)
    if not tail.logits and step.plan.loss in FROM_PROBABILITIES:
        losses = FROM_PROBABILITIES[step.plan.loss][0](tail.trace[-1][2], y)
    else:
        losses = sample_losses(tail.trace, y, step.plan.loss)
    total: Array = cost(losses, None if weights is None else weights.astype(np.float64))
    return total


def _sides(step: Ledger, tail: _Tail) -> Array:
    """On which side of its kink each pre-activation, and each residual, lies: `(..., k)`."""
    output = tail.trace[-1][2]
    lead = (*output.shape[:-2], -1)
    sides = [np.zeros((*output.shape[:-2], 0), dtype=bool)]
    sides += [
        (z > 0).reshape(lead)
        for (_, z, _), name in zip(tail.trace, tail.names, strict=True)
        if name in KINKED
    ]
    if step.plan.loss == "mean_absolute_error":
        sides.append((output > step["y"]).reshape(lead))
    return np.concatenate(sides, axis=-1)


def _penalty(step: Ledger, part: Array) -> Array:
    """The penalty of one weight matrix: the others only add a constant."""
    terms = (s[0, 0] * PENALTIES[name][0](part) for name, s in step.plan.penalties.items())
    return np.asarray(sum(terms))


def _positive(part: Array) -> Array:
    """Where the L1 penalty has its kink; the other penalties have none."""
    return part > 0
