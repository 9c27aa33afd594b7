"""Learning rates with evidence: maps, choice, curvature, stability thresholds, gradient noise."""

from clearprop.rates.automatic import ChosenRun, train
from clearprop.rates.choice import Choice
from clearprop.rates.choose import choose_learning_rate
from clearprop.rates.curvature import Curvature, curvature
from clearprop.rates.hessian import hessian, hessian_vector_product
from clearprop.rates.noise import NoiseScale, noise_scale
from clearprop.rates.plane import LossPlane, loss_plane
from clearprop.rates.range_test import RangeTest, range_test
from clearprop.rates.rate_map import Cell, RateMap
from clearprop.rates.sharpness import Sharpness, sharpness
from clearprop.rates.sweep import sweep

__all__ = [
    "Cell",
    "Choice",
    "ChosenRun",
    "Curvature",
    "LossPlane",
    "NoiseScale",
    "RangeTest",
    "RateMap",
    "Sharpness",
    "choose_learning_rate",
    "curvature",
    "hessian",
    "hessian_vector_product",
    "loss_plane",
    "noise_scale",
    "range_test",
    "sharpness",
    "sweep",
    "train",
]
