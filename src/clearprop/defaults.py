"""What a training on a table uses unless it is told otherwise. Nothing heavy is imported here.

Chosen among activations, dropout and penalty strengths, rates and schedules on the bundled tables
and on curved problems (moons, friedman1), which stronger regularisers turn into straight ones.
`python bench/scores.py` gives the scores of these defaults over many seeds.
"""

from __future__ import annotations

from typing import NamedTuple

__all__ = ["OWN_SCHEDULES", "TABLE", "TableDefaults"]


class TableDefaults(NamedTuple):
    """The defaults of `clearprop train`, by the names of its options."""

    test: float = 0.2
    validation: float = 0.2
    hidden: tuple[int, ...] = (64, 64)
    activation: str = "relu"
    dropout: float = 0.2
    l2: float = 0.0
    optimizer: str = "adam"
    learning_rate: str = "auto"
    schedule: str = "cosine"
    batch_size: int = 32
    epochs: int = 100
    patience: int = 30
    seed: int = 0
    dtype: str = "float32"
    engine: str = "auto"


TABLE = TableDefaults()

# Update rules that want another schedule: the average that this one keeps stands in for a rate
# that falls.
OWN_SCHEDULES = {"schedule_free_adamw": "constant"}
