"""A whole fit on the digits: our `train` against scikit-learn's `MLPClassifier.fit`.

Checked without shuffling from one start, so that the losses can be compared; timed as users call
both, shuffling on, each from its own start.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from clearprop.bench.agreement import TOLERANCES, difference
from clearprop.bench.result import Result
from clearprop.bench.rows import FitRow
from clearprop.bench.session import Session
from clearprop.network import Network
from clearprop.training import Run, train

__all__ = ["measure_fit"]

Array = NDArray[Any]

_RATE = 0.001
_PEER = "sklearn"


class _Fit:
    """A call to be timed; see `Repeatable`."""

    def __init__(self, call: Callable[[], object]) -> None:
        self._call = call

    def reset(self) -> None:
        """Every call begins anew."""

    def run(self, count: int) -> None:
        """So many calls."""
        for _ in range(count):
            self._call()


def measure_fit(row: FitRow, session: Session) -> Result:
    """Check, then time, both fits."""
    X, y = _digits()
    session.say("checking the losses")
    run = _ours(row, session, X, y, shuffle=False)
    tolerance = TOLERANCES["adam"]
    if _PEER not in session.peers:
        apart = None
    else:
        theirs = _losses(run, *_checked_sklearn(row, X, y), X, y)
        apart = difference(_losses(run, *_parts(run.network), X, y), theirs)
    calls = {"ours": _Fit(lambda: _ours(row, session, X, y, shuffle=True))}
    if apart is not None and apart <= tolerance:
        calls[_PEER] = _Fit(lambda: _sklearn(row).fit(X, y))
    session.say("timing")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that it has not converged is what both are told to do
        times = session.timer(calls)
    return Result(
        row,
        session.threads,
        engine=run.engine,
        ours_us=times["ours"] * 1e6,
        peers={name: times[name] * 1e6 for name in calls if name != "ours"},
        differences={} if apart is None else {_PEER: apart},
        tolerance=tolerance,
    )


def _digits() -> tuple[Array, Array]:
    from sklearn.datasets import load_digits

    X, y = load_digits(return_X_y=True)
    return (X / 16).astype(np.float32), y


def _ours(row: FitRow, session: Session, X: Array, y: Array, *, shuffle: bool) -> Run:
    network = Network([X.shape[1], row.hidden, 10], output="softmax", dtype="float32")
    return train(
        network,
        X,
        y,
        optimizer="adam",
        learning_rate=_RATE,
        batch_size=row.batch_size,
        epochs=row.epochs,
        engine=session.engine,
        shuffle=shuffle,
    )


def _sklearn(row: FitRow, **more: Any) -> Any:
    from sklearn.neural_network import MLPClassifier

    chosen = {
        "hidden_layer_sizes": (row.hidden,),
        "solver": "adam",
        "alpha": 0.0,
        "batch_size": row.batch_size,
        "learning_rate_init": _RATE,
        "max_iter": row.epochs,
        "n_iter_no_change": row.epochs + 1,  # no early stopping
        "random_state": 0,
    }
    return MLPClassifier(**(chosen | more))


def _checked_sklearn(row: FitRow, X: Array, y: Array) -> tuple[list[Array], list[Array]]:
    """scikit-learn's weights and biases after the same epochs from our start, unshuffled."""
    model = _sklearn(row, warm_start=True, shuffle=False, max_iter=1)
    start = Network([X.shape[1], row.hidden, 10], output="softmax", dtype="float32")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model.fit(X, y)  # only to make what `warm_start` goes on from
        model.coefs_, model.intercepts_ = _parts(start)
        model.set_params(max_iter=row.epochs).fit(X, y)
    return model.coefs_, model.intercepts_


def _parts(network: Network) -> tuple[list[Array], list[Array]]:
    """Copies of weights and biases."""
    return [W.copy() for W, _ in network.layers], [b.copy() for _, b in network.layers]


def _losses(run: Run, weights: list[Array], biases: list[Array], X: Array, y: Array) -> Array:
    """The mean loss of these weights on the samples, `(1,)`, in float64."""
    layers = [
        (W.astype(np.float64), b.astype(np.float64)) for W, b in zip(weights, biases, strict=True)
    ]
    architecture = run.network.architecture
    p = Network.of(architecture, architecture.flatten(layers)).predict(X)
    mean: Array = np.mean(-np.log(p[np.arange(len(y)), y]), keepdims=True)
    return mean
