"""Symptoms of the samples: one answer for all, a class that is not there, inputs off scale."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from clearprop.diagnosis.case import Case
from clearprop.diagnosis.finding import Finding

__all__ = ["majority_class", "missing_class", "unscaled_inputs"]


def majority_class(case: Case) -> Finding | None:
    """The network names one class for (almost) every sample.

    At least `one_answer` of its predictions, while at most `majority` of the targets are of that
    class.
    """
    if not case.classes:
        return None
    predicted, true = _labels(case.kept.output), _labels(case.sample.y)
    label, count = _most(predicted)
    share, fair = count / len(predicted), float(np.mean(true == label))
    if share < case.limits["one_answer"] or fair > case.limits["majority"]:
        return None
    return Finding(
        "majority_class",
        f"The network names class {label} for {share:.0%} of the samples; {fair:.0%} of them are "
        "of that class.",
        {
            "class": label,
            "predicted_share": share,
            "true_share": fair,
            "where": "output",
            "when": "at the weights that were kept",
        },
    )


def missing_class(case: Case) -> Finding | None:
    """The network has an output for a class of which there is no training sample."""
    assert case.data is not None  # noqa: S101 - asked only with samples
    if not case.classes:
        return None
    classes = max(case.data.y.shape[1], 2)
    counts = np.bincount(_labels(case.data.y), minlength=classes)
    absent = np.flatnonzero(counts == 0).tolist()
    if not absent:
        return None
    later = 0
    if case.validation is not None:
        later = int(np.isin(_labels(case.validation.y), absent).sum())
    listed = ", ".join(map(str, absent))
    return Finding(
        "missing_class",
        f"No training sample is of class {listed}, though the network has {classes} classes; "
        f"{later} validation samples are.",
        {
            "classes": absent,
            "validation_samples": later,
            "where": "targets",
            "when": "before training",
        },
    )


def unscaled_inputs(case: Case) -> Finding | None:
    """The features are large, or of very different sizes, so that no one rate fits their weights.

    The largest root mean square above `input_size`, or the largest spread over the smallest (of
    features that vary) above `input_ratio`.
    """
    X = case.sample.X.astype(np.float64)
    size = np.sqrt(np.mean(X**2, axis=0))
    spread = X.std(axis=0)
    varying = spread[spread > 1e-12 * np.maximum(size, 1e-300)]
    ratio = float(varying.max() / varying.min()) if len(varying) else 1.0
    worst = int(np.argmax(size))
    if size[worst] <= case.limits["input_size"] and ratio <= case.limits["input_ratio"]:
        return None
    return Finding(
        "unscaled_inputs",
        f"The inputs are not scaled: feature {worst} has the size {size[worst]:.3g}, and the "
        f"widest feature is spread {ratio:.3g} times as far as the narrowest.",
        {
            "feature": worst,
            "size": float(size[worst]),
            "spread_ratio": ratio,
            "where": f"feature {worst}",
            "when": "before training",
        },
    )


def _labels(y: NDArray[np.floating]) -> NDArray[np.int64]:
    """Class indices from one-hot rows, probabilities or a column of them."""
    return (y[:, 0] > 0.5).astype(np.int64) if y.shape[1] == 1 else np.argmax(y, axis=1)


def _most(labels: NDArray[np.int64]) -> tuple[int, int]:
    counts = np.bincount(labels)
    return int(np.argmax(counts)), int(counts.max())
