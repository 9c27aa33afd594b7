"""The training loop: orders and rates in, epochs out. All arithmetic is the engine's."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from numbers import Integral
from typing import Any

import numpy as np
from numpy.typing import NDArray

from clearprop import randomness
from clearprop.engines import Data, Engine, Plan, Steps
from clearprop.equations.penalties import PENALTIES
from clearprop.errors import ArgumentError
from clearprop.training.progress import Divergence, Progress
from clearprop.training.settings import Settings
from clearprop.training.step_rates import schedule_factors

__all__ = ["Callback", "Listener", "Loop", "Report"]

Array = NDArray[Any]


@dataclass(frozen=True)
class Report:
    """What a progress bar and a callback are told.

    Attributes:
        epoch: epochs completed.
        epochs: epochs asked for.
        fraction: share of all steps taken.
        loss: running loss of the epoch under way of every member, `(m,)`.
        learning_rate: of every member at the step just taken, `(m,)`.
        row: the last row of the history, each column `(m,)`.
        parameters: `(m, p)`, read-only and only for the moment: copy what is to be kept.
    """

    epoch: int
    epochs: int
    fraction: float
    loss: Array
    learning_rate: Array
    row: dict[str, Array]
    parameters: Array


Callback = Callable[[Report], bool | None]
Listener = Callable[[Report], object]


class Loop:
    """One training of one population, from wherever its progress stands to its end."""

    def __init__(
        self,
        plan: Plan,
        settings: Settings,
        rates: Array,
        data: tuple[Data, Data | None],
        engine: Engine,
        *,
        watched_only: bool = False,
    ) -> None:
        self.plan, self.settings, self.rates, self.engine = plan, settings, rates, engine
        self.train, self.validation = data
        self.watched = "train_loss" if self.validation is None else "validation_loss"
        self.evaluated = {"train": self.train, "validation": self.validation}
        if watched_only and self.validation is not None:
            del self.evaluated["train"]
        self.n_batches = -(-len(self.train.X) // plan.batch_size)
        self.total = settings.epochs * self.n_batches
        self.schedule = settings.schedule_function()
        self._cached_order: tuple[int, Array] | None = None  # derived, so no part of the state

    def begin(self, progress: Progress) -> None:
        """Record the start as epoch 0: the loss that training has to improve on."""
        self._record(progress)
        self._end_epoch(progress, running=np.full(len(self.rates), np.nan))

    def run(
        self,
        progress: Progress,
        callbacks: Sequence[Callback],
        on_steps: Sequence[Listener],
        pause: Callable[[], bool],
    ) -> None:
        """Train until every member has ended or `pause` says so.

        Args:
            progress: changed in place.
            callbacks: called after every epoch; any that answers True ends the training.
            on_steps: called whenever the engine looks up.
            pause: asked whenever the engine looks up.
        """
        while progress.state.alive.any():
            if progress.epoch == self.settings.epochs:
                progress.end(np.flatnonzero(progress.state.alive), "epochs")
                break
            self._advance(progress)
            for listener in on_steps:
                listener(self._report(progress))
            if progress.batch == self.n_batches or not progress.state.alive.any():
                running = _mean(progress)
                progress.epoch, progress.batch = progress.epoch + 1, 0
                progress.loss_sum = np.zeros_like(progress.loss_sum)
                progress.seen = np.zeros_like(progress.seen)
                self._end_epoch(progress, running)
                answers = [_wants_to_stop(call(self._report(progress))) for call in callbacks]
                if any(answers):
                    progress.end(np.flatnonzero(progress.state.alive), "callback")
            if pause() and progress.epoch < self.settings.epochs:
                return

    def _advance(self, progress: Progress) -> None:
        """A few steps of the epoch under way."""
        at_once = 1
        if self.settings.record_weights != "step":
            at_once = self.engine.steps_per_call(self.plan, int(progress.state.alive.sum()))
        batches = range(progress.batch, min(progress.batch + at_once, self.n_batches))
        rates = self._rates(progress, progress.epoch, batches)
        first_step = progress.state.step
        steps = self.engine.run(
            self.plan,
            progress.state,
            self.train,
            self._order(progress.epoch),
            batches,
            rates,
            Steps(progress.loss_sum, progress.seen, {}),
        )
        progress.loss_sum, progress.seen = steps.loss_sum, steps.seen
        progress.batch = batches.stop
        for member, (step, layer) in steps.failures.items():
            rate = rates[member, step - first_step - 1]
            progress.diverge(
                member, Divergence(progress.epoch + 1, step, layer, float(rate), grew=False)
            )
        if self.settings.record_weights == "step":
            self._record(progress)

    def _rates(self, progress: Progress, epoch: int, batches: range) -> Array:
        """The learning rate of every member at every one of these batches, `(m, len)`."""
        done = epoch * self.n_batches
        steps = range(done + batches.start, done + batches.stop)
        factors = schedule_factors(self.settings, self.schedule, steps, self.total)
        rates: Array = (self.rates * progress.watch.factor)[:, None] * factors
        return rates

    def _order(self, epoch: int) -> Array:
        """The order of the samples for every member, `(m, n)`."""
        n = len(self.train.X)
        if not self.settings.shuffle:
            return np.broadcast_to(np.arange(n), (len(self.rates), n))
        if self._cached_order is None or self._cached_order[0] != epoch:
            by_seed = {s: randomness.permutation(s, epoch, n) for s in set(self.plan.seeds)}
            if len(by_seed) == 1:
                orders = np.broadcast_to(by_seed[self.plan.seeds[0]], (len(self.rates), n))
            else:
                orders = np.stack([by_seed[s] for s in self.plan.seeds])
            self._cached_order = epoch, orders
        return self._cached_order[1]

    def _end_epoch(self, progress: Progress, running: Array) -> None:
        """Evaluate, record, look for divergence, keep the best, stop, lower rates."""
        row = self._row(progress, running)
        progress.add_row(row)
        # A training loss beyond bounds is divergence also where the validation loss is not.
        self._find_blow_ups(progress, "train_loss" if "train_loss" in row else self.watched)
        watched = row[self.watched]
        state, watch = progress.state, progress.watch
        watch.look(progress.epoch, watched, self._evaluated(progress), state.alive)
        done = watch.finished(watched, state.alive, self.settings.stopping())
        progress.end(np.flatnonzero(done), "early_stopping")
        watch.lower_rates(watched, state.alive, self.settings.plateau())
        every = 1 if self.settings.record_weights == "epoch" else self.settings.record_weights
        if isinstance(every, Integral) and progress.epoch:
            last = not state.alive.any() or progress.epoch == self.settings.epochs
            if last or progress.epoch % every == 0:
                self._record(progress)

    def _row(self, progress: Progress, running: Array) -> dict[str, Array]:
        """One row of the history; NaN for members that had ended before this epoch."""
        here = (progress.ending == 0) | (progress.last_epoch >= progress.epoch)
        plan, w = self.plan, self._evaluated(progress)[here]
        last = range(self.n_batches - 1, self.n_batches) if progress.epoch else range(1)
        row = {
            "learning_rate": self._rates(progress, max(progress.epoch - 1, 0), last)[here, 0],
            "running_loss": running[here],
        }
        distance = progress.state.remembered(plan.rule).get("distance")
        if distance is not None:  # Prodigy multiplies its rate by it
            d = np.maximum(distance, plan.rule_options["d0"])[here, 0]
            row["adapted_rate"] = d * row["learning_rate"]
        for name, part in self.evaluated.items():
            if part is not None:
                row[f"{name}_loss"], row[f"{name}_{plan.score}"] = self.engine.evaluate(
                    plan, w, part
                )
        if plan.penalties:
            weights = np.where(plan.architecture.is_weight, w, 0)
            row["penalty"] = np.zeros(len(w))
            with np.errstate(all="ignore"):  # a member about to diverge overflows; its loss tells
                for name, strengths in plan.penalties.items():
                    strength = strengths[here, 0]
                    values = strength * PENALTIES[name][0](weights)
                    row["penalty"] += np.where(strength > 0, values, 0.0)
        return {name: _spread(values, here) for name, values in row.items()}

    def _find_blow_ups(self, progress: Progress, column: str) -> None:
        """Members whose loss is beyond reach though their numbers are still finite."""
        start, loss = progress.columns[column][0], progress.columns[column][-1]
        with np.errstate(over="ignore"):
            limit = self.settings.divergence_factor * np.maximum(start, 1.0)
        beyond = progress.state.alive & ~(np.isfinite(loss) & (loss <= limit))
        layer_of = self.plan.architecture.layer_of
        for member in np.flatnonzero(beyond):
            largest = int(np.argmax(np.abs(self._evaluated(progress)[member])))
            rate = progress.columns["learning_rate"][-1][member]
            progress.diverge(
                int(member),
                Divergence(
                    progress.epoch,
                    progress.state.step,
                    int(layer_of[largest]),
                    float(rate),
                    grew=bool(np.isfinite(loss[member])),
                ),
            )

    def _record(self, progress: Progress) -> None:
        if self.settings.record_weights is not None:
            progress.recorded.append((progress.state.step, self._evaluated(progress).copy()))

    def _evaluated(self, progress: Progress) -> Array:
        """The parameters that count, `(m, p)`; see `State.evaluated`."""
        return progress.state.evaluated(self.plan.rule)

    def _report(self, progress: Progress) -> Report:
        row = {name: rows[-1] for name, rows in progress.columns.items()}
        done = progress.epoch * self.n_batches + progress.batch
        epoch, last = divmod(max(done - 1, 0), self.n_batches)  # the step just taken
        parameters = self._evaluated(progress).view()
        parameters.flags.writeable = False
        return Report(
            progress.epoch,
            self.settings.epochs,
            done / self.total,
            _mean(progress) if progress.batch else row["running_loss"],
            self._rates(progress, epoch, range(last, last + 1))[:, 0],
            row,
            parameters,
        )


def _mean(progress: Progress) -> Array:
    """The running loss of every member, `(m,)`; NaN where no step succeeded."""
    seen = np.where(progress.seen > 0, progress.seen, 1)
    mean: Array = np.where(progress.seen > 0, progress.loss_sum / seen, np.nan)
    return mean


def _spread(values: Array, here: NDArray[np.bool_]) -> Array:
    """Values of some members as values of all, `(m,)`, NaN elsewhere."""
    result = np.full(len(here), np.nan)
    result[here] = values
    return result


def _wants_to_stop(answer: object) -> bool:
    if answer is None or isinstance(answer, (bool, np.bool_)):
        return bool(answer)
    raise ArgumentError(f"a callback must answer True, False or None; got {answer!r}")
