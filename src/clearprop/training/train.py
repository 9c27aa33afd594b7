"""`train` and `train_population`: arrays and settings in, runs out."""

from __future__ import annotations

import hashlib
import json
import time
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from clearprop.engines import choose_engine
from clearprop.errors import ArgumentError, Interrupted
from clearprop.network import Network
from clearprop.storage import locked
from clearprop.training.checkpoint import Checkpoint, load_progress, save_progress
from clearprop.training.data import Validation, assemble, fingerprint
from clearprop.training.loop import Callback, Loop
from clearprop.training.members import base_rates, check_member, make_plan, starts
from clearprop.training.progress import ENDINGS, Divergence, Progress
from clearprop.training.run import Population, Run
from clearprop.training.settings import Settings
from clearprop.training.signals import listening

__all__ = ["Hooks", "train", "train_population"]

Array = NDArray[Any]


@dataclass(frozen=True)
class Hooks:
    """Who is told while a training runs, and where its state is kept.

    Attributes:
        callbacks: called with a `Report` after every epoch; answering True ends the training.
        on_steps: called with a `Report` every few steps, for progress bars.
        checkpoint: where to keep the state, or None.

    Raises:
        ArgumentError: `callbacks` or `on_steps` is not a list of functions.
    """

    callbacks: Sequence[Callback] = ()
    on_steps: Sequence[Callback] = ()
    checkpoint: Checkpoint | str | PathLike[str] | None = None

    def __post_init__(self) -> None:
        for name in ("callbacks", "on_steps"):
            given = getattr(self, name)
            if not isinstance(given, Sequence) or not all(callable(each) for each in given):
                raise ArgumentError(f"{name} must be a list of functions; got {given!r}")


def train(
    network: Network,
    X: ArrayLike,
    y: ArrayLike,
    *,
    validation: Validation = None,
    sample_weight: ArrayLike | None = None,
    hooks: Hooks | None = None,
    **settings: Any,
) -> Run:
    """Train a copy of a network by backpropagation.

    `w ← w − η(t) · rule(∂C/∂w)` over mini-batches, with `C` the mean loss over the samples.

    Args:
        network: where to start; it is left as it is.
        X: inputs, `(n_samples, n_features)`.
        y: targets, `(n_samples,)` or `(n_samples, n_outputs)`; class indices or one-hot rows for
            categorical cross-entropy, 0 and 1 for binary.
        validation: a share of the samples to set apart, a pair (X, y), or None.
        sample_weight: a weight for each sample; scaled to mean 1.
        hooks: callbacks, progress and checkpoint.
        **settings: see `Settings`: learning_rate, batch_size, epochs, optimizer, loss, ...

    Returns:
        The run: network, history, recorded weights, how it ended. A run that diverges is marked
        (`run.diverged`), keeps its best parameters and warns.

    Raises:
        ArgumentError: a setting breaks a rule. DataError: the arrays cannot be learned from.
        Interrupted: Ctrl-C or SIGTERM; the checkpoint is written, and `.runs` has what there is.

    Example:
        >>> import numpy as np
        >>> X = np.array([[1.0], [2.0], [3.0], [4.0]])
        >>> line = Network([1, 1], initialiser="uniform")
        >>> line.parameters = [0.0, 0.0]
        >>> run = train(line, X, 3 * X, optimizer="sgd", learning_rate=0.01, batch_size="full",
        ...             epochs=10)
        >>> run.history["train_loss"][:3].round(2).tolist()
        [67.5, 46.88, 32.57]
    """
    population = train_population(
        network,
        X,
        y,
        [{}],
        validation=validation,
        sample_weight=sample_weight,
        hooks=hooks,
        **settings,
    )
    run = population[0]
    if run.diverged:
        warnings.warn(f"the training {run.diverged}; the best parameters were kept", stacklevel=2)
    return run


def train_population(
    network: Network,
    X: ArrayLike,
    y: ArrayLike,
    members: Sequence[Mapping[str, Any]],
    *,
    validation: Validation = None,
    sample_weight: ArrayLike | None = None,
    hooks: Hooks | None = None,
    **settings: Any,
) -> Population:
    """Train many networks of one architecture side by side on the same samples.

    Args:
        network: the architecture, and the start of every member without a seed of its own.
        X: inputs, `(n_samples, n_features)`.
        y: targets, as for `train`.
        members: what each does differently: `learning_rate`, `seed` (start, order and dropout),
            `dropout`, `penalty`, and any option of the optimizer, such as `momentum`. See `grid`.
        validation: as for `train`; the same part for all.
        sample_weight: as for `train`.
        hooks: as for `train`.
        **settings: see `Settings`; what a member does not set itself.

    Returns:
        One run for each member. A member's numbers do not depend on the others.

    Raises:
        As `train`.

    Example:
        >>> import numpy as np
        >>> from clearprop.training import grid
        >>> X = np.array([[1.0], [2.0], [3.0], [4.0]])
        >>> rates = grid(learning_rate=[0.01, 0.1, 1.0])
        >>> runs = train_population(Network([1, 1]), X, 3 * X, rates, optimizer="sgd",
        ...                         batch_size="full", epochs=20)
        >>> [run.diverged is not None for run in runs]
        [False, False, True]
    """
    chosen, hooks = Settings.of(settings), hooks or Hooks()
    if not members:
        raise ArgumentError("members must hold at least one member; it is empty")
    for member in members:
        check_member(member, chosen)
    data = assemble(network, X, y, chosen, validation=validation, sample_weight=sample_weight)
    plan = make_plan(network, chosen, members, data[0])
    engine = choose_engine(chosen.engine, plan)
    loop = Loop(plan, chosen, base_rates(chosen, members), data, engine)
    start = starts(network, members)
    task = _as_json_says(
        {
            "settings": chosen.to_json(),
            "members": list(members),
            "architecture": network.to_json(),
            "rule": plan.rule,
            "engine": engine.name,
            "data": fingerprint(*data),
            "start": hashlib.sha256(start.tobytes()).hexdigest(),
        }
    )
    trainer = _Trainer(loop, task, hooks)
    with trainer.checkpoint_held():
        progress = trainer.begin(start)
        stopped_by = trainer.run(progress)
    population = _population(network, progress, loop, trainer.seconds)
    if stopped_by is not None:
        kept = f"; its state is in {trainer.checkpoint.path}" if trainer.checkpoint else ""
        raise Interrupted(
            f"training was stopped in epoch {min(progress.epoch + 1, chosen.epochs)} of "
            f"{chosen.epochs}{kept}",
            stopped_by,
            population,
        )
    return population


class _Trainer:
    """A loop with its checkpoint, its clock and its ears open for signals."""

    def __init__(self, loop: Loop, task: Mapping[str, Any], hooks: Hooks) -> None:
        given = hooks.checkpoint
        self.checkpoint = Checkpoint(given) if isinstance(given, (str, PathLike)) else given
        self.loop, self.task, self.hooks = loop, task, hooks
        self.earlier = 0.0
        self.started = self.saved = time.monotonic()

    @property
    def seconds(self) -> float:
        """Time trained, earlier sittings included."""
        return self.earlier + time.monotonic() - self.started

    @contextmanager
    def checkpoint_held(self) -> Iterator[None]:
        """Keep other processes away from the checkpoint."""
        if self.checkpoint is None:
            yield
        else:
            with locked(self.checkpoint.path):
                yield

    def begin(self, start: Array) -> Progress:
        """The state on disk if it is to be resumed and is there, else the start."""
        if self.checkpoint is not None:
            path = Path(self.checkpoint.path)
            there = path.exists() or path.with_name(f"{path.name}.previous").exists()
            if there and self.checkpoint.resume:
                progress, self.earlier = load_progress(path, self.task)
                return progress
            if there:
                raise ArgumentError(
                    f"{path} exists; resume from it with Checkpoint(path, resume=True), "
                    "or choose another file"
                )
        progress = Progress.start(start, self.loop.plan.rule)
        self.loop.begin(progress)
        return progress

    def run(self, progress: Progress) -> int | None:
        """Train to the end, or to a signal: its number."""
        with listening() as request:

            def pause() -> bool:
                now = time.monotonic()
                if self.checkpoint is not None and now - self.saved >= self.checkpoint.seconds:
                    self.save(progress)
                return request.signal is not None

            self.loop.run(progress, self.hooks.callbacks, self.hooks.on_steps, pause)
            self.save(progress)
        return request.signal  # also one that came in the last step: it was not meant for us alone

    def save(self, progress: Progress) -> None:
        """Write the checkpoint, if there is to be one."""
        if self.checkpoint is not None:
            save_progress(self.checkpoint.path, progress, self.task, self.seconds)
            self.saved = time.monotonic()


def _as_json_says(task: Mapping[str, Any]) -> dict[str, Any]:
    """What a checkpoint will give back: lists for tuples, text for keys, plain numbers."""

    def plain(value: Any) -> Any:
        return dict(value) if isinstance(value, Mapping) else value.tolist()

    result: dict[str, Any] = json.loads(json.dumps(task, default=plain))
    return result


def _population(network: Network, progress: Progress, loop: Loop, seconds: float) -> Population:
    history = {name: np.stack(rows) for name, rows in progress.columns.items()}
    epochs = np.arange(len(history["train_loss"]))
    runs = tuple(_run(network, progress, loop, seconds, i) for i in range(len(progress.ending)))
    return Population(runs, {"epoch": epochs, **history})


def _run(network: Network, progress: Progress, loop: Loop, seconds: float, i: int) -> Run:
    """Member i of what was trained."""
    settings, watch = loop.settings, progress.watch
    ending = ENDINGS[progress.ending[i]]
    restore = settings.restore_best
    if restore is None:
        restore = loop.validation is not None or settings.early_stopping is not None
    best = restore or ending == "diverged"
    rows = (progress.last_epoch[i] if progress.ending[i] else progress.epoch) + 1
    history = {name: np.stack(column)[:rows, i] for name, column in progress.columns.items()}
    parameters = (watch.best_parameters if best else progress.state.parameters)[i]
    epoch, step, layer, rate = progress.divergence[i].tolist()
    recorded = [(steps, values[i]) for steps, values in progress.recorded]
    return Run(
        network=Network.of(network.architecture, parameters, network.initialiser),
        history={"epoch": np.arange(rows), **history},
        weights=np.stack([values for _, values in recorded]) if recorded else None,
        weight_steps=np.array([steps for steps, _ in recorded]) if recorded else None,
        settings=settings,
        learning_rate=float(loop.rates[i]),
        seed=loop.plan.seeds[i],
        best_epoch=int(watch.best_epoch[i]),
        ending="interrupted" if ending == "running" else ending,
        diverged=Divergence(int(epoch), int(step), int(layer), rate)
        if ending == "diverged"
        else None,
        engine=loop.engine.name,
        seconds=seconds,
    )
