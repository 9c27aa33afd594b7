"""Why a cross-entropy is computed from logits: what the plain formula makes of ±800."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from clearprop.equations.losses import FROM_LOGITS, LOSSES
from clearprop.experiments.compare import close, holds
from clearprop.experiments.lesson import Block, Check, Heading, Table, Text, Worked
from clearprop.ledgers.writing import number

__all__ = ["large_checks", "large_logits", "loss_of", "slope_of", "true_class"]

Floats = NDArray[np.float64]

_LOGIT = 800.0  # far beyond what an exponential holds


def loss_of(name: str, a: Floats, y: Floats) -> Floats:
    """The loss of each sample."""
    return np.asarray(LOSSES[name][0](a, y))


def slope_of(name: str, a: Floats, y: Floats) -> Floats:
    """Its derivative by each answer, or by each logit."""
    return np.asarray(LOSSES[name][1](a, y))


def true_class(name: str, z: Floats) -> tuple[Floats, Floats]:
    """Loss and `∂loss/∂z` of the true class, a second class staying at z = 0."""
    if FROM_LOGITS[name] == "sigmoid":
        logits, y = z[:, None], np.ones((z.size, 1))
    else:
        logits = np.stack([z, np.zeros_like(z)], axis=1)
        y = np.tile([1.0, 0.0], (z.size, 1))
    return loss_of(name, logits, y), slope_of(name, logits, y)[:, 0]


def large_logits() -> list[Block]:
    """The formula as it is written beside the one in z, at logits of ±800."""
    rows = []
    for z in (-_LOGIT, _LOGIT):
        plain = _naive_binary(z)
        loss, slope = true_class("binary_cross_entropy", np.array([z]))
        ours = (float(loss[0]), float(slope[0]))
        rows.append((f"sigmoid, z = {_listed(z)}", *map(_listed, (*plain, *ours))))
    logits, y = _one_sure_of_three()
    plain_loss, plain_slopes = _naive_softmax(logits[0])
    name = "categorical_cross_entropy"
    rows.append(
        (
            f"softmax, z = {_listed(*logits[0])}",
            _listed(plain_loss),
            _listed(*plain_slopes),
            _listed(*loss_of(name, logits, y)),
            _listed(*slope_of(name, logits, y)[0]),
        )
    )
    return [
        Heading("Why the loss is computed from the logits"),
        Text(
            "A sure network has large sums z. Take the formula as it is written, p first and then "
            "−ln p, and for z = −800 the computer finds p = 0, ln 0 = −infinity, and a slope that "
            "is not a number (nan). One such sample, and every weight is nan after the next step."
        ),
        Text(
            "Written in z, the exponentials and the logarithm cancel before they can overflow. "
            "For sigmoid and y = 1:"
        ),
        Worked(
            [
                "−ln p = ln(1 + e^−z) = max(−z, 0) + ln(1 + e^−|z|)",
                "e^−|z| lies between 0 and 1, whatever z is; the slope is p − 1",
            ]
        ),
        Table(
            "The answer is yes, or the last class; as written, and as computed here",
            ("logits", "loss as written", "slope as written", "loss here", "slope here"),
            rows,
        ),
    ]


def _naive_binary(z: float) -> tuple[float, float]:
    """Loss and slope for y = 1, computed as the formulas stand: p first, then −ln p and p′/p."""
    with np.errstate(all="ignore"):
        p = 1 / (1 + np.exp(np.float64(-z)))
        return float(-np.log(p)), float(-1 / p * p * (1 - p))


def _naive_softmax(z: Floats) -> tuple[float, Floats]:
    """Loss and slopes for the last class, computed as the formulas stand: e^z over their sum."""
    with np.errstate(all="ignore"):
        p = np.exp(z) / np.exp(z).sum()
        return float(-np.log(p[-1])), p - (np.arange(z.size) == z.size - 1)


def _listed(*values: float) -> str:
    return ", ".join(number(value + 0.0) for value in values)  # −0 is 0


def _one_sure_of_three() -> tuple[Floats, Floats]:
    """Logits that are sure of the first class, and a target that says the last."""
    return np.array([[_LOGIT, 0.0, -_LOGIT]]), np.array([[0.0, 0.0, 1.0]])


def large_checks() -> list[Check]:
    """Finite losses and slopes here, and none from the formulas as they are written."""
    far = np.array([-_LOGIT, _LOGIT])
    loss, slope = true_class("binary_cross_entropy", far)
    logits, y = _one_sure_of_three()
    naive = [*_naive_binary(-_LOGIT), _naive_softmax(logits[0])[0]]
    lost = not any(math.isfinite(value) for value in naive)
    return [
        close("binary cross-entropy at z = ±800, y = 1", [800.0, 0.0], loss, tolerance=1e-300,
              source="by hand"),
        close("its slope there", [-1.0, 0.0], slope, tolerance=1e-300, source="by hand"),
        close("categorical cross-entropy of (800, 0, −800), the last class true", [1600.0],
              loss_of("categorical_cross_entropy", logits, y), tolerance=1e-300, source="by hand"),
        close("its slopes there", [[1.0, 0.0, -1.0]],
              slope_of("categorical_cross_entropy", logits, y), tolerance=1e-300, source="by hand"),
        holds("the formulas as written, at the same logits", "inf or nan",
              ", ".join(map(str, naive)), lost, source="recomputed",
              note="what a text's formula gives when it is typed in as it stands"),
    ]  # fmt: skip
