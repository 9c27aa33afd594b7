"""`choose_learning_rate`: a rate that was found by real, short trainings, or no reliable answer.

1. *Early cut.* Rates half a decade apart over the whole range, side by side at a constant rate, for
   a thirtieth of the epochs. Only the neighbourhood of the best goes on; it reaches further up than
   down, because a rate that is too high in the first steps may be best under a schedule.
2. *Compressed schedule.* There, rates a quarter of a decade apart over a third of the epochs, with
   the whole schedule in them. Schedules are functions of the progress, so that costs nothing.
   While the best stands at an end, the neighbourhood is widened.
3. *More seeds* for the best and its two neighbours. Should another rate look better than what is
   left of them, it is given more seeds as well.

Measured against other ways in docs/rates.md.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Unpack

import numpy as np
from numpy.typing import ArrayLike

from clearprop import _checks
from clearprop.engines import Data
from clearprop.errors import ArgumentError, Interrupted
from clearprop.network import Network
from clearprop.rates.choice import Choice
from clearprop.rates.constant import all_alike, constant_loss
from clearprop.rates.evidence import Evidence
from clearprop.rates.grids import seed_list
from clearprop.training import (
    DEFAULT_RATES,
    Hooks,
    Population,
    Run,
    Settings,
    train_population,
)
from clearprop.training.choices import Choices, combine
from clearprop.training.data import Validation, assemble
from clearprop.training.loop import Listener

__all__ = ["choose_learning_rate"]

# Steps of a quarter of a decade: rate = 10^(k/4).
_LOWEST, _HIGHEST, _COARSE = -20, 2, 2  # from 1e-5 to 3.2, every second step
_BELOW, _ABOVE = 2, 3  # steps around the best of the early cut
_MOST_WIDENED = 2  # times
_MOST_CONFIRMED = 3  # times
_CUT, _COMPRESSED = 30, 3  # parts of the epochs
_STEADY = 5  # part of a training over which its loss is averaged
_FEW = 10  # samples from which a validation part is held out
_HELD_OUT = 0.2
_SMALL_WORK = 2.5e6  # samples × parameters below which a third seed costs little
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
    **choices: Unpack[Choices],
) -> Choice:
    """Find the learning rate for a training by trying: many rates, several seeds, short trainings.

    The network, the arrays and every random state are left as they are.

    Args:
        network: the architecture; the first seed starts from it as it is.
        X: inputs, `(n_samples, n_features)`.
        y: targets, as for `train`.
        settings: how the training will be done that needs the rate.
        validation: as for `train`. Without one, a fifth of the samples is held out; of fewer than
            ten samples nothing is, and the training loss decides.
        sample_weight: as for `train`.
        seeds: for each rate; by default 2, and 3 where trainings are small.
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
    trials = _Trials(network, data, replace(chosen, learning_rate=None), seeds, on_steps)
    alike = all_alike(data[0])
    try:
        return _answer(trials, [] if alike else _search(trials), alike, started)
    except Interrupted as stop:
        message = "the training was stopped while its learning rate was being chosen"
        raise Interrupted(message, stop.signal, None) from stop


@dataclass(frozen=True)
class _Trials:
    """Short trainings of one network on one set of samples."""

    network: Network
    data: tuple[Data, Data | None]
    settings: Settings
    asked_seeds: int | None
    on_steps: Sequence[Listener]

    @property
    def seeds(self) -> int:
        if self.asked_seeds is not None:
            return _checks.integer("seeds", self.asked_seeds)
        work = len(self.data[0].X) * self.network.parameters.size
        return 3 if work < _SMALL_WORK else 2

    def run(self, steps: Sequence[int], epochs: int, seeds: range, *, constant: bool) -> Evidence:
        """Train at the rates 10^(k/4), from each of these seeds."""
        rates = [_rate(k) for k in steps]
        numbers, own = seed_list(seeds.stop, self.settings.seed)
        members = [
            {"learning_rate": rate} | ({} if seed == own else {"seed": seed})
            for rate in rates
            for seed in numbers[seeds.start :]
        ]
        population = self.train(members, self.short(epochs, constant=constant), self.on_steps)
        losses = np.array([_kept_loss(run) for run in population]).reshape(len(rates), len(seeds))
        schedule = "constant" if constant else "compressed"
        return Evidence(np.array(rates), losses, epochs, schedule)

    def train(
        self,
        members: Sequence[Any],
        settings: Settings,
        on_steps: Sequence[Listener] = (),
        *,
        fast: bool = True,
    ) -> Population:
        """On the samples as they were assembled once."""
        train, rest = self.data
        return train_population(
            self.network,
            train.X,
            train.y,
            members,
            settings,
            validation=None if rest is None else (rest.X, rest.y),
            sample_weight=train.weights,
            hooks=Hooks(on_steps=on_steps),
            watched_only=fast,
        )

    def short(self, epochs: int, *, constant: bool) -> Settings:
        """The settings of a short training: whole, without what would only cost time."""
        schedule = "constant" if constant else self.settings.schedule
        return replace(
            self.settings,
            epochs=epochs,
            schedule=schedule,
            early_stopping=None,
            record_weights=None,
            class_weight=None,  # in the samples' weights already
        )

    def seconds_of_full_run(self, rate: float) -> float:
        """What the training will take, from a few epochs of it. It decides about nothing."""
        epochs = min(self.settings.epochs, max(2, self.settings.epochs // 12))
        population = self.train(
            [{"learning_rate": rate}], self.short(epochs, constant=False), fast=False
        )
        return population[0].seconds * self.settings.epochs / epochs


def _rate(step: int) -> float:
    """10^(k/4), rounded to three digits."""
    return float(f"{10 ** (step / 4):.3g}")


def _kept_loss(run: Run) -> float:
    """The lowest mean of the watched loss over a fifth of the epochs; inf where it diverged.

    A single epoch's loss would favour rates that are too high: they jump, and one jump is lucky.
    """
    loss = run.history[run.watched][1:]
    if run.diverged or not np.isfinite(loss).all():
        return np.inf
    width = max(1, len(loss) // _STEADY)
    return float(np.convolve(loss, np.full(width, 1 / width), mode="valid").min())


def _search(trials: _Trials) -> list[Evidence]:
    """The early cut, then the compressed schedule, then more seeds."""
    epochs = trials.settings.epochs
    grid = list(range(_LOWEST, _HIGHEST + 1, _COARSE))
    cut = trials.run(grid, min(epochs, max(2, epochs // _CUT)), range(1), constant=True)
    if not np.isfinite(cut.losses).any():
        return [cut]
    top = grid[int(np.argmin(cut.losses[:, 0]))]
    length = min(epochs, max(2, -(-epochs // _COMPRESSED)))
    tried = list(range(top - _BELOW, top + _ABOVE + 1))
    found = trials.run(tried, length, range(1), constant=False)
    for _ in range(_MOST_WIDENED):
        if 0 < found.best < len(tried) - 1:
            break
        first, last = tried[0], tried[-1]
        more = [first - 2, first - 1] if found.best == 0 else [last + 1, last + 2]
        tried = sorted(tried + more)
        found = found.joined(trials.run(more, length, range(1), constant=False))
    if trials.seeds > 1:
        found = _confirmed(trials, tried, found)
    return [cut, found]


def _confirmed(trials: _Trials, steps: Sequence[int], found: Evidence) -> Evidence:
    """More seeds for the best and its neighbours, until the best is one that has them."""
    for _ in range(_MOST_CONFIRMED):
        best, whole = found.promising, found.losses.shape[1] == trials.seeds
        near = range(max(0, best - 1), min(len(steps), best + 2))
        missing = [steps[i] for i in near if not (whole and found.tried[i])]
        if whole and found.tried[best]:
            break
        more = trials.run(missing, found.epochs, range(1, trials.seeds), constant=False)
        found = found.with_seeds(more)
    return found


def _answer(
    trials: _Trials, evidence: Sequence[Evidence], alike: str | None, started: float
) -> Choice:
    settings, (train, rest) = trials.settings, trials.data
    loss = settings.loss_for(trials.network.architecture.activations[-1])
    watched = train if rest is None else rest
    constant = constant_loss(loss, watched)
    reason = alike or _doubt(evidence[-1], constant, len(watched.X))
    rate = DEFAULT_RATES[settings.rule]
    if reason is None:
        rate = float(evidence[-1].rates[evidence[-1].best])
    seconds = time.monotonic() - started
    full = trials.seconds_of_full_run(rate)
    return Choice(
        rate=rate,
        interval=None if reason else evidence[-1].interval,
        reason=reason,
        evidence=tuple(evidence),
        batch_size=_batch_size(settings, len(train.X)),
        optimizer=settings.rule,
        watched="training loss" if rest is None else "validation loss",
        constant_loss=constant,
        cost=seconds / full,
        seconds=seconds,
    )


def _doubt(found: Evidence, constant: float, n: int) -> str | None:
    """Why these losses give no reliable answer, or None."""
    best = found.losses[found.best]
    if not np.isfinite(found.losses[:, 0]).any():
        return f"all trainings diverged, also at {found.rates[0]:g} (try scaling X and y)"
    if not np.isfinite(best).all():
        return "at every rate that looked good, trainings from some seeds diverged"
    least = max(_LEAST_GAIN, _GAIN_NOISE / np.sqrt(n))
    if best.mean() > (1 - least) * constant:
        return (
            f"at no rate does the network do better on the {n} watched samples than a constant "
            f"answer does (loss {best.mean():.4g} against {constant:.4g})"
        )
    return None


def _batch_size(settings: Settings, n: int) -> int:
    return n if settings.batch_size == "full" else min(int(settings.batch_size), n)
