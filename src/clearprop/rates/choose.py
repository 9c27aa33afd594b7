"""`choose_learning_rate`: a rate that was found by trial trainings, or no reliable answer.

How rates are searched for stands in `search.py`; what it is worth was measured in docs/rates.md.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from typing import Unpack

import numpy as np
from numpy.typing import ArrayLike

from clearprop import _checks
from clearprop.errors import ArgumentError, Interrupted
from clearprop.network import Network
from clearprop.rates.choice import Choice
from clearprop.rates.constant import all_alike, constant_loss
from clearprop.rates.evidence import Evidence
from clearprop.rates.search import search
from clearprop.rates.trials import Trials
from clearprop.training import DEFAULT_RATES, Settings
from clearprop.training.choices import OtherChoices, combine
from clearprop.training.data import Validation, assemble
from clearprop.training.loop import Listener

__all__ = ["choose_learning_rate"]

_FEW = 10  # samples from which a validation part is held out
_HELD_OUT = 0.2
_LEAST_GAIN, _GAIN_NOISE = 0.02, 0.5  # better than a constant by 2 %, or by 0.5/√n if that is more


def choose_learning_rate(
    network: Network,
    X: ArrayLike,
    y: ArrayLike,
    settings: Settings | None = None,
    *,
    validation: Validation = None,
    sample_weight: ArrayLike | None = None,
    seeds: int | None = None,
    on_steps: Sequence[Listener] = (),
    **choices: Unpack[OtherChoices],
) -> Choice:
    """Find the learning rate for a training by trying: many rates, several seeds, real trainings.

    The network, the arrays and every random state are left as they are.

    Args:
        network: the architecture; the first seed starts from it as it is.
        X: inputs, `(n_samples, n_features)`.
        y: targets, as for `train`.
        settings: how the training will be done that needs the rate.
        validation: as for `train`. Without one, a fifth of the samples is held out; of fewer than
            ten samples nothing is, and the training loss decides.
        sample_weight: as for `train`.
        seeds: for each rate; by default 2 for the shorter trainings and 1 for the longest, one
            more each where trainings are small, and 4 and 8 where they are tiny (`search.py`).
        on_steps: as in `Hooks`, for progress.
        **choices: settings by name, as for `train`, but no learning_rate.

    Returns:
        The rate with its interval, evidence and cost; or the optimizer's fixed default with the
        reason, where nothing can be learned from the data, all targets are alike or every training
        diverged.

    Raises:
        ArgumentError: a choice breaks a rule. DataError: the arrays cannot be learned from.
        Interrupted: Ctrl-C or SIGTERM; `.runs` is None.

    Example:
        >>> import numpy as np
        >>> X = np.linspace(-1, 1, 60)[:, None]
        >>> choice = choose_learning_rate(Network([1, 8, 1], hidden="tanh"), X, X**2, epochs=99)
        >>> choice.reliable, choice.interval[0] <= choice.rate <= choice.interval[1]
        (True, True)
    """
    started = time.monotonic()
    _checks.instance("network", network, Network)
    if choices.get("learning_rate") is not None:
        raise ArgumentError("learning_rate is what is to be chosen; leave it out")
    chosen = combine(settings, choices)
    n = len(np.asarray(X)) if np.ndim(X) else 0
    if validation is None and n >= _FEW:
        validation = _HELD_OUT
    data = assemble(network, X, y, chosen, validation=validation, sample_weight=sample_weight)
    trials = Trials(network, data, replace(chosen, learning_rate=None), seeds, on_steps)
    alike = all_alike(data[0])
    try:
        return _answer(trials, [] if alike else search(trials), alike, started)
    except Interrupted as stop:
        message = "the training was stopped while its learning rate was being chosen"
        raise Interrupted(message, stop.signal, None) from stop


def _answer(
    trials: Trials, evidence: Sequence[Evidence], alike: str | None, started: float
) -> Choice:
    settings, (train, rest) = trials.settings, trials.data
    watched = train if rest is None else rest
    constant = constant_loss(
        settings.loss_for(trials.network.architecture.activations[-1]), watched
    )
    reason = alike or _doubt(evidence, constant, len(watched.X))
    rate = DEFAULT_RATES[settings.rule]
    if reason is None:
        rate = float(evidence[-1].rates[evidence[-1].best])
    held_out = None if rest is None else len(rest.X)
    seconds = time.monotonic() - started
    full = trials.seconds_of_full_run(rate)
    return Choice(
        rate=rate,
        interval=None if reason else evidence[-1].interval(evidence[-2].noise, held_out),
        reason=reason,
        evidence=tuple(evidence),
        batch_size=_batch_size(settings, len(train.X)),
        optimizer=settings.rule,
        watched="training loss" if rest is None else "validation loss",
        constant_loss=constant,
        cost=seconds / full,
        seconds=seconds,
    )


def _doubt(evidence: Sequence[Evidence], constant: float, n: int) -> str | None:
    """Why these losses give no reliable answer, or None."""
    last = evidence[-1]
    if not np.isfinite(last.losses[:, 0]).any():
        return f"all trainings diverged, also at {last.rates[0]:g} (try scaling X and y)"
    if not np.isfinite(last.scores[last.best] + last.losses[last.best]).all():
        return "at every rate that looked good, trainings from some seeds diverged"
    least = max(_LEAST_GAIN, _GAIN_NOISE / np.sqrt(n))
    reached = last.losses[last.best].mean()
    if reached > (1 - least) * constant:
        return (
            f"at no rate does the network do better on the {_samples(n)} than a constant "
            f"answer does (loss {reached:.4g} against {constant:.4g})"
        )
    return None


def _samples(n: int) -> str:
    return "one watched sample" if n == 1 else f"{n} watched samples"


def _batch_size(settings: Settings, n: int) -> int:
    return n if settings.batch_size == "full" else min(int(settings.batch_size), n)
