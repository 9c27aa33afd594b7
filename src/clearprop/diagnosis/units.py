"""Symptoms of the units: ReLUs that are never active, activations stuck in their flat parts."""

from __future__ import annotations

from clearprop.diagnosis.case import Case
from clearprop.diagnosis.finding import Finding
from clearprop.diagnosis.layers import Look

__all__ = ["dead_relu", "saturation"]


def dead_relu(case: Case) -> Finding | None:
    """Most units of a ReLU layer are active for (almost) no sample, so that nothing moves them.

    Over `dead_units` of a layer's units active for fewer than `inactive` of the samples, or
    `zero_gradients` of its deltas exactly 0; and the end is no better than the best constant answer
    (`nothing_learned`), or the units were dead from the start: a layer may lose half of its units
    and learn all the same.
    """
    look, limits = case.at_end, case.limits
    stuck = case.unexplained >= limits["nothing_learned"]
    found = []
    for i, layer in enumerate(look.layers[:-1]):
        dead_before = case.at_start is not None and (
            case.at_start.layers[i].inactive > limits["dead_units"]
        )
        dead = layer.inactive > limits["dead_units"] and (stuck or dead_before)
        if dead or (layer.zero_deltas >= limits["zero_gradients"] and stuck):
            found.append((layer.inactive, -i))
    if not found:
        return None
    share, place = max(found)  # of equals the first, for it starves the others
    place = 1 - place
    layer = look.layers[place - 1]
    early = case.at_start.layers[place - 1].inactive if case.at_start else None
    since = "" if early is None else f" (at the start: {early:.0%})"
    return Finding(
        "dead_relu",
        f"ReLUs are dead: {share:.0%} of the units of layer {place} are active for no sample"
        f"{since}, and {layer.zero_deltas:.0%} of its gradients are 0.",
        {
            "inactive_units": share,
            "inactive_units_at_start": early,
            "zero_gradients": layer.zero_deltas,
            "where": f"layer {place}",
            "when": "at the last weights",
        },
    )


def saturation(case: Case) -> Finding | None:
    """Most activations of a tanh or sigmoid layer lie in the flat parts, where f′ is near 0.

    Over `saturated_share` of a hidden layer's activations beyond `saturated_value` (for sigmoid:
    where tanh would be, `2a − 1`), at the start or, where that is unknown, at the end.
    """
    look: Look = case.at_start or case.at_end
    shares = [(layer.saturated, -i) for i, layer in enumerate(look.layers[:-1], start=1)]
    share, place = max(shares, default=(0.0, 0))
    place = -place
    if share <= case.limits["saturated_share"]:
        return None
    name = look.layers[place - 1].activation
    return Finding(
        "saturation",
        f"Activations are saturated: {share:.0%} of those of layer {place} ({name}) lie in its "
        "flat parts, where no gradient passes.",
        {
            "saturated": share,
            "where": f"layer {place}",
            "when": "at the start" if case.at_start else "at the last weights",
        },
    )
