"""How a training moved: its loss from epoch to epoch, and its weights from start to end."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import SupportsFloat

import numpy as np
from numpy.typing import NDArray

from clearprop.diagnosis.case import Case

__all__ = ["Course", "course", "distance", "places_in_words", "rate_in_words", "shaken"]


@dataclass(frozen=True)
class Course:
    """How the loss moved. "Watched" is the validation loss where there is one.

    Attributes:
        rising: share of the epochs after the first tenth whose training loss rose.
        swing: median absolute change of the training loss from epoch to epoch in the second half,
            as a share of the loss at the start.
        peak: largest training loss over that at the start.
        lowest: lowest training loss after the start over that at the start.
        last: training loss at the end over that at the start.
        second_half: fall of the watched loss over the second half of the way (the sum of the
            learning rates), over the fall in the first half; near 1 where it falls in a straight
            line.
        late_fall: fall of the watched loss over the second half of the way, over what it was at
            the end.
        fall: fall of the watched loss over the whole way, over what it was at the start.
        lost: watched loss at the end (median of five epochs) over its lowest before them.
        trained_lost: the same of the training loss.
        adrift: median of the watched loss in the second half over its lowest.
        settled: whether the rate at the end was below half of the highest: a schedule that falls.
    """

    rising: float
    swing: float
    peak: float
    lowest: float
    last: float
    second_half: float
    late_fall: float
    fall: float
    lost: float
    trained_lost: float
    adrift: float
    settled: bool


def course(case: Case) -> Course | None:
    """How the loss moved, or None where there are fewer than two epochs to compare."""
    loss = case.losses
    if len(loss) < 3 or not loss[0] > 0:
        return None
    changes = np.diff(loss)
    rose = changes > case.limits["rise"] * loss[:-1]
    watched = np.asarray(case.run.history[case.run.watched], dtype=np.float64)[: len(loss)]
    way = np.concatenate([[0.0], np.cumsum(case.rates)])
    middle = float(np.interp(way[-1] / 2, way, watched))
    early, late = float(watched[0]) - middle, middle - float(watched[-1])
    after = loss[1:] / loss[0]
    return Course(
        rising=float(rose[max(1, len(rose) // 10) :].mean()),
        swing=float(np.median(np.abs(changes[len(changes) // 2 :])) / loss[0]),
        peak=float(after.max()),
        lowest=float(after.min()),
        last=float(after[-1]),
        second_half=late / early if early > 0 else float(np.sign(late)),
        late_fall=_over(late, watched[-1]),
        fall=_over(early + late, watched[0]),
        lost=_lost(watched),
        trained_lost=_lost(loss),
        adrift=_over(np.median(watched[len(watched) // 2 :]), watched.min()),
        settled=bool(case.rates[-1] < case.rates.max() / 2),
    )


def shaken(how: Course, limits: dict[str, float]) -> bool:
    """Whether the training loss goes up and down: it rises often, and moves far."""
    return how.rising >= limits["rising_share"] and how.swing >= limits["swing"]


def distance(case: Case) -> float | None:
    """How far the weights came: `|w_end - w_start| / |w_start|`, without biases; or None."""
    if case.weights is None or case.first is None:
        return None
    is_weight = case.run.network.architecture.is_weight
    before = case.first.astype(np.float64)[is_weight]
    after = case.last.astype(np.float64)[is_weight]
    size = float(np.linalg.norm(before))
    with np.errstate(over="ignore"):
        return float(np.linalg.norm(after - before)) / size if size > 0 else None


def rate_in_words(case: Case) -> str:
    """The rate with what it means nothing without."""
    run = case.run
    return f"{run.learning_rate:g} ({run.settings.rule}, batch {run.batch_size})"


def places_in_words(case: Case) -> str:
    """Where on the way from start to end something was measured."""
    n = len(case.places)
    return "at the weights that were kept" if n == 1 else f"at {n} places from start to end"


def _lost(loss: NDArray[np.float64]) -> float:
    """The median of the last five over the lowest of those before, if there are any."""
    return _over(np.median(loss[-5:]), (loss[:-5] if len(loss) > 5 else loss).min())


def _over(value: SupportsFloat, base: SupportsFloat) -> float:
    """A share; 1 where both are 0, inf where the base alone is."""
    part, whole = float(value), float(base)
    if whole > 0:
        return part / whole
    return 1.0 if part <= 0 else math.inf
