"""Symptoms of the fit: learned by heart, or stopped where the cost is flat but not low."""

from __future__ import annotations

import numpy as np

from clearprop.diagnosis.case import Case
from clearprop.diagnosis.finding import Finding
from clearprop.errors import DataError
from clearprop.rates.curvature import Curvature, curvature

__all__ = ["overfitting", "plateau", "premature_stop"]


def overfitting(case: Case) -> Finding | None:
    """The validation loss rises for long while the training loss goes on falling.

    At least `overfit_epochs` after the best epoch, the validation loss (median of the last five
    epochs) lies `overfit_rise` above its best, and the training loss fell by `overfit_fall`.
    """
    limits = case.limits
    validation = np.asarray(case.run.history["validation_loss"], dtype=np.float64)
    validation = validation[: len(case.losses)]
    if len(validation) < 2 or not np.isfinite(validation).all():
        return None
    best = int(np.argmin(validation))
    end = len(validation) - 1
    lowest, last = float(validation[best]), float(np.median(validation[-5:]))
    before, after = float(case.losses[best]), float(np.median(case.losses[-5:]))
    rise = last / lowest - 1 if lowest > 0 else 0.0
    fall = 1 - after / before if before > 0 else 0.0
    long = end - best >= limits["overfit_epochs"]
    if not (long and rise >= limits["overfit_rise"] and fall >= limits["overfit_fall"]):
        return None
    kept = case.run.kept_epoch == case.run.best_epoch
    then = "the network of that epoch was kept" if kept else "the last network was kept"
    return Finding(
        "overfitting",
        f"The network learns its samples by heart: since epoch {best} the validation loss rose by "
        f"{rise:.0%} while the training loss fell by {fall:.0%}; {then}.",
        {
            "best_validation_loss": lowest,
            "last_validation_loss": last,
            "rise": rise,
            "training_loss_fell": fall,
            "where": "validation loss",
            "when": f"epochs {best} to {end}",
        },
    )


def plateau(case: Case) -> Finding | None:
    """All epochs were used up on a plateau or a saddle: flat, but no minimum.

    The training loss changed by less than `flat` over the last quarter of the way; it lies between
    `unexplained` and `constant` times what the best constant answer gives; and one of two. The cost
    curves down, `-λmin` above `negative_curvature` of λmax, with a gradient so small that a step
    down it could gain at most `small_gradient` of the loss, by `|g|²/2λmax`. Or it curves down
    weakly, above `weak_curvature`, and the saddle was hardly left: of the loss the way down has
    released at most `released`, by `|g|²/2|λmin|`.
    """
    return None if case.run.ending == "early_stopping" else _flat(case, "plateau")


def premature_stop(case: Case) -> Finding | None:
    """A plateau was mistaken for convergence: as `plateau`, where early stopping ended it."""
    return _flat(case, "premature_stop") if case.run.ending == "early_stopping" else None


def _flat(case: Case, symptom: str) -> Finding | None:
    limits, loss = case.limits, case.losses
    change = _late_change(case)
    level = case.unexplained
    if case.run.diverged or change is None or change >= limits["flat"]:
        return None
    if not limits["unexplained"] < level <= limits["constant"]:
        return None
    found = _curvature(case)
    if found is None:
        return None
    size = max(abs(found.largest), abs(found.most_negative), 1e-300)
    slope = float(case.at_end.steepest @ case.at_end.steepest)
    gain = slope / (2 * size) / max(case.at_end.loss, 1e-300)
    curves = max(-found.most_negative - found.most_negative_error, 0.0) / size
    strongly = curves > limits["negative_curvature"] and gain <= limits["small_gradient"]
    weakly = curves > limits["weak_curvature"] and gain <= limits["released"] * curves
    if not strongly and not weakly:
        return None
    stopped = "early stopping took it for convergence" if symptom == "premature_stop" else (
        "the epochs were used up there"
    )  # fmt: skip
    return Finding(
        symptom,
        f"The training came to rest on a plateau, not in a minimum: the loss changed by "
        f"{change:.1%} over the last quarter of the way while the cost still curves down "
        f"(λmin {-curves:.2g} of λmax); {stopped}.",
        {
            "change": change,
            "loss_over_constant_answer": level,
            "gain_down_the_gradient": gain,
            "negative_curvature_over_largest": curves,
            "where": "training loss",
            "when": f"the last quarter of {len(loss) - 1} epochs",
        },
    )


def _late_change(case: Case) -> float | None:
    """Change of the loss over the last quarter of the way, the sum of the learning rates."""
    loss = case.losses
    if len(loss) < 8 or not loss[-1] > 0:
        return None
    way = np.concatenate([[0.0], np.cumsum(case.rates)])
    late = loss[way >= 0.75 * way[-1]]
    return float((late.max() - late.min()) / loss[-1])


def _curvature(case: Case) -> Curvature | None:
    """The curvature at the last weights, or None where the weights have blown up."""
    network = case.run.network.copy()
    network.parameters = case.last
    try:
        return curvature(network, case.sample.X, case.sample.y, loss=case.loss)
    except DataError:
        return None
