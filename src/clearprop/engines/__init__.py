"""What computes a training: the contract, the choice, and the reference engine."""

from clearprop.engines.base import ENGINES, Data, Engine, Plan, State, Steps, choose_engine

__all__ = ["ENGINES", "Data", "Engine", "Plan", "State", "Steps", "choose_engine"]
