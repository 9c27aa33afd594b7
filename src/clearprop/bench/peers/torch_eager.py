"""PyTorch as it comes: autograd and its fused optimizers, step by step."""

from __future__ import annotations

from typing import Any

from numpy.typing import NDArray

from clearprop.bench.peers.torch_network import BETA1, BETA2, EPSILON, TorchTask
from clearprop.bench.task import Task

__all__ = ["TorchEager"]


class TorchEager:
    """PyTorch without compilation."""

    name, label, package = "torch", "PyTorch", "torch"

    def prepare(self, task: Task, threads: int) -> EagerTrainer:
        """See `Contestant.prepare`."""
        return EagerTrainer(TorchTask(task, threads))


class EagerTrainer:
    """See `Trainer`."""

    def __init__(self, tensors: TorchTask) -> None:
        self._tensors = tensors
        self.reset()

    def reset(self) -> None:
        """See `Trainer.reset`."""
        self._leaves = [leaf.requires_grad_() for leaf in self._tensors.starts()]
        self._optimizer = _optimizer(self._tensors, self._leaves)
        self._epoch = 0

    def run(self, count: int) -> None:
        """See `Trainer.run`."""
        tensors, leaves, optimizer = self._tensors, self._leaves, self._optimizer
        weigh = tensors.task.n_networks > 1 and tensors.task.work.rule == "sgd"
        for _ in range(count):
            for rows in tensors.epochs[self._epoch % len(tensors.epochs)]:
                losses = tensors.losses(leaves, rows)
                optimizer.zero_grad(set_to_none=True)
                # η·∂C is the gradient of η·C: so one fused step at rate 1 serves all rates.
                (losses @ tensors.rates if weigh else losses.sum()).backward()
                optimizer.step()
            self._epoch += 1

    def parameters(self) -> NDArray[Any]:
        """See `Trainer.parameters`."""
        parameters: NDArray[Any] = self._tensors.flatten(self._leaves)
        return parameters


def _optimizer(tensors: TorchTask, leaves: list[Any]) -> Any:
    optim, work = tensors.torch.optim, tensors.task.work
    many = tensors.task.n_networks > 1
    if work.rule == "sgd":
        return optim.SGD(leaves, lr=1.0 if many else work.rates[0], fused=True)
    if many:
        return _AdamOfMany(tensors, leaves)
    return optim.Adam(leaves, lr=work.rates[0], betas=(BETA1, BETA2), eps=EPSILON, fused=True)


class _AdamOfMany:
    """Adam with a rate for each network, which PyTorch's own does not know; in place."""

    def __init__(self, tensors: TorchTask, leaves: list[Any]) -> None:
        zeros = tensors.torch.zeros_like
        self._no_grad = tensors.torch.no_grad
        self._parts = [(w, zeros(w), zeros(w), tensors.rates_like(w)) for w in leaves]
        self._t = 0

    def zero_grad(self, *, set_to_none: bool) -> None:
        """Forget the gradients."""
        for w, *_ in self._parts:
            w.grad = None if set_to_none else w.grad.zero_()

    def step(self) -> None:
        """`w ← w − η m̂ / (√v̂ + ε)`."""
        self._t += 1
        with self._no_grad():
            for w, m, v, rates in self._parts:
                m.lerp_(w.grad, 1 - BETA1)
                v.mul_(BETA2).addcmul_(w.grad, w.grad, value=1 - BETA2)
                below = (v / (1 - BETA2**self._t)).sqrt_().add_(EPSILON)
                w.addcdiv_(m * rates, below, value=-1 / (1 - BETA1**self._t))
