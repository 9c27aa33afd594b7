"""All symptoms: what each needs to be looked for, and which of them explain which others."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from clearprop.diagnosis.case import Case
from clearprop.diagnosis.finding import Finding
from clearprop.diagnosis.fit import overfitting, plateau, premature_stop
from clearprop.diagnosis.gradients import exploding_gradients, vanishing_gradients
from clearprop.diagnosis.noisy import noisy_batches
from clearprop.diagnosis.precision import float32_standstill
from clearprop.diagnosis.prodigy import stalled_prodigy
from clearprop.diagnosis.samples import majority_class, missing_class, unscaled_inputs
from clearprop.diagnosis.start import bad_start
from clearprop.diagnosis.too_high import rate_too_high
from clearprop.diagnosis.too_low import rate_too_low
from clearprop.diagnosis.units import dead_relu, saturation

__all__ = ["EXPLAINS", "SYMPTOMS", "Symptom", "look_for_all"]


class Symptom(NamedTuple):
    """One symptom.

    Attributes:
        find: looks for it.
        samples: whether that takes the training samples.
        column: the column of the history that it takes, if it is not always there.
    """

    find: Callable[[Case], Finding | None]
    samples: bool = True
    column: str = ""


# In the order in which findings are told: what the network was given, how it began, how it went.
SYMPTOMS: dict[str, Symptom] = {
    "missing_class": Symptom(missing_class),
    "unscaled_inputs": Symptom(unscaled_inputs),
    "bad_start": Symptom(bad_start),
    "stalled_prodigy": Symptom(stalled_prodigy, samples=False),
    "float32_standstill": Symptom(float32_standstill),
    "saturation": Symptom(saturation),
    "exploding_gradients": Symptom(exploding_gradients),
    "noisy_batches": Symptom(noisy_batches),
    "rate_too_high": Symptom(rate_too_high, samples=False),
    "dead_relu": Symptom(dead_relu),
    "vanishing_gradients": Symptom(vanishing_gradients),
    "plateau": Symptom(plateau),
    "premature_stop": Symptom(premature_stop),
    "rate_too_low": Symptom(rate_too_low, samples=False),
    "overfitting": Symptom(overfitting, samples=False, column="validation_loss"),
    "majority_class": Symptom(majority_class),
}

_STUCK = frozenset({"plateau", "premature_stop", "majority_class", "overfitting"})
_SIZES = _STUCK | {"rate_too_high", "exploding_gradients", "dead_relu", "saturation"}
_ALL = _SIZES | {"vanishing_gradients", "noisy_batches", "rate_too_low", "bad_start"}

# A cause -> what it brings about, and what is therefore not told as a finding of its own.
EXPLAINS: dict[str, frozenset[str]] = {
    "missing_class": frozenset({"overfitting"}),
    "unscaled_inputs": _ALL,
    "bad_start": _ALL - {"bad_start"},
    "stalled_prodigy": _STUCK | {"float32_standstill", "rate_too_low"},
    "float32_standstill": _STUCK | {"rate_too_low"},
    "saturation": _STUCK | {"vanishing_gradients", "rate_too_low"},
    "vanishing_gradients": _STUCK | {"rate_too_low"},
    "noisy_batches": _STUCK | {"rate_too_high", "rate_too_low", "dead_relu", "vanishing_gradients"},
    "rate_too_high": _STUCK | {"dead_relu", "vanishing_gradients", "rate_too_low"},
    "exploding_gradients": _STUCK | {"dead_relu", "rate_too_high", "rate_too_low", "noisy_batches"},
    "dead_relu": _STUCK | {"rate_too_low", "vanishing_gradients"},
    "plateau": frozenset({"majority_class", "rate_too_low"}),
    "premature_stop": frozenset({"majority_class", "rate_too_low"}),
    "rate_too_low": frozenset({"majority_class"}),
}


def look_for_all(case: Case) -> tuple[list[Finding], dict[str, str]]:
    """Every finding that no other explains, and why some symptoms could not be looked for."""
    found: dict[str, Finding] = {}
    unchecked = {}
    for name, symptom in SYMPTOMS.items():
        if symptom.samples and case.data is None:
            unchecked[name] = "for that takes the training samples"
        elif symptom.column and symptom.column not in case.run.history:
            unchecked[name] = "for the training had no validation part"
        elif (finding := symptom.find(case)) is not None:
            found[name] = finding
    explained = frozenset[str]().union(*(EXPLAINS.get(name, ()) for name in _causes(found)))
    kept = [finding for name, finding in found.items() if name not in explained]
    return kept, unchecked


def _causes(found: dict[str, Finding]) -> list[str]:
    """Those that explain others: in order, each that is not explained itself."""
    causes: list[str] = []
    for name in found:
        if not any(name in EXPLAINS.get(cause, ()) for cause in causes):
            causes.append(name)
    return causes
