"""What an update rule needs to know of each step: rates, and whatever depends on `t` alone.

The compiled core gets these numbers ready, computed here in float64, so that its rules are plain
formulas (native/updates.h). Each array is `(m, n_steps)`; an axis along which nothing changes may
have length 1.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["CORE_RULES", "StepNumbers", "coefficients"]

Array = NDArray[Any]
Options = Mapping[str, Array]
Power = Callable[[float, Array], Array]

# Which of the core's rules serves each of `equations/updates.py`.
CORE_RULES = {
    "sgd": "sgd",
    "momentum": "momentum",
    "nesterov": "nesterov",
    "adagrad": "adagrad",
    "adadelta": "adadelta",
    "rmsprop": "rmsprop",
    "adam": "adam",
    "adamw": "adam",
    "nadamw": "adam",
    "schedule_free_adamw": "schedule_free",
}


@dataclass(frozen=True)
class StepNumbers:
    """The numbers of a range of steps.

    Attributes:
        coefficients: in the order in which the core's rule reads them.
        decay: `η λ` of weight decay, or None.
        scalars: what the rule remembers of a whole network, after each step: one `(m, n)` for each
            of its slots in `SCALARS`.
    """

    coefficients: list[Array]
    decay: Array | None = None
    scalars: tuple[Array, ...] = ()


def coefficients(
    rule: str,
    eta: Array,
    options: Options,
    first_step: int,
    power: Power,
    scalars: Sequence[Array] = (),
) -> StepNumbers:
    """The numbers of `eta.shape[1]` steps from `first_step` (counted from 1) on.

    Args:
        rule: a name of `equations/updates.py`.
        eta: the learning rates, `(m, n_steps)`.
        options: the rule's options, `(m, 1)`.
        first_step: `t` of the first of these steps.
        power: `base ** exponents`, the same for an exponent wherever it stands in the array.
        scalars: the rule's slots in `SCALARS` before them, each `(m, 1)`.
    """
    decay = eta * options["weight_decay"] if "weight_decay" in options else None
    if rule in _PLAIN:
        return StepNumbers(_PLAIN[rule](eta, options))
    t = np.arange(first_step, first_step + eta.shape[1], dtype=np.float64)
    root = 1 / np.sqrt(1 - _powers(options["beta2"], t, power))
    if rule == "schedule_free_adamw":
        share, after = _share_of_average(eta, *scalars)
        each = [eta, *_rest("beta2", options), root, options["epsilon"], share, options["beta1"]]
        return StepNumbers(each, decay, after)
    after = ()
    if rule == "nadamw":
        eta_m, eta_g, product = _look_ahead(eta, options, t, power, *scalars)
        after = (product,)
    else:
        eta_m, eta_g = eta / (1 - _powers(options["beta1"], t, power)), np.zeros((1, 1))
    each = [eta_m, eta_g, *_rest("beta1", options), *_rest("beta2", options)]
    return StepNumbers([*each, root, options["epsilon"]], decay, after)


def _rest(name: str, options: Options) -> tuple[Array, Array]:
    return options[name], 1 - options[name]


_PLAIN: dict[str, Callable[[Array, Options], list[Array]]] = {
    "sgd": lambda eta, _: [eta],
    "momentum": lambda eta, o: [eta, o["momentum"]],
    "nesterov": lambda eta, o: [eta, o["momentum"]],
    "adagrad": lambda eta, o: [eta, o["epsilon"]],
    "adadelta": lambda eta, o: [eta, *_rest("rho", o), o["epsilon"]],
    "rmsprop": lambda eta, o: [eta, *_rest("rho", o), o["epsilon"]],
}


def _powers(beta: Array, t: Array, power: Power) -> Array:
    """`β^t`: one row where all members agree, else `(m, n)`."""
    shared = beta[:1] if (beta == beta[:1]).all() else beta
    return np.stack([power(float(base), t) for base in shared[:, 0]])


def _look_ahead(
    eta: Array, options: Options, t: Array, power: Power, product: Array
) -> tuple[Array, Array, Array]:
    """NAdamW: `m̂ = (1−μ_t) g/(1−M_t) + μ_{t+1} m/(1−M_{t+1})`, with M as its slot holds it."""
    base = 0.96 ** options["momentum_decay"]
    mu, mu_next = (options["beta1"] * (1 - 0.5 * _powers(base, s, power)) for s in (t, t + 1))
    mu = np.broadcast_to(mu, eta.shape).astype(product.dtype)
    products = np.multiply.accumulate(np.concatenate([product, mu], axis=1), axis=1)[:, 1:]
    M = products.astype(np.float64)
    return eta * mu_next / (1 - M * mu_next), eta * (1 - mu) / (1 - M), products


def _share_of_average(eta: Array, largest: Array, total: Array) -> tuple[Array, tuple[Array, ...]]:
    """Schedule-Free: `c = γ²/Σγ²`, with the largest rate and the sum as their slots hold them."""
    kind = total.dtype
    seen = np.maximum.accumulate(np.concatenate([largest, eta.astype(kind)], axis=1), axis=1)
    with np.errstate(over="ignore", invalid="ignore"):  # looked for below
        weights = np.maximum(seen[:, :-1], eta) ** 2
        sums = np.add.accumulate(np.concatenate([total, weights.astype(kind)], axis=1), axis=1)
        both = sums[:, :-1] + weights
        share = weights / np.where(both > 0, both, 1.0)
    share = np.where(np.isfinite(sums[:, 1:]), share, np.nan)  # a failure, as in the reference
    return share, (seen[:, 1:], sums[:, 1:])
