"""Up to which learning rate full-batch training is stable, by update rule.

On a quadratic with the curvature λ along some direction, every rule below multiplies the distance
to the minimum by a fixed matrix each step. Its eigenvalues leave the unit circle at −1 when `ηλ`
exceeds a factor that depends on the rule alone: the step then overshoots by more than it gained.

    sgd            w ← w − ηλw                      ηλ < 2
    momentum       v ← μv + λw, w ← w − ηv          ηλ < 2(1 + μ)
    nesterov       w ← w − η(λw + μv)               ηλ < 2(1 + μ)/(1 + 2μ)
    adam, adamw    m ← βm + (1 − β)λw, w ← w − ηm   ηλ < 2(1 + β)/(1 − β),  38 for β = 0.9
    rmsprop, adagrad                                ηλ < 2

The last two lines divide each gradient by `P = √v + ε` first, with v the mean (Adagrad: sum) of
squared gradients, so that λ is the largest eigenvalue of `P^−½ H P^−½`, as if v stood still.
AdamW's weight decay acts outside of the gradient and is left out.

A network is no quadratic: it can train above the threshold while its loss still falls, the edge of
stability (Cohen et al. 2021, 2022). And smaller batches become unstable earlier.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

__all__ = ["FACTORS", "PRECONDITIONED", "why_none"]

Options = Mapping[str, float]

# rule -> its options -> the largest stable ηλ
FACTORS: dict[str, Callable[[Options], float]] = {
    "sgd": lambda _: 2.0,
    "momentum": lambda o: 2 * (1 + o["momentum"]),
    "nesterov": lambda o: 2 * (1 + o["momentum"]) / (1 + 2 * o["momentum"]),
    "adagrad": lambda _: 2.0,
    "rmsprop": lambda _: 2.0,
    "adam": lambda o: 2 * (1 + o["beta1"]) / (1 - o["beta1"]),
    "adamw": lambda o: 2 * (1 + o["beta1"]) / (1 - o["beta1"]),
}

# Rules whose λ is that of P^−½ H P^−½.
PRECONDITIONED = frozenset({"adagrad", "rmsprop", "adam", "adamw"})

_WHY_NONE = {
    "adadelta": "adadelta sets the length of its steps itself, so no fixed rate bounds them",
    "nadamw": "the momentum of nadamw changes from step to step, so no fixed factor bounds it",
    "schedule_free_adamw": "schedule_free_adamw averages over a growing part of its path, so no "
    "fixed factor bounds it",
    "prodigy": "prodigy multiplies its rate by an estimate of its own, so no fixed rate bounds it",
}


def why_none(rule: str) -> str | None:
    """Why a rule has no threshold, or None where it has one.

    >>> why_none("adadelta")
    'adadelta sets the length of its steps itself, so no fixed rate bounds them'
    """
    if rule in FACTORS:
        return None
    return _WHY_NONE.get(rule, f"no stability threshold is known for {rule}")
