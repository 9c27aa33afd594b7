"""From a training on a table to the contents of its report."""

from __future__ import annotations

import platform
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from clearprop.report import Boundary, Report, WeightHistory
from clearprop.runs.table_training import TableRun
from clearprop.runs.verdict import verdict
from clearprop.tables import Part, Schema
from clearprop.tables.category_column import CategoryColumn
from clearprop.tables.class_target import ClassTarget
from clearprop.tables.kinds import as_table, canonical
from clearprop.tables.number_column import NumberColumn
from clearprop.tables.schema import Column
from clearprop.tables.values import as_numbers
from clearprop.training import Settings

__all__ = ["report_contents"]

_MOST_ROWS = 12  # columns with a row each; more are grouped by how they were treated
_MOST_NAMES = 100
_GRID = 120  # places along each axis of the decision boundary
_PARTS = {"train": "training rows", "validation": "validation rows", "test": "test rows"}


def report_contents(
    result: TableRun, source: str, command: str, model_path: str, table: Any
) -> Report:
    """What the report shows.

    Args:
        result: the training.
        source: the table's name, such as its path.
        command: the command line that gives this training again.
        model_path: where the model was written.
        table: the table itself, in its own units.
    """
    run, prepared = result.run, result.prepared
    judged = result.evaluations[result.judged]
    score = "accuracy" if prepared.task == "classification" else "r2"
    target = prepared.schema.target
    names = [str(c) for c in target.classes] if isinstance(target, ClassTarget) else []
    return Report(
        data_name=Path(source).name,
        task=prepared.task,  # type: ignore[arg-type]  # one of the two, by Schema's own check
        verdict=verdict(result),
        scores={
            name: {"rows": e.n, "loss": e.loss, score: e.score}
            for name, e in result.evaluations.items()
        },
        history={k: v for k, v in run.history.items() if k not in ("running_loss", "penalty")},
        optimizer=run.settings.rule,
        batch_size=run.batch_size,
        best_epoch=run.kept_epoch,
        confusion=None if judged.confusion is None else (judged.confusion, names),
        predictions=None if judged.confusion is not None else (judged.true, judged.predicted),
        weight_history=_weights(result),
        boundary=_boundary(result, table),
        figures_from=_PARTS[result.judged],
        network=_network(result),
        settings=_settings(result),
        columns=_columns(prepared.schema.columns),
        data=_data(result, source),
        diagnosis=[(f.title, f.cause, f.shown, f.remedy) for f in result.diagnosis.findings],
        notes=prepared.notes,
        reproducibility=_versions(result),
        command=command,
        model_path=model_path,
    )


def _weights(result: TableRun) -> WeightHistory | None:
    run = result.run
    if run.weights is None or run.weight_steps is None or len(run.weights) < 2:
        return None
    steps_per_epoch = -(-len(result.prepared.train.X) // run.batch_size)
    return WeightHistory(
        run.weight_steps / steps_per_epoch, run.weights, run.network.architecture.layer_of
    )


def _boundary(result: TableRun, table: Any) -> Boundary | None:
    """The decision boundary, where the table has exactly two columns and both hold numbers."""
    schema = result.prepared.schema
    target, columns = schema.target, schema.columns
    two = len(columns) == 2 and all(isinstance(c, NumberColumn) and c.scale > 0 for c in columns)
    if not two or not isinstance(target, ClassTarget):
        return None
    part: Part = getattr(result.prepared, result.judged)
    numbers = canonical(as_table(table).select([c.name for c in columns]))
    points = np.column_stack([as_numbers(c.name, numbers[c.name])[part.rows] for c in columns])
    whole = np.isfinite(points).all(axis=1)
    if not whole.any():
        return None
    evaluation = result.evaluations[result.judged]
    order = {label: i for i, label in enumerate(target.classes)}
    grid_x, grid_y = (_places(points[whole, i]) for i in (0, 1))
    return Boundary(
        feature_names=(columns[0].name, columns[1].name),
        points=points[whole],
        labels=np.array([order[label] for label in evaluation.true.tolist()])[whole],
        class_names=[str(label) for label in target.classes],
        grid_x=grid_x,
        grid_y=grid_y,
        field=_field(result, schema, grid_x, grid_y),
        misclassified=(evaluation.true != evaluation.predicted)[whole],
    )


def _places(values: NDArray[np.float64]) -> NDArray[np.float64]:
    low, high = values.min(), values.max()
    margin = 0.08 * ((high - low) or 1.0)
    return np.linspace(low - margin, high + margin, _GRID)


def _field(
    result: TableRun, schema: Schema, x: NDArray[np.float64], y: NDArray[np.float64]
) -> NDArray[np.float64]:
    across, up = np.meshgrid(x, y)
    names = schema.column_names
    encoded = schema.encode({names[0]: across.ravel(), names[1]: up.ravel()})
    outputs = result.run.network.predict(encoded.X).astype(np.float64)
    probabilities = schema.decode(outputs).probabilities
    assert probabilities is not None  # noqa: S101 - a classification always has them
    return probabilities.reshape(len(y), len(x), -1)


def _network(result: TableRun) -> list[tuple[str, str]]:
    architecture = result.run.network.architecture
    return [
        ("Neurons in each layer", " → ".join(str(size) for size in architecture.layer_sizes)),
        ("Activations", ", ".join(architecture.activations)),
        ("Dropout", ", ".join(f"{rate:g}" for rate in architecture.dropout)),
        ("Parameters", f"{architecture.n_parameters:,}"),
        ("Numbers kept as", result.run.network.dtype.name),
    ]


def _settings(result: TableRun) -> list[tuple[str, str]]:
    run, settings = result.run, result.run.settings
    origin = "fixed default" if settings.learning_rate is None else "as asked"
    choice = result.choice
    if choice is not None and choice.reliable:
        origin = f"chosen by trainings that took as long as {choice.cost:.2g} of this one"
    return [
        ("Loss", settings.loss_for(run.network.architecture.activations[-1]).replace("_", " ")),
        ("Optimizer", run.settings.rule),
        ("Learning rate", f"{run.learning_rate:g} at batch size {run.batch_size} ({origin})"),
        ("Schedule", _schedule(settings)),
        ("Epochs", f"{run.epochs} of {settings.epochs}, ended by {run.ending.replace('_', ' ')}"),
        (
            "Early stopping",
            f"patience {result.options.patience}" if result.options.patience else "off",
        ),
        ("Network kept", f"epoch {run.kept_epoch}"),
        ("Penalty", _words(settings.penalty or "none")),
        ("Gradient clipping", _words(settings.clip or "none")),
        ("Class weights", _words(settings.class_weight or "none")),
    ]


def _schedule(settings: Settings) -> str:
    """The schedule's name with its options, and whether plateaus lower the rate."""
    chosen = settings.schedule
    said = chosen if isinstance(chosen, str) else f"{chosen['name']} ({_words(chosen)})"
    return said if settings.plateau() is None else f"{said}, lowered on a plateau"


def _words(value: Any) -> str:
    if isinstance(value, dict):
        return (
            ", ".join(f"{key} {_words(item)}" for key, item in value.items() if key != "name")
            or "none"
        )
    return f"{value:g}" if isinstance(value, float) else str(value)


def _data(result: TableRun, source: str) -> list[tuple[str, str]]:
    prepared = result.prepared
    parts = ((name, getattr(prepared, name)) for name in _PARTS)
    return [
        ("Table", source),
        ("Target", prepared.schema.target.name),
        ("Features after encoding", str(prepared.train.X.shape[1])),
        *((_PARTS[name].capitalize(), str(len(part.rows))) for name, part in parts),
    ]


def _columns(columns: Sequence[Column]) -> list[tuple[str, str, str]]:
    """A row for each column, or for many columns one for each way of treating them."""
    rows = [_column(column) for column in columns]
    if len(rows) <= _MOST_ROWS:
        return rows
    alike: dict[tuple[str, str], list[str]] = {}
    for name, kind, treatment in rows:
        alike.setdefault((kind, treatment), []).append(name)
    return [
        (", ".join(names[:_MOST_NAMES]) + _more(len(names)), kind, treatment)
        for (kind, treatment), names in alike.items()
    ]


def _more(count: int) -> str:
    """What is said of names that are not listed."""
    return f" and {count - _MOST_NAMES} more" if count > _MOST_NAMES else ""


def _column(column: Column) -> tuple[str, str, str]:
    """Name, kind and treatment of a column of the table."""
    kind = column.to_json()["kind"]
    if not column.features:
        return column.name, kind, "left out: nothing in it varies among the training rows"
    if isinstance(column, CategoryColumn):
        return column.name, kind, f"one feature for each of {len(column.features)} values"
    scaled = "scaled by median and quartiles" if isinstance(column, NumberColumn) else "0 or 1"
    flagged = "; missing values become the middle and are flagged" if column.missing else ""
    return column.name, kind, scaled + flagged


def _versions(result: TableRun) -> list[tuple[str, str]]:
    packages: Sequence[str] = ("clearprop", "numpy", "scikit-learn", "pyarrow")
    return [
        ("Seed", str(result.options.seed)),
        ("Engine", result.run.engine + (f" ({note})" if (note := result.run.engine_note) else "")),
        ("Table's SHA-256", result.prepared.fingerprint),
        ("Python", platform.python_version()),
        *((name, version(name)) for name in packages),
    ]
