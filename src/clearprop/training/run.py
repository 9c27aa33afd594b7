"""What a training gives back: a `Run` for one network, a `Population` of runs for several."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from clearprop.network import Network
from clearprop.training.progress import Divergence
from clearprop.training.settings import Settings
from clearprop.training.step_rates import rates_of_steps

__all__ = ["Population", "Run"]

Array = NDArray[Any]
History = dict[str, Array]


@dataclass(frozen=True, repr=False)
class Run:
    """One trained network and how it came about.

    Attributes:
        network: with the parameters training ended with: those of the best epoch where
            `restore_best` says so or where the run diverged, else the last.
        history: columns over the epochs; row 0 is the start. `epoch`, `learning_rate` (at the
            epoch's last step), `running_loss` (mean over the epoch's batches, each before its
            update), `train_loss` and `train_accuracy` or `train_r2` (at the epoch's end, without
            dropout), the same for `validation`, and `penalty` where there is one. Sample and class
            weights count in the training losses, never in scores or in the validation loss.
            Prodigy adds `adapted_rate`: `learning_rate` times its estimate `d` at the epoch's end.
        weights: the recorded parameters, `(n_records, p)`, or None.
        weight_steps: steps taken at each record, `(n_records,)`, or None.
        settings: as this run had them: a member's own choices are in place.
        member: what a member of a population chose for itself.
        batch_size: samples a step: never more than there are.
        steps: taken in all; one in which the training broke down is not among them.
        steps_per_epoch: batches in which an epoch sees all samples.
        best_epoch: the epoch with the lowest watched loss, from 0.
        kept_epoch: the epoch whose parameters `network` has.
        ending: "epochs", "early_stopping", "diverged", "callback" or "interrupted".
        diverged: where and at which rate, or None.
        engine: what computed it.
        engine_note: why no faster engine did, where "auto" was asked for; else "".
        seconds: how long the whole population took.
    """

    network: Network
    history: History
    weights: Array | None
    weight_steps: NDArray[np.int64] | None
    settings: Settings
    member: Mapping[str, Any]
    batch_size: int
    steps: int
    steps_per_epoch: int
    best_epoch: int
    kept_epoch: int
    ending: str
    diverged: Divergence | None
    engine: str
    engine_note: str
    seconds: float

    @property
    def learning_rate(self) -> float:
        """The base rate, before the schedule."""
        return self.settings.base_rate

    @property
    def step_rates(self) -> NDArray[np.float64]:
        """The learning rate that every step was taken with, `(steps,)`: what the engine was given.

        `base rate × plateau factor × schedule`, worked out from settings and history: to the bit,
        also of a run that stopped early, diverged or was resumed. Prodigy multiplies it by its own
        estimate; see `adapted_rate` in the history.

        >>> from clearprop import Network, train
        >>> run = train(Network([1, 1]), [[1.0], [2.0]], [3.0, 6.0], optimizer="sgd",
        ...             learning_rate=0.1, batch_size=1, epochs=2, schedule="polynomial")
        >>> run.step_rates.round(4).tolist()
        [0.0875, 0.0625, 0.0375, 0.0125]
        """
        watched = np.asarray(self.history[self.watched])
        return rates_of_steps(self.settings, watched, self.steps, self.steps_per_epoch)

    @property
    def seed(self) -> int:
        """Of order and dropout; in a population, of the start as well."""
        return self.settings.seed

    @property
    def epochs(self) -> int:
        """Epochs begun, whether or not they could be finished."""
        return len(self.history["epoch"]) - 1

    @property
    def watched(self) -> str:
        """The history column by which the best epoch is chosen."""
        return "validation_loss" if "validation_loss" in self.history else "train_loss"

    def __repr__(self) -> str:
        # A learning rate means nothing without its batch size and optimizer.
        how = f"{self.settings.rule}, learning rate {self.learning_rate:g}, batch {self.batch_size}"
        how += "".join(
            f", {key} {value}" for key, value in self.member.items() if key != "learning_rate"
        )
        end = str(self.diverged) if self.diverged else f"ended by {self.ending}"
        scores = ", ".join(
            f"{name} {values[self.kept_epoch]:.4g}"
            for name, values in self.history.items()
            if name.endswith(("_loss", "_accuracy", "_r2")) and name != "running_loss"
        )
        return (
            f"Run({self.epochs} epochs, {how}, {end}; kept epoch {self.kept_epoch}: {scores}; "
            f"{self.engine} engine, {self.seconds:.2f} s)"
        )


@dataclass(frozen=True, repr=False)
class Population:
    """Networks that were trained side by side.

    Attributes:
        runs: one `Run` for each member, in the members' order.
        history: columns over the epochs, `(n_epochs + 1, m)`; NaN after a member ended.
    """

    runs: tuple[Run, ...]
    history: History = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.runs)

    def __getitem__(self, i: int) -> Run:
        return self.runs[i]

    def __iter__(self) -> Iterator[Run]:
        return iter(self.runs)

    @property
    def best(self) -> Run:
        """The run with the lowest watched loss; the first of those where several agree."""
        return min(self.runs, key=_lowest)

    @property
    def diverged(self) -> NDArray[np.bool_]:
        """Which members diverged, `(m,)`."""
        return np.array([run.diverged is not None for run in self.runs])

    def __repr__(self) -> str:
        lost = int(self.diverged.sum())
        return f"Population({len(self)} runs, {lost} diverged; best: {self.best!r})"


def _lowest(run: Run) -> float:
    """The lowest watched loss; inf where none was finite."""
    loss = run.history[run.watched]
    return float(np.nanmin(np.where(np.isfinite(loss), loss, np.inf)))
