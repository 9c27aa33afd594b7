"""The verdict in plain words: what the network is worth, against what, and what to know."""

from __future__ import annotations

from collections import Counter

import numpy as np

from clearprop.runs.evaluation import Evaluation
from clearprop.runs.table_training import TableRun

__all__ = ["verdict"]

_WHERE = {
    "test": "test rows, none of which it saw",
    "validation": "validation rows, by which it was chosen: no test rows were kept",
    "train": "training rows, the ones it learned from: no others were kept",
}


def verdict(result: TableRun) -> tuple[str, ...]:
    """Sentences, the most important first."""
    evaluation = result.evaluations[result.judged]
    describe = _classes if result.prepared.task == "classification" else _numbers
    first, second = describe(evaluation, _WHERE[result.judged])
    sentences = [first, second, _ending(result), _rate(result)]
    return tuple(sentence for sentence in sentences if sentence)


def _classes(evaluation: Evaluation, where: str) -> tuple[str, str]:
    right = int(np.sum(evaluation.true == evaluation.predicted))
    label, count = Counter(evaluation.true.tolist()).most_common(1)[0]
    share = count / evaluation.n
    beats = "better than" if evaluation.score > share else "no better than"
    return (
        f"The network names the right class for {right} of {evaluation.n} {where} "
        f"({evaluation.score:.1%}).",
        f"That is {beats} always answering {label!r}, which would be right for {share:.1%}.",
    )


def _numbers(evaluation: Evaluation, where: str) -> tuple[str, str]:
    true, error = evaluation.true.astype(float), evaluation.predicted - evaluation.true
    typical, mean = (
        float(np.sqrt(np.mean(error**2))),
        float(np.sqrt(np.mean((true - true.mean()) ** 2))),
    )
    beats = "better than" if typical < mean else "no better than"
    return (
        f"The network explains {evaluation.score:.1%} of the variance (R² {evaluation.score:.3f}) "
        f"of {evaluation.n} {where}.",
        f"Its typical error (RMSE) is {typical:.4g}, {beats} the {mean:.4g} of always answering "
        "the mean.",
    )


def _ending(result: TableRun) -> str:
    run, options = result.run, result.options
    if run.diverged:
        return (
            f"The training {run.diverged}; the network of epoch {run.best_epoch}, the best until "
            "then, was kept: try a learning rate ten times smaller."
        )
    watched = run.watched.replace("_", " ")
    kept = f"the network of epoch {run.best_epoch}, with the lowest {watched}, was kept"
    if run.ending == "early_stopping":
        return (
            f"Training stopped after {run.epochs} epochs, {options.patience} without improvement; "
            f"{kept}."
        )
    if run.ending == "interrupted":
        return f"Training was stopped by the user after {run.epochs} epochs; {kept}."
    if run.best_epoch == run.epochs:
        return f"All {run.epochs} epochs were used and the last was the best: more may help."
    return f"All {run.epochs} epochs were used; {kept}."


def _rate(result: TableRun) -> str:
    """A fixed default is said to be one; a rate that was asked for needs no remark."""
    run = result.run
    if run.settings.learning_rate is not None:
        return ""
    return (
        f"The learning rate {run.learning_rate:g} ({run.settings.rule}, batch "
        f"{run.settings.batch_size}) is a fixed default, not chosen for this table."
    )
