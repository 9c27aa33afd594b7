"""The equations against the PyTorch that is installed, and on PyTorch's own tensors.

Everything here is marked `torch`. PyTorch is imported inside the tests, so that collecting them
needs no PyTorch; where it is missing, asking for these tests (`-m torch`) fails and does not skip.
"""

from __future__ import annotations

import numpy as np
import pytest

from clearprop.equations.activations import ACTIVATIONS
from clearprop.equations.dense import dropout_mask
from clearprop.equations.gradients import (
    central_differences,
    crosses_kink,
    directional_difference,
    finite_difference,
    finite_differences,
    relative_error,
)
from clearprop.equations.initialisers import INITIALISERS
from clearprop.equations.losses import LOSSES
from clearprop.equations.penalties import PENALTIES, clip_norm, clip_value
from clearprop.equations.search import exhaustive_search, random_nudge
from golden import record_torch as oracle
from golden.cases import (
    ARCHITECTURES,
    STIFFNESS,
    UPDATE_CASES,
    UPDATE_START,
    arrays_of,
    cases_of,
    every_case,
    gradient_sequence,
    problem_gradient,
)
from golden.ours import cost_of, gradient_of, path_of
from golden.tolerances import TOLERANCES

pytestmark = pytest.mark.torch

Z = np.array([[-2.0, -0.5, 0.3], [1.2, 3.0, -80.0]])


@pytest.fixture
def torch():
    import torch

    return torch


def assert_close(ours, reference, kind, dtype):
    limit = TOLERANCES[kind, dtype]
    errors = relative_error(np.asarray(ours), np.asarray(reference), limit.floor)
    assert errors.shape == np.shape(reference)
    assert errors.max() <= limit.relative


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("case", every_case(), ids=str)
def test_loss_and_gradient_are_those_of_autograd(case, dtype, weighted):
    arrays = {name: values.astype(dtype) for name, values in arrays_of(case.sizes).items()}
    w, X, y = arrays["parameters"], arrays["X"], arrays[case.targets]
    weights = arrays["weights"] if weighted else None
    loss, g = oracle.loss_and_gradient(case, w, X, y, weights)
    assert_close(cost_of(case, w, X, y, weights), loss, "torch", dtype)
    assert_close(gradient_of(case, w, X, y, weights), g, "torch", dtype)


@pytest.mark.parametrize("case", UPDATE_CASES, ids=str)
def test_update_rule_walks_as_pytorchs_optimiser_does(case):
    stiffness, start = np.array(STIFFNESS), np.array(UPDATE_START)
    gradients = [lambda w: problem_gradient(w, stiffness)] * 50
    path = path_of(case.rule, start, gradients, case.eta, dict(case.options))
    assert_close(np.stack(path), oracle.path(case), "torch", "float64")
    sequence = gradient_sequence()
    gradients = [lambda _, g=g: g for g in sequence]
    path = path_of(case.rule, start, gradients, case.eta, dict(case.options))
    assert_close(np.stack(path), oracle.path(case, sequence), "torch", "float64")


@pytest.mark.parametrize("sizes", ARCHITECTURES)
def test_the_record_is_what_pytorch_answers_today(sizes):
    with np.load(oracle.PATH, allow_pickle=False) as record:
        key, arrays = "-".join(map(str, sizes)), arrays_of(sizes)
        for name, values in arrays.items():
            np.testing.assert_allclose(record[f"{key} {name}"], values, rtol=1e-15)
        for i, case in enumerate(cases_of(sizes)):
            _, g = oracle.loss_and_gradient(
                case, arrays["parameters"], arrays["X"], arrays[case.targets], arrays["weights"]
            )
            assert_close(record[f"{key} gradients"][i], g, "torch", "float64")


# The equations on tensors ---------------------------------------------------------------------


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("case", every_case(), ids=str)
def test_forward_and_backward_run_on_tensors_of_a_population(torch, case, dtype):
    arrays = {name: values.astype(dtype) for name, values in arrays_of(case.sizes).items()}
    ours = [arrays[name] for name in ("X", case.targets, "weights")]
    w = np.stack([arrays["parameters"], -arrays["parameters"]])
    tensors = [torch.tensor(array) for array in ours]
    for function in (cost_of, gradient_of):
        result = function(case, torch.tensor(w), *tensors)
        assert result.dtype == getattr(torch, dtype)
        assert_close(result, function(case, w, *ours), "same equations", dtype)


def test_autograd_through_our_forward_pass_gives_our_backward_pass(torch):
    case = cases_of((2, 5, 3, 4, 3))[0]
    arrays = arrays_of(case.sizes)
    X, y = torch.tensor(arrays["X"]), torch.tensor(arrays[case.targets])
    w = torch.tensor(arrays["parameters"], requires_grad=True)
    cost_of(case, w, X, y).backward()
    with torch.no_grad():
        assert_close(gradient_of(case, w, X, y), w.grad, "same equations", "float64")


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_activations_on_tensors(torch, name):
    forward, backward = ACTIVATIONS[name]
    z = torch.tensor(Z)
    assert_close(forward(z), forward(Z), "same equations", "float64")
    dz = backward(z / 2, z, forward(z))
    assert_close(dz, backward(Z / 2, Z, forward(Z)), "same equations", "float64")


@pytest.mark.parametrize("name", LOSSES)
def test_losses_on_tensors(torch, name):
    y = np.array([[1.0, 0, 0], [0, 0.5, 0.5]])
    for function in LOSSES[name]:
        result = function(torch.tensor(Z), torch.tensor(y))
        assert_close(result, function(Z, y), "same equations", "float64")


@pytest.mark.parametrize("case", UPDATE_CASES, ids=str)
def test_updates_on_tensors(torch, case):
    ends = []
    for array in (np.array, lambda values: torch.tensor(values, dtype=torch.float64)):
        g, options = array(STIFFNESS), dict(case.options)
        gradients = [lambda w, g=g: w * g] * 5
        ends.append(path_of(case.rule, array(UPDATE_START), gradients, case.eta, options)[-1])
    assert isinstance(ends[1], torch.Tensor)
    assert_close(ends[1], ends[0], "same equations", "float64")


def test_penalties_clipping_dropout_and_initialisers_on_tensors(torch):
    functions = [function for pair in PENALTIES.values() for function in pair]
    functions += [lambda g: clip_norm(g, 0.7), lambda g: clip_value(g, 0.7)]
    functions += [lambda g: clip_norm(0 * g, 0.7), lambda u: dropout_mask(u, 0.4)]
    functions += [lambda w, f=scale: f(w, 3, 4) for scale, _ in INITIALISERS.values()]
    for function in functions:
        result = function(torch.tensor(Z))
        assert isinstance(result, torch.Tensor)
        assert_close(result, function(Z), "same equations", "float64")


def test_clip_norm_is_that_of_pytorch(torch):
    g = torch.tensor([3.0, -4.0, 12.0], dtype=torch.float64)
    w = torch.zeros(3, dtype=torch.float64)
    w.grad = g.clone()
    torch.nn.utils.clip_grad_norm_([w], 2.0)
    # PyTorch adds 1e-6 to the norm.
    np.testing.assert_allclose(clip_norm(g, 2.0).numpy(), w.grad.numpy(), rtol=1e-7)


def test_finite_differences_and_searches_on_tensors(torch):
    def bowl(w):
        return (w[..., 0] - 1) ** 2 + w[..., 1] ** 2

    w = np.array([3.0, 2.0])
    for function, arguments in (
        (finite_difference, (0, 1e-3)),
        (finite_differences, (1e-3,)),
        (central_differences, (1e-3,)),
    ):
        result = function(bowl, torch.tensor(w), *arguments)
        assert_close(result, function(bowl, w, *arguments), "same equations", "float64")
    v = torch.tensor([0.6, 0.8], dtype=torch.float64)
    slope = directional_difference(bowl, torch.tensor(w), v, 1e-3)
    assert float(slope) == pytest.approx(0.6 * 4 + 0.8 * 4)
    kinks = crosses_kink(lambda w: w > 2, torch.tensor(w), 0.1)
    assert kinks.tolist() == [False, True]
    best, lowest = exhaustive_search(bowl, torch.tensor(w), [-1.0, 0.0, 1.0])
    assert (best.tolist(), float(lowest)) == ([1, 0], 0)
    start = torch.tensor([0.0, 1.0], dtype=torch.float64)
    nudged, c = random_nudge(bowl, start, bowl(start), 1, -0.5)
    assert (nudged.tolist(), float(c)) == ([0, 0.5], 1.25)
