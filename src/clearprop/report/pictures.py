"""The figures of a report, with their captions."""

from __future__ import annotations

from collections.abc import Iterator

from numpy.typing import ArrayLike

from clearprop import figures
from clearprop.report.contents import Report
from clearprop.report.embedding import Picture, Plan, drawn

__all__ = ["pictures"]

_SCORES = {"classification": "accuracy", "regression": "r2"}


def pictures(report: Report) -> list[Picture]:
    """The figures of `report` that its contents allow, in the order of the page."""
    with figures.house_defaults():
        return [drawn(plan) for plan in (*_curves(report), *_results(report), *_weights(report))]


def _curves(report: Report) -> Iterator[Plan]:
    """Loss and score over epochs."""
    history, best, score = report.history, report.best_epoch, _SCORES[report.task]
    yield Plan(
        "loss",
        "Both lines should fall and stay close; a validation loss that turns upwards while the "
        "training loss goes on falling means the network learns its rows by heart.",
        figures.describe_loss_curves(history, best),
        lambda theme: figures.loss_curves(history, best, theme=theme),
    )
    if f"train_{score}" in history:
        yield Plan(
            "score",
            "The share of rows named correctly after each epoch."
            if score == "accuracy"
            else "R² after each epoch: 1 is perfect, 0 is as good as always saying the mean.",
            figures.describe_score_curves(history, score, best),
            lambda theme: figures.score_curves(history, score, best, theme=theme),
        )


def _results(report: Report) -> Iterator[Plan]:
    """What the kept network says about rows it was not trained on."""
    rows = report.figures_from
    if report.confusion is not None:
        matrix, names = report.confusion
        yield Plan(
            "confusion",
            f"Of the {rows}: each row of cells is a true class, each cell how many of it were "
            "taken for the class below; the stronger the colour, the larger its share of the row. "
            "Blue cells are right, orange cells are mistakes.",
            figures.describe_confusion_matrix(matrix, names),
            lambda theme: figures.confusion_matrix(matrix, names, theme=theme),
        )
    if report.predictions is not None:
        yield from _regression(*report.predictions, rows)
    if report.boundary is not None:
        boundary = report.boundary
        yield Plan(
            "boundary",
            f"What the network says at every place, and the {rows}. The stronger the colour, the "
            "surer the network; the line is where it cannot decide.",
            figures.describe_decision_boundary(boundary),
            lambda theme: figures.decision_boundary(boundary, theme=theme),
        )


def _regression(true: ArrayLike, predicted: ArrayLike, rows: str) -> Iterator[Plan]:
    yield Plan(
        "predicted",
        f"Each point is one of the {rows}; the nearer to the line, the better the prediction.",
        figures.describe_predicted_against_true(true, predicted),
        lambda theme: figures.predicted_against_true(true, predicted, theme=theme),
    )
    yield Plan(
        "residuals",
        f"How far the predictions of the {rows} are off: a narrow heap around zero is good, a "
        "heap beside zero means they are off to one side.",
        figures.describe_residual_histogram(true, predicted),
        lambda theme: figures.residual_histogram(true, predicted, theme=theme),
    )


def _weights(report: Report) -> Iterator[Plan]:
    """The weights and the learning rate that moved them."""
    if report.weight_history is not None:
        recorded = report.weight_history
        arrays = recorded.epochs, recorded.weights, recorded.layers
        yield Plan(
            "weights",
            "Each line is one weight. Lines that come to rest say the training was long enough; "
            "lines that shake say the learning rate is large.",
            figures.describe_weight_histories(*arrays),
            lambda theme: figures.weight_histories(*arrays, theme=theme),
        )
    if "learning_rate" in report.history:
        setting = report.history, report.optimizer, report.batch_size
        yield Plan(
            "learning-rate",
            "How large a step the optimizer takes, epoch by epoch.",
            figures.describe_learning_rate_curve(*setting),
            lambda theme: figures.learning_rate_curve(*setting, theme=theme),
        )
