"""The teaching experiments: one file each, on the real engine, with every number compared.

An experiment is a module with `teach(play) -> Lesson`. What it tells is plain data (`lesson.py`);
`registry.py` lists them in reading order.
"""

from clearprop.experiments.learning import Learned, learn
from clearprop.experiments.lesson import Check, Lesson
from clearprop.experiments.registry import EXPERIMENTS, Experiment

__all__ = ["EXPERIMENTS", "Check", "Experiment", "Learned", "Lesson", "learn"]
