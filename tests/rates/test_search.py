"""The rounds of the search, on losses that are known: where it looks, what it rules out."""

from __future__ import annotations

import numpy as np
import pytest

from clearprop.rates.evidence import Evidence
from clearprop.rates.search import search
from clearprop.rates.trials import rate_of


class Known:
    """Trials whose losses are a function of the step of the rate, the part and the seed."""

    tiny = False

    def __init__(self, loss, seeds=(2, 1)):
        self.loss, self.seeds, self.asked = loss, seeds, []

    def run(self, steps, part, seeds, *, constant=False):  # noqa: ARG002 - as the real ones
        self.asked.append((list(steps), round(1 / part), len(seeds)))
        losses = [[self.loss(k, round(1 / part), seed) for seed in seeds] for k in steps]
        rates = np.array([rate_of(k) for k in steps])
        return Evidence(rates, np.array(losses, dtype=float), 10, "compressed", part)


def valley(at, width=6):
    return lambda k, *_: float(np.exp(((k - at) / width) ** 2))


def best(trials):
    last = search(trials)[-1]
    return round(4 * np.log10(last.rates[last.best]))


@pytest.mark.parametrize("at", range(-18, 3))
def test_the_bottom_of_a_valley_is_found(at):
    assert best(Known(valley(at))) == at


def test_the_rounds_are_what_they_are_said_to_be():
    trials = Known(valley(-7.6))
    search(trials)
    assert trials.asked == [
        (list(range(-20, 3, 2)), 60, 1),
        ([-10, -8, -6, -4], 10, 2),
        ([-9, -8, -7, -6], 2, 1),  # -8 was the best, and -6 better than -10
    ]


def test_a_round_whose_best_stands_at_an_end_is_widened():
    trials = Known(lambda k, part, _: valley(-16)(k) if part == 60 else valley(-4)(k))
    assert best(trials) == -4
    assert ([-10], 10, 2) in trials.asked


@pytest.mark.parametrize("seed", [0, 1])
def test_a_rate_that_diverged_from_any_seed_is_out_with_all_above_it(seed):
    def loss(k, part, s):
        return np.inf if part == 10 and s == seed and k >= -6 else valley(-4)(k)

    assert best(Known(loss)) < -6


def test_a_rate_at_which_shorter_trainings_failed_is_held_back():
    def loss(k, part, _):
        if part == 2:
            return 0.7 if k >= -7 else 1.0
        return 16.0 if k > -7 else 1.0 + 0.5 * abs(k + 8)

    assert best(Known(loss)) <= -8  # between -8 and -6, half of what is held against -6 counts


def test_one_lucky_seed_does_not_win_where_there_are_more():
    def lucky(k, part, s):
        return (0.2, 3.0)[s] if (k, part) == (-7, 2) else valley(-8)(k)

    assert best(Known(lucky)) == -7
    assert best(Known(lucky, seeds=(2, 2))) < -7


def test_where_everything_diverges_there_is_one_round():
    assert len(search(Known(lambda *_: np.inf))) == 1
