"""A learning rate that is too high: diverged, thrown off, or never at rest."""

from __future__ import annotations

from typing import NamedTuple

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
    diverged, how = case.run.diverged, course(case)
    if diverged:
        sign = _Sign(
            f"the training {diverged}",
            {} if how is None else {"largest_loss_over_start": how.peak},
            f"layer {diverged.layer}",
            f"epoch {diverged.epoch}, step {diverged.step}",
        )
    elif how is None:
        return None
    else:
        found = _killed(case, how) or _thrown(case, how) or _shaken(case, how)
        if found is None:
            return None
        sign = found
    return Finding(
        "rate_too_high",
        f"The learning rate {rate_in_words(case)} is too high: {sign.why}.",
        {
            "learning_rate": case.run.learning_rate,
            "batch_size": case.run.batch_size,
            **sign.numbers,
            "where": sign.where,
            "when": sign.when or f"epochs 1 to {max(len(case.losses) - 1, 0)}",
        },
    )


class _Sign(NamedTuple):
    """What was seen, in words, in numbers, and where; when, if not over all epochs."""

    why: str
    numbers: dict[str, float]
    where: str = "training loss"
    when: str = ""


def _shaken(case: Case, how: Course) -> _Sign | None:
    """A loss that goes up and down, where that did harm."""
    limits = case.limits
    lost = how.lost >= limits["lost"] and how.trained_lost >= limits["trained_lost"]
    violent = how.swing >= limits["violent"] and not (how.settled and not _ended_badly(case, how))
    if not shaken(how, limits) or not (violent or lost):
        return None
    return _Sign(
        f"the training loss rose in {how.rising:.0%} of the epochs, and moved by "
        f"{how.swing:.0%} of its start from one epoch to the next",
        {
            "rising_share": how.rising,
            "median_change": how.swing,
            "loss_at_end_over_lowest": how.lost,
        },
    )


def _thrown(case: Case, how: Course) -> _Sign | None:
    """A loss that the first steps threw up, where it did not come back far enough."""
    limits = case.limits
    near = how.peak >= limits["jump"] and how.lowest >= limits["unlearned"]
    far = how.peak >= limits["throw"] and how.lowest >= limits["far_off"]
    if not near and not (far and _ended_badly(case, how)):
        return None
    return _Sign(
        f"the loss was thrown to {how.peak:.3g} times its start and never came below "
        f"{how.lowest:.2g} times",
        {"largest_loss_over_start": how.peak, "lowest_loss_over_start": how.lowest},
    )


def _killed(case: Case, how: Course) -> _Sign | None:
    """A ReLU layer that died on the way, where nothing is left of what was learned."""
    if case.data is None or case.at_start is None:
        return None
    limits = case.limits
    before = [layer.inactive for layer in case.at_start.layers[:-1]]
    after = [layer.inactive for layer in case.at_end.layers[:-1]]
    if max(before, default=0.0) > limits["dead_units"] or case.unexplained <= limits["unexplained"]:
        return None
    if case.unexplained < limits["nothing_learned"] and how.lost < limits["lost"]:
        return None
    most = max(after, default=0.0)
    if most <= limits["dead_units"]:
        return None
    place = after.index(most) + 1
    return _Sign(
        f"it killed the ReLUs of layer {place} ({most:.0%} are active for no sample, at the start "
        f"{before[place - 1]:.0%} were), and the loss ended at {how.last:.3g} times its start",
        {
            "inactive_units": most,
            "inactive_units_at_start": before[place - 1],
            "last_loss_over_start": how.last,
        },
        f"layer {place}",
    )


def _ended_badly(case: Case, how: Course) -> bool:
    """Whether the end is bad; without samples the first loss stands for a constant answer's."""
    left = how.last if case.data is None else case.unexplained
    return left > case.limits["unexplained"] or how.lost >= case.limits["lost"]
