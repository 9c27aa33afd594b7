"""What became of a training, in one word, by rules that anybody can check.

Every label has its function below, which takes the `Facts` of a training and answers yes or no.
`label` takes the first that fits, in the order of `LABELS`:

    diverged     the numbers ceased to be finite, or the loss grew beyond bounds
    dead         no better than the best constant answer, and not on its way down
    oscillating  overshoots again and again while it trains
    good         learned: it has closed most of the gap between a constant answer and the best run
    slow         still falling steadily when the epochs ran out
    plateau      none of these: it has settled above what other runs reach

Losses are compared on a scale that no unit changes: 0 is the loss of the best constant answer, 1
the lowest training loss that any training of the sweep reached. That is `gain`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["LABELS", "THRESHOLDS", "Facts", "Thresholds", "label", "learned"]


@dataclass(frozen=True)
class Thresholds:
    """Where one label ends and the next begins. All are shares.

    Attributes:
        learned: a gain from which a run counts as one that learned. The 90 % seeds of `moons`, the
            usual plateau, have 0.6 to 0.7.
        nothing: a gain, on the scale of the constant answer's loss alone, below which a run is no
            better than that answer.
        rise: a rise of the loss, as a share of the gap between constant answer and best run, from
            which an epoch counts as rising; smaller ones are the noise of mini-batches.
        rising: rising epochs from which a run oscillates. Measured at batch 64, median of rates
            that are too high 0.3 to 0.4, of good ones 0 to 0.07.
        reversed: updates that turn back on the one before, full batch, from which it oscillates:
            on a quadratic, all of them above the rate 1/λmax.
        falling: share of a run's whole drop that falls into its last quarter, from which it was not
            finished; a straight line has a quarter there.
    """

    learned: float = 0.8
    nothing: float = 0.02
    rise: float = 0.01
    rising: float = 0.25
    reversed: float = 0.5
    falling: float = 0.05


THRESHOLDS = Thresholds()


@dataclass(frozen=True)
class Facts:
    """What the labels are decided by.

    Attributes:
        train_loss: at the start and after every epoch, `(n_epochs + 1,)`.
        diverged: whether the training loop gave it up.
        reversals: share of the updates on the way down that turn back on the one before; None
            where it is not known or, in mini-batches, would mean nothing.
        constant: the training loss of the best constant answer.
        reference: the lowest training loss of the sweep.
    """

    train_loss: NDArray[np.float64]
    diverged: bool
    reversals: float | None
    constant: float
    reference: float

    @property
    def level(self) -> float:
        """Where the run ended: its last loss, or the median of its last quarter if lower."""
        quarter = self.train_loss[-max(1, (len(self.train_loss) - 1) // 4) :]
        return float(min(self.train_loss[-1], np.median(quarter)))

    @property
    def scale(self) -> float:
        """From the constant answer to the best run; above zero."""
        gap = self.constant - self.reference
        return gap if gap > 0 else abs(self.constant) or 1.0

    @property
    def gain(self) -> float:
        """0: a constant answer; 1: the best run of the sweep."""
        return (self.constant - self.level) / self.scale


def is_diverged(facts: Facts, at: Thresholds) -> bool:  # noqa: ARG001 - one face for all
    """The loop gave it up, or it ended without a finite loss."""
    return facts.diverged or not np.isfinite(facts.level)


def is_dead(facts: Facts, at: Thresholds) -> bool:
    """No better than a constant answer, and not falling."""
    return _learned_nothing(facts, at) and not _is_falling(facts, at)


def is_oscillating(facts: Facts, at: Thresholds) -> bool:
    """Rising epochs, or with the full batch updates that turn back."""
    turning = facts.reversals is not None and facts.reversals >= at.reversed
    return turning or _rising_share(facts, at) >= at.rising


def is_good(facts: Facts, at: Thresholds) -> bool:
    """Learned."""
    return learned(facts, at)


def is_slow(facts: Facts, at: Thresholds) -> bool:
    """Not there yet, and still falling."""
    return _is_falling(facts, at)


def is_plateau(facts: Facts, at: Thresholds) -> bool:  # noqa: ARG001 - one face for all
    """What is left."""
    return True


# In the order in which they are tried.
LABELS: dict[str, Callable[[Facts, Thresholds], bool]] = {
    "diverged": is_diverged,
    "dead": is_dead,
    "oscillating": is_oscillating,
    "good": is_good,
    "slow": is_slow,
    "plateau": is_plateau,
}


def label(facts: Facts, thresholds: Thresholds = THRESHOLDS) -> str:
    """The first label that fits.

    >>> falling = Facts(np.array([1.0, 0.3, 0.1, 0.05, 0.04]), False, None, 0.9, 0.04)
    >>> label(falling)
    'good'
    """
    return next(name for name, fits in LABELS.items() if fits(facts, thresholds))


def learned(facts: Facts, thresholds: Thresholds = THRESHOLDS) -> bool:
    """Whether a run learned, however it went on the way: the gain at its end."""
    if is_diverged(facts, thresholds) or _learned_nothing(facts, thresholds):
        return False
    return facts.gain >= thresholds.learned


def _learned_nothing(facts: Facts, at: Thresholds) -> bool:
    return facts.level >= facts.constant - at.nothing * abs(facts.constant)


def _rising_share(facts: Facts, at: Thresholds) -> float:
    """Share of the epochs whose training loss is clearly above that of the epoch before."""
    rises = np.diff(facts.train_loss)
    return float(np.mean(rises > at.rise * facts.scale)) if len(rises) else 0.0


def _is_falling(facts: Facts, at: Thresholds) -> bool:
    """A fair part of the whole drop came in the last quarter, and hardly any epoch rose."""
    loss = facts.train_loss
    quarter = max(1, (len(loss) - 1) // 4)
    drop = loss[0] - loss[-1]
    late = loss[-1 - quarter] - loss[-1] if len(loss) > quarter else 0.0
    rose = np.mean(np.diff(loss) > 0) if len(loss) > 1 else 1.0
    return bool(drop > 0 and late >= at.falling * drop and rose < at.rising)
