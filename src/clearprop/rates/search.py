"""The search for a learning rate: by three rounds of trainings, or by two where they are tiny.

The three rounds are each longer and narrower than the one before.

1. *Early cut.* Rates half a decade apart over the whole range, side by side at a constant rate, for
   a sixtieth of the training. It says where to look.
2. *Exploring.* Four rates half a decade apart, from half a decade below the best of the cut to a
   whole one above, for a rate that is too high in the first steps may be best under a schedule.
   The whole schedule is compressed into a tenth of the training, from several seeds.
3. *The long ones.* Four rates a quarter of a decade apart, on the side where the neighbour of the
   best was better, with the whole schedule in half of the training. Shorter trainings prefer rates
   that are too low where there is much to learn, and too high ones where a network overfits; after
   half of the training little is left of either.

Where the best stands at an end, the round is widened. Rates at which any training of the last two
rounds diverged, and those above, are out. A rate at which the second round's loss was more than *e*
times its best is held back by the excess.

Where trainings are tiny, a tenth of one is a handful of steps, which say little, while whole ones
cost next to nothing. Then no training is shortened. All rates half a decade apart are trained from
four seeds, and four rates around the best, a quarter of a decade apart, from eight.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from clearprop.rates.evidence import Evidence
from clearprop.rates.trials import Trials, step_of

__all__ = ["search"]

# Steps of a quarter of a decade: rate = 10^(k/4).
_LOWEST, _HIGHEST, _COARSE = -20, 2, 2  # from 1e-5 to 3.2, every second step
_BELOW, _ABOVE = 2, 4  # steps around the best of the early cut
_CUT, _EXPLORED, _LONG, _FULL = 1 / 60, 1 / 10, 1 / 2, 1  # parts of the training
_MOST_EXPLORED, _MOST_LONG = 4, 1  # how often a round is widened
_MOST_CONFIRMED = 3  # times
_MUCH_WORSE = 1.0  # logarithm of the loss over the lowest


def search(trials: Trials) -> list[Evidence]:
    """The rounds; only the first where nothing but divergence came of it."""
    return _in_full(trials) if trials.tiny else _shortened(trials)


def _in_full(trials: Trials) -> list[Evidence]:
    wide = trials.run(range(_LOWEST, _HIGHEST + 1, _COARSE), _FULL, range(trials.seeds[0]))
    wide = _widened(trials, wide, _FULL, _MOST_EXPLORED)
    if not np.isfinite(wide.losses).any():
        return [wide]
    near = trials.run(_around(wide), _FULL, range(trials.seeds[1]))
    lower = 0 if np.isfinite(_doubted(near, wide).scores).any() else _MOST_EXPLORED  # all are out
    return [wide, _widened(trials, near, _FULL, lower, wide)]


def _shortened(trials: Trials) -> list[Evidence]:
    cut = trials.run(range(_LOWEST, _HIGHEST + 1, _COARSE), _CUT, range(1), constant=True)
    if not np.isfinite(cut.losses).any():
        return [cut]
    top = step_of(cut.rates[cut.best])
    steps = range(top - _BELOW, top + _ABOVE + 1, _COARSE)
    explored = trials.run(steps, _EXPLORED, range(trials.seeds[0]))
    explored = _widened(trials, explored, _EXPLORED, _MOST_EXPLORED)
    found = trials.run(_around(explored), _LONG, range(1))
    found = _widened(trials, found, _LONG, _MOST_LONG, explored)
    return [cut, explored, _confirmed(trials, found, explored)]


def _widened(
    trials: Trials, found: Evidence, part: float, most: int, shorter: Evidence | None = None
) -> Evidence:
    """With more rates, as long as the best stands at an end."""
    found = _doubted(found, shorter)
    gap = step_of(found.rates[1]) - step_of(found.rates[0])
    seeds = range(found.losses.shape[1])
    for _ in range(most):
        if found.best == 0:
            beyond = step_of(found.rates[0]) - gap
        elif found.best == len(found.rates) - 1:
            beyond = step_of(found.rates[-1]) + gap
        else:
            break
        found = _doubted(found.joined(trials.run([beyond], part, seeds)), shorter)
    return found


def _doubted(found: Evidence, shorter: Evidence | None) -> Evidence:
    """With what shorter trainings and divergence hold against its rates."""
    limit, doubts = found.lowest_diverged, np.zeros(len(found.rates))
    if shorter is not None:
        limit = min(limit, shorter.lowest_diverged)
        heights = np.interp(np.log(found.rates), np.log(shorter.rates), shorter.heights)
        doubts = np.maximum(heights - _MUCH_WORSE, 0)
    return replace(found, doubts=np.where(found.rates >= limit, np.inf, doubts))


def _around(explored: Evidence) -> Sequence[int]:
    """The best, its neighbours, and one more where the rate half a decade away was better."""
    best, scores = explored.best, np.pad(explored.scores, 1, constant_values=np.inf)
    middle = step_of(explored.rates[best])
    return (
        range(middle - 1, middle + 3)
        if scores[best + 2] < scores[best]
        else range(middle - 2, middle + 2)
    )


def _confirmed(trials: Trials, found: Evidence, shorter: Evidence) -> Evidence:
    """More seeds for the best and its neighbours, until the best is one that has them."""
    seeds = trials.seeds[1]
    if seeds == 1:
        return found
    for _ in range(_MOST_CONFIRMED):
        best, whole = found.promising, found.losses.shape[1] == seeds
        if whole and found.tried[best]:
            break
        near = range(max(0, best - 1), min(len(found.rates), best + 2))
        missing = [step_of(found.rates[i]) for i in near if not (whole and found.tried[i])]
        found = found.with_seeds(trials.run(missing, _LONG, range(1, seeds)))
        found = _doubted(found, shorter)
    return found
