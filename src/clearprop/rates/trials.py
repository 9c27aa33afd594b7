"""Trial trainings of one network on one set of samples: the experiments behind a choice."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from clearprop import _checks, randomness
from clearprop.engines import Data
from clearprop.network import Network
from clearprop.rates.evidence import Evidence
from clearprop.rates.grids import seed_list
from clearprop.rates.memory import how_many_fit
from clearprop.training import Hooks, Population, Run, Settings, train_population
from clearprop.training.loop import Listener

__all__ = ["Trials", "rate_of", "step_of"]

_STEADY = 5  # part of a training over which its loss is averaged
_SMALL_WORK = 1e6  # samples × parameters below which one more seed costs little
_SEEDS = 2
_TINY_WORK = 5e7  # epochs × (samples × parameters + 10⁵): some 15 ms; whole trainings cost little
_EPOCH_WORK = 1e5  # what an epoch takes besides, in samples × parameters
_TINY_SEEDS = 4, 8


def rate_of(step: int) -> float:
    """10^(k/4), a quarter of a decade for each step, rounded to three digits.

    >>> [rate_of(k) for k in (-8, -7, -6)]
    [0.01, 0.0178, 0.0316]
    """
    return float(f"{10 ** (step / 4):.3g}")


def step_of(rate: float) -> int:
    """The step of such a rate.

    >>> step_of(0.0178)
    -7
    """
    return round(4 * float(np.log10(rate)))


@dataclass(frozen=True)
class Trials:
    """Short trainings.

    Attributes:
        network: where the first seed starts.
        data: the training and the validation samples.
        settings: of the training that needs the rate.
        asked_seeds: for each rate, or None.
        on_steps: who is told of progress.
    """

    network: Network
    data: tuple[Data, Data | None]
    settings: Settings
    asked_seeds: int | None
    on_steps: Sequence[Listener]

    @property
    def tiny(self) -> bool:
        """Whether a training is so short that many whole ones cost next to nothing."""
        return self.settings.epochs * (self._epoch_work + _EPOCH_WORK) < _TINY_WORK

    @property
    def _epoch_work(self) -> float:
        return float(len(self.data[0].X) * self.network.parameters.size)

    @property
    def seeds(self) -> tuple[int, int]:
        """How many in the wider and in the last, narrower round."""
        if self.asked_seeds is not None:
            asked = _checks.integer("seeds", self.asked_seeds)
            return asked, asked
        if self.tiny:
            return _TINY_SEEDS
        small = self._epoch_work < _SMALL_WORK
        return (_SEEDS + 1, _SEEDS) if small else (_SEEDS, _SEEDS - 1)

    def run(
        self, steps: Sequence[int], part: float, seeds: range, *, constant: bool = False
    ) -> Evidence:
        """Train at the rates 10^(k/4) for a part of the full training, from each of these seeds.

        A part that is less than an epoch is one epoch over fewer samples.
        """
        rates = [rate_of(k) for k in steps]
        numbers, own = seed_list(seeds.stop, self.settings.seed)
        members = [
            {"learning_rate": rate} | ({} if seed == own else {"seed": seed})
            for rate in rates
            for seed in numbers[seeds.start :]
        ]
        wanted = part * self.settings.epochs
        epochs, n = max(1, round(wanted)), len(self.data[0].X)
        size = n if wanted >= 1 else self._fewer(wanted)
        at_once = max(1, how_many_fit(self.network, size, epochs))  # a big network, one at a time
        held = [
            _held_loss(run)
            for first in range(0, len(members), at_once)
            for run in self._train(
                members[first : first + at_once], self.short(epochs, constant=constant), size
            )
        ]
        losses = np.reshape(held, (len(rates), len(seeds)))
        share = epochs * size / (self.settings.epochs * n)
        return Evidence(
            np.array(rates), losses, epochs, "constant" if constant else "compressed", share
        )

    def _fewer(self, epochs: float) -> int:
        """Samples for less than one epoch, but no less than a batch."""
        n, batch = len(self.data[0].X), self.settings.batch_size
        return min(n, max(round(epochs * n), n if batch == "full" else int(batch)))

    def _train(
        self, members: Sequence[Any], settings: Settings, size: int, *, watched_only: bool = True
    ) -> Population:
        """On the samples as they were assembled once, or on `size` of them."""
        train, rest = self.data
        chosen: Any = slice(None)
        if size < len(train.X):
            chosen = np.sort(randomness.permutation(settings.seed, 0, len(train.X))[:size])
        return train_population(
            self.network,
            train.X[chosen],
            train.y[chosen],
            members,
            settings,
            validation=None if rest is None else (rest.X, rest.y),
            sample_weight=None if train.weights is None else train.weights[chosen],
            hooks=Hooks(on_steps=self.on_steps),
            watched_only=watched_only,
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
        settings, size = self.short(epochs, constant=False), len(self.data[0].X)
        run = self._train([{"learning_rate": rate}], settings, size, watched_only=False)[0]
        return run.seconds * self.settings.epochs / epochs


def _held_loss(run: Run) -> float:
    """The lowest mean of the watched loss over a fifth of the epochs; inf where it diverged.

    A single epoch's loss would favour rates that are too high: they jump, and one jump is lucky.
    """
    loss = run.history[run.watched][1:]
    if run.diverged or not np.isfinite(loss).all():
        return np.inf
    width = max(1, len(loss) // _STEADY)
    return float(np.convolve(loss, np.full(width, 1 / width), mode="valid").min())
