"""`sweep`: learning rates × seeds × batch sizes × optimizers, and what became of each training."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from os import PathLike
from typing import Any, Unpack

import numpy as np
from numpy.typing import ArrayLike

from clearprop import _checks
from clearprop.engines import Data
from clearprop.errors import ArgumentError
from clearprop.network import Network
from clearprop.rates.constant import check_varies, constant_loss
from clearprop.rates.curvature import Curvature, curvature
from clearprop.rates.grids import batch_size_list, optimizer_list, rate_list, seed_list, spaced
from clearprop.rates.journal import Journal
from clearprop.rates.labels import THRESHOLDS, Thresholds
from clearprop.rates.memory import check_fits, records_fit
from clearprop.rates.rate_map import RateMap
from clearprop.rates.trial import Key, Trial, trial_of
from clearprop.training import Hooks, Settings, train_population
from clearprop.training.choices import Choices, combine
from clearprop.training.data import Validation, assemble, fingerprint
from clearprop.training.loop import Listener

__all__ = ["DEFAULT_GRID", "sweep"]

DEFAULT_GRID = (1e-5, 1.0, 21)  # lowest, highest, how many
Optimizer = str | Mapping[str, Any]


def sweep(
    network: Network,
    X: ArrayLike,
    y: ArrayLike,
    settings: Settings | None = None,
    *,
    learning_rates: Iterable[float] | None = None,
    seeds: int | Iterable[int] = 3,
    batch_sizes: Iterable[int | str] | None = None,
    optimizers: Iterable[Optimizer] | None = None,
    validation: Validation = None,
    sample_weight: ArrayLike | None = None,
    journal: str | PathLike[str] | None = None,
    on_steps: Sequence[Listener] = (),
    thresholds: Thresholds = THRESHOLDS,
    **choices: Unpack[Choices],
) -> RateMap:
    """Train at every rate, from every seed, with every batch size and optimizer; label each.

    All trainings of one batch size and optimizer run side by side. Trainings of one seed begin
    with the same weights and see the same batches, whatever their rate.

    Args:
        network: the architecture, and where the first seed starts.
        X: inputs, `(n_samples, n_features)`.
        y: targets, as for `train`.
        settings: how to train, apart from what is swept.
        learning_rates: what to try; by default 21 from 1e-5 to 1.
        seeds: how many, or which. A count begins with the settings' seed and the network as it is,
            and draws the other starts; of a list, every seed draws its start.
        batch_sizes: samples a step, or "full"; by default that of the settings.
        optimizers: names or mappings, as for `train`; by default that of the settings.
        validation: as for `train`; rates are then compared by it.
        sample_weight: as for `train`.
        journal: a directory to keep finished trials in. Called again, the sweep goes on from them.
        on_steps: as in `Hooks`, for progress.
        thresholds: where one label ends and the next begins.
        **choices: settings by name, as for `train`.

    Returns:
        The map: a labelled cell for each training, shares, and 2/λmax where it is known.

    Raises:
        ArgumentError: a list is empty or holds what cannot be tried, the members do not fit into
            memory, all targets are alike, or every training diverged.
        Interrupted: as `train`; with a journal, what is finished is kept.

    Example:
        >>> import numpy as np
        >>> X = np.array([[1.0], [2.0], [3.0], [4.0]])
        >>> found = sweep(Network([1, 1]), X, 3 * X, learning_rates=[0.01, 0.1, 1], seeds=1,
        ...               optimizer="sgd", batch_size="full", epochs=50)
        >>> [(cell.learning_rate, cell.label) for cell in found.cells]
        [(0.01, 'good'), (0.1, 'oscillating'), (1.0, 'diverged')]
    """
    started = time.monotonic()
    _checks.instance("network", network, Network)
    for name in {"learning_rate", "batch_size", "optimizer"} & set(choices):
        if name == "learning_rate" or (batch_sizes if name == "batch_size" else optimizers):
            raise ArgumentError(f"{name} is what the sweep varies: give {name}s, a list")
    chosen = combine(settings, choices)
    data = assemble(network, X, y, chosen, validation=validation, sample_weight=sample_weight)
    check_varies(data[0])
    rates = spaced(*DEFAULT_GRID) if learning_rates is None else rate_list(learning_rates)
    if isinstance(seeds, int):  # before a list of them fills the memory
        check_fits(len(rates) * seeds, network, len(data[0].X), chosen.epochs)
    seed_numbers, own = seed_list(seeds, chosen.seed)
    sizes = [chosen.batch_size] if batch_sizes is None else batch_sizes
    plan = _Plan(
        network,
        data,
        chosen,
        own,
        rates,
        seed_numbers,
        batch_size_list(sizes, len(data[0].X)),
        optimizer_list([chosen.optimizer] if optimizers is None else optimizers),
    )
    check_fits(len(rates) * len(seed_numbers), network, len(data[0].X), chosen.epochs)
    with Journal.held(journal, plan.task()) as kept:
        trials = [
            trial
            for optimizer in plan.optimizers
            for size in plan.batch_sizes
            for trial in _population(plan, optimizer, size, kept, on_steps)
        ]
    if all(trial.diverged for trial in trials):
        raise ArgumentError(
            f"learning_rates must hold one that trains; all diverged, the lowest of them "
            f"{rates[0]:g}: add lower ones, or scale X and y"
        )
    return RateMap.of(
        trials,
        constant_loss(plan.loss, data[0]),
        _curvature(plan, data[0]),
        len(data[0].X),
        time.monotonic() - started,
        thresholds,
    )


@dataclass(frozen=True)
class _Plan:
    """What is tried on what; `own` is the seed that stands for the network as it is."""

    network: Network
    data: tuple[Data, Data | None]
    settings: Settings
    own: int | None
    rates: list[float]
    seeds: list[int]
    batch_sizes: list[int]
    optimizers: dict[str, Optimizer]

    @property
    def loss(self) -> str:
        return self.settings.loss_for(self.network.architecture.activations[-1])

    def task(self) -> dict[str, Any]:
        """What a journal must agree on; what is swept may grow from one call to the next."""
        swept = ("learning_rate", "batch_size", "optimizer", "record_weights")
        settings = {k: v for k, v in self.settings.to_json().items() if k not in swept}
        start = self.network.parameters.astype(np.float64)
        return {
            "settings": settings,
            "architecture": self.network.to_json(),
            "initialiser": self.network.initialiser,
            "data": fingerprint(*self.data),
            "start": [float(start.sum()), float(np.abs(start).sum()), float((start**3).sum())],
            "own_start": self.own,
        }


def _population(
    plan: _Plan, optimizer: str, size: int, journal: Journal | None, on_steps: Sequence[Listener]
) -> list[Trial]:
    """The trials of one optimizer and batch size; those in the journal are not trained again."""
    keys: list[Key] = [(optimizer, size, rate, seed) for rate in plan.rates for seed in plan.seeds]
    done = {} if journal is None else journal.trials
    missing = [key for key in keys if key not in done]
    if missing and journal is not None:
        with journal.checkpoint(missing) as checkpoint:
            journal.add(_train(plan, missing, Hooks(on_steps=on_steps, checkpoint=checkpoint)))
    elif missing:
        done = {trial.key: trial for trial in _train(plan, missing, Hooks(on_steps=on_steps))}
    return [(done if journal is None else journal.trials)[key] for key in keys]


def _train(plan: _Plan, keys: Sequence[Key], hooks: Hooks) -> list[Trial]:
    optimizer, size, _, _ = keys[0]
    train, rest = plan.data
    records = "epoch" if records_fit(len(keys), plan.network, plan.settings.epochs) else None
    settings = replace(
        plan.settings,
        optimizer=plan.optimizers[optimizer],
        batch_size=size,
        class_weight=None,  # in the samples' weights already
        record_weights=records,
    )
    population = train_population(
        plan.network,
        train.X,
        train.y,
        [_member(plan, rate, seed) for _, _, rate, seed in keys],
        settings,
        validation=None if rest is None else (rest.X, rest.y),
        sample_weight=train.weights,
        hooks=hooks,
    )
    return [
        trial_of(run, optimizer, key[3], len(train.X))
        for run, key in zip(population, keys, strict=True)
    ]


def _member(plan: _Plan, rate: float, seed: int) -> dict[str, Any]:
    """The seed of the network as it is draws no start; order and dropout are the settings'."""
    return {"learning_rate": rate} | ({} if seed == plan.own else {"seed": seed})


def _curvature(plan: _Plan, data: Data) -> Curvature:
    """At the start of the first seed, for the first optimizer."""
    seed = plan.seeds[0]
    start = plan.network
    if seed != plan.own:
        parameters = start.architecture.initial_parameters(seed, start.initialiser)
        start = Network.of(start.architecture, parameters.astype(start.dtype))
    return curvature(
        start,
        data.X,
        data.y,
        optimizer=next(iter(plan.optimizers.values())),
        loss=plan.loss,
        sample_weight=data.weights,
        penalty=plan.settings.penalty,
    )
