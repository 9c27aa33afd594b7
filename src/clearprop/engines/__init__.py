"""What computes a training: the contract, the choice, the reference and the compiled core."""

from clearprop.engines.base import (
    ENGINES,
    Data,
    Engine,
    Plan,
    State,
    Steps,
    choose_engine,
    passed_over,
)

__all__ = ["ENGINES", "Data", "Engine", "Plan", "State", "Steps", "choose_engine", "passed_over"]
