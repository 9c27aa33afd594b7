"""Learning rates with evidence: maps, choice, curvature, stability thresholds, gradient noise."""

from clearprop.rates.curvature import Curvature, curvature
from clearprop.rates.hessian import hessian, hessian_vector_product
from clearprop.rates.noise import NoiseScale, noise_scale
from clearprop.rates.sharpness import Sharpness, sharpness

__all__ = [
    "Curvature",
    "NoiseScale",
    "Sharpness",
    "curvature",
    "hessian",
    "hessian_vector_product",
    "noise_scale",
    "sharpness",
]
