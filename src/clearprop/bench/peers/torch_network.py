"""What PyTorch eager and compiled share: the network, its losses, the data as tensors."""

from __future__ import annotations

import importlib
from typing import Any

from clearprop.bench.task import Task

__all__ = ["BETA1", "BETA2", "EPSILON", "TorchTask"]

BETA1, BETA2, EPSILON = 0.9, 0.999, 1e-8


class TorchTask:
    """A task in tensors.

    A population is one batched product a layer (`baddbmm`). `torch.func.vmap` comes down to the
    same products, with its own dispatch on top.
    """

    def __init__(self, task: Task, threads: int) -> None:
        self.torch: Any = importlib.import_module("torch")
        self.torch.set_num_threads(threads)
        self.task = task
        self.X, self.y = self.torch.tensor(task.X), self.torch.tensor(task.y)
        self.epochs = [
            self.torch.tensor(order).view(-1, task.work.batch_size).unbind()
            for order in task.orders
        ]
        self.rates = self.torch.tensor(task.work.rates, dtype=self.torch.float32)

    def starts(self) -> list[Any]:
        """Fresh leaves `[W1, b1, W2, b2, ...]`."""
        pairs = self.task.starts()
        return [self.torch.tensor(part) for pair in pairs for part in pair]

    def losses(self, leaves: list[Any], rows: Any) -> Any:
        """The loss of every network on these rows, `(m,)`, or one number."""
        torch, task = self.torch, self.task
        a, y = self.X.index_select(0, rows), self.y.index_select(0, rows)
        many = task.n_networks > 1
        if many:
            a = a.expand(task.n_networks, *a.shape)
        for i in range(0, len(leaves), 2):
            W, b = leaves[i], leaves[i + 1]
            a = torch.baddbmm(b.unsqueeze(-2), a, W) if many else torch.addmm(b, a, W)
            if i + 2 < len(leaves):
                a = torch.relu(a)
        if task.binary:
            each = torch.nn.functional.binary_cross_entropy_with_logits(
                a, y.expand_as(a), reduction="none"
            )
            return each.mean((-2, -1))
        return -(y * torch.log_softmax(a, -1)).sum(-1).mean(-1)

    def rates_like(self, leaf: Any) -> Any:
        """The rates, to be multiplied with a leaf."""
        if self.task.n_networks == 1:
            return self.rates[0]
        return self.rates.view(-1, *([1] * (leaf.dim() - 1)))

    def flatten(self, leaves: list[Any]) -> Any:
        """The parameters `(m, p)` as a NumPy array."""
        arrays = [leaf.detach().numpy() for leaf in leaves]
        return self.task.flatten(list(zip(arrays[::2], arrays[1::2], strict=True)))
