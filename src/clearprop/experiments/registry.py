"""The experiments in a sensible reading order. Nothing of an experiment is imported here."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import NamedTuple

from clearprop.experiments.lesson import Lesson
from clearprop.experiments.play import Play

__all__ = ["EXPERIMENTS", "Experiment"]


class Experiment(NamedTuple):
    """One experiment.

    Attributes:
        name: as in `clearprop learn NAME`; with "-" as "_", also the module in this room.
        title: of the page.
        about: one sentence for the list.
        takes: the fields of `Play` that may be changed.
    """

    name: str
    title: str
    about: str
    takes: tuple[str, ...] = ()

    def teach(self, play: Play) -> Lesson:
        """Run it: the module's own `teach`."""
        module = importlib.import_module(f"clearprop.experiments.{self.name.replace('-', '_')}")
        teach: Callable[[Play], Lesson] = module.teach
        return teach(play)


_ORDER = (
    Experiment(
        "chain",
        "One weight, and how it moves the cost",
        "the chain rule on one input, one hidden neuron, one output: every factor by name",
        ("learning_rate", "seed"),
    ),
    Experiment(
        "forward",
        "How a network computes its answer",
        "a 2-3-1 network, forward: every sum, activation, output and loss",
        ("seed",),
    ),
    Experiment(
        "activations",
        "Activations, and their slopes",
        "every activation function beside its derivative, and what ten layers make of a slope",
        ("seed",),
    ),
    Experiment(
        "losses",
        "How wrong an answer is",
        "every loss beside its slope, and what becomes of a formula at logits of ±800",
        ("seed",),
    ),
    Experiment(
        "five-classes",
        "Dog, cat, mouse, cow or hen",
        "softmax, one-hot targets, the loss −ln p(true) of each row, and the slope p − y",
        ("learning_rate", "seed", "batch_size"),
    ),
    Experiment(
        "quadratic",
        "Downhill on one curve",
        "gradient descent on C(w) = (w + 1)², worked with a pencil",
        ("learning_rate",),
    ),
    Experiment(
        "line",
        "A line, and the rate that is too high",
        "y = 3x learned at three rates: smooth, oscillating, diverging, and why",
        ("learning_rate",),
    ),
    Experiment(
        "four-equations",
        "The four equations of backpropagation",
        "delta at the output, delta one layer back, biases, weights: symbols, shapes, numbers",
        ("seed",),
    ),
    Experiment(
        "deltas",
        "Deltas, in letters and in general",
        "each neuron's delta and each new weight on 2-2-2 and 2-2-4-3-2, with the right sign",
        ("learning_rate", "seed"),
    ),
    Experiment(
        "toy",
        "Thirteen numbers learn to answer 0",
        "finite differences and the chain rule side by side, to the published weights",
        ("learning_rate",),
    ),
    Experiment(
        "ways-to-learn",
        "Five ways to learn",
        "from trying every combination to backpropagation: what each costs, and how that grows",
        ("learning_rate", "seed"),
    ),
    Experiment(
        "parallel",
        "Many neurons at once",
        "a layer neuron by neuron, as matrices, by the compiled core: equal numbers, other times",
        ("seed",),
    ),
    Experiment(
        "himmelblau",
        "Four valleys",
        "which minimum a descent ends in: by its start, its rate and its update rule",
        ("learning_rate",),
    ),
    Experiment(
        "landscape",
        "Valleys that a rate passes",
        "a cost with three minima at several rates, and a real network's loss on a plane",
        ("learning_rate", "seed"),
    ),
    Experiment(
        "optimisers",
        "Every update rule from one start",
        "the same start and the same batches for all update rules: loss and effective step",
        ("learning_rate", "seed", "batch_size"),
    ),
    Experiment(
        "schedules",
        "The learning rate over time",
        "every schedule, a rate lowered on a plateau, a rate chosen by trying: what they do",
        ("learning_rate", "seed", "batch_size"),
    ),
    Experiment(
        "moons",
        "Two half-moons, one sample at a time",
        "37 parameters at three rates from many seeds: which learn, which die, and the borders",
        ("learning_rate", "seed", "batch_size", "data"),
    ),
    Experiment(
        "batch-size",
        "The best rate moves with the batch",
        "the half-moons with 1, 32 and all points a step: a map of rates, and the noise behind it",
        ("seed", "batch_size", "data"),
    ),
    Experiment(
        "penalty",
        "A price on weights",
        "a second term of the error keeps weights in [−1, 1]; L1 and L2 beside it",
        ("learning_rate", "seed", "batch_size", "data"),
    ),
    Experiment(
        "overfitting",
        "Learned by heart",
        "40 noisy points, 4,417 parameters: training loss falls, validation loss rises; the cures",
        ("learning_rate", "seed", "batch_size", "data"),
    ),
)

EXPERIMENTS: dict[str, Experiment] = {experiment.name: experiment for experiment in _ORDER}
