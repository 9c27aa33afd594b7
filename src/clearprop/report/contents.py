"""What a report is made of: plain data, no objects of training."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from numpy.typing import ArrayLike

from clearprop.figures.boundary import Boundary

__all__ = ["Report", "Row", "WeightHistory"]

Row = tuple[str, str]


@dataclass(frozen=True, eq=False)
class WeightHistory:
    """Recorded weights.

    Attributes:
        epochs: (n_epochs,), 0 being the start.
        weights: (n_epochs, n_weights).
        layers: (n_weights,) the layer of each weight, counted from 1.
    """

    epochs: ArrayLike
    weights: ArrayLike
    layers: ArrayLike


@dataclass(frozen=True, eq=False, kw_only=True)
class Report:
    """The contents of one report, in the order of the page.

    Every string is taken literally: names of columns, classes and files may hold anything.

    Attributes:
        data_name: the table's name, such as its file name.
        task: "classification" or "regression".
        verdict: sentences in plain words; the first is set large.
        scores: part ("train", "validation", "test") to score to value; "accuracy" is shown in
            percent, whole numbers ("rows") in full, values that are not finite as "not a number".
        history: columns `epoch`, `train_loss` and perhaps `learning_rate`, `validation_loss`,
            `train_accuracy`, `validation_accuracy`, `train_r2`, `validation_r2`, each (n_epochs,).
        optimizer: the optimizer's name, shown with every learning rate.
        batch_size: samples per step, shown with every learning rate.
        title: the page's title; "Training report: <data_name>" where empty.
        headline: what is set big, as (label, value); the test accuracy or R² where None.
        best_epoch: the epoch whose network was kept.
        confusion: counts (n_classes, n_classes), true down, predicted across, and class names.
        predictions: true and predicted values (n,) of a regression, in their own units.
        weight_history: recorded weights.
        boundary: for two features, what the network says at every place.
        figures_from: the rows behind confusion, predictions and boundary, such as "test rows".
        network: name and value of what was trained: layer sizes, activations, parameters.
        settings: name and value of how: optimizer, learning rate, epochs, schedule, stopping.
        columns: name, kind and treatment of each column of the table.
        data: name and value about the table as a whole: rows, split, target.
        diagnosis: of each finding its name, cause, evidence and remedy; empty for a clean bill,
            None where nobody looked.
        notes: what was noticed about the data, one sentence each.
        reproducibility: name and value: seed, versions.
        command: the command line that gives this training again.
        model_path: the written model; how to use it is left out where empty.
    """

    data_name: str
    task: Literal["classification", "regression"]
    verdict: Sequence[str]
    scores: Mapping[str, Mapping[str, float]]
    history: Mapping[str, ArrayLike]
    optimizer: str
    batch_size: int
    title: str = ""
    headline: Row | None = None
    best_epoch: int | None = None
    confusion: tuple[ArrayLike, Sequence[str]] | None = None
    predictions: tuple[ArrayLike, ArrayLike] | None = None
    weight_history: WeightHistory | None = None
    boundary: Boundary | None = None
    figures_from: str = "test rows"
    network: Sequence[Row] = ()
    settings: Sequence[Row] = ()
    columns: Sequence[tuple[str, str, str]] = ()
    data: Sequence[Row] = ()
    diagnosis: Sequence[tuple[str, str, str, str]] | None = None
    notes: Sequence[str] = ()
    reproducibility: Sequence[Row] = ()
    command: str = ""
    model_path: str = ""
