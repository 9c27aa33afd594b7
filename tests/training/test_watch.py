"""Best, patience and plateau, on losses written by hand."""

from __future__ import annotations

import numpy as np
import pytest

from clearprop.training.settings import Settings
from clearprop.training.watch import Watch

nan, inf = np.nan, np.inf


def watch_over(*sequences, stopping=None, plateau=None):
    """The epochs in which each member stopped (or None), the factors by epoch, and the watch."""
    losses = np.array(sequences, dtype=float).T
    m = len(sequences)
    settings = Settings(early_stopping=stopping, reduce_on_plateau=plateau)
    watch, alive = Watch.start(np.zeros((m, 2))), np.ones(m, dtype=bool)
    stopped, factors = [None] * m, []
    for epoch, loss in enumerate(losses):
        watch.look(epoch, loss, np.full((m, 2), float(epoch)), alive)
        for i in np.flatnonzero(watch.finished(loss, alive, settings.stopping())):
            stopped[i], alive[i] = epoch, False
        watch.lower_rates(loss, alive, settings.plateau())
        factors.append(watch.factor.copy())
    return stopped, np.array(factors).T, watch


@pytest.mark.parametrize(
    ("losses", "best"),
    [
        ([3, 2, 1], 2),
        ([1, 2, 3], 0),
        ([3, 1, 1, 1], 1),  # the first of equals
        ([3, nan, 2, nan], 2),
        ([nan, nan, nan], 0),
        ([inf, 5, inf], 1),
        ([2, -inf, 3], 0),  # beyond all measure is not better
    ],
)
def test_the_best_is_the_first_lowest_finite_loss(losses, best):
    _, _, watch = watch_over(losses)
    assert watch.best_epoch[0] == best
    assert watch.best_parameters[0].tolist() == [best, best]
    finite = [loss for loss in losses if np.isfinite(loss)]
    assert watch.best_loss[0] == min(finite, default=inf)


@pytest.mark.parametrize(
    ("losses", "patience", "stopped"),
    [
        ([3, 3, 3, 3], 1, 1),
        ([3, 3, 3, 3], 3, 3),
        ([3, 2, 2, 2, 1], 2, 3),
        ([3, 2, 2, 1, 1, 1], 2, 5),
        ([4, 3, 2, 1], 1, None),
        ([1, nan, nan, 0], 2, 2),
        ([1, inf, 0.5, inf], 2, None),
        ([nan, nan], 2, 1),
        ([3, 4, 3, 4], 3, 3),  # equal is no improvement
    ],
)
def test_patience_counts_the_epochs_without_improvement(losses, patience, stopped):
    assert watch_over(losses, stopping=patience)[0] == [stopped]


@pytest.mark.parametrize(
    ("losses", "least", "stopped"),
    [
        ([10, 9.5, 9.0, 8.5], 1, 2),  # each step is too small, measured from the reference
        ([10, 9.5, 8.9, 8.5, 7.8], 1, None),  # together they count
        ([10, 9, 9], 1, 2),  # exactly as much is not more
        ([10, 8.9, 7.8], 1, None),
    ],
)
def test_least_improvement_is_measured_from_the_last_improvement(losses, least, stopped):
    rule = {"patience": 2, "least_improvement": least}
    assert watch_over(losses, stopping=rule)[0] == [stopped]


def test_the_best_is_kept_though_the_improvement_was_too_small_to_wait_for():
    stopped, _, watch = watch_over([10, 9.9, 9.8], stopping={"patience": 2, "least_improvement": 1})
    assert stopped == [2]
    assert watch.best_epoch[0] == 2


def test_members_are_watched_each_on_its_own():
    stopped, _, watch = watch_over([3, 3, 3, 1], [3, 2, 1, 0], [0, 1, 1, 1], stopping=2)
    assert stopped == [2, None, 2]
    assert watch.best_epoch.tolist() == [0, 3, 0]  # what is not alive any more is not looked at


@pytest.mark.parametrize(
    ("losses", "factors"),
    [
        ([3, 3, 3, 3, 3], [1, 1, 0.5, 0.5, 0.25]),
        ([3, 2, 1, 1, 1], [1, 1, 1, 1, 0.5]),
        ([3, nan, nan, 2, 2], [1, 1, 0.5, 0.5, 0.5]),
        ([3] * 9, [1, 1, 0.5, 0.5, 0.25, 0.25, 0.2, 0.2, 0.2]),
    ],
)
def test_a_plateau_lowers_the_rate_and_waits_anew_down_to_the_lowest(losses, factors):
    plateau = {"patience": 2, "factor": 0.5, "lowest": 0.2}
    assert watch_over(losses, plateau=plateau)[1].tolist() == [factors]


def test_a_plateau_measures_by_its_own_improvement():
    plateau = {"patience": 1, "factor": 0.5, "least_improvement": 1.0}
    _, factors, _ = watch_over([9, 8.5, 7.9, 7.5], plateau=plateau)
    assert factors.tolist() == [[1, 0.5, 0.5, 0.25]]


def test_without_rules_nobody_stops_and_no_rate_falls():
    stopped, factors, _ = watch_over([1, 1, 1, 1])
    assert stopped == [None]
    assert (factors == 1).all()
