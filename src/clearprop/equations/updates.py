"""Update rules: how a gradient becomes a step.

Every rule has the same face, `rule(w, g, slots, t, eta, ...) -> (w, slots)`:

    w      parameters (..., p)          g      gradient of the cost (..., p)
    slots  what the rule remembers, arrays in the order of `SLOTS`; see `initial_slots`
    t      number of this step, from 1  eta    learning rate, a number or (..., 1)

The other arguments are numbers, or arrays (..., 1) where the networks of a population differ.
All rules here agree with PyTorch 2.13 to rounding: `momentum` and `nesterov` with its SGD, `nadamw`
with its NAdam and decoupled decay, the others with the optimizer of the same name. Two rules that
PyTorch has not are in `rate_free.py`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from array_api_compat import array_namespace

from clearprop.equations.activations import Array
from clearprop.equations.rate_free import prodigy, schedule_free_adamw

__all__ = [
    "SCALARS",
    "SLOTS",
    "UPDATES",
    "adadelta",
    "adagrad",
    "adam",
    "adamw",
    "evaluated",
    "initial_slots",
    "momentum",
    "nadamw",
    "nesterov",
    "prodigy",
    "rmsprop",
    "schedule_free_adamw",
    "sgd",
]

Slots: TypeAlias = tuple[Array, ...]
Factor: TypeAlias = Array | float


def sgd(w: Array, g: Array, slots: Slots, t: int, eta: Factor) -> tuple[Array, Slots]:
    """`w ← w − η g`: gradient descent (Robbins & Monro 1951).

    >>> import numpy as np
    >>> sgd(np.asarray([5.0]), np.asarray([12.0]), (), 1, 0.2)[0].round(12).tolist()
    [2.6]
    """
    return w - eta * g, ()


def momentum(
    w: Array, g: Array, slots: Slots, t: int, eta: Factor, momentum: Factor = 0.9
) -> tuple[Array, Slots]:
    """`v ← μv + g; w ← w − ηv`: heavy ball (Polyak 1964)."""
    (v,) = slots
    v = momentum * v + g
    return w - eta * v, (v,)


def nesterov(
    w: Array, g: Array, slots: Slots, t: int, eta: Factor, momentum: Factor = 0.9
) -> tuple[Array, Slots]:
    """`v ← μv + g; w ← w − η(g + μv)`: looks one step ahead (Nesterov 1983; Sutskever 2013)."""
    (v,) = slots
    v = momentum * v + g
    return w - eta * (g + momentum * v), (v,)


def adagrad(
    w: Array, g: Array, slots: Slots, t: int, eta: Factor, epsilon: float = 1e-10
) -> tuple[Array, Slots]:
    """`s ← s + g²; w ← w − η g / (√s + ε)` (Duchi et al. 2011)."""
    xp = array_namespace(w)
    (s,) = slots
    s = s + g * g
    return w - eta * g / (xp.sqrt(s) + epsilon), (s,)


def adadelta(
    w: Array, g: Array, slots: Slots, t: int, eta: Factor, rho: Factor = 0.9, epsilon: float = 1e-6
) -> tuple[Array, Slots]:
    """`s ← ρs + (1−ρ)g²; Δ = g √(u+ε)/√(s+ε); u ← ρu + (1−ρ)Δ²; w ← w − ηΔ` (Zeiler 2012)."""
    xp = array_namespace(w)
    s, u = slots
    s = rho * s + (1 - rho) * g * g
    delta = g * xp.sqrt(u + epsilon) / xp.sqrt(s + epsilon)
    u = rho * u + (1 - rho) * delta * delta
    return w - eta * delta, (s, u)


def rmsprop(
    w: Array, g: Array, slots: Slots, t: int, eta: Factor, rho: Factor = 0.99, epsilon: float = 1e-8
) -> tuple[Array, Slots]:
    """`s ← ρs + (1−ρ)g²; w ← w − η g / (√s + ε)` (Tieleman & Hinton 2012)."""
    xp = array_namespace(w)
    (s,) = slots
    s = rho * s + (1 - rho) * g * g
    return w - eta * g / (xp.sqrt(s) + epsilon), (s,)


def adam(
    w: Array,
    g: Array,
    slots: Slots,
    t: int,
    eta: Factor,
    beta1: Factor = 0.9,
    beta2: Factor = 0.999,
    epsilon: float = 1e-8,
) -> tuple[Array, Slots]:
    """`w ← w − η m̂ / (√v̂ + ε)` (Kingma & Ba 2015).

    `m ← β1 m + (1−β1) g`, `v ← β2 v + (1−β2) g²`; `m̂ = m/(1−β1^t)` and `v̂ = v/(1−β2^t)` undo the
    start from zero.
    """
    xp = array_namespace(w)
    m, v = slots
    m = beta1 * m + (1 - beta1) * g
    v = beta2 * v + (1 - beta2) * g * g
    m_hat = m / (1 - beta1**t)
    v_hat = v / (1 - beta2**t)
    return w - eta * m_hat / (xp.sqrt(v_hat) + epsilon), (m, v)


def adamw(
    w: Array,
    g: Array,
    slots: Slots,
    t: int,
    eta: Factor,
    beta1: Factor = 0.9,
    beta2: Factor = 0.999,
    epsilon: float = 1e-8,
    weight_decay: Factor = 0.01,
) -> tuple[Array, Slots]:
    """`w ← w − ηλw`, then Adam: the decay does not pass through √v̂ (Loshchilov & Hutter 2019)."""
    return adam(w - eta * weight_decay * w, g, slots, t, eta, beta1, beta2, epsilon)


def nadamw(
    w: Array,
    g: Array,
    slots: Slots,
    t: int,
    eta: Factor,
    beta1: Factor = 0.9,
    beta2: Factor = 0.999,
    epsilon: float = 1e-8,
    weight_decay: Factor = 0.01,
    momentum_decay: float = 0.004,
) -> tuple[Array, Slots]:
    """AdamW with Nesterov's look ahead (Dozat 2016, decay decoupled).

    `μ_t = β1(1 − ½·0.96^{tψ})`, `M_t = Π μ_i`;
    `m̂ = (1−μ_t)g/(1−M_t) + μ_{t+1} m/(1−M_{t+1})` takes the place of Adam's m̂.
    PyTorch (`NAdam`, `decoupled_weight_decay`) keeps M in its default dtype: in float32, 1e-9 off.
    """
    xp = array_namespace(w)
    m, v, mu_product = slots
    w = w - eta * weight_decay * w
    mu = beta1 * (1 - 0.5 * 0.96 ** (t * momentum_decay))
    mu_next = beta1 * (1 - 0.5 * 0.96 ** ((t + 1) * momentum_decay))
    mu_product = mu_product * mu
    m = beta1 * m + (1 - beta1) * g
    v = beta2 * v + (1 - beta2) * g * g
    v_hat = v / (1 - beta2**t)
    m_hat = (1 - mu) * g / (1 - mu_product) + mu_next * m / (1 - mu_product * mu_next)
    return w - eta * m_hat / (xp.sqrt(v_hat) + epsilon), (m, v, mu_product)


UPDATES: dict[str, Callable[..., tuple[Array, Slots]]] = {
    "sgd": sgd,
    "momentum": momentum,
    "nesterov": nesterov,
    "adagrad": adagrad,
    "adadelta": adadelta,
    "rmsprop": rmsprop,
    "adam": adam,
    "adamw": adamw,
    "nadamw": nadamw,
    "schedule_free_adamw": schedule_free_adamw,
    "prodigy": prodigy,
}

# What each rule remembers from step to step, in the order of its `slots`.
SLOTS: dict[str, tuple[str, ...]] = {
    "sgd": (),
    "momentum": ("velocity",),
    "nesterov": ("velocity",),
    "adagrad": ("squares",),
    "adadelta": ("squares", "squared_steps"),
    "rmsprop": ("squares",),
    "adam": ("first_moment", "second_moment"),
    "adamw": ("first_moment", "second_moment"),
    "nadamw": ("first_moment", "second_moment", "momentum_product"),
    "schedule_free_adamw": ("base", "average", "second_moment", "largest_rate", "weight_sum"),
    "prodigy": (
        "start",
        "first_moment",
        "second_moment",
        "gradient_sum",
        "numerator",
        "distance",
    ),
}

# Slots with one number for a whole network, `(..., 1)`, and where it starts.
SCALARS = {
    "momentum_product": 1.0,
    "largest_rate": 0.0,
    "weight_sum": 0.0,
    "numerator": 0.0,
    "distance": 0.0,
}
_AT_THE_START = ("base", "average", "start")  # slots that begin as a copy of the parameters


def initial_slots(rule: str, w: Array) -> Slots:
    """Memory before the first step: see `SCALARS`; places start at w, all else at zero."""
    xp = array_namespace(w)

    def first(name: str) -> Array:
        if name in SCALARS:
            return xp.full_like(w[..., :1], SCALARS[name])
        return xp.asarray(w, copy=True) if name in _AT_THE_START else xp.zeros_like(w)

    return tuple(first(name) for name in SLOTS[rule])


def evaluated(rule: str, w: Array, slots: Slots) -> Array:
    """The parameters that count: a rule that averages its path is judged at the average.

    There the loss is evaluated, and they are what a training returns. For all other rules they are
    `w`, where gradients are taken.
    """
    return slots[SLOTS[rule].index("average")] if "average" in SLOTS[rule] else w
