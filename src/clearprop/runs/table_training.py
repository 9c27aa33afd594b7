"""From a table to a trained network and what it is worth on rows it never saw."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from clearprop.diagnosis import Diagnosis, diagnose
from clearprop.errors import DataError
from clearprop.network import Network
from clearprop.rates import Choice, choose_learning_rate
from clearprop.runs.evaluation import Evaluation, evaluate
from clearprop.runs.options import TableOptions
from clearprop.tables import Prepared, Schema, prepare
from clearprop.training import Hooks, Run, Settings, train_population
from clearprop.training.data import assemble
from clearprop.training.loop import Listener

__all__ = [
    "TableRun",
    "check_training",
    "choose_rate",
    "finish",
    "make_network",
    "prepare_table",
    "train_on_table",
]

# Recorded weights are held in memory and in every checkpoint.
_MOST_RECORDED_NUMBERS = 2**21
_MOST_RECORDS = 100


@dataclass(frozen=True)
class TableRun:
    """A training on a table.

    Attributes:
        prepared: the table, split and encoded.
        options: as they were given.
        run: the training itself.
        evaluations: of the final network on the "train", "validation" and "test" rows, as far as
            there are any.
        choice: how the learning rate was chosen; None where it was given, or a fixed default.
    """

    prepared: Prepared
    options: TableOptions
    run: Run
    evaluations: dict[str, Evaluation]
    choice: Choice | None = None

    @cached_property
    def diagnosis(self) -> Diagnosis:
        """What is wrong with the training, if anything is; no remedy is tried."""
        return self.diagnose()

    def diagnose(
        self, *, try_remedies: bool = False, thresholds: Mapping[str, float] | None = None
    ) -> Diagnosis:
        """As `clearprop.diagnose`, on the rows of the table."""
        train = self.prepared.train
        if (train.y == train.y[0]).all():  # few rows, and all of them of one class
            return diagnose(self.run, thresholds=thresholds)
        return diagnose(
            self.run,
            train.X,
            train.y,
            validation=_validation(self.prepared),
            try_remedies=try_remedies,
            thresholds=thresholds,
        )

    @property
    def judged(self) -> str:
        """The part by which the network is judged: the test rows, or the best there is instead."""
        return next(name for name in ("test", "validation", "train") if name in self.evaluations)


def prepare_table(table: Any, options: TableOptions) -> Prepared:
    """The table split, checked and encoded as the options say."""
    prepared = prepare(
        table,
        target=options.target,
        task=options.task,
        drop=options.drop,
        test=options.test,
        validation=options.validation,
        seed=options.seed,
    )
    if not prepared.train.X.shape[1]:
        raise DataError(
            "no column is left to learn from: " + "; ".join(prepared.notes or ("all are constant",))
        )
    return prepared


def make_network(schema: Schema, options: TableOptions) -> Network:
    """The network that fits the table: sigmoid for two classes, softmax for more, else identity."""
    if schema.task == "regression":
        output = "identity"
    else:
        output = "sigmoid" if schema.n_outputs == 1 else "softmax"
    architecture = options.architecture(len(schema.feature_names), schema.n_outputs, output)
    start = architecture.initial_parameters(options.seed)
    return Network.of(architecture, start.astype(options.dtype))


def choose_rate(
    prepared: Prepared, options: TableOptions, on_steps: Sequence[Listener] = ()
) -> Choice | None:
    """The learning rate by short trainings on the training rows; None where one was given."""
    if not options.chooses_rate:
        return None
    network = make_network(prepared.schema, options)
    return choose_learning_rate(
        network,
        prepared.train.X,
        prepared.train.y,
        _settings(network, prepared, options),
        validation=_validation(prepared),
        on_steps=on_steps,
    )


def train_on_table(
    prepared: Prepared, options: TableOptions, hooks: Hooks, choice: Choice | None = None
) -> Run:
    """Train on the training rows, watched by the validation rows; the test rows stay unseen.

    Args:
        prepared: the table.
        options: how to train.
        hooks: as for `train`.
        choice: from `choose_rate`; without one, the rate is the options', or a fixed default.
    """
    network = make_network(prepared.schema, options)
    settings = _settings(network, prepared, options)
    if choice is not None and choice.reliable:
        settings = replace(settings, learning_rate=choice.rate)
    # A population of one: a run that diverged is told by the verdict, not by a warning.
    return train_population(
        network,
        prepared.train.X,
        prepared.train.y,
        [{}],
        settings,
        validation=_validation(prepared),
        hooks=hooks,
    )[0]


def check_training(prepared: Prepared, options: TableOptions) -> None:
    """Refuse what only shows when options and table meet, such as class weights for amounts."""
    network = make_network(prepared.schema, options)
    settings = _settings(network, prepared, options)
    assemble(network, prepared.train.X, prepared.train.y, settings)


def finish(
    prepared: Prepared, options: TableOptions, run: Run, choice: Choice | None = None
) -> TableRun:
    """Judge what was trained, part by part."""
    parts = {"train": prepared.train, "validation": prepared.validation, "test": prepared.test}
    loss = run.settings.loss_for(run.network.architecture.activations[-1])
    evaluations = {
        name: evaluate(run.network, loss, prepared, part)
        for name, part in parts.items()
        if len(part.X)
    }
    return TableRun(prepared, options, run, evaluations, choice)


def _validation(prepared: Prepared) -> tuple[Any, Any] | None:
    part = prepared.validation
    return (part.X, part.y) if len(part.X) else None


def _settings(network: Network, prepared: Prepared, options: TableOptions) -> Settings:
    """How to train; the penalty fades as rows grow in number, for then they need less help."""
    penalty = {"l2": options.l2 / len(prepared.train.X)} if options.l2 else None
    return options.settings(penalty=penalty, record_weights=_record_every(network, options))


def _record_every(network: Network, options: TableOptions) -> int | None:
    """Every how many epochs to record the weights; None where even the ends are too much."""
    records = min(_MOST_RECORDS, _MOST_RECORDED_NUMBERS // network.parameters.size)
    epochs = options.settings().epochs
    return max(1, -(-epochs // records)) if records >= 2 else None
