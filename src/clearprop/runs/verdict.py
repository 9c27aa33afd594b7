"""The verdict in plain words: what the network is worth, against what, and what to know."""

from __future__ import annotations

from collections import Counter

import numpy as np

from clearprop.runs.table_training import TableRun

__all__ = ["verdict"]

_WHERE = {
    "test": "test rows, none of which it saw",
    "validation": "validation rows, by which it was chosen: no test rows were kept",
    "train": "training rows, the ones it learned from: no others were kept",
}


def verdict(result: TableRun) -> tuple[str, ...]:
    """Sentences, the most important first."""
    worth = _classes(result) if result.prepared.task == "classification" else _numbers(result)
    sentences = (*worth, _ending(result), _rate(result))
    return tuple(sentence for sentence in sentences if sentence)


def _classes(result: TableRun) -> tuple[str, str]:
    """Against always answering what is most frequent among the training rows."""
    judged, where = result.evaluations[result.judged], _WHERE[result.judged]
    right = int(np.sum(judged.true == judged.predicted))
    label = Counter(result.prepared.targets(result.prepared.train).tolist()).most_common(1)[0][0]
    share = float(np.mean(judged.true == label))
    beats = "better than" if judged.score > share else "no better than"
    return (
        f"The network names the right class for {right} of {judged.n} {where} "
        f"({judged.score:.1%}).",
        f"That is {beats} always answering {label!r}, which would be right for {share:.1%}.",
    )


def _numbers(result: TableRun) -> tuple[str, str]:
    """Against always answering the mean of the training rows."""
    judged, where = result.evaluations[result.judged], _WHERE[result.judged]
    true = judged.true.astype(float)
    mean = result.prepared.targets(result.prepared.train).astype(float).mean()
    typical = float(np.sqrt(np.mean((judged.predicted - true) ** 2)))
    usual = float(np.sqrt(np.mean((true - mean) ** 2)))
    beats = "better than" if typical < usual else "no better than"
    return (
        _variance(judged.score, f"{judged.n} {where}"),
        f"Its typical error (RMSE) is {typical:.4g}, {beats} the {usual:.4g} of always answering "
        f"the training rows' mean, {mean:.4g}.",
    )


def _variance(r2: float, rows: str) -> str:
    if np.isnan(r2):
        return f"R² cannot be told, for the target does not vary among the {rows}."
    if r2 < 0:
        return f"The network explains nothing of the variance (R² {r2:.3f}) of {rows}."
    return f"The network explains {r2:.1%} of the variance (R² {r2:.3f}) of {rows}."


def _ending(result: TableRun) -> str:
    run, options = result.run, result.options
    watched = run.watched.replace("_", " ")
    kept = f"the network of epoch {run.kept_epoch}, with the lowest {watched}, was kept"
    if run.diverged:
        how = f"{run.settings.rule}, batch {run.batch_size}"
        return f"The training ({how}) {run.diverged}; {kept}."
    if run.ending == "early_stopping":
        return (
            f"Training stopped after {run.epochs} epochs, {options.patience} without improvement; "
            f"{kept}."
        )
    if run.ending == "interrupted":
        return f"Training was stopped by the user after {run.epochs} epochs; {kept}."
    if run.kept_epoch == run.epochs:
        return f"All {run.epochs} epochs were used and the last was the best: more may help."
    return f"All {run.epochs} epochs were used; {kept}."


def _rate(result: TableRun) -> str:
    """A fixed default is said to be one; a rate that was asked for needs no remark."""
    run = result.run
    if run.settings.learning_rate is not None:
        return ""
    return (
        f"The learning rate {run.learning_rate:g} ({run.settings.rule}, batch {run.batch_size}) is "
        "a fixed default, not chosen for this table."
    )
