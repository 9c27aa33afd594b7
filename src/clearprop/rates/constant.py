"""The loss of the best constant answer: what a network that learned nothing can still reach."""

from __future__ import annotations

import numpy as np

from clearprop.engines import Data
from clearprop.equations.losses import FROM_LOGITS, LOSSES, cost
from clearprop.errors import ArgumentError

__all__ = ["all_alike", "check_varies", "constant_loss"]

_LEAST = 1e-12  # a class that never occurs has a logit, too


def constant_loss(loss: str, data: Data) -> float:
    """The lowest mean loss that one answer for all samples can have.

    The mean of the targets is the best answer for squared errors and cross-entropies, the median
    for absolute ones; for Huber's loss the better of the two is taken.

    >>> y = np.array([[1.0], [0.0], [0.0], [1.0]])
    >>> round(constant_loss("binary_cross_entropy", Data(y, y)), 6)
    0.693147
    """
    y = data.y.astype(np.float64)
    weights = None if data.weights is None else data.weights.astype(np.float64)
    answers = [np.average(y, axis=0, weights=weights), np.median(y, axis=0)]
    if loss in FROM_LOGITS:
        p = np.clip(answers[0], _LEAST, 1 - _LEAST)
        answers = [np.log(p) if loss.startswith("categorical") else np.log(p) - np.log1p(-p)]
    losses = (
        cost(LOSSES[loss][0](np.broadcast_to(answer, y.shape), y), weights) for answer in answers
    )
    return float(min(losses))


def check_varies(data: Data) -> None:
    """Refuse targets that are all alike: any rate learns them, so none is better.

    Raises:
        ArgumentError: they are.
    """
    alike = all_alike(data)
    if alike is not None:
        raise ArgumentError(f"y must vary for learning rates to differ; {alike}")


def all_alike(data: Data) -> str | None:
    """That all targets are alike and what they are, in words, or None.

    >>> all_alike(Data(np.zeros((3, 1)), np.ones((3, 1))))
    'all 3 targets are 1.0'
    """
    if (data.y != data.y[:1]).any():
        return None
    one = data.y[0].tolist() if data.y.shape[1] > 1 else data.y[0, 0].item()
    return f"all {len(data.y)} targets are {one}" if len(data.y) > 1 else "there is one target only"
