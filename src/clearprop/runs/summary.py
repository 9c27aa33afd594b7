"""A finished training as one JSON object: what `--json` prints and `run.json` keeps."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from clearprop.runs.evaluation import Evaluation
from clearprop.runs.table_training import TableRun
from clearprop.runs.verdict import verdict
from clearprop.tables.class_target import ClassTarget

__all__ = ["summary"]


def summary(result: TableRun) -> dict[str, Any]:
    """Everything that a program would ask about a training; what is not finite is null."""
    run, prepared = result.run, result.prepared
    score = "accuracy" if prepared.task == "classification" else "r2"
    parts = {
        name: _scores(result.evaluations.get(name), score)
        for name in ("train", "validation", "test")
    }
    target = prepared.schema.target
    judged = result.evaluations[result.judged]
    return {
        "task": prepared.task,
        "target": target.name,
        "classes": list(target.classes) if isinstance(target, ClassTarget) else None,
        "rows": sum(len(p.rows) for p in (prepared.train, prepared.validation, prepared.test)),
        "features": prepared.train.X.shape[1],
        "layer_sizes": list(run.network.architecture.layer_sizes),
        "parameters": run.network.parameters.size,
        "engine": run.engine,
        "engine_note": run.engine_note,
        "optimizer": run.settings.rule,
        "learning_rate": run.learning_rate,
        "choice": None if result.choice is None else result.choice.to_json(),
        "batch_size": run.batch_size,
        "epochs": run.epochs,
        "kept_epoch": run.kept_epoch,
        "ending": run.ending,
        "seed": run.seed,
        "seconds": round(run.seconds, 3),
        **parts,
        "diverged": run.diverged is not None,
        "divergence": run.diverged._asdict() if run.diverged else None,
        "confusion_matrix": None if judged.confusion is None else judged.confusion.tolist(),
        "residuals": None if judged.confusion is not None else _residuals(judged),
        "verdict": list(verdict(result)),
        "diagnosis": result.diagnosis.to_json(),
        "notes": list(prepared.notes),
    }


def _scores(evaluation: Evaluation | None, score: str) -> dict[str, Any] | None:
    if evaluation is None:
        return None
    return {
        "rows": evaluation.n,
        "loss": _finite(evaluation.loss),
        score: _finite(evaluation.score),
    }


def _residuals(evaluation: Evaluation) -> dict[str, Any]:
    """Predicted minus true, in the target's unit."""
    error = np.asarray(evaluation.predicted, dtype=float) - evaluation.true
    quarter, half, three = np.quantile(error, [0.25, 0.5, 0.75])
    return {
        "mean": _finite(error.mean()),
        "rmse": _finite(np.sqrt(np.mean(error**2))),
        "mean_absolute": _finite(np.mean(np.abs(error))),
        "quartiles": [_finite(quarter), _finite(half), _finite(three)],
        "largest": _finite(np.abs(error).max()),
    }


def _finite(value: Any) -> float | None:
    return float(value) if math.isfinite(value) else None
