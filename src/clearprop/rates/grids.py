"""Lists of rates, seeds and batch sizes from outside, checked; and evenly spaced rates."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from clearprop import _checks, randomness
from clearprop.errors import ArgumentError
from clearprop.training.settings import rule_options

__all__ = ["batch_size_list", "optimizer_list", "rate_list", "seed_list", "spaced"]


def spaced(lowest: float, highest: float, count: int) -> list[float]:
    """Rates at equal distances on a logarithmic axis, rounded to three digits.

    >>> spaced(0.001, 1, 4)
    [0.001, 0.01, 0.1, 1.0]
    """
    return [float(f"{rate:.3g}") for rate in np.geomspace(lowest, highest, count)]


def rate_list(rates: Iterable[float]) -> list[float]:
    """Learning rates, ascending, each once.

    Raises:
        ArgumentError: there are none, or one is not a finite number above zero.
    """
    given = [_checks.positive("learning_rates", rate) for rate in _listed("learning_rates", rates)]
    return sorted(set(given))


def seed_list(seeds: int | Iterable[int], first: int) -> tuple[list[int], int | None]:
    """The seeds, and which of them stands for the network as it is, if any does.

    A count gives that many from `first` on, and `first` is the network as it is. Seeds that are
    listed draw all their starts.
    """
    if isinstance(seeds, Iterable):
        listed = [
            _checks.integer("seeds", seed, least=0, most=randomness.MAX_SEED)
            for seed in _listed("seeds", seeds)
        ]
        return list(dict.fromkeys(listed)), None
    count = _checks.integer("seeds", seeds)
    span = randomness.MAX_SEED + 1
    return [(first + i) % span for i in range(count)], first


def batch_size_list(sizes: Iterable[int | str], n_samples: int) -> list[int]:
    """Batch sizes as numbers, never more than there are samples, each once."""
    chosen = [
        n_samples if size == "full" else min(_checks.integer("batch_sizes", size), n_samples)
        for size in _listed("batch_sizes", sizes)
    ]
    return list(dict.fromkeys(chosen))


def optimizer_list(
    optimizers: Iterable[str | Mapping[str, Any]],
) -> dict[str, str | Mapping[str, Any]]:
    """Optimizers by a name of their own, such as "momentum (momentum 0.5)"."""
    named: dict[str, str | Mapping[str, Any]] = {}
    for spec in _listed("optimizers", optimizers):
        rule, _ = rule_options(spec)
        own = {} if isinstance(spec, str) else {k: v for k, v in spec.items() if k != "name"}
        words = ", ".join(f"{key} {value:g}" for key, value in own.items())
        named[f"{rule} ({words})" if words else rule] = spec
    return named


def _listed(argument: str, values: Any) -> list[Any]:
    if isinstance(values, (str, Mapping)) or not isinstance(values, Iterable):
        raise ArgumentError(
            f"{argument} must be a list of the values to try; got {_checks.shown(values)}"
        )
    listed = list(values)
    if not listed:
        raise ArgumentError(f"{argument} must hold at least one value; it is empty")
    return listed
