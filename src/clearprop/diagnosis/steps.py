"""Symptoms of the learning rate and the batch: too low, too high, too noisy."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from clearprop.diagnosis.case import Case
from clearprop.diagnosis.finding import Finding
from clearprop.errors import DataError
from clearprop.rates.noise import noise_scale

__all__ = ["Course", "course", "distance", "noisy_batches", "rate_too_high", "rate_too_low"]


@dataclass(frozen=True)
class Course:
    """How the training loss moved.

    Attributes:
        rising: share of the epochs after the first tenth whose loss rose.
        swing: median absolute change of the loss from epoch to epoch in the second half, as a
            share of the loss at the start.
        peak: largest loss over the loss at the start.
        lowest: lowest loss after the start over the loss at the start.
        last: loss at the end over the loss at the start.
        second_half: fall of the watched loss (of the validation part, where there is one) over the
            second half of the way (the sum of the learning rates), over the fall in the first
            half; near 1 where it falls in a straight line.
    """

    rising: float
    swing: float
    peak: float
    lowest: float
    last: float
    second_half: float


def course(case: Case) -> Course | None:
    """How the loss moved, or None where there are fewer than two epochs to compare."""
    loss = case.losses
    if len(loss) < 3 or not loss[0] > 0:
        return None
    changes = np.diff(loss)
    rose = changes > case.limits["rise"] * loss[:-1]
    rising = float(rose[max(1, len(rose) // 10) :].mean())
    swing = float(np.median(np.abs(changes[len(changes) // 2 :])) / loss[0])
    way = np.concatenate([[0.0], np.cumsum(case.rates)])
    watched = np.asarray(case.run.history[case.run.watched], dtype=np.float64)[: len(loss)]
    middle = float(np.interp(way[-1] / 2, way, watched))
    early = watched[0] - middle
    late = (middle - watched[-1]) / early if early > 0 else float(np.sign(middle - watched[-1]))
    after = loss[1:] / loss[0]
    return Course(
        rising, swing, float(after.max()), float(after.min()), float(after[-1]), float(late)
    )


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


def rate_too_low(case: Case) -> Finding | None:
    """The loss falls smoothly and was not done falling, while the weights hardly moved.

    Rising epochs at most `slow_rising_share`; the second half of the way brings the watched loss at
    least `still_falling` of what the first half did; and all in all the weights came less far than
    `distance` of their length.
    """
    how, limits = course(case), case.limits
    moved = distance(case)
    if case.run.diverged or how is None or how.second_half <= 0 or moved is None:
        return None
    slow = how.rising <= limits["slow_rising_share"] and how.second_half >= limits["still_falling"]
    if not slow or moved >= limits["distance"]:
        return None
    return Finding(
        "rate_too_low",
        f"The learning rate {_rate(case)} is too low: the weights came no farther than "
        f"{100 * moved:.2g}% of their length, and the {_watched(case)} was still falling.",
        {
            "distance": moved,
            "second_half_over_first": how.second_half,
            "rising_share": how.rising,
            "learning_rate": case.run.learning_rate,
            "batch_size": case.run.batch_size,
            "where": "all layers",
            "when": _all_epochs(case),
        },
    )


def rate_too_high(case: Case) -> Finding | None:
    """The training diverged, its loss goes up and down, or the first steps threw it off.

    Divergence; or rising epochs at least `rising_share` with a median change of at least `swing`;
    or a loss that rose to `jump` times the start and never came below `unlearned` of it (to `throw`
    times, and never below `far_off`); or the ReLUs of a layer killed on the way.
    """
    how, limits, lost = course(case), case.limits, case.run.diverged
    evidence = {
        "learning_rate": case.run.learning_rate,
        "batch_size": case.run.batch_size,
        "where": f"layer {lost.layer}" if lost else "training loss",
        "when": f"epoch {lost.epoch}, step {lost.step}" if lost else _all_epochs(case),
    }
    if how is not None:
        evidence |= {
            "rising_share": how.rising,
            "median_change": how.swing,
            "largest_loss_over_start": how.peak,
            "lowest_loss_over_start": how.lowest,
        }
    if lost:
        return Finding(
            "rate_too_high",
            f"The learning rate {_rate(case)} is too high: the training {lost}.",
            evidence,
        )
    if how is None:
        return None
    killed = _killed(case)
    if killed is not None:
        evidence["dead_units"] = killed
        why = (
            f"it killed {killed:.0%} of the ReLUs of a layer that were alive at the start, and the "
            f"loss ended at {how.last:.3g} times its start"
        )
    elif _thrown(how, limits):
        why = (
            f"the loss was thrown to {how.peak:.3g} times its start and never came below "
            f"{how.lowest:.2g} times"
        )
    elif how.rising >= limits["rising_share"] and how.swing >= limits["swing"]:
        why = (
            f"the training loss rose in {how.rising:.0%} of the epochs, and moved by "
            f"{how.swing:.0%} of its start from one epoch to the next"
        )
    else:
        return None
    return Finding(
        "rate_too_high", f"The learning rate {_rate(case)} is too high: {why}.", evidence
    )


def noisy_batches(case: Case) -> Finding | None:
    """The loss goes up and down because the batches are far smaller than the noise asks for.

    As `rate_too_high`, without divergence, where the gradient noise scale `tr Σ / |G|²` at the
    last weights exceeds the batch size by the factor `noise_to_batch`: the mean of all gradients
    is still small there, so that it is the noise that shakes the loss and not the slope.
    """
    how, limits = course(case), case.limits
    n = len(case.sample.X)
    if case.run.diverged or how is None or case.run.batch_size * 2 > n or n < 3:
        return None
    if how.rising < limits["rising_share"] or how.swing < limits["swing"]:
        return None
    network = case.run.network.copy()
    network.parameters = case.last
    try:
        noise = noise_scale(network, case.sample.X, case.sample.y, loss=case.loss)
    except DataError:  # the weights have blown up: not the noise
        return None
    ratio = noise.interval[0] / case.run.batch_size
    if ratio < limits["noise_to_batch"]:
        return None
    return Finding(
        "noisy_batches",
        f"Batches of {case.run.batch_size} are too noisy for the learning rate "
        f"{case.run.learning_rate:g}: noise and slope are equal only at "
        f"{noise.interval[0]:.3g} samples or more.",
        {
            "noise_scale_at_least": noise.interval[0],
            "batch_size": case.run.batch_size,
            "rising_share": how.rising,
            "median_change": how.swing,
            "learning_rate": case.run.learning_rate,
            "where": "gradients of single samples",
            "when": "at the last weights",
        },
    )


def _killed(case: Case) -> float | None:
    """Share of dead units in the worst ReLU layer, where it was alive at the start; or None.

    A layer may lose units and learn all the same: only where half of the cost is left is it told.
    """
    unknown = case.data is None or case.at_start is None
    if unknown or case.unexplained <= case.limits["unexplained"]:
        return None
    assert case.at_start is not None  # noqa: S101 - mypy cannot see it
    before = max((layer.inactive for layer in case.at_start.layers[:-1]), default=0.0)
    after = max((layer.inactive for layer in case.at_end.layers[:-1]), default=0.0)
    most = case.limits["dead_units"]
    return after if before <= most < after else None


def _thrown(how: Course, limits: dict[str, float]) -> bool:
    """Whether the first steps threw the loss up, and it did not come back far enough."""
    near = how.peak >= limits["jump"] and how.lowest >= limits["unlearned"]
    return near or (how.peak >= limits["throw"] and how.lowest >= limits["far_off"])


def _rate(case: Case) -> str:
    """The rate with what it means nothing without."""
    run = case.run
    return f"{run.learning_rate:g} ({run.settings.rule}, batch {run.batch_size})"


def _watched(case: Case) -> str:
    return case.run.watched.replace("_", " ")


def _all_epochs(case: Case) -> str:
    return f"epochs 1 to {max(len(case.losses) - 1, 0)}"
