"""PyTorch compiled: gather, forward, backward and update of a step in one graph, in place.

`torch.func.grad` inside `torch.compile` gives one call a step. Compiling only the loss, beside a
fused optimizer, was slower on every row.
"""

from __future__ import annotations

import os
import signal
import threading
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

from numpy.typing import NDArray

from clearprop.bench.contestant import Unsuitable
from clearprop.bench.peers.torch_network import BETA1, BETA2, EPSILON, TorchTask
from clearprop.bench.task import Task

__all__ = ["MOST_SECONDS", "TorchCompiled", "at_most"]

MOST_SECONDS = 60.0


class TorchCompiled:
    """PyTorch with `torch.compile`; it needs a C++ compiler on the machine."""

    name, label, package = "torch_compiled", "PyTorch, compiled", "torch"

    def prepare(self, task: Task, threads: int) -> CompiledTrainer:
        """See `Contestant.prepare`."""
        # Compiling in this process leaves no workers behind that would share the processor.
        os.environ.setdefault("TORCHINDUCTOR_COMPILE_THREADS", "1")
        reason = f"took more than {MOST_SECONDS:.0f} s to compile"
        with warnings.catch_warnings(), at_most(MOST_SECONDS, reason):
            warnings.simplefilter("ignore")  # PyTorch's compiler warns of its own future
            trainer = CompiledTrainer(TorchTask(task, threads))
            trainer.run_one_step()
        return trainer


class CompiledTrainer:
    """See `Trainer`."""

    def __init__(self, tensors: TorchTask) -> None:
        self._tensors = tensors
        tensors.torch._dynamo.reset()  # rows are independent: no limit on recompiling for all
        step = _adam_step if tensors.task.work.rule == "adam" else _sgd_step
        self._step = tensors.torch.compile(step(tensors), dynamic=False)
        self.reset()

    def reset(self) -> None:
        """See `Trainer.reset`."""
        torch = self._tensors.torch
        self._leaves = self._tensors.starts()
        self._slots = [torch.zeros(())]  # the number of steps, then Adam's moments
        if self._tensors.task.work.rule == "adam":
            self._slots += [torch.zeros_like(leaf) for leaf in self._leaves * 2]
        self._epoch = 0

    def run_one_step(self) -> None:
        """The first call compiles."""
        with self._tensors.torch.no_grad():
            self._step(self._leaves, self._slots, self._tensors.epochs[0][0])

    def run(self, count: int) -> None:
        """See `Trainer.run`."""
        tensors, step = self._tensors, self._step
        with tensors.torch.no_grad():
            for _ in range(count):
                for rows in tensors.epochs[self._epoch % len(tensors.epochs)]:
                    step(self._leaves, self._slots, rows)
                self._epoch += 1

    def parameters(self) -> NDArray[Any]:
        """See `Trainer.parameters`."""
        parameters: NDArray[Any] = self._tensors.flatten(self._leaves)
        return parameters


def _gradient(tensors: TorchTask) -> Callable[..., Any]:
    """`(leaves, rows) -> (gradients, losses)`."""

    def total(leaves: Any, rows: Any) -> Any:
        losses = tensors.losses(leaves, rows)
        return losses.sum(), losses

    gradient: Callable[..., Any] = tensors.torch.func.grad(total, has_aux=True)
    return gradient


def _sgd_step(tensors: TorchTask) -> Callable[..., Any]:
    gradient = _gradient(tensors)

    def step(leaves: Any, slots: Any, rows: Any) -> Any:  # noqa: ARG001 - sgd remembers nothing
        gradients, losses = gradient(leaves, rows)
        for w, g in zip(leaves, gradients, strict=True):
            w.sub_(tensors.rates_like(w) * g)
        return losses

    return step


def _adam_step(tensors: TorchTask) -> Callable[..., Any]:
    gradient = _gradient(tensors)

    def step(leaves: Any, slots: Any, rows: Any) -> Any:
        gradients, losses = gradient(leaves, rows)
        t, n = slots[0], len(leaves)
        t.add_(1)
        for w, g, m, v in zip(leaves, gradients, slots[1 : n + 1], slots[n + 1 :], strict=True):
            m.mul_(BETA1).add_((1 - BETA1) * g)
            v.mul_(BETA2).add_((1 - BETA2) * g * g)
            below = (v / (1 - BETA2**t)).sqrt() + EPSILON
            w.sub_(tensors.rates_like(w) / (1 - BETA1**t) * m / below)
        return losses

    return step


@contextmanager
def at_most(seconds: float, reason: str) -> Iterator[None]:
    """Give up on a block that takes longer; in the main thread at once, elsewhere afterwards."""

    def stop(number: int, frame: FrameType | None) -> None:  # noqa: ARG001 - the system's
        raise Unsuitable(reason)

    begun = time.monotonic()
    if threading.current_thread() is not threading.main_thread():
        yield
    else:
        before = signal.signal(signal.SIGALRM, stop)
        signal.setitimer(signal.ITIMER_REAL, seconds)
        try:
            yield
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, before)
    if time.monotonic() - begun > seconds:
        raise Unsuitable(reason)
