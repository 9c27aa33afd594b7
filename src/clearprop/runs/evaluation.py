"""What a network is worth on some rows: loss, score, predictions, and the baseline to beat."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from clearprop.equations.backprop import forward, sample_losses
from clearprop.equations.losses import cost
from clearprop.network import Network
from clearprop.tables import Part, Prepared
from clearprop.tables.class_target import ClassTarget

__all__ = ["Evaluation", "evaluate"]

Array = NDArray[Any]


@dataclass(frozen=True)
class Evaluation:
    """A network on some rows.

    Attributes:
        loss: mean loss; of a regression, on the standardised target.
        score: accuracy, or R² against the mean of these rows; NaN where the target does not vary.
        true: the targets as the table has them, `(n,)`.
        predicted: the predictions in the same words or unit, `(n,)`.
        confusion: counts, true class down and predicted class across, or None.
    """

    loss: float
    score: float
    true: Array
    predicted: Array
    confusion: NDArray[np.int64] | None

    @property
    def n(self) -> int:
        """The number of rows."""
        return len(self.true)


def evaluate(network: Network, loss: str, prepared: Prepared, part: Part) -> Evaluation:
    """Judge a network on one part of a prepared table."""
    X = part.X.astype(network.dtype)
    trace = forward(X, network.layers, network.architecture.activations)
    mean_loss = float(cost(sample_losses(trace, part.y, loss)))
    true = prepared.targets(part)
    predicted = prepared.schema.decode(trace[-1][2].astype(np.float64)).values
    target = prepared.schema.target
    if isinstance(target, ClassTarget):
        from sklearn.metrics import confusion_matrix

        counts = confusion_matrix(true, predicted, labels=list(target.classes))
        return Evaluation(mean_loss, float(np.mean(true == predicted)), true, predicted, counts)
    return Evaluation(mean_loss, _r2(true, predicted), true, predicted, None)


def _r2(true: Array, predicted: Array) -> float:
    from sklearn.metrics import r2_score

    return float(r2_score(true, predicted)) if len(true) > 1 and np.ptp(true) > 0 else float("nan")
