"""Symptoms of the way back: gradients that vanish or explode from layer to layer."""

from __future__ import annotations

import numpy as np

from clearprop.diagnosis.case import Case
from clearprop.diagnosis.course import places_in_words
from clearprop.diagnosis.finding import Finding

__all__ = ["exploding_gradients", "vanishing_gradients"]


def vanishing_gradients(case: Case) -> Finding | None:
    """The first layer hardly learns, because little of the gradient comes back to it.

    Mean absolute gradients: first over last layer below `vanishing_ratio` and the first below
    `vanishing_gradient`, at the median of the recorded places.
    """
    ratio, first = _ratios(case)
    limits = case.limits
    if len(case.kept.layers) < 3:
        return None
    if not (ratio < limits["vanishing_ratio"] and first < limits["vanishing_gradient"]):
        return None
    layers = case.run.network.architecture
    return Finding(
        "vanishing_gradients",
        f"Gradients vanish on their way back: the first layer's are {ratio:.1g} times the last "
        f"layer's, through {layers.n_layers} layers of {layers.activations[0]}.",
        {
            "ratio": ratio,
            "first_layer_gradient": first,
            "where": "layer 1",
            "when": places_in_words(case),
        },
    )


def exploding_gradients(case: Case) -> Finding | None:
    """The gradient grows from layer to layer on its way back, or the loss starts out huge.

    First over last layer above `exploding_ratio`, or a loss above `exploding_loss`, at the start;
    where that is unknown, at the weights that were kept.
    """
    look = case.at_start or case.kept
    first, last = look.layers[0].gradient, look.layers[-1].gradient
    ratio = first / last if last > 0 else 1.0
    start = float(case.losses[0]) if len(case.losses) else float("inf")
    grows = ratio > case.limits["exploding_ratio"] and len(case.kept.layers) > 1
    if not grows and start <= case.limits["exploding_loss"]:
        return None
    targets = float(np.sqrt(np.mean(case.sample.y.astype(np.float64) ** 2)))
    why = (
        f"the first layer's are {ratio:.3g} times the last layer's"
        if grows
        else f"the loss starts at {start:.3g}, with targets of the size {targets:.3g}"
    )
    return Finding(
        "exploding_gradients",
        f"Gradients explode: {why}.",
        {
            "ratio": ratio,
            "first_layer_gradient": first,
            "loss_at_start": start,
            "target_size": targets,
            "where": "layer 1" if grows else "output",
            "when": "at the start"
            if case.at_start or not grows
            else "at the weights that were kept",
        },
    )


def _ratios(case: Case) -> tuple[float, float]:
    """Median of the first over the last layer's gradient, and of the first's."""
    pairs = [(look.layers[0].gradient, look.layers[-1].gradient) for look in case.on_the_way]
    with np.errstate(all="ignore"):
        ratios = [first / last for first, last in np.array(pairs) if last > 0]
        return (
            float(np.median(ratios)) if ratios else 1.0,
            float(np.median([first for first, _ in pairs])),
        )
