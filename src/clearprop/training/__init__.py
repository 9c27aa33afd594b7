"""Training: populations, checkpoints, history. Orchestration only; engines do the arithmetic."""

from clearprop.training.checkpoint import Checkpoint
from clearprop.training.loop import Report
from clearprop.training.members import grid
from clearprop.training.population import train, train_population
from clearprop.training.progress import Divergence
from clearprop.training.run import Population, Run
from clearprop.training.settings import DEFAULT_RATES, SELF_TUNED, Settings
from clearprop.training.trainer import Hooks

__all__ = [
    "DEFAULT_RATES",
    "SELF_TUNED",
    "Checkpoint",
    "Divergence",
    "Hooks",
    "Population",
    "Report",
    "Run",
    "Settings",
    "grid",
    "train",
    "train_population",
]
