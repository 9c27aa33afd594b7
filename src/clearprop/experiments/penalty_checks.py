"""Whether the numbers of the lesson `penalty` are right: range, balance, terms, slope."""

from __future__ import annotations

import numpy as np

from clearprop.equations.gradients import central_differences
from clearprop.equations.penalties import PENALTIES
from clearprop.experiments.compare import close, holds
from clearprop.experiments.lesson import Check
from clearprop.experiments.penalty_training import (
    OTHERS,
    RANGE,
    TINY,
    Balance,
    Trained,
    last_weights,
    name_of,
    tiny,
    weights_of,
)
from clearprop.experiments.play import Play

__all__ = ["checks_of"]

_ROOM = 1.05  # with strength 1, how far a weight may still stand outside [−1, 1]
_REST = 0.02  # of the pulls, by which they may differ at rest


def checks_of(found: Trained, balance: Balance | None, play: Play) -> list[Check]:
    """What always holds, and what was published where the learner changed nothing."""
    checks = [_gradient(found), *(_recomputed(found, k) for k in (1, 5, 7))]
    if play.changes:
        return checks
    largest = [float(np.abs(last_weights(run)).max()) for run in found.ranged]
    return [
        holds(
            "the largest weight with the range penalty of strength 1",
            f"in [−1, 1], but for {_ROOM - 1:.0%}",
            f"{largest[-1]:.3f}",
            largest[-1] <= _ROOM,
            source="published",
            note="a penalty is a soft border: a weight may stand outside as far as the loss pulls",
        ),
        holds(
            "the largest weight without it, and with strength 0.01, 0.1 and 1",
            "smaller each time",
            ", ".join(f"{each:.3f}" for each in largest),
            largest == sorted(set(largest), reverse=True),
            source="property",
        ),
        holds(
            f"weights below {TINY:g} with L1 0.003 and with L2 0.01",
            "more with L1",
            f"{tiny(found.runs[7])} and {tiny(found.runs[5])}",
            tiny(found.runs[7]) > tiny(found.runs[5]),
            source="property",
        ),
        *([_balanced(balance)] if balance else []),
        *checks,
    ]


def _balanced(balance: Balance) -> Check:
    gap = abs(balance.outwards + balance.inwards)
    return holds(
        f"the two pulls on the weight at rest at {balance.w:.4f}",
        "equal and opposite",
        f"{balance.outwards:+.4f} and {balance.inwards:+.4f}",
        gap <= _REST * abs(balance.inwards),
        source="property",
        note=f"equal within {_REST:.0%}: it is still creeping to its place",
    )


def _gradient(found: Trained) -> Check:
    """Of the penalty alone, at the start of the training, where some weights are outside."""
    w = weights_of(found.ranged[-1])[0]
    function, backward = PENALTIES["leaving_range"]
    return close(
        "slope of the range penalty for every weight at the start",
        central_differences(function, w, 1e-6),
        backward(w),
        tolerance=1e-8,
        source="finite differences",
    )


def _recomputed(found: Trained, k: int) -> Check:
    """The engine's penalty column, beside the formula written out."""
    ((name, s),) = (*RANGE, *OTHERS)[k].items()
    run = found.runs[k]
    w = weights_of(run)[: len(run.history["epoch"])]
    with np.errstate(over="ignore"):  # of a run that diverged
        formulas = {
            "leaving_range": (np.maximum(0, np.abs(w) - 1) ** 2).sum(axis=1),
            "l2": 0.5 * (w**2).sum(axis=1),
            "l1": np.abs(w).sum(axis=1),
        }
    finite = np.isfinite(formulas[name])
    return close(
        f"penalty term of {name_of({name: s})} in every epoch",
        s * formulas[name][finite],
        run.history["penalty"][finite],
        tolerance=1e-9,
        relative=True,
        source="by hand",
    )
