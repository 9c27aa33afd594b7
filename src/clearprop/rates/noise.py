"""`noise_scale`: how large a batch pays, from the spread of the samples' gradients.

With `g_i` the gradient of sample i, `G` their expected value and `Σ` their covariance, a batch of B
samples gives a gradient with the variance `tr Σ / B`. Where B is the *simple noise scale*
`tr Σ / |G|²`, noise and signal are equal: smaller batches waste steps, larger ones waste samples
(McCandlish et al. 2018, section 2).

No gradient of a sample is ever stored. In a dense layer it is the outer product of what went in
and the sample's delta (BP4), so that

    |g_i|² = Σ_l (1 + |a_{l−1}[i]|²) · |delta_l[i]|²
    g_i · v = Σ_l delta_l[i] · (a_{l−1}[i] V_l + c_l)

and tr Σ and |G|², also with any one sample left out, follow from two such numbers a sample.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Unpack

import numpy as np
from numpy.typing import ArrayLike, NDArray
from threadpoolctl import threadpool_limits

from clearprop.equations.dense import dense
from clearprop.errors import DataError
from clearprop.network import Network
from clearprop.rates.problem import CostChoices, Place, Places, Problem

__all__ = ["NoiseScale", "noise_scale"]

Array = NDArray[np.float64]

LEVEL = 0.9  # of the interval
_QUANTILE = 1.6448536269514722  # of the normal distribution, for two sides of 5 %


@dataclass(frozen=True, repr=False)
class NoiseScale:
    """How noisy the gradient is, in samples.

    Attributes:
        noise_scale: `tr Σ / |G|²`; inf where the gradient drowns in the noise of these samples.
        interval: 90 % interval of the noise scale; its upper end is inf where the samples cannot
            bound it.
        trace: `tr Σ`, unbiased.
        gradient_squared: `|G|²`, unbiased, so that it may fall below 0 near a minimum.
        n_samples: samples that were measured.
    """

    noise_scale: float
    interval: tuple[float, float]
    trace: float
    gradient_squared: float
    n_samples: int

    @property
    def suggested_batch_size(self) -> int:
        """The power of two nearest to the noise scale; all samples where there are fewer."""
        if self.noise_scale >= self.n_samples:
            return self.n_samples
        return min(1 << round(math.log2(max(self.noise_scale, 1.0))), self.n_samples)

    def __repr__(self) -> str:
        low, high = self.interval
        return (
            f"NoiseScale({self.noise_scale:.4g} samples, {LEVEL:.0%} interval {low:.4g} to "
            f"{high:.4g}; suggested batch size {self.suggested_batch_size} "
            f"of {self.n_samples}; at these weights)"
        )


def noise_scale(
    network: Network, X: ArrayLike, y: ArrayLike, **cost: Unpack[CostChoices]
) -> NoiseScale:
    """The simple gradient noise scale and the batch size that it suggests.

    `B = tr Σ / |G|²`, with the unbiased estimates `tr Σ = Σ_i |g_i − ḡ|² / (n − 1)` and
    `|G|² = |ḡ|² − tr Σ / n` over the n samples. The interval is Fieller's for a ratio, from the
    jackknife's covariance of the two. The scale grows as training proceeds: at the start it is at
    its smallest.

    Args:
        network: where: its parameters. Dropout plays no part.
        X: inputs, `(n_samples, n_features)`: at least 3, independent of each other.
        y: targets, as for `train`.
        **cost: `loss`, `sample_weight` and `penalty`, as for `train`. The penalty's gradient is the
            same for every sample: it counts in G and adds no noise.

    Returns:
        The noise scale with its interval and a batch size.

    Raises:
        ArgumentError: a choice breaks a rule.
        DataError: the arrays cannot be learned from, there are fewer than 3 samples, or the weights
            have blown up.

    Example:
        >>> import numpy as np
        >>> X = np.array([[1.0], [2.0], [3.0], [4.0]])
        >>> line = Network([1, 1])
        >>> line.parameters = [0.0, 0.0]
        >>> noise_scale(line, X, 3 * X).suggested_batch_size
        1

    References:
        McCandlish et al., "An empirical model of large-batch training", 2018; Efron & Stein, "The
        jackknife estimate of variance", 1981; Fieller, "Some problems in interval estimation",
        1954.
    """
    problem = Problem.of(network, X, y, cost)
    if len(problem.data.X) < 3:
        raise DataError(
            f"X must hold at least 3 samples to tell noise from signal; got {len(problem.data.X)}"
        )
    with threadpool_limits(1, user_api="blas"), np.errstate(all="ignore"):
        squares, along, mean_squared = _statistics(problem)
    if not np.isfinite(squares).all() or not np.isfinite(along).all():
        raise DataError(
            "the gradients are not finite at these weights, because they have blown up; "
            "take the weights before the divergence"
        )
    n = len(squares)
    trace, signal = _estimates(n, squares.sum(), mean_squared)
    covariance = _jackknife(squares, along, mean_squared)
    return NoiseScale(
        _ratio(float(trace), float(signal)),
        _fieller(float(trace), float(signal), covariance),
        float(trace),
        float(signal),
        n,
    )


def _statistics(problem: Problem) -> tuple[Array, Array, float]:
    """`|g_i|²` and `g_i · ḡ` of every sample, `(n,)` each, and `|ḡ|²`, all with the penalty."""
    places, pull = Places(problem), problem.penalty_gradient
    mean = pull + sum(place.share * place.gradient for place in places)
    squares, along = [], []
    for place in places:
        on_mean, on_pull = _dots(problem, place, np.stack([mean, pull]))
        squares.append(_squares(place) + 2 * on_pull + pull @ pull)
        along.append(on_mean + pull @ mean)
    return np.concatenate(squares), np.concatenate(along), float(mean @ mean)


def _squares(place: Place) -> Array:
    """`|g_i|²` of the block's samples; their deltas hold the block's 1/n, which is undone."""
    total = np.zeros(len(place.block.X))
    for (a_prev, _, _), delta in zip(place.trace, place.deltas, strict=True):
        total += (1 + (a_prev**2).sum(axis=-1)) * (delta**2).sum(axis=-1)
    return total * len(total) ** 2


def _dots(problem: Problem, place: Place, v: Array) -> Array:
    """`g_i · v` of the block's samples with each of k directions: `(k, n)`."""
    total = np.zeros((len(v), len(place.block.X)))
    for (V, c), (a_prev, _, _), delta in zip(
        problem.architecture.layers(v), place.trace, place.deltas, strict=True
    ):
        total += (delta * dense(a_prev, V, c)).sum(axis=-1)
    return total * total.shape[-1]


def _estimates(n: int, squares: Array | float, mean_squared: Array | float) -> tuple[Array, Array]:
    """`tr Σ` and `|G|²`, unbiased, from `Σ|g_i|²` and `|ḡ|²`; never a negative tr Σ."""
    trace = np.maximum(squares - n * np.asarray(mean_squared), 0.0) / (n - 1)
    return trace, mean_squared - trace / n


def _jackknife(squares: Array, along: Array, mean_squared: float) -> Array:
    """The covariance of `(tr Σ, |G|²)`, `(2, 2)`, from leaving out one sample after the other.

    Without sample i the mean gradient is `(nḡ − g_i)/(n − 1)`.
    """
    n = len(squares)
    means = (n**2 * mean_squared - 2 * n * along + squares) / (n - 1) ** 2
    without = np.stack(_estimates(n - 1, squares.sum() - squares, means))
    off = without - without.mean(axis=1, keepdims=True)
    covariance: Array = (n - 1) / n * (off @ off.T)
    return covariance


def _ratio(trace: float, signal: float) -> float:
    if trace == 0:
        return 0.0
    return trace / signal if signal > 0 else math.inf


def _fieller(trace: float, signal: float, covariance: Array) -> tuple[float, float]:
    """The ratios B for which `tr Σ − B |G|²` is within its standard error of 0, times a quantile.

    They solve `α B² − 2β B + γ ≤ 0`. Where |G|² cannot be told from 0, nothing bounds B above.
    """
    if trace == 0:
        return 0.0, 0.0
    (noise, both), (_, of_signal) = _QUANTILE**2 * covariance
    alpha, beta, gamma = signal**2 - of_signal, trace * signal - both, trace**2 - noise
    root = math.sqrt(max(beta**2 - alpha * gamma, 0.0))
    low = gamma / (beta + root) if gamma > 0 and beta + root > 0 else 0.0  # = (β − root) / α
    return low, (beta + root) / alpha if signal > 0 and alpha > 0 else math.inf
