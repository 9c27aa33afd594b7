"""A training on disk: everything that changes, whole or absent, and checked when it comes back."""

from __future__ import annotations

import os
import platform
import warnings
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from clearprop import _checks
from clearprop.architecture import Architecture
from clearprop.engines import State
from clearprop.equations.updates import SCALARS, SLOTS
from clearprop.errors import ArgumentError, DamagedFileError, FileError
from clearprop.storage import Tensor, load_tensors, save_tensors
from clearprop.training.progress import ENDINGS, Divergence, Progress
from clearprop.training.watch import Watch

__all__ = ["Checkpoint", "environment", "load_progress", "save_progress"]

KIND = "checkpoint"
Array = NDArray[Any]

_STATE_OF_MEMBERS = {
    "loss_sum": "float64",
    "seen": "int64",
    "ending": "int64",
    "last_epoch": "int64",
}
_WATCH_OF_MEMBERS = {
    field.name: "int64" if field.name.endswith(("epoch", "waited")) else "float64"
    for field in fields(Watch)
    if field.name != "best_parameters"
}


@dataclass(frozen=True)
class Checkpoint:
    """Where and how often to keep a training's state.

    Attributes:
        path: the file; the state before the last one is kept beside it as `<name>.previous`.
        resume: go on from the file if it is there. Without it, an existing file is refused.
        seconds: how often, at most; the end of a training and a stop by a signal are always kept.

    Raises:
        ArgumentError: `seconds` is negative.
    """

    path: str | os.PathLike[str]
    resume: bool = False
    seconds: float = 10.0

    def __post_init__(self) -> None:
        _checks.positive("seconds", self.seconds, zero=True)


def save_progress(
    path: str | os.PathLike[str], progress: Progress, task: Mapping[str, Any], seconds: float
) -> None:
    """Write the state of a training.

    Args:
        path: the file.
        progress: the state.
        task: what is trained on what, JSON-able; it must be the same when the run is resumed.
        seconds: time trained so far.
    """
    m, p = progress.state.parameters.shape
    metadata = {
        "task": task,
        "environment": environment(),
        "seconds": seconds,
        "epoch": progress.epoch,
        "batch": progress.batch,
        "step": progress.state.step,
        "members": m,
        "parameters": p,
        "dtype": progress.state.parameters.dtype.name,
        "columns": list(progress.columns),
        "rows": len(progress.columns["train_loss"]),
        "recorded": len(progress.recorded),
    }
    save_tensors(path, KIND, _arrays(progress), metadata, keep_previous=True)


def load_progress(path: str | os.PathLike[str], task: Mapping[str, Any]) -> tuple[Progress, float]:
    """The state that `save_progress` wrote and the time trained until then.

    A damaged file gives way to the one kept before it, with a warning.

    Raises:
        FileError: neither can be used. ArgumentError: the file belongs to another training, and
            the message says what differs.
    """
    previous = Path(f"{os.fspath(path)}.previous")
    try:
        arrays, metadata = load_tensors(path, KIND, _expected)
    except FileError as error:
        usable = isinstance(error, DamagedFileError) or not Path(path).exists()
        if not (usable and previous.exists()):
            raise
        warnings.warn(f"{error}; going on from {previous.name}", stacklevel=2)
        arrays, metadata = load_tensors(previous, KIND, _expected)
    _same_task(path, metadata["task"], task)
    if not ((arrays["ending"] >= 0) & (arrays["ending"] < len(ENDINGS))).all():
        raise DamagedFileError(f"{os.fspath(path)} cannot be used: an ending in it is unknown")
    if metadata["environment"] != environment():
        warnings.warn(
            "this machine or its libraries are not those that wrote the checkpoint: the last bits "
            "of the results may differ from an uninterrupted run",
            stacklevel=2,
        )
    return _progress(arrays, metadata), float(metadata["seconds"])


def environment() -> dict[str, str]:
    """What the bits of a matrix product depend on besides the numbers."""
    from threadpoolctl import threadpool_info

    pools = [pool for pool in threadpool_info() if pool.get("user_api") == "blas"]
    # SciPy may bring a second one, loaded or not; the products are NumPy's.
    own = [pool for pool in pools if "numpy" in str(pool.get("filepath"))]
    blas = [
        f"{pool.get('internal_api')} {pool.get('version')} {pool.get('architecture')}"
        for pool in own or pools
    ]
    return {
        "numpy": np.__version__,
        "machine": platform.machine(),
        "blas": "; ".join(sorted(set(blas))),
    }


def _arrays(progress: Progress) -> dict[str, Array]:
    state, watch = progress.state, progress.watch
    result = {
        "parameters": state.parameters,
        "alive": state.alive,
        "divergence": progress.divergence,
    }
    result |= {f"slot{i}": slot for i, slot in enumerate(state.slots)}
    result |= {name: getattr(progress, name) for name in _STATE_OF_MEMBERS}
    result |= {f"watch.{field.name}": getattr(watch, field.name) for field in fields(Watch)}
    result |= {f"history.{name}": np.stack(rows) for name, rows in progress.columns.items()}
    if progress.recorded:
        steps, values = zip(*progress.recorded, strict=True)
        result |= {"recorded.steps": np.array(steps), "recorded.parameters": np.stack(values)}
    return result


def _expected(metadata: dict[str, Any]) -> dict[str, Tensor]:
    """Which arrays a checkpoint with this description holds."""
    m, p, rows, recorded, epoch, _, _ = (
        _checks.integer(key, metadata[key], least=0, most=2**62)
        for key in ("members", "parameters", "rows", "recorded", "epoch", "batch", "step")
    )
    dtype = _checks.one_of("dtype", metadata["dtype"], ("float32", "float64"))
    _checks.positive("seconds", metadata["seconds"], zero=True)
    slots = SLOTS[metadata["task"]["rule"]]
    architecture = Architecture.from_json(metadata["task"]["architecture"])
    whole = m == len(metadata["task"]["members"]) and p == architecture.n_parameters
    history = rows == epoch + 1 and "train_loss" in metadata["columns"]
    if not (whole and history and "environment" in metadata):
        raise ValueError("its numbers contradict each other")
    result = {
        "parameters": Tensor(dtype, (m, p)),
        "alive": Tensor("bool", (m,)),
        "divergence": Tensor("float64", (m, len(Divergence._fields))),
        "watch.best_parameters": Tensor(dtype, (m, p)),
    }
    for i, name in enumerate(slots):
        result[f"slot{i}"] = Tensor(dtype, (m, 1 if name in SCALARS else p))
    for name, kind in _STATE_OF_MEMBERS.items():
        result[name] = Tensor(kind, (m,))
    for name, kind in _WATCH_OF_MEMBERS.items():
        result[f"watch.{name}"] = Tensor(kind, (m,), finite=False)  # inf before the first look
    for name in metadata["columns"]:
        result[f"history.{name}"] = Tensor("float64", (rows, m), finite=False)
    if recorded:
        result["recorded.steps"] = Tensor("int64", (recorded,))
        result["recorded.parameters"] = Tensor(dtype, (recorded, m, p))
    return result


def _progress(arrays: dict[str, Array], metadata: dict[str, Any]) -> Progress:
    slots = tuple(arrays[f"slot{i}"] for i in range(len(SLOTS[metadata["task"]["rule"]])))
    recorded: list[tuple[int, Array]] = []
    if metadata["recorded"]:
        steps = arrays["recorded.steps"].tolist()
        recorded = list(zip(steps, arrays["recorded.parameters"], strict=True))
    return Progress(
        state=State(arrays["parameters"], slots, int(metadata["step"]), arrays["alive"]),
        watch=Watch(**{field.name: arrays[f"watch.{field.name}"] for field in fields(Watch)}),
        epoch=int(metadata["epoch"]),
        batch=int(metadata["batch"]),
        divergence=arrays["divergence"],
        columns={name: list(arrays[f"history.{name}"]) for name in metadata["columns"]},
        recorded=recorded,
        **{name: arrays[name] for name in _STATE_OF_MEMBERS},
    )


def _same_task(
    path: str | os.PathLike[str], saved: Mapping[str, Any], asked: Mapping[str, Any]
) -> None:
    different = [key for key in asked if not _agree(saved.get(key), asked[key])]
    if different:
        raise ArgumentError(
            f"{os.fspath(path)} belongs to another training: its {' and '.join(different)} "
            f"{'differs' if len(different) == 1 else 'differ'}; resume with the same, or choose "
            "another checkpoint"
        )


def _agree(saved: Any, asked: Any) -> bool:
    """Equal; lists of numbers up to rounding, which differs from one processor to another."""
    if isinstance(asked, list) and asked and all(isinstance(each, float) for each in asked):
        same_kind = isinstance(saved, list) and all(isinstance(each, float) for each in saved)
        return same_kind and len(saved) == len(asked) and bool(np.allclose(saved, asked, 1e-5))
    return bool(saved == asked)
