"""The page of a report."""

from __future__ import annotations

import numbers
import os
import shlex
from collections.abc import Mapping

from clearprop._checks import one_of
from clearprop.figures.words import number, percent
from clearprop.report.contents import Report, Row
from clearprop.report.html import render_page
from clearprop.report.pictures import pictures

__all__ = ["render", "write_report"]

MOST_ROWS = 100  # of a table of columns, and notes; beyond, their number is said

_LABELS = {
    "loss": "Loss",
    "accuracy": "Accuracy",
    "r2": "R²",
    "rmse": "RMSE",
    "mae": "MAE",
    "f1": "F₁",
    "roc_auc": "ROC AUC",
}
_HEADLINES = {"classification": ("accuracy", "accuracy"), "regression": ("r2", "R²")}


def write_report(path: str | os.PathLike[str], report: Report) -> None:
    """Write `report` to `path` as one self-contained HTML page, whole or not at all.

    Args:
        path: the file to write; one that is there is replaced.
        report: the contents.

    Raises:
        FileError: the file cannot be written.
    """
    from clearprop.storage import write_atomically

    write_atomically(path, render(report).encode("utf-8"))


def render(report: Report) -> str:
    """`report` as one HTML page that asks for nothing outside itself and needs no script."""
    one_of("task", report.task, _HEADLINES)
    drawn = pictures(report)
    return render_page(
        "clearprop.report",
        "page.html.j2",
        report=report,
        title=report.title or f"Training report: {report.data_name}",
        headline=report.headline or _headline(report),
        score_table=_score_table(report.scores),
        pictures=drawn,
        odd_one_out=sum(not picture.broad for picture in drawn) % 2 == 1,
        columns=report.columns[:MOST_ROWS],
        notes=report.notes[:MOST_ROWS],
        more_columns=max(0, len(report.columns) - MOST_ROWS),
        more_notes=max(0, len(report.notes) - MOST_ROWS),
        model=shlex.quote(report.model_path),
    )


def _headline(report: Report) -> Row | None:
    """The test score, or that of the best part there is."""
    score, label = _HEADLINES[report.task]
    for part in ("test", "validation", "train"):
        if score in report.scores.get(part, {}):
            return f"{part.capitalize()} {label}", _value(score, report.scores[part][score])
    return None


def _score_table(
    scores: Mapping[str, Mapping[str, float]],
) -> tuple[list[str], list[tuple[str, list[str]]]]:
    """Heads, and for each part its name and one text a head; "—" where there is no value."""
    names = list(dict.fromkeys(name for part in scores.values() for name in part))
    rows = [
        (part, [_value(name, values[name]) if name in values else "—" for name in names])
        for part, values in scores.items()
    ]
    return [_label(name) for name in names], rows


def _label(name: str) -> str:
    return _LABELS.get(name, name.replace("_", " ").capitalize())


def _value(name: str, value: float) -> str:
    """A score as text: accuracy in percent, whole numbers in full."""
    if name == "accuracy":
        return percent(value)
    return f"{value:,}" if isinstance(value, numbers.Integral) else number(float(value))
