"""A symptom of Prodigy alone: its estimate of the distance to go never grew, and it stood still."""

from __future__ import annotations

import numpy as np

from clearprop.diagnosis.case import Case
from clearprop.diagnosis.finding import Finding

__all__ = ["stalled_prodigy"]


def stalled_prodigy(case: Case) -> Finding | None:
    """All steps together could hardly have moved a weight, because `d` stayed near its start.

    A step of Prodigy moves a weight by about its rate in force, `d` times the learning rate. Summed
    over all steps, that is less than `prodigy_way` of the typical (root mean square) weight; and
    the training loss never came below `unlearned` times its start.
    """
    run, limits = case.run, case.limits
    if "adapted_rate" not in run.history or run.diverged or not run.steps:
        return None
    rates = np.asarray(run.history["adapted_rate"], dtype=np.float64)
    first = run.network.parameters if case.first is None else case.first
    weights = first.astype(np.float64)[run.network.architecture.is_weight]
    size = float(np.sqrt(np.mean(weights**2)))
    way = float(np.nansum(rates[1:])) * run.steps_per_epoch
    lowest = float(case.losses.min() / case.losses[0]) if case.losses[:1] > 0 else 0.0
    if way >= limits["prodigy_way"] * size or lowest < limits["unlearned"]:
        return None
    base = np.asarray(run.history["learning_rate"], dtype=np.float64)
    with np.errstate(divide="ignore", invalid="ignore"):  # a schedule may end at a rate of 0
        growth = float(np.nanmax(rates / base)) / float(rates[0] / base[0])
    return Finding(
        "stalled_prodigy",
        f"Prodigy never got going: its rate in force was {rates[-1]:.2g} at the end, its estimate "
        f"of the distance to go {growth:.3g} times what it began with, and all {run.steps:,} steps "
        f"together could carry a weight no farther than about {way / size:.2g} of a typical one.",
        {
            "way_over_weight": way / size,
            "growth": growth,
            "lowest_loss_over_start": lowest,
            "adapted_rate": float(rates[-1]),
            "learning_rate": run.learning_rate,
            "batch_size": run.batch_size,
            "where": "all layers",
            "when": f"epochs 1 to {run.epochs}",
        },
    )
