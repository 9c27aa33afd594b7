"""How to train: every choice in one record, checked when it is made, JSON both ways."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from numbers import Integral
from typing import Any

import numpy as np

from clearprop import _checks, randomness
from clearprop.engines import ENGINES
from clearprop.equations.losses import FROM_LOGITS, LOSSES
from clearprop.equations.penalties import PENALTIES
from clearprop.equations.updates import UPDATES
from clearprop.errors import ArgumentError
from clearprop.training.schedule_choice import check_schedule, parted, schedule_function

__all__ = ["DEFAULT_RATES", "SELF_TUNED", "Settings", "rule_options"]

# Fixed rates that are seldom far off on scaled data at batch 32. A fallback, not advice.
DEFAULT_RATES = {
    "sgd": 0.05,
    "momentum": 0.01,
    "nesterov": 0.01,
    "adagrad": 0.02,
    "adadelta": 1.0,
    "rmsprop": 0.001,
    "adam": 0.003,
    "adamw": 0.003,
    "nadamw": 0.003,
    "schedule_free_adamw": 0.0025,
    "prodigy": 1.0,
}

# Rules that estimate their rate themselves; the one they are given is a factor.
SELF_TUNED = frozenset({"prodigy"})

# What `early_stopping` and `reduce_on_plateau` understand, with the values they start from.
_STOPPING = {"patience": 20, "least_improvement": 0.0}
_PLATEAU = {"patience": 10, "least_improvement": 0.0, "factor": 0.5, "lowest": 1e-3}
_SCORES = ("accuracy", "r2")


@dataclass(frozen=True)
class Settings:
    """Everything a training can be told.

    Attributes:
        loss: a name of `equations/losses.py`; by default the one that goes with the output.
        optimizer: a name of `equations/updates.py`, or a mapping such as
            `{"name": "momentum", "momentum": 0.95}`.
        learning_rate: the base rate, multiplied by the schedule; by default `DEFAULT_RATES`.
        batch_size: samples a step, or "full"; where there are fewer, all of them.
        epochs: passes over the training samples.
        schedule: a name of `equations/schedules.py`, or a mapping with options; any schedule takes
            `warm_up`, the share of the run with which to warm up first. Names are joined by +:
            "warm_up+cosine+plateau" warms up over 5 %, then follows the cosine, and lowers the
            rate on a plateau besides, as `reduce_on_plateau` does. "plateau" alone does only that.
        penalty: strength by name, such as `{"l2": 1e-4}`; on weights, never on biases.
        clip: `{"norm": limit}` or `{"value": limit}`.
        early_stopping: None, the patience in epochs, or a mapping with `patience` and
            `least_improvement`. It watches the validation loss, without one the training loss.
        reduce_on_plateau: None, True, or a mapping with `patience`, `least_improvement`, `factor`
            and `lowest` (the smallest factor).
        restore_best: end with the parameters of the best epoch; by default where there is a
            validation part or early stopping.
        shuffle: a new order of the samples in every epoch.
        class_weight: None, "balanced", or a weight for each class index.
        record_weights: None, "epoch", "step", or every how many epochs to keep all parameters.
        divergence_factor: a member whose training loss grows to this many times its start (or 1,
            if that is more) has diverged.
        score: "accuracy" or "r2"; by default what goes with loss and targets.
        engine: "auto" or the name of an engine.
        seed: of order, dropout and validation split; the start is the network's own. A member of
            a population that chooses a seed draws a new start from it as well.

    Raises:
        ArgumentError: any value that breaks a rule.
    """

    loss: str | None = None
    optimizer: str | Mapping[str, Any] = "adam"
    learning_rate: float | None = None
    batch_size: int | str = 32
    epochs: int = 100
    schedule: str | Mapping[str, Any] = "constant"
    penalty: Mapping[str, float] | None = None
    clip: Mapping[str, float] | None = None
    early_stopping: int | Mapping[str, Any] | None = None
    reduce_on_plateau: bool | Mapping[str, Any] | None = None
    restore_best: bool | None = None
    shuffle: bool = True
    class_weight: str | Mapping[int, float] | None = None
    record_weights: str | int | None = None
    divergence_factor: float = 1e6
    score: str | None = None
    engine: str = "auto"
    seed: int = 0

    def __post_init__(self) -> None:
        if self.loss is not None:
            _checks.one_of("loss", self.loss, LOSSES)
        rule_options(self.optimizer)
        if self.learning_rate is not None:
            _checks.positive("learning_rate", self.learning_rate)
        if self.batch_size != "full":
            _checks.integer("batch_size", self.batch_size)
        _checks.integer("epochs", self.epochs)
        self._part_schedule()
        check_schedule(self.schedule_function())
        if self.penalty is not None and not isinstance(self.penalty, Mapping):
            raise ArgumentError(
                f"penalty must be a mapping from names to strengths, or None; got {self.penalty!r}"
            )
        for name, strength in (self.penalty or {}).items():
            _checks.one_of("penalty", name, PENALTIES)
            _checks.positive(f"penalty[{name!r}]", strength, zero=True)
        self.clipping()
        self.stopping()
        self.plateau()
        if self.record_weights not in (None, "epoch", "step"):
            _checks.integer("record_weights", self.record_weights)
        rule = "a finite number above 1"
        if _checks.number("divergence_factor", self.divergence_factor, rule) <= 1:
            raise ArgumentError(f"divergence_factor must be {rule}; got {self.divergence_factor!r}")
        self._check_switches()
        if self.score is not None:
            _checks.one_of("score", self.score, _SCORES)
        _checks.one_of("engine", self.engine, ("auto", *ENGINES))
        _checks.integer("seed", self.seed, least=0, most=randomness.MAX_SEED)

    def _part_schedule(self) -> None:
        """Several joined by + become a schedule with its warm-up, and `reduce_on_plateau`."""
        schedule, lowers = parted(self.schedule)
        object.__setattr__(self, "schedule", schedule)
        if lowers and self.reduce_on_plateau is False:
            raise ArgumentError(
                "reduce_on_plateau must be True, a mapping or left out where the schedule names "
                "'plateau'; got False"
            )
        if lowers and self.reduce_on_plateau is None:
            object.__setattr__(self, "reduce_on_plateau", True)

    def _check_switches(self) -> None:
        for name in ("shuffle", "restore_best"):
            value = getattr(self, name)
            if not isinstance(value, (bool, np.bool_)) and not (
                value is None and name == "restore_best"
            ):
                raise ArgumentError(f"{name} must be True or False; got {value!r}")
        given = self.class_weight
        if isinstance(given, str):
            _checks.one_of("class_weight", given, ("balanced",))
        elif isinstance(given, Mapping):  # NumPy's integers as keys become plain ones
            plain = {
                _checks.integer("class_weight key", key, least=0): _checks.positive(
                    f"class_weight[{key}]", value, zero=True
                )
                for key, value in given.items()
            }
            object.__setattr__(self, "class_weight", plain)
        elif given is not None:
            raise ArgumentError(f"class_weight must be 'balanced' or a mapping; got {given!r}")

    @property
    def rule(self) -> str:
        """The name of the update rule."""
        return rule_options(self.optimizer)[0]

    @property
    def base_rate(self) -> float:
        """The learning rate before the schedule."""
        return DEFAULT_RATES[self.rule] if self.learning_rate is None else float(self.learning_rate)

    def schedule_function(self) -> Callable[[float], float]:
        """Progress in [0, 1] → factor of the base rate."""
        return schedule_function(self.schedule)

    def clipping(self) -> tuple[str, float] | None:
        """("norm" | "value", limit), or None."""
        if self.clip is None:
            return None
        if not isinstance(self.clip, Mapping) or len(self.clip) != 1:
            raise ArgumentError(
                f"clip must be a mapping with 'norm' or 'value' and a limit; got {self.clip!r}"
            )
        ((kind, limit),) = self.clip.items()
        return _checks.one_of("clip", kind, ("norm", "value")), _checks.positive("clip", limit)

    def stopping(self) -> dict[str, float] | None:
        """`patience` and `least_improvement` of early stopping, or None."""
        given = self.early_stopping
        if isinstance(given, Integral) and not isinstance(given, bool):
            given = {"patience": given}
        return _watching("early_stopping", given, _STOPPING)

    def plateau(self) -> dict[str, float] | None:
        """What lowers the rate on a plateau, or None."""
        given = {} if self.reduce_on_plateau is True else self.reduce_on_plateau
        return _watching("reduce_on_plateau", None if given is False else given, _PLATEAU)

    def loss_for(self, output: str) -> str:
        """The loss, checked against the output activation.

        Raises:
            ArgumentError: a loss computed from logits meets an output that it does not contain.
        """
        matched = {activation: loss for loss, activation in FROM_LOGITS.items()}
        loss = self.loss or matched.get(output, "mean_squared_error")
        if loss in FROM_LOGITS and output != FROM_LOGITS[loss]:
            raise ArgumentError(
                f"loss {loss!r} is computed from logits and needs output={FROM_LOGITS[loss]!r}; "
                f"the network's output is {output!r}"
            )
        return loss

    def to_json(self) -> dict[str, Any]:
        """Plain JSON types, every value written out, so that a later default changes nothing."""
        chosen = {field.name: getattr(self, field.name) for field in fields(self)}
        rule, options = rule_options(self.optimizer)
        return chosen | {
            "optimizer": {"name": rule, **options},
            "learning_rate": self.base_rate,
            "early_stopping": self.stopping(),
            "reduce_on_plateau": self.plateau(),
        }


def rule_options(optimizer: str | Mapping[str, Any]) -> tuple[str, dict[str, float]]:
    """The name of the rule and all its options, with those given in place of the defaults."""
    name, given = _checks.named("optimizer", optimizer, UPDATES)
    parameters = inspect.signature(UPDATES[name]).parameters.values()
    defaults = {p.name: float(p.default) for p in parameters if p.default is not p.empty}
    _checks.options(f"optimizer {name!r}", given, list(defaults))
    for option, value in given.items():
        if option in ("momentum", "rho", "beta1", "beta2"):
            _checks.fraction(option, value)
        else:
            _checks.positive(option, value, zero=option in ("weight_decay", "momentum_decay"))
    return name, defaults | {key: float(value) for key, value in given.items()}


def _watching(argument: str, given: Any, defaults: Mapping[str, float]) -> dict[str, float] | None:
    if given is None:
        return None
    if not isinstance(given, Mapping):
        short = "the patience in epochs" if argument == "early_stopping" else "True"
        raise ArgumentError(f"{argument} must be {short}, a mapping or None; got {given!r}")
    _checks.options(argument, given, list(defaults))
    result = {**defaults, **given}
    _checks.integer(f"{argument} patience", result["patience"])
    _checks.positive(f"{argument} least_improvement", result["least_improvement"], zero=True)
    if "factor" in result:
        if not 0 <= result["lowest"] <= 1:
            raise ArgumentError(
                f"{argument} lowest must lie between 0 and 1; got {result['lowest']!r}"
            )
        if not 0 < result["factor"] < 1:
            raise ArgumentError(
                f"{argument} factor must lie between 0 and 1; got {result['factor']!r}"
            )
    return result
