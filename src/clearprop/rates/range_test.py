"""The range test: a quick look, in which the rate grows exponentially while one network trains.

The loss falls once the rate is high enough to matter, and rises when it is too high. Published
rules read a rate off that curve, and they disagree, so all are given:

    steepest      where the loss falls fastest, against the logarithm of the rate   (Gugger 2018)
    minimum_tenth a tenth of the rate at the minimum, which itself is too high      (Gugger 2018)
    valley        two thirds down the longest fall                                  (fastai 2021)

A look at one seed and one pass decides little: see `choose_learning_rate` for an answer.

Smith, "Cyclical learning rates for training neural networks", 2017.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Unpack

import numpy as np
from numpy.typing import ArrayLike, NDArray

from clearprop import _checks
from clearprop.errors import ArgumentError
from clearprop.network import Network
from clearprop.training import Hooks, Report, Settings, train_population
from clearprop.training.choices import Choices, combine
from clearprop.training.data import assemble

__all__ = ["RULES", "RangeTest", "range_test"]

Floats = NDArray[np.float64]

_LEAST_STEPS = 100
_BURN_IN = 0.05  # share of the curve's start that is not read: the first batches differ by chance
_STOP = 4.0  # times the lowest loss, where the curve ends
_SMOOTH = 0.03  # width of the smoothing, as a share of the steps
_FEWEST = 8  # points that can be read


@dataclass(frozen=True, repr=False)
class RangeTest:
    """The curve of a range test and what published rules read off it.

    Attributes:
        rates: of each step, `(n_steps,)`.
        losses: of each batch before its update, `(n_steps,)`.
        smoothed: the losses, smoothed.
        suggestions: rate by rule; empty where the loss never falls.
        batch_size: samples a step.
        optimizer: the update rule.
    """

    rates: Floats
    losses: Floats
    smoothed: Floats
    suggestions: dict[str, float]
    batch_size: int
    optimizer: str

    @property
    def band(self) -> tuple[float, float] | None:
        """From the lowest suggestion to the highest."""
        if not self.suggestions:
            return None
        return min(self.suggestions.values()), max(self.suggestions.values())

    def to_json(self) -> dict[str, Any]:
        """Plain JSON types."""
        return {
            "rates": self.rates.tolist(),
            "losses": self.losses.tolist(),
            "smoothed": self.smoothed.tolist(),
            "suggestions": self.suggestions,
            "band": None if self.band is None else list(self.band),
            "batch_size": self.batch_size,
            "optimizer": self.optimizer,
        }

    def __repr__(self) -> str:
        said = ", ".join(f"{rule} {rate:.2g}" for rule, rate in self.suggestions.items())
        return (
            f"RangeTest({self.optimizer}, batch {self.batch_size}; "
            f"{said or 'the loss never falls'})"
        )


def range_test(
    network: Network,
    X: ArrayLike,
    y: ArrayLike,
    settings: Settings | None = None,
    *,
    lowest: float = 1e-6,
    highest: float = 10.0,
    sample_weight: ArrayLike | None = None,
    **choices: Unpack[Choices],
) -> RangeTest:
    """Train once while the rate grows from `lowest` to `highest`; the network is left as it is.

    Args:
        network: where to start.
        X: inputs, `(n_samples, n_features)`.
        y: targets, as for `train`.
        settings: how to train.
        lowest: the first rate.
        highest: the last, unless the loss has grown to four times its lowest before.
        sample_weight: as for `train`.
        **choices: settings by name, as for `train`, but no learning_rate. What makes rate and
            length, such as schedule and epochs, is the test's own.

    Returns:
        The curve over one pass, or as many as make 100 steps, and what the rules read off it.

    Raises:
        ArgumentError: a choice breaks a rule, or the curve has too few finite points.

    Example:
        >>> X = np.linspace(-1, 1, 64)[:, None]
        >>> look = range_test(Network([1, 8, 1], hidden="tanh"), X, X**2, batch_size=8)
        >>> sorted(look.suggestions)
        ['minimum_tenth', 'steepest', 'valley']
    """
    _checks.instance("network", network, Network)
    lowest, highest = _checks.positive("lowest", lowest), _checks.positive("highest", highest)
    if not lowest < highest:
        raise ArgumentError(f"highest must be above lowest, {lowest:g}; got {highest:g}")
    if choices.get("learning_rate") is not None:
        raise ArgumentError("learning_rate is what the test looks for; leave it out")
    chosen = combine(settings, choices)
    data, _ = assemble(network, X, y, chosen, sample_weight=sample_weight)
    n = len(data.X)
    size = n if chosen.batch_size == "full" else min(int(chosen.batch_size), n)
    batches = -(-n // size)
    growing = replace(
        chosen,
        learning_rate=lowest,
        schedule={"name": "exponential", "final": highest / lowest},
        epochs=-(-_LEAST_STEPS // batches),
        early_stopping=None,
        reduce_on_plateau=None,
        record_weights="step",  # so that the engine looks up after every step
        class_weight=None,
    )
    curve = _Curve(n, size)
    train_population(
        network,
        data.X,
        data.y,
        [{}],
        growing,
        sample_weight=data.weights,
        hooks=Hooks(on_steps=[curve]),
    )
    rates, losses = curve.points()
    smoothed = _smooth(losses)
    rates, losses, smoothed = (each[: _end(smoothed)] for each in (rates, losses, smoothed))
    if len(rates) < _FEWEST:
        raise ArgumentError(
            f"lowest must leave some rates that train; at {lowest:g} the loss is beyond bounds "
            f"after {len(rates)} steps"
        )
    first = int(_BURN_IN * len(rates))
    suggestions = _suggest(rates[first:], smoothed[first:])
    return RangeTest(rates, losses, smoothed, suggestions, size, chosen.rule)


class _Curve:
    """Listens to a training and notes rate and loss of every batch."""

    def __init__(self, n: int, size: int) -> None:
        self._n, self._size = n, size
        self._before, self._seen, self._epoch = 0.0, 0, 0
        self._points: list[tuple[float, float]] = []

    def __call__(self, report: Report) -> None:
        # The report has the mean over the epoch so far; the batch is what it changed by.
        if report.epoch != self._epoch:
            self._before, self._seen, self._epoch = 0.0, 0, report.epoch
        seen = min(self._seen + self._size, self._n)
        total = float(report.loss[0]) * seen
        loss = (total - self._before) / (seen - self._seen)
        self._points.append((float(report.learning_rate[0]), loss))
        self._before, self._seen = total, seen

    def points(self) -> tuple[Floats, Floats]:
        """Rates and losses up to the first that is not finite."""
        points = np.array(self._points).reshape(-1, 2)
        bad = np.flatnonzero(~np.isfinite(points[:, 1]))
        points = points[: bad[0]] if bad.size else points
        return points[:, 0], points[:, 1]


def _smooth(losses: Floats) -> Floats:
    """Gaussian weights over the neighbouring steps, which at the ends are fewer."""
    place = np.arange(len(losses))
    width = max(1.0, _SMOOTH * len(losses))
    weights = np.exp(-0.5 * ((place[:, None] - place) / width) ** 2)
    smoothed: Floats = weights @ losses / weights.sum(axis=1)
    return smoothed


def _end(smoothed: Floats) -> int:
    """Where the loss first exceeds four times the lowest before it."""
    if not len(smoothed):
        return 0
    beyond = smoothed > _STOP * np.minimum.accumulate(smoothed)
    return int(np.argmax(beyond)) if beyond.any() else len(smoothed)


def _suggest(rates: Floats, losses: Floats) -> dict[str, float]:
    if losses.min() >= losses[0]:
        return {}
    return {name: float(f"{rule(rates, losses):.3g}") for name, rule in RULES.items()}


def steepest(rates: Floats, losses: Floats) -> float:
    """Where the slope against the logarithm of the rate is the most negative."""
    return float(rates[np.argmin(np.gradient(losses, np.log(rates)))])


def minimum_tenth(rates: Floats, losses: Floats) -> float:
    """A tenth of the rate at the lowest loss."""
    return float(rates[np.argmin(losses)] / 10)


def valley(rates: Floats, losses: Floats) -> float:
    """Two thirds along the longest decreasing subsequence of the losses."""
    length = np.ones(len(losses), dtype=int)
    for i in range(1, len(losses)):
        lower = length[:i][losses[:i] > losses[i]]
        length[i] = 1 + lower.max(initial=0)
    last = int(np.argmax(length))
    first = last - int(length[last]) + 1
    third = (last - first) / 3
    return float(rates[first + int(2 * third)])


RULES = {"steepest": steepest, "minimum_tenth": minimum_tenth, "valley": valley}
