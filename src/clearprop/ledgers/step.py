"""`ledger`: every quantity of one training step, computed by the engine's own functions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypedDict, Unpack

import numpy as np
from numpy.typing import ArrayLike, NDArray

from clearprop import _checks
from clearprop.engines import Data, Plan
from clearprop.errors import ArgumentError
from clearprop.ledgers.arithmetic import compute, rule_slots
from clearprop.ledgers.checking import Check, check_gradients, few_enough
from clearprop.ledgers.factors import Factors, factorise
from clearprop.ledgers.formulas import formula
from clearprop.ledgers.marking import Marking, mark
from clearprop.ledgers.terms import Term, terms_of
from clearprop.ledgers.text import as_text
from clearprop.network import Network
from clearprop.training.data import assemble
from clearprop.training.members import make_plan
from clearprop.training.settings import Settings

__all__ = ["Ledger", "Row", "StepChoices", "ledger"]

Array = NDArray[Any]


class StepChoices(TypedDict, total=False):
    """The fields of `Settings` that one step depends on; `Settings` says what each means."""

    loss: str | None
    optimizer: str | Mapping[str, Any]
    learning_rate: float | None
    penalty: Mapping[str, float] | None
    clip: Mapping[str, float] | None


@dataclass(frozen=True)
class Row:
    """One number of a ledger.

    Attributes:
        name: of the array, such as `delta2`.
        index: where in the array, counted from 0.
        value: the number.
        equation: what it is computed by; "given" for what goes in.
        check: "agrees" with finite differences, the reason why not, "not checked", or "".
    """

    name: str
    index: tuple[int, ...]
    value: float
    equation: str
    check: str


@dataclass(frozen=True, repr=False)
class Ledger:
    """Every number of one step; made by `ledger`, which says what the names mean.

    Attributes:
        network: before the step.
        settings: loss, optimizer, rate, penalty and clip of the step.
        data: inputs, targets and sample weights.
        plan: what the engine was asked for.
        t: number of the step, from 1.
        arrays: every array by its name; read-only.
        slots: what the update rule remembers after the step, `(p,)` each, by name.
    """

    network: Network
    settings: Settings
    data: Data
    plan: Plan
    t: int
    arrays: Mapping[str, Array]
    slots: Mapping[str, Array]

    def __getitem__(self, name: str) -> Array:
        """`step["delta2"]`: one array, read-only."""
        return self.arrays[_checks.one_of("name", name, self.arrays)]

    def __contains__(self, name: object) -> bool:
        return name in self.arrays

    def __iter__(self) -> Iterator[str]:
        return iter(self.arrays)

    def __len__(self) -> int:
        return len(self.arrays)

    @property
    def names(self) -> tuple[str, ...]:
        """Every array's name: what is given, then what is computed, in order."""
        return tuple(self.arrays)

    @cached_property
    def terms(self) -> dict[str, Term]:
        """What the step computes, by name, in the order of computation."""
        penalty = bool(self.plan.penalties)
        found = terms_of(
            self.plan.architecture.n_layers,
            penalty=penalty,
            total=penalty or self.plan.clip is not None,
        )
        return {term.name: term for term in found}

    @property
    def learning_rate(self) -> float:
        """The learning rate of the step."""
        return self.settings.base_rate

    @property
    def after(self) -> Network:
        """The network after the step."""
        parts = [self.arrays[f"{name}_new"].reshape(-1) for name in self.plan.architecture.shapes]
        return Network.of(
            self.network.architecture, np.concatenate(parts), self.network.initialiser
        )

    def table(self) -> list[Row]:
        """Every number as a row: name, index, value, equation and check."""
        checks = self.checks
        rows = []
        for name, array in self.arrays.items():
            words = {} if name not in checks else checks[name].by_index()
            equation = formula(self, name)
            for index, value in np.ndenumerate(array):
                verdict = words.get(index, "not checked") if name in checks else ""
                rows.append(Row(name, index, float(value), equation, verdict))
        return rows

    @cached_property
    def checks(self) -> dict[str, Check]:
        """Every gradient against finite differences; of large networks, evenly spaced ones."""
        return check_gradients(self, few_enough(self))

    def check(self, most: int | None = None) -> dict[str, Check]:
        """Compare gradients with finite differences.

        Args:
            most: how many numbers of each array to check, evenly spaced; None for all of them.

        Returns:
            One `Check` for each gradient by its name.
        """
        return check_gradients(self, most if most is None else _checks.integer("most", most))

    def factors(
        self, name: str, *, sample: int | None = None, from_delta: int | None = None
    ) -> Factors:
        """The gradient of one weight or bias, factor by factor along every path; see `Factors`.

        Args:
            name: one parameter, such as "W1[0,0]" or "b2[1]".
            sample: only this sample's share; without it, the paths of all samples are summed.
            from_delta: begin at the deltas of this layer instead of at the loss; fewer paths.

        Raises:
            ArgumentError: there is no such parameter, sample or layer, or there are too many paths
                to list; the message says which choice brings the number down.

        Example:
            >>> import clearprop as cp
            >>> net = cp.Network([1, 1, 1], hidden="tanh", seed=0)
            >>> found = cp.ledger(net, [[1.0]], [0.5]).factors("W1[0,0]")
            >>> [factor.symbol for factor in found.paths[0].factors]
            ['∂C/∂a2[0]', '∂a2[0]/∂z2[0]', '∂z2[0]/∂a1[0]', '∂a1[0]/∂z1[0]', '∂z1[0]/∂W1[0,0]']
        """
        return factorise(self, name, sample=sample, from_delta=from_delta)

    def mark(self, answers: Mapping[str, Any]) -> Marking:
        """Find the first wrong term in a learner's answers, and the likely slip.

        Answers rounded to three digits are right, and so is what follows from rounded values. What
        follows from an earlier wrong answer is told apart from what is wrong in itself.

        Args:
            answers: by name, such as `{"delta2": [[0.1, None]], "W1_new[0,0]": 0.2}`; None leaves a
                blank. With one sample, its axis may be left out.

        Raises:
            ArgumentError: a name that the step does not compute, or a wrong shape.

        Example:
            >>> import clearprop as cp
            >>> net = cp.Network([1, 1, 1], hidden="tanh", seed=0)
            >>> step = cp.ledger(net, [[1.0]], [0.5])
            >>> marking = step.mark({"delta2": -step["delta2"]})
            >>> marking.first.name, marking.first.slips[0].name
            ('delta2', 'sign')
        """
        return mark(self, answers)

    def to_json(self) -> dict[str, Any]:
        """Everything as plain JSON types; what is not finite is null."""
        checks = self.checks
        return {
            "network": self.network.to_json(),
            "loss": self.plan.loss,
            "optimizer": self.settings.to_json()["optimizer"],
            "learning_rate": self.learning_rate,
            "penalty": dict(self.settings.penalty or {}),
            "clip": dict(self.settings.clip or {}),
            "samples": len(self.data.X),
            "step": self.t,
            "arrays": {name: _plain(array) for name, array in self.arrays.items()},
            "equations": {name: formula(self, name) for name in self.arrays},
            "checks": {name: check.to_json() for name, check in checks.items()},
        }

    def __str__(self) -> str:
        return as_text(self)

    def __repr__(self) -> str:
        n = len(self.data.X)
        return (
            f"Ledger({self.network!r}, {n} sample{'s' * (n != 1)}, {self.plan.loss}, "
            f"{self.plan.rule} at learning rate {self.learning_rate:g})"
        )


def ledger(
    network: Network,
    X: ArrayLike,
    y: ArrayLike,
    *,
    sample_weight: ArrayLike | None = None,
    slots: Mapping[str, ArrayLike] | None = None,
    t: int = 1,
    **choices: Unpack[StepChoices],
) -> Ledger:
    """Every number of one training step on a sample or a batch.

    Forward `z = a_prev W + b`, `a = f(z)`; back `delta = ∂C/∂z`, `d_activation = ∂C/∂a`,
    `dW = a_prevᵀ delta`, `db = Σ delta`; then the update of the optimizer. `C` is the mean loss
    over the samples, so each sample's delta holds 1/n. Layers count from 1, entries from 0:

    | name | shape | what |
    |---|---|---|
    | `X`, `y`, `W1`, `b1`, ... | | what goes in |
    | `z1`, `a1`, ... | `(n, n_1)` | pre-activations and activations |
    | `losses`, `loss` | `(n,)`, `()` | the loss of each sample; their weighted mean `C` |
    | `d_activation1`, `delta1` | `(n, n_1)` | `∂C/∂a1`, `∂C/∂z1` |
    | `dW1`, `db1` | as W1, b1 | `∂C/∂W1`, `∂C/∂b1` |
    | `penalty`, `cost`, `penalty_dW1` | | the penalty's share, with a penalty |
    | `total_dW1`, `total_db1` | as W1, b1 | what the optimizer sees, with a penalty or a clip |
    | `update_W1`, `W1_new` | as W1 | the step `W1_new − W1`, and where it leads |

    Dropout is left out: the network computes as it does when it predicts.

    Args:
        network: it is left as it is; in float32, forward and back are computed in float32.
        X: inputs, `(n, n_in)`.
        y: targets, `(n,)` or `(n, n_out)`; class indices for categorical cross-entropy.
        sample_weight: a weight for each sample, `(n,)`; scaled to mean 1.
        slots: what the update rule remembers from the step before, such as `previous.slots`;
            as at the start where left out.
        t: number of the step, from 1; some rules depend on it.
        **choices: `loss` (by default the one that goes with the output), `optimizer` ("sgd"),
            `learning_rate`, `penalty` and `clip`, as in `Settings`.

    Returns:
        The ledger: `step["delta2"]`, `step.names`, `step.table()`, `step.checks`,
        `step.factors("W1[0,0]")`, `step.mark({...})`, `print(step)`.

    Raises:
        ArgumentError: a choice that breaks a rule.
        DataError: X or y do not fit the network, or the numbers overflow.

    Example:
        >>> import clearprop as cp
        >>> net = cp.Network([2, 2, 1], hidden="relu")
        >>> net.parameters = [0.5, -1, 0.25, 0.25, 0, 0, 1, 2, 0.5]
        >>> step = cp.ledger(net, [[1.0, 2.0]], [1.0], learning_rate=0.05)
        >>> step["delta1"].tolist(), step["dW1"].tolist()
        ([[1.0, 0.0]], [[1.0, 0.0], [2.0, 0.0]])
        >>> step["W2_new"].round(2).tolist()
        [[0.95], [2.0]]

    Reference: Rumelhart, Hinton & Williams 1986.
    """
    _checks.instance("network", network, Network)
    for name in choices:
        if name not in StepChoices.__annotations__:
            known = list(StepChoices.__annotations__)
            raise ArgumentError(
                f"{name!r} is not a choice of one step{_checks.closest(name, known)}; "
                f"its choices are {', '.join(known)}"
            )
    t = _checks.integer("t", t)
    settings = Settings(**({"optimizer": "sgd"} | choices))
    data, _ = assemble(network, X, y, settings, sample_weight=sample_weight)
    plan = make_plan(network, settings, [{}], data)
    before = rule_slots(plan.rule, network.parameters, slots)
    arrays, after = compute(network.parameters, data, plan, settings.base_rate, before, t)
    for array in arrays.values():
        array.setflags(write=False)
    return Ledger(network.copy(), settings, data, plan, t, arrays, after)


def _plain(array: Array) -> Any:
    """Nested lists; None where a number is not finite."""
    plain = array.astype(object)
    plain[~np.isfinite(array)] = None
    return plain.tolist()
