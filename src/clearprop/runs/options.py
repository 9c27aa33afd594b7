"""What `clearprop train` can be told, as one record that a run directory keeps."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, fields
from typing import Any

from clearprop import _checks, randomness
from clearprop.architecture import Architecture
from clearprop.defaults import OWN_SCHEDULES, TABLE
from clearprop.errors import ArgumentError
from clearprop.training import SELF_TUNED, Settings
from clearprop.training.choices import combine
from clearprop.training.settings import rule_options

__all__ = ["TableOptions"]


@dataclass(frozen=True, kw_only=True)
class TableOptions:
    """Choices for a training on a table; every default is stated by the command's help.

    Attributes:
        target: the column to predict; "target" where there is one.
        task: "classification" or "regression"; found from the target's values.
        drop: columns to leave out.
        test: share of the rows kept for the final test.
        validation: share of the other rows that training is watched by.
        hidden: neurons of each hidden layer.
        activation: of the hidden layers.
        dropout: share of hidden activations silenced in training.
        dtype: "float32" or "float64".
        seed: of split, start, order and dropout.
        patience: epochs without improvement before training stops; 0 never stops early.
        l2: strength of the L2 penalty, divided by the number of training rows.
        training: the other settings of `clearprop.training.Settings`, by name; `learning_rate` is
            "auto", chosen by trial trainings, unless it is a number or None, a fixed default;
            `schedule` is the cosine, or for rules that want another, that one.

    Raises:
        ArgumentError: a value that breaks a rule.
    """

    target: str | None = None
    task: str | None = None
    drop: tuple[str, ...] = ()
    test: float = TABLE.test
    validation: float = TABLE.validation
    hidden: tuple[int, ...] = TABLE.hidden
    activation: str = TABLE.activation
    dropout: float = TABLE.dropout
    dtype: str = TABLE.dtype
    seed: int = TABLE.seed
    patience: int = TABLE.patience
    l2: float = TABLE.l2
    training: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.task is not None:
            _checks.one_of("task", self.task, ("classification", "regression"))
        _checks.fraction("test", self.test)
        _checks.fraction("validation", self.validation)
        _checks.one_of("dtype", self.dtype, ("float32", "float64"))
        _checks.integer("seed", self.seed, least=0, most=randomness.MAX_SEED)
        _checks.integer("patience", self.patience, least=0)
        _checks.positive("l2", self.l2, zero=True)
        for i, size in enumerate(self.hidden, start=1):
            _checks.integer(f"size of hidden layer {i}", size)
        self.architecture(1, 1, "identity")
        self.settings()

    @property
    def chooses_rate(self) -> bool:
        """Whether the learning rate is to be chosen by short trainings."""
        asked = self.training.get("learning_rate", TABLE.learning_rate) == "auto"
        return asked and self.settings().rule not in SELF_TUNED

    def architecture(self, n_inputs: int, n_outputs: int, output: str) -> Architecture:
        """The network's architecture, once inputs and outputs are known."""
        sizes = (n_inputs, *self.hidden, n_outputs)
        return Architecture.build(sizes, self.activation, output, self.dropout)

    def settings(self, **more: Any) -> Settings:
        """How to train."""
        usual = {
            name: getattr(TABLE, name) for name in ("optimizer", "batch_size", "epochs", "engine")
        }
        chosen = {**usual, "seed": self.seed, **self.training, **more}
        if "schedule" not in {**self.training, **more}:
            rule, _ = rule_options(chosen["optimizer"])
            chosen["schedule"] = OWN_SCHEDULES.get(rule, TABLE.schedule)
        if chosen.get("learning_rate") == "auto":
            chosen["learning_rate"] = None
        if self.patience:
            chosen["early_stopping"] = self.patience
        # The best epoch is kept also where there is no validation part to choose it by.
        return combine(None, {"restore_best": True, **chosen})

    def to_json(self) -> dict[str, Any]:
        """Plain JSON types."""
        return asdict(self) | {"drop": list(self.drop), "hidden": list(self.hidden)}

    @classmethod
    def from_json(cls, description: Any) -> TableOptions:
        """The options that `to_json` described."""
        known = {each.name for each in fields(cls)}
        if not isinstance(description, dict) or set(description) != known:
            raise ArgumentError(
                f"training options have exactly the keys {', '.join(sorted(known))}"
            )
        lists = {"drop": tuple(description["drop"]), "hidden": tuple(description["hidden"])}
        return cls(**(description | lists))
