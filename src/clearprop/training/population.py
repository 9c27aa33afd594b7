"""`train` and `train_population`: arrays and settings in, runs out."""

from __future__ import annotations

import json
import warnings
from collections.abc import Mapping, Sequence
from typing import Any, Unpack

import numpy as np
from numpy.typing import ArrayLike, NDArray

from clearprop import _checks
from clearprop.engines import Data, choose_engine, passed_over
from clearprop.errors import ArgumentError, Interrupted
from clearprop.network import Network
from clearprop.training.choices import Choices, combine
from clearprop.training.data import Validation, assemble, fingerprint
from clearprop.training.loop import Loop
from clearprop.training.members import (
    base_rates,
    check_member,
    make_plan,
    member_architecture,
    member_settings,
    starts,
)
from clearprop.training.progress import ENDINGS, Divergence, Progress
from clearprop.training.run import Population, Run
from clearprop.training.settings import Settings
from clearprop.training.trainer import Hooks, Trainer

__all__ = ["train", "train_population", "warn_of_divergence"]

Array = NDArray[Any]
Member = Mapping[str, Any]


def train(
    network: Network,
    X: ArrayLike,
    y: ArrayLike,
    settings: Settings | None = None,
    *,
    validation: Validation = None,
    sample_weight: ArrayLike | None = None,
    hooks: Hooks | None = None,
    **choices: Unpack[Choices],
) -> Run:
    """Train a copy of a network by backpropagation.

    `w ← w − η(t) · rule(∂C/∂w)` over mini-batches, with `C` the mean loss over the samples.

    Args:
        network: where to start; it is left as it is.
        X: inputs, `(n_samples, n_features)`.
        y: targets, `(n_samples,)` or `(n_samples, n_outputs)`; class indices or one-hot rows for
            categorical cross-entropy, 0 and 1 for binary.
        settings: how to train; see `Settings` for everything that can be chosen.
        validation: a share of the samples to set apart, a pair (X, y), or None.
        sample_weight: a weight for each sample; scaled to mean 1.
        hooks: callbacks, progress and checkpoint.
        **choices: single settings by name: learning_rate, batch_size, epochs, optimizer, loss, ...

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
        settings,
        validation=validation,
        sample_weight=sample_weight,
        hooks=hooks,
        **choices,
    )
    warn_of_divergence(population[0], stacklevel=3)
    return population[0]


def warn_of_divergence(run: Run, stacklevel: int) -> None:
    """Warn where a run diverged; a caller who looks at the numbers alone should know."""
    if run.diverged:
        warnings.warn(
            f"the training ({run.settings.rule}, batch {run.batch_size}) {run.diverged}; "
            "the best parameters were kept",
            stacklevel=stacklevel,
        )


def train_population(
    network: Network,
    X: ArrayLike,
    y: ArrayLike,
    members: Sequence[Member],
    settings: Settings | None = None,
    *,
    validation: Validation = None,
    sample_weight: ArrayLike | None = None,
    hooks: Hooks | None = None,
    watched_only: bool = False,
    **choices: Unpack[Choices],
) -> Population:
    """Train many networks of one architecture side by side on the same samples.

    Args:
        network: the architecture, and the start of every member without a seed of its own.
        X: inputs, `(n_samples, n_features)`.
        y: targets, as for `train`.
        members: what each does differently: `learning_rate`, `seed` (start, order and dropout),
            `dropout`, `penalty`, and any option of the optimizer, such as `momentum`. See `grid`.
        settings: what a member does not choose itself.
        validation: as for `train`; the same part for all.
        sample_weight: as for `train`.
        hooks: as for `train`.
        watched_only: evaluate nothing but the loss by which the best epoch is chosen. With a
            validation part, the history then has no training loss, which saves up to a third of
            the time, and a member has diverged by its validation loss.
        **choices: as for `train`.

    Returns:
        One run for each member. A member's numbers do not depend on the others.

    Raises:
        ArgumentError, DataError: as `train`.

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
    _checks.instance("network", network, Network)
    _checks.instance("hooks", hooks, (Hooks, type(None)))
    _checks.instance("members", members, Sequence)
    if not members:
        raise ArgumentError("members must hold at least one member; it is empty")
    chosen, hooks = combine(settings, choices), hooks or Hooks()
    for member in members:
        check_member(member, chosen)
    data = assemble(network, X, y, chosen, validation=validation, sample_weight=sample_weight)
    plan = make_plan(network, chosen, members, data[0])
    engine = choose_engine(chosen.engine, plan)
    loop = Loop(plan, chosen, base_rates(chosen, members), data, engine, watched_only=watched_only)
    task = {} if hooks.checkpoint is None else _task(network, chosen, members, data)
    trainer = Trainer(loop, hooks, {**task, "rule": plan.rule, "engine": engine.name})
    # No name is given to the starts: with thousands of members, each copy of them counts.
    progress, stopped_by = trainer.run(starts(network, members))
    state = progress.state  # nor is what the rule remembers needed any more
    state.parameters, state.slots = state.evaluated(plan.rule), ()
    population = _population(network, progress, loop, members, trainer.seconds)
    if stopped_by is not None:
        kept = f"; its state is in {trainer.checkpoint.path}" if trainer.checkpoint else ""
        raise Interrupted(
            f"training was stopped in epoch {min(progress.epoch + 1, chosen.epochs)} of "
            f"{chosen.epochs}{kept}",
            stopped_by,
            population,
        )
    return population


def _task(
    network: Network,
    settings: Settings,
    members: Sequence[Member],
    data: tuple[Data, Data | None],
) -> dict[str, Any]:
    """What is trained on what, as a checkpoint will give it back: plain JSON."""
    start = starts(network, members)

    def plain(value: Any) -> Any:
        return dict(value) if isinstance(value, Mapping) else value.tolist()

    contents = {
        "settings": settings.to_json(),
        "members": list(members),
        "architecture": network.to_json(),
        "data": fingerprint(*data),
        # A few sums tell one start from another, also where the last bits differ.
        "start": [float(start.sum()), float(np.abs(start).sum()), float((start**3).sum())],
    }
    result: dict[str, Any] = json.loads(json.dumps(contents, default=plain))
    return result


def _population(
    network: Network, progress: Progress, loop: Loop, members: Sequence[Member], seconds: float
) -> Population:
    history = {name: np.stack(rows) for name, rows in progress.columns.items()}
    recorded = np.stack([w for _, w in progress.recorded]) if progress.recorded else None
    steps = np.array([taken for taken, _ in progress.recorded]) if progress.recorded else None
    note = passed_over(loop.engine, loop.plan) if loop.settings.engine == "auto" else ""
    runs = []
    for i, member in enumerate(members):
        ended = bool(progress.ending[i])
        last = int(progress.last_epoch[i] if ended else progress.epoch)
        best = _keeps_best(loop, progress, i)
        parameters = (progress.watch.best_parameters if best else progress.state.parameters)[i]
        best_epoch = int(progress.watch.best_epoch[i])
        architecture = member_architecture(network.architecture, member)
        runs.append(
            Run(
                network=Network.of(architecture, parameters, network.initialiser),
                history={
                    "epoch": np.arange(last + 1),
                    **{name: column[: last + 1, i] for name, column in history.items()},
                },
                weights=None if recorded is None else recorded[:, i],
                weight_steps=steps,
                settings=member_settings(loop.settings, member),
                member=dict(member),
                batch_size=loop.plan.batch_size,
                steps=_steps_taken(loop, progress, i),
                steps_per_epoch=loop.n_batches,
                best_epoch=best_epoch,
                kept_epoch=best_epoch if best else last,
                ending=ENDINGS[progress.ending[i]] if ended else "interrupted",
                diverged=_divergence(progress, i),
                engine=loop.engine.name,
                engine_note=note,
                seconds=seconds,
            )
        )
    return Population(tuple(runs), {"epoch": np.arange(progress.epoch + 1), **history})


def _keeps_best(loop: Loop, progress: Progress, i: int) -> bool:
    """Whether member i ends with the parameters of its best epoch, or with the last."""
    chosen = loop.settings.restore_best
    if chosen is None:
        chosen = loop.validation is not None or loop.settings.early_stopping is not None
    return bool(chosen) or ENDINGS[progress.ending[i]] == "diverged"


def _steps_taken(loop: Loop, progress: Progress, i: int) -> int:
    divergence = _divergence(progress, i)
    if divergence is not None and not divergence.grew:
        return divergence.step - 1  # the step that failed was taken back
    if progress.ending[i]:
        return int(progress.last_epoch[i]) * loop.n_batches
    return progress.epoch * loop.n_batches + progress.batch


def _divergence(progress: Progress, i: int) -> Divergence | None:
    if ENDINGS[progress.ending[i]] != "diverged":
        return None
    epoch, step, layer, rate, grew = progress.divergence[i].tolist()
    return Divergence(int(epoch), int(step), int(layer), rate, bool(grew))
