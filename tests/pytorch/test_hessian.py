"""Hessian-vector products against PyTorch's, by differentiating its own graph twice."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from clearprop.equations.gradients import relative_error
from golden import record_torch as oracle
from golden.cases import arrays_of, every_case
from golden.products import product_of
from golden.tolerances import TOLERANCES

pytestmark = pytest.mark.torch


@pytest.fixture
def torch():
    import torch

    return torch


def cost_of(torch, case, w, X, y, weights):
    """The cost by PyTorch's own functions, as a function of the flat vector."""
    a, start = X, 0
    for (n_in, n_out), name in zip(itertools.pairwise(case.sizes), case.activations, strict=True):
        W = w[start : start + n_in * n_out].reshape(n_in, n_out)
        start += n_in * n_out
        z = torch.nn.functional.linear(a, W.T, w[start : start + n_out])
        start += n_out
        a = oracle.activation(name, z)
    return (oracle.sample_losses(case.loss, z, a, y) * weights).mean()


@pytest.mark.parametrize("case", every_case(), ids=str)
def test_product_is_that_of_pytorch(torch, case):
    limit, arrays = TOLERANCES["torch", "float64"], arrays_of(case.sizes)
    ours = [arrays[name] for name in ("X", case.targets, "weights")]
    tensors = [torch.tensor(array) for array in ours]
    w = arrays["parameters"]
    v = np.random.default_rng(8).normal(size=w.shape)
    _, reference = torch.autograd.functional.hvp(
        lambda w: cost_of(torch, case, w, *tensors), torch.tensor(w), torch.tensor(v)
    )
    errors = relative_error(product_of(case, w, v, *ours), reference.numpy(), limit.floor)
    assert errors.max() <= limit.relative


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("case", every_case(), ids=str)
def test_products_run_on_tensors_of_a_population(torch, case, dtype):
    limit = TOLERANCES["same equations", dtype]
    arrays = {name: values.astype(dtype) for name, values in arrays_of(case.sizes).items()}
    ours = [arrays[name] for name in ("X", case.targets, "weights")]
    w = np.stack([arrays["parameters"], -arrays["parameters"]])
    v = np.random.default_rng(8).normal(size=w.shape).astype(dtype)
    result = product_of(case, *(torch.tensor(array) for array in (w, v, *ours)))
    assert result.dtype == getattr(torch, dtype)
    errors = relative_error(result.numpy(), product_of(case, w, v, *ours), limit.floor)
    assert errors.max() <= limit.relative
