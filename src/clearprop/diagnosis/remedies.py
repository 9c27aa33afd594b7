"""Remedies: for each symptom what to advise, and what to try before advising it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from clearprop.diagnosis.case import Case
from clearprop.network import Network
from clearprop.training.settings import rule_options

__all__ = ["ADVICE", "CANDIDATES", "Remedy", "advice"]


@dataclass(frozen=True)
class Remedy:
    """One change of a training.

    Attributes:
        name: in words.
        member: what a member of a population does differently: such remedies train side by side.
        settings: other settings than a member can choose for itself.
        network: another network to start from, or None.
        scale_inputs: standardise the features.
        scale_targets: standardise the targets of a regression.
    """

    name: str
    member: Mapping[str, Any] = field(default_factory=dict)
    settings: Mapping[str, Any] = field(default_factory=dict)
    network: Network | None = None
    scale_inputs: bool = False
    scale_targets: bool = False

    @property
    def side_by_side(self) -> bool:
        """Whether it can be a member of the untouched training's population."""
        whole = self.settings or self.network is not None
        return not (whole or self.scale_inputs or self.scale_targets)


def _regularise(case: Case) -> str:
    """Against overfitting, with what the run did already in mind."""
    dropout = "more dropout" if any(case.run.network.architecture.dropout) else "dropout"
    penalty = (
        "a stronger L2 penalty" if "l2" in (case.run.settings.penalty or {}) else "an L2 penalty"
    )
    best = "" if case.run.kept_epoch == case.run.best_epoch else ", keep the best epoch"
    return f"Use {dropout} or {penalty}{best}, or find more samples."


# What is said where nothing was tried: a suggestion, not a result.
ADVICE: dict[str, str | Callable[[Case], str]] = {
    "missing_class": "Give samples of every class, or leave the class out.",
    "unscaled_inputs": "Scale every feature to mean 0 and spread 1, by the training samples.",
    "bad_start": "Start from initialiser='auto'.",
    "stalled_prodigy": "Use learning_rate=1, a larger d0 or d_coefficient, or more steps.",
    "float32_standstill": "Use dtype='float64', or a higher learning rate.",
    "saturation": "Start with smaller weights (initialiser='auto'), or use hidden='relu'.",
    "vanishing_gradients": "Use hidden='relu' or fewer layers.",
    "noisy_batches": "Use larger batches or a lower learning rate.",
    "rate_too_high": "Lower the learning rate.",
    "exploding_gradients": "Scale the targets, clip the gradients or start smaller.",
    "dead_relu": "Start anew with hidden='leaky_relu', or with another seed.",
    "rate_too_low": "Raise the learning rate.",
    "plateau": "Start anew with another seed, or use a higher rate or another optimiser.",
    "premature_stop": "Have more patience, or use a higher rate or another optimiser.",
    "overfitting": _regularise,
    "majority_class": "Weight the classes (class_weight='balanced').",
}


def advice(case: Case, symptom: str) -> str:
    """What is said where nothing was tried."""
    said = ADVICE[symptom]
    return said if isinstance(said, str) else said(case)


def _rates(*factors: float) -> Callable[[Case], list[Remedy]]:
    def candidates(case: Case) -> list[Remedy]:
        old = case.run.learning_rate
        return [
            Remedy(f"learning rate {old * factor:.3g}", member={"learning_rate": old * factor})
            for factor in factors
        ]

    return candidates


def _batches(case: Case) -> list[Remedy]:
    n = len(case.data.X) if case.data is not None else 0
    sizes = sorted({min(case.run.batch_size * factor, n) for factor in (4, 16)})
    larger = [size for size in sizes if size > case.run.batch_size]
    return [Remedy(f"batch size {size}", settings={"batch_size": size}) for size in larger]


def _clipping(case: Case) -> list[Remedy]:
    if case.run.settings.clip is not None:
        return []
    return [Remedy("clip={'norm': 1}", settings={"clip": {"norm": 1.0}})]


def _fresh(case: Case) -> list[Remedy]:
    """The same network from starts that the usual initialiser draws."""
    seeds = (case.run.seed + 1, case.run.seed + 2)
    return [
        Remedy(f"initialiser 'auto', seed {seed}", network=_drawn(case, seed)) for seed in seeds
    ]


def _activation(name: str) -> Callable[[Case], list[Remedy]]:
    def candidates(case: Case) -> list[Remedy]:
        old = case.run.network.architecture
        if old.n_layers == 1 or set(old.activations[:-1]) == {name}:
            return []
        new = replace(old, activations=(name,) * (old.n_layers - 1) + old.activations[-1:])
        start = new.initial_parameters(case.run.seed).astype(case.run.network.dtype)
        return [Remedy(f"hidden={name!r}", network=Network.of(new, start))]

    return candidates


def _regularisers(case: Case) -> list[Remedy]:
    strengths = [Remedy(f"penalty l2 {s:g}", member={"penalty": {"l2": s}}) for s in (1e-3, 1e-2)]
    if case.run.network.architecture.n_layers == 1:
        return strengths
    more = [p for p in (0.2, 0.5) if p > max(case.run.network.architecture.dropout)]
    return strengths + [Remedy(f"dropout {p:g}", member={"dropout": p}) for p in more]


def _keep_best(case: Case) -> list[Remedy]:
    if case.run.kept_epoch == case.run.best_epoch:
        return []
    return [Remedy("keep the best epoch (restore_best=True)", settings={"restore_best": True})]


def _optimiser(case: Case) -> list[Remedy]:
    if case.run.settings.rule == "adam":
        return []
    changes = {"optimizer": "adam", "learning_rate": 0.003}
    return [Remedy("optimizer adam, learning rate 0.003", settings=changes)]


def _prodigy(case: Case) -> list[Remedy]:
    """What lets its estimate grow: the rate it is made for, a larger start, larger estimates."""
    _, options = rule_options(case.run.settings.optimizer)
    changes = [{"learning_rate": 1.0}] if case.run.learning_rate < 1 else []
    changes += [{"d0": options["d0"] * factor} for factor in (1e2, 1e4)]
    changes += [{"d_coefficient": options["d_coefficient"] * factor} for factor in (3, 10)]
    return [
        Remedy(f"{name.replace('learning_rate', 'learning rate')} {value:.3g}", member=change)
        for change in changes
        for name, value in change.items()
    ]


def _patience(case: Case) -> list[Remedy]:
    longer = max(50, 5 * int((case.run.settings.stopping() or {"patience": 20})["patience"]))
    return [Remedy(f"patience {longer}", settings={"early_stopping": longer})]


def _precision(case: Case) -> list[Remedy]:
    network = case.run.network
    start = network.parameters if case.first is None else case.first
    return [
        Remedy("dtype 'float64'", network=Network.of(network.architecture, start.astype("float64")))
    ]


def _scaled_inputs(_: Case) -> list[Remedy]:
    return [Remedy("inputs scaled to mean 0 and spread 1", scale_inputs=True)]


def _scaled_targets(case: Case) -> list[Remedy]:
    if case.loss not in ("mean_squared_error", "half_squared_error", "mean_absolute_error"):
        return []
    return [Remedy("targets scaled to mean 0 and spread 1", scale_targets=True)]


def _class_weights(case: Case) -> list[Remedy]:
    if case.run.settings.class_weight is not None:
        return []
    return [Remedy("class_weight='balanced'", settings={"class_weight": "balanced"})]


# What is tried, all of it side by side.
CANDIDATES: dict[str, tuple[Callable[[Case], list[Remedy]], ...]] = {
    "missing_class": (),
    "unscaled_inputs": (_scaled_inputs,),
    "bad_start": (_fresh,),
    "stalled_prodigy": (_prodigy,),
    "float32_standstill": (_precision, _rates(10, 1e3, 1e5)),
    "saturation": (_fresh, _activation("relu")),
    "vanishing_gradients": (_activation("relu"), _optimiser, _rates(10, 100)),
    "noisy_batches": (_batches, _rates(1 / 4, 1 / 16)),
    "rate_too_high": (_rates(1 / 3, 1 / 10, 1 / 30, 1 / 100, 1e-3, 1e-4, 1e-6, 1e-8), _clipping),
    "exploding_gradients": (_scaled_targets, _clipping, _fresh, _rates(1 / 10, 1 / 100)),
    "dead_relu": (_fresh, _activation("leaky_relu"), _rates(1 / 10)),
    "rate_too_low": (_rates(3, 10, 30, 100, 1000),),
    "plateau": (_fresh, _optimiser, _rates(3, 10, 30)),
    "premature_stop": (_patience, _fresh, _optimiser, _rates(3, 10, 30)),
    "overfitting": (_regularisers, _keep_best),
    "majority_class": (_class_weights, _rates(3, 10)),
}


def _drawn(case: Case, seed: int) -> Network:
    network = case.run.network
    start = network.architecture.initial_parameters(seed).astype(network.dtype)
    return Network.of(network.architecture, start)
