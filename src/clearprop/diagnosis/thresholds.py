"""The table of thresholds: every number that decides between healthy and not, with its source.

Sources. "measured": set on the first three groups of tables of `bench/diagnosis.py` and frozen
before the others were scored, see docs/diagnosis.md. "first measurements": this project's own on
six tables with two optimisers at batch 64, kept where the measured tables had nothing against them.
The others name a definition or a paper.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from clearprop import _checks
from clearprop.errors import ArgumentError

__all__ = ["THRESHOLDS", "Threshold", "limits_from"]


class Threshold(NamedTuple):
    """One number of the table.

    Attributes:
        value: the number.
        meaning: what is compared with it.
        source: why this number.
    """

    value: float
    meaning: str
    source: str


_MEASURED = "measured"
_FIRST = "first measurements"

THRESHOLDS: dict[str, Threshold] = {
    # learning rate
    "rising_share": Threshold(
        0.25, "share of epochs whose training loss rises: at least, for too high", _FIRST
    ),
    "rise": Threshold(0.002, "rise of a loss as a share of it: above, for it to count", _MEASURED),
    "swing": Threshold(
        0.02, "median change of the loss between epochs, of the starting loss: at least", _MEASURED
    ),
    "jump": Threshold(
        1.05, "largest loss over the starting loss: at least, for thrown off at once", _MEASURED
    ),
    "unlearned": Threshold(
        0.85, "lowest later loss over the starting loss: at least, for nothing learned", _MEASURED
    ),
    "throw": Threshold(
        15.0, "largest loss over the starting loss: at least, for thrown far off", _MEASURED
    ),
    "far_off": Threshold(
        0.1, "lowest later loss over the starting loss: at least, after being thrown far", _MEASURED
    ),
    "violent": Threshold(
        0.05,
        "median change of the loss between epochs, of the starting loss: at least, where nothing "
        "else shows the harm",
        _MEASURED,
    ),
    "lost": Threshold(
        1.15, "watched loss at the end over its lowest: at least, for harm done", _MEASURED
    ),
    "trained_lost": Threshold(
        1.1, "training loss at the end over its lowest: at least; else it overfits", _MEASURED
    ),
    "adrift": Threshold(
        1.4, "median of the watched loss, late, over its lowest: at least, for noise", _MEASURED
    ),
    "nothing_learned": Threshold(
        0.95, "loss at the end over that of the best constant answer: at least", _MEASURED
    ),
    "slow_rising_share": Threshold(
        0.05, "share of epochs whose training loss rises: at most, for too low", _FIRST
    ),
    "still_falling": Threshold(
        0.05, "fall in the second half of the way over that in the first: at least", _MEASURED
    ),
    "distance": Threshold(
        0.1, "how far the weights came, of their length: below, for too low", _MEASURED
    ),
    "straight": Threshold(
        0.5,
        "fall in the second half of the way over that in the first: at least, for a fall in almost "
        "a straight line",
        _MEASURED,
    ),
    "late_fall": Threshold(
        0.05, "fall in the second half of the way over the loss at the end: at least", _MEASURED
    ),
    "hardly_fell": Threshold(
        0.1, "fall over the whole way, of the starting loss: below, for nothing done", _MEASURED
    ),
    "not_far": Threshold(
        0.35, "how far the weights came: below, for a fall that was cut short", _MEASURED
    ),
    "steep": Threshold(
        0.3,
        "fall in the second half over that in the first: at least, for too few steps",
        _MEASURED,
    ),
    "steep_fall": Threshold(
        0.25, "fall in the second half over the loss at the end: at least, with it", _MEASURED
    ),
    "prodigy_way": Threshold(
        0.02,
        "way that all steps of Prodigy together could carry a weight, over a typical weight: below",
        "bench/prodigy.py: between stalled and shuffled targets on the calibration tables",
    ),
    # gradients
    "vanishing_ratio": Threshold(
        1e-3, "first layer's gradient over the last layer's: below", _FIRST
    ),
    "vanishing_gradient": Threshold(1e-4, "gradient of the first layer: below", _FIRST),
    "exploding_ratio": Threshold(
        70.0, "first layer's gradient over the last layer's: above", _FIRST
    ),
    "exploding_loss": Threshold(1e3, "loss at the start: above", _FIRST),
    "noise_to_batch": Threshold(
        4.0, "gradient noise scale over the batch size: above", "McCandlish et al. 2018; measured"
    ),
    # units
    "inactive": Threshold(0.01, "share of samples for which a unit is active: below", _FIRST),
    "dead_units": Threshold(0.5, "share of a layer's units that are inactive: above", _FIRST),
    "zero_gradients": Threshold(0.7, "share of a layer's deltas that are 0: at least", _FIRST),
    "saturated_value": Threshold(
        0.97, "tanh beyond this, sigmoid beyond the same place, is saturated", _FIRST
    ),
    "saturated_share": Threshold(0.5, "share of a layer's activations: above", _FIRST),
    # the start
    "weight_scale": Threshold(
        3.0,
        "spread of a layer's starting weights over the initialiser's, or the inverse: above",
        _MEASURED,
    ),
    "start_loss": Threshold(
        2.0, "cross-entropy at the start over ln K: above", "ln K is a uniform guess; measured"
    ),
    "layer_variances": Threshold(
        10.0, "largest over smallest variance of the layers' pre-activations: above", _FIRST
    ),
    # fit
    "overfit_epochs": Threshold(10, "epochs after the best validation loss: at least", _FIRST),
    "overfit_rise": Threshold(
        0.2, "rise of the validation loss above its best, as a share of it: at least", _MEASURED
    ),
    "overfit_fall": Threshold(
        0.1, "fall of the training loss meanwhile, as a share of it: at least", _MEASURED
    ),
    "flat": Threshold(
        0.01, "change of the loss over the last quarter: below, for a plateau", _FIRST
    ),
    "small_gradient": Threshold(
        0.03,
        "what a step down the gradient could gain, |g|²/2λmax, of the loss: at most",
        _MEASURED,
    ),
    "negative_curvature": Threshold(
        0.1, "-λmin over λmax: above, for a saddle and not a minimum", _FIRST
    ),
    "weak_curvature": Threshold(
        0.01, "the same: above, for a saddle that was hardly left", _MEASURED
    ),
    "released": Threshold(
        0.015,
        "what the way down a saddle released, |g|²/2|λmin|, of the loss: at most, with it",
        _MEASURED,
    ),
    "unexplained": Threshold(
        0.5, "loss at the end over that of the best constant answer: above, for stuck", _MEASURED
    ),
    "constant": Threshold(
        1.015, "the same: at most, for a plateau; a loss above it is on no plateau yet", _MEASURED
    ),
    # numbers
    "still_share": Threshold(0.5, "share of weights without a changed bit: at least", _MEASURED),
    "still_gradient": Threshold(
        0.01, "gradient at a standstill over that at the start: above", _MEASURED
    ),
    # the data
    "one_answer": Threshold(0.99, "share of predictions of one class: at least", _MEASURED),
    "majority": Threshold(
        0.95,
        "share of that class among the targets: at most; beyond, the answer is fair",
        _MEASURED,
    ),
    "input_size": Threshold(
        30.0, "root mean square of the largest feature: above, for unscaled", _MEASURED
    ),
    "input_ratio": Threshold(
        1e3, "largest over smallest spread of the features: above, for unscaled", _MEASURED
    ),
    # the trial
    "helps": Threshold(
        0.02,
        "fall of the validation loss below the untouched trial's: at least, as a share",
        _MEASURED,
    ),
}


def limits_from(changes: Mapping[str, float] | None = None) -> dict[str, float]:
    """The values of the table, with some of them changed.

    Raises:
        ArgumentError: a name that is not in the table, or a value that is no number above zero.

    >>> limits_from({"rising_share": 0.4})["rising_share"]
    0.4
    """
    limits = {name: threshold.value for name, threshold in THRESHOLDS.items()}
    _checks.instance("thresholds", changes, (Mapping, type(None)))
    for name, value in (changes or {}).items():
        if name not in limits:
            raise ArgumentError(
                f"thresholds has no {name!r}{_checks.closest(name, limits)}; "
                "clearprop.diagnosis.THRESHOLDS lists them"
            )
        limits[name] = _checks.positive(f"thresholds[{name!r}]", value)
    return limits
