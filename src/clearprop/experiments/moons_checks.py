"""Whether the numbers of the lesson `moons` are right: published shares, gradient, sameness."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from clearprop.experiments.compare import holds
from clearprop.experiments.fates import Group, by_chance
from clearprop.experiments.lesson import Check
from clearprop.experiments.moons_training import Trained, recorded, settings_for
from clearprop.experiments.play import Play
from clearprop.experiments.points import gradient_check, network_for
from clearprop.network import Network
from clearprop.training import train_population

__all__ = ["checks_of"]

# Of ten seeds: how many learned, how many stayed near 90 %, in which epochs they usually learned,
# and the one epoch that the text names.
_PUBLISHED = {0.05: (7, 3, (7, 19), 16), 0.01: (7, 3, (20, 45), 170)}
_OF = 10
_RARE = 0.05  # a chance below which two shares count as different


def checks_of(found: Trained, play: Play) -> list[Check]:
    """What always holds, and what was published where the learner changed nothing."""
    checks = [_count(found), _gradient(found), _alone(found, play)]
    if play.changes:
        return checks
    by_rate = {group.rate: group for group in found.groups}
    checks.append(_all_dead(by_rate[0.5]))
    for rate in _PUBLISHED:
        checks += _published(by_rate[rate])
    return [*checks, _faster(by_rate[0.05], by_rate[0.01])]


def _count(found: Trained) -> Check:
    count = found.groups[0].runs[0].network.parameters.size
    return holds("parameters of 2-4-4-1", "37", str(count), count == 37, source="published")


def _gradient(found: Trained) -> Check:
    """After an epoch, not at the start: with biases of 0, a ReLU may stand right at its kink."""
    run, seed = found.groups[-1].runs[found.shown], found.seeds[found.shown]
    network = Network.of(run.network.architecture, recorded(run)[0 if run.diverged else 1])
    when = "at the start, for it diverged" if run.diverged else "after the first epoch"
    return gradient_check(network, found.points, f"of seed {seed} {when}")


def _alone(found: Trained, play: Play) -> Check:
    """A seed trained by itself ends with the same bits as among the others."""
    k, group = found.shown, found.groups[-1]
    seed = found.seeds[k]
    settings = replace(settings_for(play, found.epochs), seed=seed, learning_rate=group.rate)
    run = train_population(network_for(seed), found.points.X, found.points.y, [{}], settings)[0]
    same = np.array_equal(run.network.parameters, group.runs[k].network.parameters)
    return holds(
        f"seed {seed} at η = {group.rate:g}, trained alone and among {len(found.seeds)}",
        "the same bits",
        "the same bits" if same else "other bits",
        same,
        source="property",
    )


def _all_dead(group: Group) -> Check:
    dead, n = group.count("nothing"), len(group.runs)
    return holds(
        "seeds that stay at 50 % at η = 0.5, one sample at a time",
        f"all: {_OF} of {_OF}",
        f"{dead} of {n}",
        dead == n,
        source="published",
    )


def _faster(fast: Group, slow: Group) -> Check:
    means = [group.mean_wait for group in (fast, slow)]
    return holds(
        f"which rate learns in fewer epochs, of {fast.rate:g} and {slow.rate:g}",
        f"{fast.rate:g}",
        f"mean {means[0]:.0f} epochs at {fast.rate:g}, {means[1]:.0f} at {slow.rate:g}",
        means[0] < means[1],
        source="published",
        note="a seed that did not get there counts with all its epochs",
    )


def _published(group: Group) -> list[Check]:
    """The published counts of ten seeds, beside ours."""
    learned, near, (low, high), text = _PUBLISHED[group.rate]
    n, at = len(group.runs), f"η = {group.rate:g}, one sample at a time"
    quarter = np.quantile(group.epochs, [0.25, 0.75])
    within = int((group.epochs <= text).sum())
    return [
        _share(f"seeds that reach 99.9 % at {at}", learned, group.count("learned"), n),
        _share(f"seeds that stay below 95 % at {at}", near, group.count("stuck"), n),
        holds(
            f"in which epochs they reach it at {at}",
            f"{low} to {high}",
            f"median (middle half): {group.usual}; all {group.epochs[0]:.0f} to "
            f"{group.epochs[-1]:.0f}",
            bool(quarter[0] <= high and quarter[1] >= low),
            source="published",
            note="equal if our middle half and the published range overlap, for the starts differ; "
            f"the text's own network took {text} epochs, and {within} of our {n} were there by "
            f"epoch {min(text, group.runs[0].epochs)}",
        ),
    ]


def _share(what: str, published: int, count: int, n: int) -> Check:
    p = by_chance((published, _OF), (count, n))
    return holds(
        what,
        f"{published} of {_OF}",
        f"{count} of {n}",
        p >= _RARE,
        source="published",
        note="the published seeds have other starts; shares this far apart come about by chance in "
        f"{p:.0%} of such pairs of samples (equal from {_RARE:.0%} on)",
    )
