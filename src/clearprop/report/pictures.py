"""Every figure of a report, drawn in both themes and embedded as data."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from numpy.typing import ArrayLike

from clearprop import figures
from clearprop.report.contents import Report

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["Picture", "pictures"]

_SCORES = {"classification": "accuracy", "regression": "r2"}
_COLUMN = 620  # CSS pixels a figure may have beside another
_SVG_ROOM = 200_000  # bytes; a larger SVG is embedded as a PNG


@dataclass(frozen=True)
class Picture:
    """One figure of the page.

    Attributes:
        kind: which figure, such as "loss"; also its anchor in the page.
        light, dark: data URIs.
        width, height: of both, in CSS pixels.
        alt: one sentence with the numbers.
        caption: how to read it.
    """

    kind: str
    light: str
    dark: str
    width: int
    height: int
    alt: str
    caption: str

    @property
    def broad(self) -> bool:
        """Whether it needs the whole width of the page."""
        return self.width > _COLUMN


@dataclass(frozen=True)
class _Plan:
    """A figure not yet drawn."""

    kind: str
    caption: str
    alt: str
    draw: Callable[[figures.Theme], Axes]


def pictures(report: Report) -> list[Picture]:
    """The figures of `report` that its contents allow, in the order of the page."""
    with figures.house_defaults():
        return [_drawn(plan) for plan in (*_curves(report), *_results(report), *_weights(report))]


def _drawn(plan: _Plan) -> Picture:
    light, width, height = _data_uri(plan.draw(figures.LIGHT))
    dark, _, _ = _data_uri(plan.draw(figures.DARK))
    return Picture(plan.kind, light, dark, width, height, plan.alt, plan.caption)


def _data_uri(ax: Axes) -> tuple[str, int, int]:
    """The figure as a data URI, its width and height in CSS pixels."""
    svg = figures.as_svg(ax)
    size = re.search(rb'viewBox="0 0 ([\d.]+) ([\d.]+)"', svg)
    assert size is not None  # noqa: S101 - Matplotlib always writes one
    kind, data = ("svg+xml", svg) if len(svg) < _SVG_ROOM else ("png", figures.as_png(ax, dpi=120))
    width, height = (round(float(points) * 96 / 72) for points in size.groups())
    return f"data:image/{kind};base64,{base64.b64encode(data).decode('ascii')}", width, height


def _curves(report: Report) -> Iterator[_Plan]:
    """Loss and score over epochs."""
    history, best, score = report.history, report.best_epoch, _SCORES[report.task]
    yield _Plan(
        "loss",
        "Both lines should fall and stay close; a validation loss that turns upwards while the "
        "training loss goes on falling means the network learns its rows by heart.",
        figures.describe_loss_curves(history, best),
        lambda theme: figures.loss_curves(history, best, theme=theme),
    )
    if f"train_{score}" in history:
        yield _Plan(
            "score",
            "The share of rows named correctly after each epoch."
            if score == "accuracy"
            else "R² after each epoch: 1 is perfect, 0 is as good as always saying the mean.",
            figures.describe_score_curves(history, score, best),
            lambda theme: figures.score_curves(history, score, best, theme=theme),
        )


def _results(report: Report) -> Iterator[_Plan]:
    """What the kept network says about rows it was not trained on."""
    rows = report.figures_from
    if report.confusion is not None:
        matrix, names = report.confusion
        yield _Plan(
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
        yield _Plan(
            "boundary",
            f"What the network says at every place, and the {rows}. The stronger the colour, the "
            "surer the network; the line is where it cannot decide.",
            figures.describe_decision_boundary(boundary),
            lambda theme: figures.decision_boundary(boundary, theme=theme),
        )


def _regression(true: ArrayLike, predicted: ArrayLike, rows: str) -> Iterator[_Plan]:
    yield _Plan(
        "predicted",
        f"Each point is one of the {rows}; the nearer to the line, the better the prediction.",
        figures.describe_predicted_against_true(true, predicted),
        lambda theme: figures.predicted_against_true(true, predicted, theme=theme),
    )
    yield _Plan(
        "residuals",
        f"How far the predictions of the {rows} are off: a narrow heap around zero is good, a "
        "heap beside zero means they are off to one side.",
        figures.describe_residual_histogram(true, predicted),
        lambda theme: figures.residual_histogram(true, predicted, theme=theme),
    )


def _weights(report: Report) -> Iterator[_Plan]:
    """The weights and the learning rate that moved them."""
    if report.weight_history is not None:
        recorded = report.weight_history
        arrays = recorded.epochs, recorded.weights, recorded.layers
        yield _Plan(
            "weights",
            "Each line is one weight. Lines that come to rest say the training was long enough; "
            "lines that shake say the learning rate is large.",
            figures.describe_weight_histories(*arrays),
            lambda theme: figures.weight_histories(*arrays, theme=theme),
        )
    if "learning_rate" in report.history:
        setting = report.history, report.optimizer, report.batch_size
        yield _Plan(
            "learning-rate",
            "How large a step the optimiser takes, epoch by epoch.",
            figures.describe_learning_rate_curve(*setting),
            lambda theme: figures.learning_rate_curve(*setting, theme=theme),
        )
