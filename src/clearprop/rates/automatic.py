"""`train`, the public one: it chooses the learning rate first, unless it is told one."""

from __future__ import annotations

import warnings
from dataclasses import dataclass, replace
from typing import Unpack

from numpy.typing import ArrayLike

from clearprop import _checks
from clearprop.errors import ArgumentError
from clearprop.network import Network
from clearprop.rates.choice import Choice
from clearprop.rates.choose import choose_learning_rate
from clearprop.training import SELF_TUNED, Hooks, Run, Settings, train_population
from clearprop.training.choices import OtherChoices, combine
from clearprop.training.data import Validation
from clearprop.training.population import warn_of_divergence

__all__ = ["ChosenRun", "train"]


@dataclass(frozen=True, repr=False)
class ChosenRun(Run):
    """A run that knows where its learning rate comes from; everything else is as in `Run`.

    Attributes:
        choice: how the rate was chosen; None where it was given, or left to the rule.
    """

    choice: Choice | None = None


def train(
    network: Network,
    X: ArrayLike,
    y: ArrayLike,
    settings: Settings | None = None,
    *,
    learning_rate: float | str | None = None,
    validation: Validation = None,
    sample_weight: ArrayLike | None = None,
    hooks: Hooks | None = None,
    **choices: Unpack[OtherChoices],
) -> ChosenRun:
    """Train a copy of a network by backpropagation, at a learning rate that suits the task.

    `w ← w − η(t) · rule(∂C/∂w)` over mini-batches, with `C` the mean loss over the samples.
    Where nobody names η, `choose_learning_rate` finds it by trial trainings first, and the training
    itself starts from the network as it was.

    Args:
        network: where to start; it is left as it is.
        X: inputs, `(n_samples, n_features)`.
        y: targets, `(n_samples,)` or `(n_samples, n_outputs)`; class indices or one-hot rows for
            categorical cross-entropy, 0 and 1 for binary.
        settings: how to train; see `Settings` for everything that can be chosen.
        learning_rate: a number; "auto": chosen by trial trainings; "fixed": the optimizer's
            default. By default that of the settings, and "auto" where they name none. A rule that
            finds its rate itself, prodigy, needs none chosen.
        validation: a share of the samples to set apart, a pair (X, y), or None.
        sample_weight: a weight for each sample; scaled to mean 1.
        hooks: callbacks, progress and checkpoint of the training, not of the trials before it. A
            resumed training makes its choice once more, which gives the same rate.
        **choices: single settings by name: batch_size, epochs, optimizer, loss, ...

    Returns:
        The run: network, history, recorded weights, how it ended; in `choice` the evidence for the
        rate. Where there is no reliable answer, the optimizer's default is used, with a warning
        that says why. A run that diverges is marked (`run.diverged`), keeps its best parameters and
        warns.

    Raises:
        ArgumentError: a setting breaks a rule. DataError: the arrays cannot be learned from.
        Interrupted: Ctrl-C or SIGTERM; the checkpoint is written, and `.runs` has what there is,
            or is None while the rate is being chosen.

    Example:
        >>> import numpy as np
        >>> X = np.linspace(-1, 1, 60)[:, None]
        >>> run = train(Network([1, 8, 1], hidden="tanh"), X, X**2, epochs=99)
        >>> run.learning_rate == run.choice.rate
        True
        >>> train(Network([1, 1]), X, 3 * X, learning_rate=0.1).choice is None
        True
    """
    _checks.instance("hooks", hooks, (Hooks, type(None)))
    chosen = _with_rate(combine(settings, choices), learning_rate)
    choice = None
    given = chosen.learning_rate is not None or learning_rate == "fixed"
    if not given and chosen.rule not in SELF_TUNED:
        choice = choose_learning_rate(
            network, X, y, chosen, validation=validation, sample_weight=sample_weight
        )
        chosen = replace(chosen, learning_rate=choice.rate)
        if not choice.reliable:
            warnings.warn(choice.verdict, stacklevel=2)
    population = train_population(
        network, X, y, [{}], chosen, validation=validation, sample_weight=sample_weight, hooks=hooks
    )
    warn_of_divergence(population[0], stacklevel=3)
    return ChosenRun(**vars(population[0]), choice=choice)


def _with_rate(settings: Settings, learning_rate: float | str | None) -> Settings:
    """With the rate that is named; without one where a word is."""
    if learning_rate is None:
        return settings
    if not isinstance(learning_rate, str):
        return replace(settings, learning_rate=learning_rate)
    if learning_rate not in ("auto", "fixed"):
        raise ArgumentError(
            f"learning_rate must be a number above zero, 'auto' or 'fixed'; got {learning_rate!r}"
        )
    return replace(settings, learning_rate=None)
