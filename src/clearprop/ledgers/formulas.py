"""The equation behind each array of a ledger, in symbols."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from clearprop.equations.losses import FROM_LOGITS

if TYPE_CHECKING:
    from clearprop.ledgers.step import Ledger

__all__ = ["LOSS_FORMULAS", "OUTPUT_FORMULAS", "UPDATE_FORMULAS", "formula", "input_of"]

LOSS_FORMULAS = {
    "mean_squared_error": "mean_k (a_k − y_k)²",
    "half_squared_error": "½ mean_k (a_k − y_k)²",
    "mean_absolute_error": "mean_k |a_k − y_k|",
    "huber": "mean_k ½r² if |r| ≤ 1 else |r| − ½, r = a_k − y_k",
    "binary_cross_entropy": "mean_k −y_k ln a_k − (1 − y_k) ln(1 − a_k)",
    "categorical_cross_entropy": "−Σ_k y_k ln a_k",
}

# ∂loss/∂a of one sample and one output, before any mean.
OUTPUT_FORMULAS = {
    "mean_squared_error": "2(a − y)",
    "half_squared_error": "a − y",
    "mean_absolute_error": "sign(a − y)",
    "huber": "a − y, kept in [−1, 1]",
    "binary_cross_entropy": "−y/a + (1 − y)/(1 − a)",
    "categorical_cross_entropy": "−y/a",
}
_SUMS = ("half_squared_error", "huber", "binary_cross_entropy")  # bracketed when divided

UPDATE_FORMULAS = {
    "sgd": "−η g",
    "momentum": "−η v, v ← μv + g",
    "nesterov": "−η (g + μv), v ← μv + g",
    "adagrad": "−η g/(√s + ε), s ← s + g²",
    "adadelta": "−η g √(u + ε)/√(s + ε), s ← ρs + (1 − ρ)g²",
    "rmsprop": "−η g/(√s + ε), s ← ρs + (1 − ρ)g²",
    "adam": "−η m̂/(√v̂ + ε)",
    "adamw": "−ηλw − η m̂/(√v̂ + ε)",
    "nadamw": "−ηλw − η m̂/(√v̂ + ε), m̂ looking ahead",
    "schedule_free_adamw": "(1 − β1)z + β1 x − w, z ← z − η(g/(√v̂ + ε) + λw), x ← (1 − c)x + cz",
    "prodigy": "−dηλw − dη m/(√v + dε), m ← β1 m + (1 − β1)dg",
}


def input_of(layer: int) -> str:
    """The name of what goes into a layer: `X` or the activation before it."""
    return "X" if layer == 1 else f"a{layer - 1}"


def formula(step: Ledger, name: str) -> str:
    """What one array is computed by; "given" for what goes in.

    >>> import clearprop as cp
    >>> step = cp.ledger(cp.Network([2, 2, 1]), [[1.0, 2.0]], [1.0])
    >>> formula(step, "delta1")
    'd_activation1 · f′(z1)'
    """
    term = step.terms.get(name)
    if term is None:
        return "remembered" if name.endswith("_new") else "given"
    kind, i = term
    activation = step.plan.architecture.activations[i - 1]
    g = f"total_d{name[7:]}" if f"total_d{name[7:]}" in step else f"d{name[7:]}"  # of an update
    fixed = {
        "z": f"{input_of(i)} W{i} + b{i}",
        "a": f"{activation}(z{i})",
        "losses": _of_one(step, LOSS_FORMULAS[step.plan.loss]),
        "loss": f"mean of {'weighted ' * (step.data.weights is not None)}losses",
        "penalty": "Σ strength · penalty(weights)",
        "cost": "loss + penalty",
        "d_activation": f"delta{i + 1} W{i + 1}ᵀ",
        "dW": f"{input_of(i)}ᵀ delta{i}",
        "db": f"Σ over samples of delta{i}",
        "penalty_dW": f"∂penalty/∂W{i}",
        "total_dW": f"dW{i}{f' + penalty_dW{i}' * bool(step.plan.penalties)}{_clipped(step)}",
        "total_db": f"db{i}{_clipped(step)}",
        "update_W": re.sub(r"\bg(?![a-z])", g, UPDATE_FORMULAS[step.plan.rule]),
        "update_b": re.sub(r"\bg(?![a-z])", g, UPDATE_FORMULAS[step.plan.rule]),
        "W_new": f"W{i} + update_W{i}",
        "b_new": f"b{i} + update_b{i}",
    }
    if kind == "d_activation" and i == step.plan.architecture.n_layers:
        loss = step.plan.loss
        return _meant(step, OUTPUT_FORMULAS[loss], is_sum=loss in _SUMS)
    if kind == "delta":
        return _delta(step, i)
    return fixed[kind]


def _delta(step: Ledger, i: int) -> str:
    last = i == step.plan.architecture.n_layers
    if last and step.plan.loss in FROM_LOGITS:
        return _meant(step, f"a{i} − y", is_sum=True)
    if step.plan.architecture.activations[i - 1] == "softmax":
        return f"a{i} · (d_activation{i} − Σ_k a{i}_k d_activation{i}_k)"
    return f"d_activation{i} · f′(z{i})"


def _meant(step: Ledger, text: str, *, is_sum: bool) -> str:
    """A formula with what the means over outputs and samples divide it by."""
    k, n = step.plan.architecture.layer_sizes[-1], len(step.data.X)
    over_outputs = k > 1 and step.plan.loss != "categorical_cross_entropy"
    weight = "" if step.data.weights is None else " · sample_weight"
    means = f"/{k}" * over_outputs + weight + f"/{n}" * (n > 1)
    return f"({text}){means}" if means and is_sum else f"{text}{means}"


def _of_one(step: Ledger, text: str) -> str:
    """A loss; with one output, without the mean over outputs."""
    if step.plan.architecture.layer_sizes[-1] > 1:
        return text
    return text.replace("mean_k ", "").replace("_k", "")


def _clipped(step: Ledger) -> str:
    return "" if step.plan.clip is None else f", clipped by {step.plan.clip[0]}"
