"""What a training on a table uses unless it is told otherwise. Nothing heavy is imported here.

Chosen by the mean test score over many random splits of the bundled tables, among combinations of
activation, dropout and L2 penalty, together with curved problems (moons, friedman1) that stronger
regularisers turn into straight ones. `python bench/scores.py` gives the scores of these defaults.
"""

from __future__ import annotations

from typing import NamedTuple

__all__ = ["TABLE", "TableDefaults"]


class TableDefaults(NamedTuple):
    """The defaults of `clearprop train`, by the names of its options."""

    test: float = 0.2
    validation: float = 0.2
    hidden: tuple[int, ...] = (64, 64)
    activation: str = "tanh"
    dropout: float = 0.1
    l2: float = 0.3
    optimizer: str = "adam"
    schedule: str = "constant"
    batch_size: int = 32
    epochs: int = 200
    patience: int = 30
    seed: int = 0
    dtype: str = "float32"
    engine: str = "auto"


TABLE = TableDefaults()
