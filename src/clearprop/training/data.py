"""From the caller's arrays to the samples that an engine sees: checks, weights, validation part."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from clearprop import _arrays, _checks
from clearprop.engines import Data
from clearprop.errors import ArgumentError, DataError
from clearprop.network import Network
from clearprop.training.settings import Settings

__all__ = ["assemble", "fingerprint", "score_for"]

Array = NDArray[Any]
Validation = float | tuple[ArrayLike, ArrayLike] | None


def assemble(
    network: Network,
    X: ArrayLike,
    y: ArrayLike,
    settings: Settings,
    *,
    validation: Validation = None,
    sample_weight: ArrayLike | None = None,
) -> tuple[Data, Data | None]:
    """The training samples and, where one is asked for, the validation part.

    Args:
        network: says how many inputs and outputs there are, and in which dtype to work.
        X: inputs, `(n, n_in)`.
        y: targets, `(n,)` or `(n, n_out)`; class indices for categorical cross-entropy.
        settings: loss, class weights and seed.
        validation: a share of the samples, `(X, y)`, or None.
        sample_weight: a weight for each sample, `(n,)`; scaled to mean 1.

    Raises:
        DataError: the arrays cannot be learned from; the message says why and where.
    """
    loss = settings.loss_for(network.architecture.activations[-1])
    train = _data(network, X, y, loss)
    w = None
    if sample_weight is not None:
        w = _arrays.weights(sample_weight, len(train.X), network.dtype)
    rest: Data | None = None
    if isinstance(validation, (tuple, list)):
        if len(validation) != 2:
            raise ArgumentError("validation must be a share of the samples or a pair (X, y)")
        rest = _data(network, *validation, loss, prefix="validation ")
    elif validation is not None:
        train, rest, w = _split(train, w, _checks.fraction("validation", validation), settings)
    weights = _weights(train, w, settings.class_weight)
    return Data(train.X, train.y, weights), rest


def score_for(settings: Settings, output: str, loss: str, y: Array) -> str:
    """What to score by: "accuracy" where the targets are classes, "r2" where they are numbers."""
    if settings.score is not None:
        return settings.score
    classes = output in ("sigmoid", "softmax") and bool(np.isin(y, (0, 1)).all())
    return "accuracy" if classes or loss.endswith("cross_entropy") else "r2"


def fingerprint(*parts: Data | None) -> str:
    """SHA-256 over every array, so that a resumed run knows its data again."""
    digest = hashlib.sha256()
    for part in parts:
        for array in (part.X, part.y, part.weights) if part is not None else ():
            if array is not None:
                digest.update(f"{array.shape}{array.dtype.str}".encode())
                digest.update(np.ascontiguousarray(array).data)
    return digest.hexdigest()


def _data(network: Network, X: ArrayLike, y: ArrayLike, loss: str, prefix: str = "") -> Data:
    sizes = network.architecture.layer_sizes
    inputs = _arrays.features(X, sizes[0], network.dtype, f"{prefix}X")
    return Data(
        inputs, _arrays.targets(y, len(inputs), sizes[-1], loss, network.dtype, f"{prefix}y")
    )


def _split(
    data: Data, weights: Array | None, share: float, settings: Settings
) -> tuple[Data, Data, Array | None]:
    """Set a share of the samples apart, with the classes in proportion where that is possible."""
    from sklearn.model_selection import train_test_split

    n_out = round(share * len(data.X))
    if not 0 < n_out < len(data.X):
        raise DataError(
            f"validation={share:g} of {len(data.X)} samples leaves one part empty; "
            "give more samples or another share"
        )
    labels = _labels(data.y)
    if labels is not None:
        counts = np.unique(labels, return_counts=True)[1]
        if counts.min() < 2 or len(counts) > min(n_out, len(labels) - n_out):
            labels = None
    kept, rest = train_test_split(
        np.arange(len(data.X)), test_size=n_out, random_state=settings.seed, stratify=labels
    )
    kept, rest = np.sort(kept), np.sort(rest)
    if weights is not None:
        weights = _arrays.weights(weights[kept], len(kept), weights.dtype)
    return Data(data.X[kept], data.y[kept]), Data(data.X[rest], data.y[rest]), weights


def _labels(y: Array) -> NDArray[np.int64] | None:
    """Class indices, where the targets are one-hot rows or a column of 0 and 1."""
    if not np.isin(y, (0, 1)).all():
        return None
    if y.shape[1] == 1:
        return y[:, 0].astype(np.int64)
    return np.argmax(y, axis=1) if (y.sum(axis=1) == 1).all() else None


def _weights(
    data: Data, sample_weight: Array | None, class_weight: str | Mapping[int, float] | None
) -> Array | None:
    """Sample weight times class weight, scaled to mean 1."""
    if class_weight is None:
        return sample_weight
    labels = _labels(data.y)
    if labels is None:
        raise ArgumentError("class_weight needs targets that are classes; these are numbers")
    by_class = _class_weights(labels, class_weight, max(2, data.y.shape[1]))
    product = by_class[labels] * (1 if sample_weight is None else sample_weight)
    return _arrays.weights(product, len(labels), data.y.dtype)


def _class_weights(
    labels: NDArray[np.int64], given: str | Mapping[int, float], n_classes: int
) -> NDArray[np.float64]:
    """One weight for each class; "balanced" gives every class the same sum."""
    if isinstance(given, str):  # "balanced" is the only word that Settings lets pass
        counts = np.bincount(labels, minlength=n_classes)
        return np.where(counts > 0, len(labels) / np.maximum(counts, 1), 0.0)
    result = np.ones(n_classes)
    for key, value in given.items():
        label = _checks.integer("class_weight key", key, least=0, most=n_classes - 1)
        result[label] = _checks.positive(f"class_weight[{key}]", value, zero=True)
    return result
