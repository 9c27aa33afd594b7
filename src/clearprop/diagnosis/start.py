"""A symptom of the start: weights too large, too small or all alike."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from clearprop.architecture import Architecture
from clearprop.diagnosis.case import Case
from clearprop.diagnosis.finding import Finding

__all__ = ["bad_start"]

_DRAWS = 16  # of the initialiser, to know its spread


def bad_start(case: Case) -> Finding | None:
    """The weights start on another scale than the initialiser's, and it shows.

    The spread of a layer's weights differs from that of the initialiser by more than
    `weight_scale`, in either direction; and the first cross-entropy exceeds `start_loss` times
    ln K (what a uniform guess gives), or the variances of the layers' pre-activations differ by
    more than `layer_variances`. Where the first weights are unknown, the first loss alone tells.
    """
    limits, first = case.limits, case.first
    excess = _excess(case)
    evidence: dict[str, Any] = {"start_loss_over_uniform_guess": excess}
    if first is None:
        if excess is None or excess <= limits["start_loss"]:
            return None
        place, cause = 0, f"The start is bad: the first loss is {excess:.3g} times ln K."
    else:
        scales = _scales(case)
        place, scale = max(enumerate(scales, start=1), key=lambda pair: _off(pair[1]))
        variances = _variances(case)
        shows = (excess or 0) > limits["start_loss"] or variances > limits["layer_variances"]
        if _off(scale) <= limits["weight_scale"] or not shows:
            return None
        evidence |= {"weight_scale": scale, "layer_variances_ratio": variances}
        then = f"the first loss is {excess:.3g} times ln K" if excess else "signals change in size"
        cause = (
            f"The start is bad: the weights of layer {place} are spread {scale:.2g} times as wide "
            f"as their initialiser would draw them, and {then}."
        )
    where = f"layer {place}" if place else "output"
    return Finding("bad_start", cause, {**evidence, "where": where, "when": "at the start"})


def _excess(case: Case) -> float | None:
    """First cross-entropy over ln K; None for other losses."""
    if not case.classes or not len(case.losses):
        return None
    outputs = case.run.network.architecture.layer_sizes[-1]
    return float(case.losses[0] / math.log(max(outputs, 2)))


def _scales(case: Case) -> list[float]:
    """Spread of every layer's first weights, over the spread that "auto" would give them.

    Few weights spread by chance: the ratio is moved towards 1 by two of its standard errors,
    `1/√2n` for the n weights of a layer.
    """
    architecture = case.run.network.architecture
    assert case.first is not None  # noqa: S101 - asked only where it is known
    draws = [architecture.initial_parameters(seed) for seed in range(_DRAWS)]
    usual = np.sqrt([_squares(architecture, draw) for draw in draws]).mean(axis=0)
    first = np.sqrt(_squares(architecture, case.first))
    chance = 1 + 2 / np.sqrt([2 * W.size for W, _ in architecture.layers(case.first)])
    ratios = first / usual
    return [
        float(max(ratio / by, 1.0) if ratio > 1 else min(ratio * by, 1.0))
        for ratio, by in zip(ratios, chance, strict=True)
    ]


def _squares(architecture: Architecture, w: NDArray[Any]) -> list[float]:
    """The mean square of every layer's weights."""
    return [float(np.mean(W.astype(np.float64) ** 2)) for W, _ in architecture.layers(w)]


def _off(scale: float) -> float:
    """By which factor, in either direction."""
    return math.inf if scale == 0 else max(scale, 1 / scale)


def _variances(case: Case) -> float:
    """Largest over smallest variance of the layers' pre-activations at the start."""
    assert case.at_start is not None  # noqa: S101
    found = [layer.variance for layer in case.at_start.layers]
    return math.inf if min(found) == 0 else max(found) / min(found)
