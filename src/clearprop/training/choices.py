"""The settings as keyword arguments, so that an editor can complete them and mypy check them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, replace
from typing import Any, TypedDict

from clearprop import _checks
from clearprop.errors import ArgumentError
from clearprop.training.settings import Settings

__all__ = ["Choices", "OtherChoices", "combine"]


class OtherChoices(TypedDict, total=False):
    """Any of the fields of `Settings` but the learning rate."""

    loss: str | None
    optimizer: str | Mapping[str, Any]
    batch_size: int | str
    epochs: int
    schedule: str | Mapping[str, Any]
    penalty: Mapping[str, float] | None
    clip: Mapping[str, float] | None
    early_stopping: int | Mapping[str, Any] | None
    reduce_on_plateau: bool | Mapping[str, Any] | None
    restore_best: bool | None
    shuffle: bool
    class_weight: str | Mapping[int, float] | None
    record_weights: str | int | None
    divergence_factor: float
    score: str | None
    engine: str
    seed: int


class Choices(OtherChoices, total=False):
    """Any of the fields of `Settings`, which says what each means."""

    learning_rate: float | None


def combine(settings: Settings | None, choices: Mapping[str, Any]) -> Settings:
    """The settings with some of them chosen anew; an unknown name is refused with the closest."""
    known = [field.name for field in fields(Settings)]
    for name in choices:
        if name not in known:
            raise ArgumentError(
                f"{name!r} is not a setting of training{_checks.closest(name, known)}"
            )
    if settings is not None and not isinstance(settings, Settings):
        raise ArgumentError(f"settings must be a Settings; got {settings!r}")
    return replace(settings or Settings(), **choices)
