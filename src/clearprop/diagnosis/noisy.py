"""Batches that are too noisy for the learning rate."""

from __future__ import annotations

from contextlib import suppress

import numpy as np

from clearprop.diagnosis.case import Case
from clearprop.diagnosis.course import course, places_in_words, shaken
from clearprop.diagnosis.finding import Finding
from clearprop.errors import DataError
from clearprop.rates.noise import noise_scale

__all__ = ["noisy_batches"]

# Their steps are as long as the gradient, noise and all. The others divide by its usual size: there
# the rate alone says how far a step goes, and a calmer gradient does not shorten it.
_PROPORTIONAL = frozenset({"sgd", "momentum", "nesterov"})


def noisy_batches(case: Case) -> Finding | None:
    """The loss goes up and down because the batches are far smaller than the noise asks for.

    The training loss is shaken, as in `rate_too_high`; it keeps the watched loss `adrift`: its
    median in the second half is that far above its lowest; the update rule's steps are as long as
    the gradient; and the gradient noise scale `tr Σ / |G|²`, at the median of the recorded places,
    exceeds the batch size by the factor `noise_to_batch`: the mean of all gradients is small there,
    so that it is the noise that shakes the loss and not the slope.
    """
    how, limits, run = course(case), case.limits, case.run
    n = len(case.sample.X)
    if run.diverged or how is None or run.batch_size * 2 > n or n < 3:
        return None
    harmful = shaken(how, limits) and how.adrift >= limits["adrift"]
    if not harmful or run.settings.rule not in _PROPORTIONAL:
        return None
    noise = _noise_scale(case)
    if noise / run.batch_size < limits["noise_to_batch"]:
        return None
    return Finding(
        "noisy_batches",
        f"Batches of {run.batch_size} are too noisy for the learning rate "
        f"{run.learning_rate:g}: noise and slope are equal only at "
        f"{noise:.3g} samples or more.",
        {
            "noise_scale_at_least": noise,
            "batch_size": run.batch_size,
            "rising_share": how.rising,
            "median_change": how.swing,
            "late_loss_over_lowest": how.adrift,
            "learning_rate": run.learning_rate,
            "where": "gradients of single samples",
            "when": places_in_words(case),
        },
    )


def _noise_scale(case: Case) -> float:
    """The lower end of the noise scale's interval, at the median of the places; 0 at no place."""
    network = case.run.network.copy()
    found = []
    for w in case.places:
        network.parameters = w
        with suppress(DataError):  # weights that have blown up
            noise = noise_scale(network, case.sample.X, case.sample.y, loss=case.loss)
            found.append(noise.interval[0])
    return float(np.median(found)) if found else 0.0
