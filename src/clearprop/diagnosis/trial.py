"""The trial of remedies: train them side by side for a while, and believe what they did."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from clearprop.diagnosis.case import Case
from clearprop.diagnosis.finding import Finding
from clearprop.diagnosis.remedies import CANDIDATES, Remedy, advice
from clearprop.engines import Data
from clearprop.engines.objective import loss_and_gradient
from clearprop.network import Network
from clearprop.training.population import train_population
from clearprop.training.run import Run
from clearprop.training.settings import Settings

__all__ = ["Trial", "train_trials", "try_remedies"]

Array = NDArray[Any]

SHARE, FEWEST_EPOCHS = 3, 10  # a third of the epochs: the schedule is compressed with them
# What only shows late in a training is tried for as long as the training took.
_LATE = {"overfitting", "plateau", "premature_stop"}


@dataclass(frozen=True)
class Trial:
    """What one remedy did.

    Attributes:
        remedy: the change.
        loss: validation loss that the trial ended with; inf where it has none.
    """

    remedy: Remedy
    loss: float


def try_remedies(case: Case, finding: Finding) -> Finding:
    """Train the candidates for a finding and rank them; advise one only if it helped.

    Every trial is the training itself with one change, from the same start, on the same samples,
    for the same number of epochs; so is the untouched one beside them. They are judged by the
    validation loss of the network that each ends with, for `majority_class` with every class
    weighted alike. The best is advised if it beats the untouched trial by the share `helps`, and
    again with another order of the samples.

    Returns:
        The finding with `tried`, and with a remedy that says what came of it.
    """
    candidates = [each for make in CANDIDATES[finding.symptom] for each in make(case)]
    if not candidates:
        return replace(finding, remedy=advice(case, finding.symptom))
    untouched = Remedy("as it was")
    epochs = _epochs(case, finding.symptom)
    trials = train_trials(case, finding.symptom, [untouched, *candidates], epochs, case.run.seed)
    baseline, *others = trials
    others.sort(key=lambda trial: trial.loss)
    best = others[0]
    confirmed = False
    if _helps(case, best.loss, baseline.loss):
        other_seed = case.run.seed + 1
        again = train_trials(case, finding.symptom, [untouched, best.remedy], epochs, other_seed)
        confirmed = _helps(case, again[1].loss, again[0].loss)
    return replace(
        finding,
        remedy=_said(
            advice(case, finding.symptom), baseline, best, len(others), epochs, helped=confirmed
        ),
        tried={
            "epochs": epochs,
            "judged_by": "class-balanced validation loss"
            if finding.symptom == "majority_class"
            else "validation loss",
            "untouched": baseline.loss,
            "trials": [
                {
                    "remedy": trial.remedy.name,
                    "loss": trial.loss,
                    "helped": _helps(case, trial.loss, baseline.loss),
                }
                for trial in others
            ],
            "advised": best.remedy.name if confirmed else None,
        },
    )


def _said(said: str, baseline: Trial, best: Trial, count: int, epochs: int, *, helped: bool) -> str:
    for_epochs = f"for {epochs} epoch{'s' * (epochs != 1)}"
    if helped:
        before = f"{baseline.loss:.3g}" if math.isfinite(baseline.loss) else "no finite number"
        return (
            f"Tried {for_epochs}: {best.remedy.name} ends with a validation loss of "
            f"{best.loss:.3g} instead of {before}."
        )
    return (
        f"{said} But none of {count} remedies tried {for_epochs} clearly lowered the "
        f"validation loss of {baseline.loss:.3g}."
    )


def _epochs(case: Case, symptom: str) -> int:
    asked = case.run.settings.epochs
    return asked if symptom in _LATE else min(asked, max(FEWEST_EPOCHS, asked // SHARE))


def _helps(case: Case, loss: float, baseline: float) -> bool:
    return loss < baseline * (1 - case.limits["helps"]) if baseline < math.inf else loss < baseline


def train_trials(
    case: Case, symptom: str, remedies: Sequence[Remedy], epochs: int, seed: int
) -> list[Trial]:
    """One trial for each remedy, in their order: those that can be, in one population."""
    together = [remedy for remedy in remedies if remedy.side_by_side]
    groups = [together, *([remedy] for remedy in remedies if not remedy.side_by_side)]
    losses: dict[str, float] = {}
    for group in filter(None, groups):
        train, validation, unit = _samples(case, group[0])
        settings = _settings(case, group[0], epochs, seed)
        runs = train_population(
            group[0].network or _start(case),
            train.X,
            train.y,
            [dict(remedy.member) for remedy in group],
            settings,
            validation=(validation.X, validation.y),
            sample_weight=train.weights,
        )
        for remedy, run in zip(group, runs, strict=True):
            losses[remedy.name] = _judge(run, validation, symptom) * unit
    return [Trial(remedy, losses[remedy.name]) for remedy in remedies]


def _settings(case: Case, remedy: Remedy, epochs: int, seed: int) -> Settings:
    """The run's own settings, shorter, with the remedy's changes."""
    run = case.run
    keeps_best = run.kept_epoch == run.best_epoch or run.diverged is not None
    usual: dict[str, Any] = {
        "epochs": epochs,
        "seed": seed,
        "record_weights": None,
        "restore_best": keeps_best if run.settings.restore_best is None else None,
        # Class weights are in the samples' weights already.
        "class_weight": None,
    }
    if run.settings.restore_best is not None:
        usual["restore_best"] = run.settings.restore_best
    return replace(run.settings, **(usual | dict(remedy.settings)))


def _start(case: Case) -> Network:
    """The network that the run started from, as far as that is known."""
    network = case.run.network
    first = case.first
    if first is None:
        first = network.architecture.initial_parameters(case.run.seed, network.initialiser)
    return Network.of(network.architecture, first.astype(network.dtype), network.initialiser)


def _samples(case: Case, remedy: Remedy) -> tuple[Data, Data, float]:
    """Training and validation samples, and what turns their loss into the original unit."""
    train, validation, unit = case.data, case.validation, 1.0
    assert train is not None  # noqa: S101 - there are no trials without samples
    assert validation is not None  # noqa: S101
    if remedy.scale_inputs:
        mean, spread = train.X.mean(axis=0), train.X.std(axis=0)
        spread = np.where(spread > 0, spread, 1)
        train, validation = (
            replace(part, X=(part.X - mean) / spread) for part in (train, validation)
        )
    if remedy.scale_targets:
        mean, size = train.y.mean(), float(train.y.std()) or 1.0
        train, validation = (
            replace(part, y=(part.y - mean) / size) for part in (train, validation)
        )
        unit = size if case.loss == "mean_absolute_error" else size**2
    return train, validation, unit


def _judge(run: Run, validation: Data, symptom: str) -> float:
    """The validation loss of the network that a trial ended with."""
    loss = float(run.history["validation_loss"][run.kept_epoch])
    if symptom == "majority_class" and math.isfinite(loss):
        loss = _balanced(run, validation)
    return loss if math.isfinite(loss) else math.inf


def _balanced(run: Run, data: Data) -> float:
    """The loss with every class weighted alike."""
    labels = data.y[:, 0].round() if data.y.shape[1] == 1 else np.argmax(data.y, axis=1)
    _, places, counts = np.unique(labels, return_inverse=True, return_counts=True)
    weights = (len(labels) / (len(counts) * counts))[places]
    name = run.settings.loss_for(run.network.architecture.activations[-1])
    weighted = Data(data.X, data.y, weights.astype(data.X.dtype))
    here = loss_and_gradient(run.network.architecture, name, run.network.parameters, weighted)
    return float(here.losses)
