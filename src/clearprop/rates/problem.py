"""What curvature and noise are measured of: a cost at one place, block by block of samples.

Everything is computed in float64, also for float32 networks: the cost is the same function, and its
second derivatives lose half the digits.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple, TypedDict

import numpy as np
from numpy.typing import ArrayLike, NDArray

from clearprop import _checks
from clearprop.architecture import Architecture
from clearprop.engines import Data
from clearprop.engines.objective import loss_and_gradient
from clearprop.equations.activations import KINKED
from clearprop.equations.backprop import Trace
from clearprop.equations.penalties import PENALTIES
from clearprop.errors import ArgumentError
from clearprop.network import Network
from clearprop.training.data import assemble
from clearprop.training.settings import Settings

__all__ = ["CostChoices", "Place", "Places", "Problem"]

Array = NDArray[np.float64]

BLOCK_BYTES = 64 * 2**20  # activations of one block of samples, and what moves with them
KEPT_BYTES = 256 * 2**20  # activations of all samples, kept from one product to the next


class CostChoices(TypedDict, total=False):
    """Which cost: `loss`, `sample_weight` and `penalty`, as for `train`."""

    loss: str | None
    sample_weight: ArrayLike | None
    penalty: Mapping[str, float] | None


@dataclass(frozen=True)
class Problem:
    """The cost `C = mean loss + Σ strength · penalty` at the parameters `w`.

    Attributes:
        architecture: of the network; its dropout plays no part.
        loss: a name of `equations/losses.py`.
        w: the parameters, `(p,)`, float64.
        data: the samples, in the network's own type.
        penalties: strength of each penalty by name.
    """

    architecture: Architecture
    loss: str
    w: Array
    data: Data
    penalties: Mapping[str, float]

    @classmethod
    def of(cls, network: Network, X: ArrayLike, y: ArrayLike, cost: CostChoices) -> Problem:
        """The cost of a network on the caller's arrays, with every argument checked."""
        known = CostChoices.__annotations__
        for name in cost:
            if name not in known:
                raise ArgumentError(
                    f"{name!r} is not an argument; the cost is chosen by {', '.join(known)}"
                    f"{_checks.closest(name, known)}"
                )
        settings = Settings(loss=cost.get("loss"), penalty=cost.get("penalty"))
        return cls.of_settings(network, X, y, settings, cost.get("sample_weight"))

    @classmethod
    def of_settings(
        cls,
        network: Network,
        X: ArrayLike,
        y: ArrayLike,
        settings: Settings,
        sample_weight: ArrayLike | None,
    ) -> Problem:
        """The cost that a training with these settings lowers."""
        _checks.instance("network", network, Network)
        data, _ = assemble(network, X, y, settings, sample_weight=sample_weight)
        return cls(
            network.architecture,
            settings.loss_for(network.architecture.activations[-1]),
            network.parameters.astype(np.float64),
            data,
            {name: float(value) for name, value in (settings.penalty or {}).items()},
        )

    @property
    def bytes_per_sample(self) -> int:
        """What a sample takes in float64: its inputs; z, a, delta and one more of every layer."""
        n_in, *sizes = self.architecture.layer_sizes
        return 8 * (n_in + 4 * sum(sizes))

    @property
    def block(self) -> int:
        """Samples a block."""
        return max(1, BLOCK_BYTES // self.bytes_per_sample)

    def samples(self, rows: slice) -> Data:
        """Some of the samples in float64, which copies nothing that is float64 already."""
        X, y, weights = self.data.X, self.data.y, self.data.weights
        return Data(
            X[rows].astype(np.float64, copy=False),
            y[rows].astype(np.float64, copy=False),
            None if weights is None else weights[rows].astype(np.float64, copy=False),
        )

    @property
    def kinks(self) -> str:
        """What the second derivatives cannot see here, in words, or nothing."""
        names = [name for name in dict.fromkeys(self.architecture.activations) if name in KINKED]
        names += [self.loss] if self.loss == "mean_absolute_error" else []
        if not names:
            return ""
        return (
            f"{' and '.join(names)}: curvature of the piece that the weights stand on; "
            "the kinks between the pieces are not in it"
        )

    @cached_property
    def penalty_gradient(self) -> Array:
        """`Σ strength · ∂penalty/∂w`, `(p,)`; zero for biases."""
        total = np.zeros_like(self.w)
        for name, strength in self.penalties.items():
            total += strength * PENALTIES[name][1](self.w) * self.architecture.is_weight
        return total


class Place(NamedTuple):
    """Forward and backward sweep of one block of samples.

    Attributes:
        trace: (a_prev, z, a) of every layer.
        deltas: `∂C_block/∂z` of every layer, with the block's own 1/n and sample weights.
        gradient: of the block's mean loss, `(p,)`.
        block: the samples, float64.
        share: of all samples; `C = Σ share · C_block`.
    """

    trace: Trace
    deltas: list[Any]
    gradient: Array
    block: Data
    share: float


class Places:
    """The sweeps of all blocks: kept where they fit into memory, else computed again each time."""

    def __init__(self, problem: Problem) -> None:
        self._problem = problem
        fits = len(problem.data.X) * problem.bytes_per_sample <= KEPT_BYTES
        self._kept = list(self._compute()) if fits else None

    def __iter__(self) -> Iterator[Place]:
        return self._compute() if self._kept is None else iter(self._kept)

    def _compute(self) -> Iterator[Place]:
        problem, data = self._problem, self._problem.data
        for start in range(0, len(data.X), problem.block):
            block = problem.samples(slice(start, start + problem.block))
            with np.errstate(all="ignore"):  # weights that have blown up; the result tells
                here = loss_and_gradient(problem.architecture, problem.loss, problem.w, block)
            share = len(block.X) / len(data.X)
            yield Place(here.trace, here.deltas, here.gradient, block, share)
