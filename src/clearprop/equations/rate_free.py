"""Update rules that need less of a learning rate: one needs no schedule, one finds its own scale.

They have the face of all rules, see `updates.py`, which also registers them. Two things are new.
`schedule_free_adamw` takes its gradients at one place and is judged at another: see `evaluated` in
`updates.py`. And `prodigy` looks at all parameters of a network before it moves one, so its sums
run over the last axis.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from array_api_compat import array_namespace

if TYPE_CHECKING:
    from clearprop.equations.activations import Array
    from clearprop.equations.updates import Factor, Slots

__all__ = ["prodigy", "schedule_free_adamw"]


def schedule_free_adamw(
    w: Array,
    g: Array,
    slots: Slots,
    t: int,
    eta: Factor,
    beta1: Factor = 0.9,
    beta2: Factor = 0.999,
    epsilon: float = 1e-8,
    weight_decay: Factor = 0.0,
) -> tuple[Array, Slots]:
    """AdamW that averages its path instead of lowering its rate (Defazio et al. 2024).

    `v ← β2 v + (1−β2) g²`; `z ← z − η (g/(√v̂ + ε) + λy)`; `x ← (1−c) x + c z`, with
    `c = γ²/Σγ²` and `γ` the largest rate so far, so that a warm-up counts little. Gradients are
    taken at `y = (1−β1) z + β1 x`, which is the `w` handed in and out; the loss counts at `x`.
    """
    xp = array_namespace(w)
    z, x, v, gamma, total = slots
    v = beta2 * v + (1 - beta2) * g * g
    v_hat = v / (1 - beta2**t)
    z = z - eta * (g / (xp.sqrt(v_hat) + epsilon) + weight_decay * w)
    gamma = _larger(gamma, eta)
    total = total + gamma * gamma
    c = gamma * gamma / xp.where(total > 0, total, 1.0)  # a warm-up may begin with a rate of 0
    x = (1 - c) * x + c * z
    return (1 - beta1) * z + beta1 * x, (z, x, v, gamma, total)


def prodigy(
    w: Array,
    g: Array,
    slots: Slots,
    t: int,
    eta: Factor,
    beta1: Factor = 0.9,
    beta2: Factor = 0.999,
    epsilon: float = 1e-8,
    weight_decay: Factor = 0.0,
    d0: Factor = 1e-6,
    d_coefficient: Factor = 1.0,
) -> tuple[Array, Slots]:
    """Adam at the rate `dη`, with `d` a growing guess of the way to go (Mishchenko & Defazio 2024).

    From `d0` on, `d ← max(d, k r/‖s‖₁)`, where `r ← √β2 r + (d²η/d0) ⟨g, w_0 − w⟩` and
    `s ← √β2 s + (d²η/d0) g` compare the way that the gradients point with the way gone so far, and
    `k` is `d_coefficient`. The moments are those of `dg`: `w ← w − dηλw − dη m/(√v + dε)`.
    With `eta` 1 it sets its rate alone. Where `d` never grows, it stands still.
    """
    xp = array_namespace(w)
    w0, m, v, s, r, d = slots
    d = _larger(d, d0)
    rate, weight, keep = d * eta, d * d * eta / d0, beta2**0.5
    r = keep * r + weight * xp.sum(g * (w0 - w), axis=-1, keepdims=True)
    s = keep * s + weight * g
    m = beta1 * m + (1 - beta1) * d * g
    v = beta2 * v + (1 - beta2) * d * d * g * g
    w = w - rate * weight_decay * w - rate * m / (xp.sqrt(v) + d * epsilon)
    length = xp.sum(xp.abs(s), axis=-1, keepdims=True)
    d = _larger(d, d_coefficient * r / xp.where(length > 0, length, 1.0))
    return w, (w0, m, v, s, r, d)


def _larger(a: Array, b: Factor) -> Array:
    """The larger of an array and a number or another array."""
    xp = array_namespace(a)
    return xp.maximum(a, xp.zeros_like(a) + b)
