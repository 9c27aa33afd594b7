"""A learning rate that is too low: the loss falls smoothly, and was far from done falling."""

from __future__ import annotations

from clearprop.diagnosis.case import Case
from clearprop.diagnosis.course import Course, course, distance, rate_in_words
from clearprop.diagnosis.finding import Finding

__all__ = ["rate_too_low"]


def rate_too_low(case: Case) -> Finding | None:
    """The loss falls smoothly and had much left to fall when the epochs were over.

    Rising epochs at most `slow_rising_share`, and one of two:

    - The weights came less far than `distance` of their length, the second half of the way brought
      the watched loss at least `still_falling` of what the first half did, and that cost something:
      it fell almost in a straight line (`straight`), or still by `late_fall` of itself, or all in
      all by less than `hardly_fell`.
    - They came less far than `not_far`, the second half brought at least `steep` of the first, and
      lowered the watched loss by `steep_fall` of what it came to.
    """
    how, limits = course(case), case.limits
    if case.run.diverged or how is None or min(how.fall, how.second_half) <= 0:
        return None  # a loss that rose all in all is not on its way down
    if how.rising > limits["slow_rising_share"]:
        return None
    moved = distance(case)
    if moved is None:
        return None
    near = moved < limits["distance"] and _near(how, limits)
    if not near and not (moved < limits["not_far"] and _steep(how, limits)):
        return None
    if near:
        why = (
            f"the weights came no farther than {100 * moved:.2g}% of their length, and the "
            f"{_watched(case)} was still falling"
        )
    else:
        why = (
            f"the second half of the training still lowered the {_watched(case)} by "
            f"{how.late_fall:.0%} of what it came to"
        )
    return Finding(
        "rate_too_low",
        f"The learning rate {rate_in_words(case)} is too low: {why}.",
        {
            "distance": moved,
            "second_half_over_first": how.second_half,
            "fall_in_second_half": how.late_fall,
            "rising_share": how.rising,
            "learning_rate": case.run.learning_rate,
            "batch_size": case.run.batch_size,
            "where": "all layers",
            "when": f"epochs 1 to {len(case.losses) - 1}",
        },
    )


def _near(how: Course, limits: dict[str, float]) -> bool:
    """Whether weights that hardly moved were still on their way, so that it cost something."""
    shows = (
        how.second_half >= limits["straight"]
        or how.late_fall >= limits["late_fall"]
        or how.fall < limits["hardly_fell"]
    )
    return how.second_half >= limits["still_falling"] and shows


def _steep(how: Course, limits: dict[str, float]) -> bool:
    """Whether the watched loss was still falling steeply."""
    return how.second_half >= limits["steep"] and how.late_fall >= limits["steep_fall"]


def _watched(case: Case) -> str:
    return case.run.watched.replace("_", " ")
