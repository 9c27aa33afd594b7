"""A learning rate that is too high: diverged, thrown off, or never at rest."""

from __future__ import annotations

from typing import Any

from clearprop.diagnosis.case import Case
from clearprop.diagnosis.course import Course, course, rate_in_words, shaken
from clearprop.diagnosis.finding import Finding

__all__ = ["rate_too_high"]


def rate_too_high(case: Case) -> Finding | None:
    """The training diverged, its loss goes up and down, or the first steps threw it off.

    A loss that goes up and down is no fault by itself, nor is one that a first step threw up: good
    rates do that, too. So, other than a divergence, each sign needs a second one: harm that shows.

    - Shaken: rising epochs at least `rising_share` with a median change of at least `swing`; and
      that violently (`violent`), or both losses ended well above their lowest (`lost`,
      `trained_lost`). Under a schedule that falls, violence alone is past: the training must have
      ended badly, too.
    - Thrown: a loss that rose to `jump` times the start and never came below `unlearned` of it; or
      to `throw` times, never below `far_off`, with an end that is bad.
    - Killed: the ReLUs of a layer died on the way, with an end no better than the best constant
      answer (`nothing_learned`) or a watched loss far above its lowest (`lost`).

    An end is bad where more than `unexplained` of the constant answer's loss is left, or the
    watched loss lies `lost` times above its lowest.
    """
    how, diverged = course(case), case.run.diverged
    if diverged:
        why = f"the training {diverged}"
    elif how is None:
        return None
    else:
        why = _killed(case, how) or _thrown(case, how) or _shaken(case, how)
    if not why:
        return None
    evidence: dict[str, Any] = {
        "learning_rate": case.run.learning_rate,
        "batch_size": case.run.batch_size,
    }
    if how is not None:
        evidence |= {
            "rising_share": how.rising,
            "median_change": how.swing,
            "largest_loss_over_start": how.peak,
            "lowest_loss_over_start": how.lowest,
            "loss_at_end_over_lowest": how.lost,
        }
    evidence |= {
        "where": f"layer {diverged.layer}" if diverged else "training loss",
        "when": f"epoch {diverged.epoch}, step {diverged.step}"
        if diverged
        else f"epochs 1 to {max(len(case.losses) - 1, 0)}",
    }
    cause = f"The learning rate {rate_in_words(case)} is too high: {why}."
    return Finding("rate_too_high", cause, evidence)


def _shaken(case: Case, how: Course) -> str:
    """What the shaking was, where it did harm; else nothing."""
    limits = case.limits
    lost = how.lost >= limits["lost"] and how.trained_lost >= limits["trained_lost"]
    violent = how.swing >= limits["violent"] and not (how.settled and not _ended_badly(case, how))
    if not shaken(how, limits) or not (violent or lost):
        return ""
    return (
        f"the training loss rose in {how.rising:.0%} of the epochs, and moved by "
        f"{how.swing:.0%} of its start from one epoch to the next"
    )


def _thrown(case: Case, how: Course) -> str:
    """How the first steps threw the loss up, where it did not come back far enough."""
    limits = case.limits
    near = how.peak >= limits["jump"] and how.lowest >= limits["unlearned"]
    far = how.peak >= limits["throw"] and how.lowest >= limits["far_off"]
    if not near and not (far and _ended_badly(case, how)):
        return ""
    return (
        f"the loss was thrown to {how.peak:.3g} times its start and never came below "
        f"{how.lowest:.2g} times"
    )


def _killed(case: Case, how: Course) -> str:
    """Which share of a ReLU layer died on the way, where nothing is left of what was learned."""
    if case.data is None or case.at_start is None:
        return ""
    limits = case.limits
    before = max((layer.inactive for layer in case.at_start.layers[:-1]), default=0.0)
    after = max((layer.inactive for layer in case.at_end.layers[:-1]), default=0.0)
    if not before <= limits["dead_units"] < after or case.unexplained <= limits["unexplained"]:
        return ""
    if case.unexplained < limits["nothing_learned"] and how.lost < limits["lost"]:
        return ""
    return (
        f"it killed {after:.0%} of the ReLUs of a layer that were alive at the start, and the "
        f"loss ended at {how.last:.3g} times its start"
    )


def _ended_badly(case: Case, how: Course) -> bool:
    """Whether the end is bad; without samples the first loss stands for a constant answer's."""
    left = how.last if case.data is None else case.unexplained
    return left > case.limits["unexplained"] or how.lost >= case.limits["lost"]
