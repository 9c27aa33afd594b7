"""The gradient of one weight as the chain rule writes it: a product of factors along each path.

A path leads from the loss of one sample, through one neuron of every layer, to the weight:

    ∂C/∂W1[i,j] = Σ over samples and paths of
        ∂C/∂a2[k] · ∂a2[k]/∂z2[k] · ∂z2[k]/∂a1[j] · ∂a1[j]/∂z1[j] · ∂z1[j]/∂W1[i,j]

Softmax has a derivative of every output by every z, so a path through it has two indices there.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from clearprop import _checks
from clearprop.equations.activations import ACTIVATIONS
from clearprop.errors import ArgumentError
from clearprop.ledgers.formulas import formula, input_of
from clearprop.ledgers.terms import parse_entry
from clearprop.ledgers.writing import factors_as_latex, factors_as_text

if TYPE_CHECKING:
    from clearprop.ledgers.step import Ledger

__all__ = ["MOST_PATHS", "Factor", "Factors", "Path", "factorise"]

Array = NDArray[Any]

MOST_PATHS = 4096


class Factor(NamedTuple):
    """One derivative of the product.

    Attributes:
        symbol: such as `∂a1[0]/∂z1[0]`.
        formula: what it is, such as `tanh′(z1[0])`.
        value: the number.
        above, below: what is derived and by what, as (name, index), for other notations.
    """

    symbol: str
    formula: str
    value: float
    above: tuple[str, tuple[int, ...]]
    below: tuple[str, tuple[int, ...]]


class Path(NamedTuple):
    """One way from the loss of a sample to the weight."""

    sample: int
    factors: tuple[Factor, ...]

    @property
    def value(self) -> float:
        """The product of the factors."""
        return math.prod(factor.value for factor in self.factors)


@dataclass(frozen=True, repr=False)
class Factors:
    """The chain-rule product of one weight or bias.

    Attributes:
        name: such as `W1[0,0]`.
        paths: every path, sample by sample.
        samples: the samples that the paths come from.
        n_samples: the samples in the batch; the 1/n of their mean is in the first factor.
        gradient: what backpropagation gave: of the whole batch, or of the chosen sample.
        penalised: whether a penalty adds to the gradient apart from this sum.
    """

    name: str
    paths: tuple[Path, ...]
    samples: tuple[int, ...]
    n_samples: int
    gradient: float
    penalised: bool

    @property
    def value(self) -> float:
        """The sum over the paths: equal to `gradient` but for rounding."""
        return math.fsum(path.value for path in self.paths)

    def latex(self) -> str:
        """The sum as an `aligned` block of LaTeX; entries are counted from 0, as here."""
        return factors_as_latex(self)

    def to_json(self) -> dict[str, Any]:
        """Plain JSON types, the LaTeX included."""
        return {
            "name": self.name,
            "value": self.value,
            "gradient": self.gradient,
            "samples": list(self.samples),
            "paths": [
                {
                    "sample": path.sample,
                    "value": path.value,
                    "factors": [
                        {"symbol": f.symbol, "formula": f.formula, "value": f.value}
                        for f in path.factors
                    ],
                }
                for path in self.paths
            ],
            "latex": self.latex(),
        }

    def __str__(self) -> str:
        return factors_as_text(self)

    def __repr__(self) -> str:
        n = len(self.paths)
        return f"Factors({self.name}, {n} path{'s' * (n != 1)}, {self.value:.6g})"


def factorise(
    step: Ledger, name: str, *, sample: int | None = None, from_delta: int | None = None
) -> Factors:
    """See `Ledger.factors`.

    Where an output is so sure that `∂C/∂a` overflows or `f′` rounds to 0, the product cannot be
    formed from the loss on, and the paths begin at the output's delta instead.
    """
    n, last = len(step.data.X), step.plan.architecture.n_layers
    parameter, index = parse_entry("name", name, step.plan.architecture.shapes)
    layer = int(parameter[1:])
    if sample is not None:
        sample = _checks.integer("sample", sample, least=0, most=n - 1)
    if from_delta is not None:
        from_delta = _checks.integer("from_delta", from_delta, least=layer, most=last)
    elif not _from_loss(step):
        from_delta = last
    samples = tuple(range(n)) if sample is None else (sample,)
    _refuse_too_many(step, name, layer, from_delta, len(samples))
    paths = tuple(path for s in samples for path in _paths(step, parameter, index, s, from_delta))
    a_prev = step[input_of(layer)] if parameter.startswith("W") else np.ones((n, 1))
    each = a_prev[:, index[0] * parameter.startswith("W")] * step[f"delta{layer}"][:, index[-1]]
    gradient = float(step[f"d{parameter}"][index] if sample is None else each[sample])
    penalised = f"penalty_d{parameter}" in step
    return Factors(name, paths, samples, n, gradient, penalised)


def _from_loss(step: Ledger) -> bool:
    """Whether the output's delta is the product of `∂C/∂a` and `f′`, and not lost in rounding."""
    last = step.plan.architecture.n_layers
    da, delta = step[f"d_activation{last}"], step[f"delta{last}"]
    with np.errstate(all="ignore"):
        backward = ACTIVATIONS[step.plan.architecture.activations[-1]][1]
        product = backward(da, step[f"z{last}"], step[f"a{last}"])
        return bool(np.allclose(product, delta, rtol=1e-9, atol=1e-300))


def _count(step: Ledger, layer: int, from_delta: int | None) -> int:
    """Paths of one sample."""
    sizes, last = step.plan.architecture.layer_sizes, step.plan.architecture.n_layers
    count = math.prod(sizes[layer + 1 : (from_delta or last) + 1])
    through_softmax = from_delta is None and step.plan.architecture.activations[-1] == "softmax"
    return count * (sizes[-1] if through_softmax else 1)


def _refuse_too_many(
    step: Ledger, name: str, layer: int, from_delta: int | None, n_samples: int
) -> None:
    each = _count(step, layer, from_delta)
    if each * n_samples <= MOST_PATHS:
        return
    hints = []
    if n_samples > 1:
        hints.append(f"one sample, such as sample=0 ({each:,} paths)")
    last = step.plan.architecture.n_layers
    fewer = [
        (i, _count(step, layer, i))
        for i in range(last, layer - 1, -1)
        if _count(step, layer, i) * n_samples <= MOST_PATHS and i != from_delta
    ]
    if fewer:
        i, count = fewer[0]
        hints.append(f"to begin at a later delta, such as from_delta={i} "
                     f"({count * n_samples:,} paths)")  # fmt: skip
    raise ArgumentError(
        f"{name} has {each * n_samples:,} paths, more than the {MOST_PATHS:,} that are listed; "
        f"choose {', or '.join(hints)}"
    )


def _paths(
    step: Ledger, parameter: str, index: tuple[int, ...], s: int, from_delta: int | None
) -> Iterator[Path]:
    """Every path of one sample: the neurons of the layers above, last layer first."""
    sizes, last = step.plan.architecture.layer_sizes, step.plan.architecture.n_layers
    layer, j = int(parameter[1:]), index[-1]
    top = from_delta or last
    own = _parameter_factor(step, parameter, index, s)
    for neurons in itertools.product(*(range(sizes[i]) for i in range(top, layer, -1))):
        route = (*neurons, j)  # the neuron of every layer from the top down to the weight's own
        below: list[Factor] = []
        for i, (k, k_below) in zip(range(top, layer, -1), itertools.pairwise(route), strict=True):
            below += [_weight(step, i, k_below, k), _slope(step, i - 1, s, k_below)]
        for start in _starts(step, s, top, route[0], from_loss=from_delta is None):
            yield Path(s, (*start, *below, own))


def _starts(
    step: Ledger, s: int, layer: int, k: int, *, from_loss: bool
) -> Iterator[tuple[Factor, ...]]:
    """From the loss to z of one neuron of the top layer: one way, or with softmax several."""
    if not from_loss:
        value = step[f"delta{layer}"][s, k]
        yield (_factor(("C", ()), (f"z{layer}", (s, k)), f"delta{layer}[{s},{k}]", value),)
        return
    softmax = step.plan.architecture.activations[layer - 1] == "softmax"
    for m in range(step.plan.architecture.layer_sizes[-1]) if softmax else (k,):
        loss = _factor(
            ("C", ()), (f"a{layer}", (s, m)),
            formula(step, f"d_activation{layer}"), step[f"d_activation{layer}"][s, m],
        )  # fmt: skip
        yield loss, (_softmax_slope(step, layer, s, m, k) if softmax else _slope(step, layer, s, k))


def _slope(step: Ledger, layer: int, s: int, k: int) -> Factor:
    """`∂a_k/∂z_k = f′(z_k)`: the way back of the activation, for `da = 1`."""
    name = step.plan.architecture.activations[layer - 1]
    z, a = step[f"z{layer}"][s, k], step[f"a{layer}"][s, k]
    value = ACTIVATIONS[name][1](np.ones_like(z), z, a)
    place = (s, k)
    return _factor((f"a{layer}", place), (f"z{layer}", place), f"{name}′(z{layer}[{s},{k}])", value)


def _softmax_slope(step: Ledger, layer: int, s: int, m: int, k: int) -> Factor:
    """`∂a_m/∂z_k = a_m((1 if m = k else 0) − a_k)`: one entry of the Jacobian."""
    z, a = step[f"z{layer}"][s], step[f"a{layer}"][s]
    e_m = (np.arange(len(z)) == m).astype(z.dtype)
    value = ACTIVATIONS["softmax"][1](e_m, z, a)[k]
    words = f"a{layer}[{s},{m}]({'1' if m == k else '0'} − a{layer}[{s},{k}])"
    return _factor((f"a{layer}", (s, m)), (f"z{layer}", (s, k)), words, value)


def _weight(step: Ledger, layer: int, j: int, k: int) -> Factor:
    """`∂z_k/∂a_j`: the weight between them. The sample does not matter and is left out."""
    value = step[f"W{layer}"][j, k]
    return _factor((f"z{layer}", (k,)), (f"a{layer - 1}", (j,)), f"W{layer}[{j},{k}]", value)


def _parameter_factor(step: Ledger, parameter: str, index: tuple[int, ...], s: int) -> Factor:
    """`∂z_j/∂W_ij`, which is what went in; for a bias 1."""
    layer, j = int(parameter[1:]), index[-1]
    above, below = (f"z{layer}", (s, j)), (parameter, index)
    if parameter.startswith("b"):
        return _factor(above, below, "1", 1.0)
    entering = input_of(layer)
    return _factor(above, below, f"{entering}[{s},{index[0]}]", step[entering][s, index[0]])


def _factor(
    above: tuple[str, tuple[int, ...]],
    below: tuple[str, tuple[int, ...]],
    words: str,
    value: Any,
) -> Factor:
    """A factor; in its symbol, entries of one sample are written without the sample."""
    symbol = f"∂{_short(*above)}/∂{_short(*below)}"
    return Factor(symbol, words, float(value), above, below)


def _short(name: str, index: tuple[int, ...]) -> str:
    if not index:
        return name
    return f"{name}[{','.join(map(str, index if name[0] in 'Wb' else index[-1:]))}]"
