"""The verdict in plain words: what the network is worth, against what, and what to know."""

from __future__ import annotations

from collections import Counter

import numpy as np
from numpy.typing import NDArray

from clearprop.runs.table_training import TableRun
from clearprop.training import SELF_TUNED

__all__ = ["verdict"]

_WHERE = {
    "test": "none of which it saw",
    "validation": "by which it was chosen: no test rows were kept",
    "train": "the ones it learned from: no others were kept",
}
_CLEAR = 2.0  # standard errors, beyond which a difference is no chance


def verdict(result: TableRun) -> tuple[str, ...]:
    """Sentences, the most important first."""
    worth = _classes(result) if result.prepared.task == "classification" else _numbers(result)
    ending = _ending(result)
    sentences = (ending, *worth) if result.run.kept_epoch == 0 else (*worth, ending)
    return tuple(sentence for sentence in (*sentences, _rate(result)) if sentence)


def _classes(result: TableRun) -> tuple[str, str]:
    """Against always answering what is most frequent among the training rows."""
    judged = result.evaluations[result.judged]
    right = judged.true == judged.predicted
    label = Counter(result.prepared.targets(result.prepared.train).tolist()).most_common(1)[0][0]
    usual = judged.true == label
    # McNemar: only the rows tell on which the two differ.
    alone, beaten = int(np.sum(right & ~usual)), int(np.sum(usual & ~right))
    compared = _compared(alone - beaten, np.sqrt(alone + beaten))
    return (
        f"The network names the right class for {int(right.sum())} of {_rows(result)} "
        f"({judged.score:.1%}).",
        f"That is {compared} always answering '{label}', which would be right for "
        f"{usual.mean():.1%}.",
    )


def _numbers(result: TableRun) -> tuple[str, str]:
    """Against always answering the mean of the training rows."""
    judged = result.evaluations[result.judged]
    true = judged.true.astype(float)
    mean = result.prepared.targets(result.prepared.train).astype(float).mean()
    ours, usual = (judged.predicted - true) ** 2, (true - mean) ** 2
    gain = usual - ours
    compared = _compared(gain.mean(), _error_of_mean(gain))
    return (
        _variance(result),
        f"Its typical error (RMSE) is {np.sqrt(ours.mean()):.4g}, {compared} the "
        f"{np.sqrt(usual.mean()):.4g} of always answering the training rows' mean.",
    )


def _error_of_mean(values: NDArray[np.float64]) -> float:
    """Its standard error; of one value nothing is known."""
    return float(values.std() / np.sqrt(len(values))) if len(values) > 1 else np.inf


def _compared(difference: float, error: float) -> str:
    """What is better by no more than chance is not called better."""
    if abs(difference) <= _CLEAR * error:
        return "not clearly different from"
    return "better than" if difference > 0 else "worse than"


def _rows(result: TableRun) -> str:
    """How many rows of which part, and what the network knew of them."""
    n, part = result.evaluations[result.judged].n, result.judged.replace("train", "training")
    return f"{n} {part} row{'s' * (n != 1)}, {_WHERE[result.judged]}"


def _variance(result: TableRun) -> str:
    judged = result.evaluations[result.judged]
    r2, rows = judged.score, _rows(result)
    if judged.n == 1:
        return f"One row is too few to tell R²: there is {rows}."
    if np.isnan(r2):
        return f"R² cannot be told, for the target does not vary among the {rows}."
    if r2 < 0:
        return f"The network explains nothing of the variance (R² {_r2(r2)}) of {rows}."
    return f"The network explains {r2:.1%} of the variance (R² {r2:.3f}) of {rows}."


def _r2(value: float) -> str:
    return f"{value:.3f}" if abs(value) < 1000 else f"{value:.3g}"


def _ending(result: TableRun) -> str:
    run, options = result.run, result.options
    epochs = f"{run.epochs} epoch{'s' * (run.epochs != 1)}"
    watched = run.watched.replace("_", " ")
    kept = f"the network of epoch {run.kept_epoch}, with the lowest {watched}, was kept"
    if run.kept_epoch == 0:
        kept = f"no epoch had a lower {watched} than the untrained start, which was kept"
    if run.diverged:
        how = f"{run.settings.rule}, batch {run.batch_size}"
        return f"The training ({how}) {run.diverged}; {kept}."
    if run.ending == "early_stopping":
        return f"Training stopped after {epochs}, {options.patience} without improvement; {kept}."
    if run.ending == "interrupted":
        return f"Training was stopped by the user after {epochs}; {kept}."
    if run.kept_epoch == run.epochs:
        return f"Training used up its {epochs} and the last was the best: more may help."
    return f"Training used up its {epochs}; {kept}."


def _rate(result: TableRun) -> str:
    """How it was chosen, or that nobody chose it; a rate that was asked for needs no remark."""
    run = result.run
    if result.choice is not None:
        return result.choice.verdict
    if run.settings.learning_rate is not None:
        return ""
    rule, batch = run.settings.rule, run.batch_size
    if rule in SELF_TUNED:
        return f"{rule} (batch {batch}) finds its learning rate itself; nothing was tried first."
    return (
        f"The learning rate {run.learning_rate:g} ({rule}, batch {batch}) is a fixed default, not "
        "chosen for this table."
    )
