"""Backpropagation you can see through: small neural networks with every number in sight.

>>> import clearprop as cp
>>> cp.Network([2, 4, 4, 1], hidden="relu", output="sigmoid", seed=0)
Network(2 → 4 relu → 4 relu → 1 sigmoid, 37 parameters, float64)
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from clearprop import errors
    from clearprop.diagnosis.diagnose import diagnose
    from clearprop.diagnosis.finding import Diagnosis, Finding
    from clearprop.experiments import Learned, learn
    from clearprop.formats import Model, load_model, save_model
    from clearprop.ledgers import Ledger, ledger
    from clearprop.network import Network
    from clearprop.rates.automatic import ChosenRun, train
    from clearprop.rates.choice import Choice
    from clearprop.rates.choose import choose_learning_rate
    from clearprop.rates.curvature import Curvature, curvature
    from clearprop.rates.hessian import hessian, hessian_vector_product
    from clearprop.rates.noise import NoiseScale, noise_scale
    from clearprop.rates.plane import LossPlane, loss_plane
    from clearprop.rates.range_test import RangeTest, range_test
    from clearprop.rates.rate_map import RateMap
    from clearprop.rates.sharpness import Sharpness, sharpness
    from clearprop.rates.sweep import sweep
    from clearprop.training import (
        Checkpoint,
        Divergence,
        Hooks,
        Population,
        Report,
        Run,
        Settings,
        grid,
        train_population,
    )

__version__ = "0.1.0"

__all__ = [
    "Checkpoint",
    "Choice",
    "ChosenRun",
    "Curvature",
    "Diagnosis",
    "Divergence",
    "Finding",
    "Hooks",
    "Learned",
    "Ledger",
    "LossPlane",
    "Model",
    "Network",
    "NoiseScale",
    "Population",
    "RangeTest",
    "RateMap",
    "Report",
    "Run",
    "Settings",
    "Sharpness",
    "choose_learning_rate",
    "curvature",
    "diagnose",
    "errors",
    "grid",
    "hessian",
    "hessian_vector_product",
    "learn",
    "ledger",
    "load_model",
    "loss_plane",
    "noise_scale",
    "range_test",
    "save_model",
    "sharpness",
    "sweep",
    "train",
    "train_population",
]

_HOMES = {
    "Choice": "clearprop.rates",
    "ChosenRun": "clearprop.rates",
    "Curvature": "clearprop.rates",
    "Diagnosis": "clearprop.diagnosis",
    "Finding": "clearprop.diagnosis",
    "Learned": "clearprop.experiments",
    "Ledger": "clearprop.ledgers",
    "LossPlane": "clearprop.rates",
    "Model": "clearprop.formats",
    "Network": "clearprop.network",
    "NoiseScale": "clearprop.rates",
    "RangeTest": "clearprop.rates",
    "RateMap": "clearprop.rates",
    "Sharpness": "clearprop.rates",
    "choose_learning_rate": "clearprop.rates",
    "curvature": "clearprop.rates",
    "diagnose": "clearprop.diagnosis",
    "hessian": "clearprop.rates",
    "hessian_vector_product": "clearprop.rates",
    "learn": "clearprop.experiments",
    "ledger": "clearprop.ledgers",
    "load_model": "clearprop.formats",
    "loss_plane": "clearprop.rates",
    "noise_scale": "clearprop.rates",
    "range_test": "clearprop.rates",
    "save_model": "clearprop.formats",
    "sharpness": "clearprop.rates",
    "sweep": "clearprop.rates",
    "train": "clearprop.rates",
}


def __getattr__(name: str) -> Any:
    """Import a public name when it is first used, so that `import clearprop` stays light."""
    if name not in __all__:
        raise AttributeError(f"module 'clearprop' has no attribute {name!r}")
    if name == "errors":
        return importlib.import_module("clearprop.errors")
    value = getattr(importlib.import_module(_HOMES.get(name, "clearprop.training")), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
