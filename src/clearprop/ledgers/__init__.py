"""The ledger of one step: every number of forward, back and update, explained and marked."""

from clearprop.ledgers.checking import Check
from clearprop.ledgers.description import Exercise, read_answers, read_exercise
from clearprop.ledgers.factors import Factors
from clearprop.ledgers.marking import Marking
from clearprop.ledgers.step import Ledger, ledger

__all__ = [
    "Check",
    "Exercise",
    "Factors",
    "Ledger",
    "Marking",
    "ledger",
    "read_answers",
    "read_exercise",
]
