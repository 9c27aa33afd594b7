"""Every gradient of the ledger against PyTorch's autograd, on 200 random networks."""

from __future__ import annotations

import numpy as np
import pytest

from clearprop.equations.gradients import relative_error
from golden import record_torch as oracle
from golden.tolerances import TOLERANCES
from ledger.networks import every_loss_and_output, random_steps

pytestmark = pytest.mark.torch

NETWORKS = 200


@pytest.fixture
def torch():
    import torch

    return torch


def autograd(torch, step):
    """Every z and a, and the gradient by everything, in PyTorch's own functions."""
    loss, names = step.plan.loss, step.plan.architecture.activations
    values, a = {}, torch.tensor(step["X"])
    for i, name in enumerate(names, start=1):
        for letter in ("W", "b"):
            values[f"{letter}{i}"] = torch.tensor(step[f"{letter}{i}"], requires_grad=True)
        values[f"z{i}"] = a @ values[f"W{i}"] + values[f"b{i}"]
        a = values[f"a{i}"] = oracle.activation(name, values[f"z{i}"])
    y, last = torch.tensor(step["y"]), len(names)
    losses = oracle.sample_losses(loss, values[f"z{last}"], a, y)
    if "sample_weight" in step:
        losses = losses * torch.tensor(step["sample_weight"])
    for value in values.values():
        value.retain_grad()
    losses.mean().backward()
    values["loss"] = losses.mean()
    return values


def by_probabilities(torch, step):
    """`∂C/∂a` of a cross-entropy, which PyTorch's own graph, going by logits, does not pass."""
    last, y = step.plan.architecture.n_layers, torch.tensor(step["y"])
    a = torch.tensor(step[f"a{last}"], requires_grad=True)
    if step.plan.loss == "binary_cross_entropy":
        losses = torch.nn.functional.binary_cross_entropy(a, y, reduction="none").mean(-1)
    else:
        losses = -(y * torch.log(a)).sum(-1)
    if "sample_weight" in step:
        losses = losses * torch.tensor(step["sample_weight"])
    losses.mean().backward()
    return a.grad


def test_every_gradient_of_200_random_networks_is_autograds(torch):
    limit = TOLERANCES["torch", "float64"]
    kinds = set()
    for step in random_steps(NETWORKS):
        theirs, last = autograd(torch, step), step.plan.architecture.n_layers
        kinds |= {(step.plan.loss, step.plan.architecture.activations[-1])}
        kinds |= set(step.plan.architecture.activations)
        pairs = [(step["loss"], theirs["loss"])]
        for i in range(1, last + 1):
            pairs += [(step[f"{kind}{i}"], theirs[f"{kind}{i}"]) for kind in ("z", "a")]
            pairs += [(step[f"d{kind}{i}"], theirs[f"{kind}{i}"].grad) for kind in ("W", "b")]
            pairs.append((step[f"delta{i}"], theirs[f"z{i}"].grad))
            matched = i == last and step.plan.loss.endswith("cross_entropy")
            da = by_probabilities(torch, step) if matched else theirs[f"a{i}"].grad
            pairs.append((step[f"d_activation{i}"], da))
        for ours, value in pairs:
            reference = value.detach().numpy()
            assert ours.shape == reference.shape
            errors = relative_error(np.asarray(ours), reference, limit.floor)
            assert errors.max() <= limit.relative, (step, errors.max())
    assert kinds >= set(every_loss_and_output())
