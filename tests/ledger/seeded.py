"""Seeded exercises with seeded slips, and the ledger of each."""

from __future__ import annotations

import numpy as np

from clearprop import Network, ledger
from ledger.learner import (
    Learner,
    applicable,
    random_exercise,
    three_decimals,
    three_significant,
)

LARGEST = 1e3  # exercises with larger numbers are not given to learners


def step_of(exercise):
    """clearprop's ledger of an exercise."""
    network = Network(
        exercise.sizes, hidden=exercise.activations[:-1], output=exercise.activations[-1]
    )
    for i, (W, b) in enumerate(zip(exercise.weights, exercise.biases, strict=True), start=1):
        network[f"W{i}"][...] = W
        network[f"b{i}"][...] = b
    options = {}
    if exercise.momentum:
        parts = [np.ravel(part) for pair in exercise.velocity for part in pair]
        options = {
            "optimizer": {"name": "momentum", "momentum": exercise.momentum},
            "slots": {"velocity": np.concatenate(parts)},
        }
    return ledger(
        network, exercise.X, exercise.y, loss=exercise.loss, learning_rate=exercise.rate, **options
    )


def visible(right, wrong):
    """Whether a slip changes some number by more than 2 % and 0.001: else nobody could see it."""
    size = np.maximum(abs(right), abs(wrong))
    return bool((abs(right - wrong) > 0.02 * size + 1e-3).any())


def seeded_case(seed):
    """An exercise, and a slip that shows in it: each kind of slip is equally likely."""
    rng = np.random.default_rng(seed)
    while True:
        exercise = random_exercise(rng)
        options = applicable(exercise)
        names = sorted({name for name, _ in options})
        name = names[rng.integers(len(names))]
        places = [option for option in options if option[0] == name]
        slip = places[rng.integers(len(places))]
        try:
            right, wrong = Learner(exercise), Learner(exercise, slip)
            for rounded in (three_decimals, three_significant):
                Learner(exercise, rounded=rounded), Learner(exercise, slip, rounded)
        except (ValueError, OverflowError):  # the logarithm of what is no probability, e^1000
            continue
        if max(abs(values).max() for values in right.answers.values()) > LARGEST:
            continue
        if visible(right.answers[slip[1]], wrong.answers[slip[1]]):
            return exercise, slip, rng
