"""Record what PyTorch 2.13 computes for every case: `python tests/golden/record_torch.py`.

Writes `torch.npz` beside this file: plain float64 arrays, no pickles. Run it again only when
`cases.py` changes or another PyTorch becomes the reference; then `pytest tests/equations` must pass
without any change of tolerance.

Everything here is written with PyTorch's own functions and optimisers; nothing but the list of
cases and their random numbers is shared with clearprop. PyTorch is imported inside the functions
because pytest reads this file on machines without PyTorch, too.
"""

from __future__ import annotations

import itertools
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

if __name__ == "__main__":  # as a script: make `golden` importable, as pytest does
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from golden.cases import (
    ARCHITECTURES,
    N_STEPS,
    STIFFNESS,
    UPDATE_CASES,
    UPDATE_START,
    Case,
    UpdateCase,
    arrays_of,
    cases_of,
    gradient_sequence,
    problem_gradient,
)

PATH = Path(__file__).with_name("torch.npz")
VERSION = "2.13"


def activation(name: str, z: Any) -> Any:
    """PyTorch's activation of the name that clearprop uses."""
    import torch

    F = torch.nn.functional
    functions = {
        "identity": lambda z: z,
        "sigmoid": torch.sigmoid,
        "tanh": torch.tanh,
        "relu": F.relu,
        "leaky_relu": F.leaky_relu,
        "elu": F.elu,
        "selu": F.selu,
        "softplus": F.softplus,
        "gelu": lambda z: F.gelu(z, approximate="tanh"),
        "silu": F.silu,
        "mish": F.mish,
        "softmax": lambda z: F.softmax(z, dim=-1),
    }
    return functions[name](z)


def sample_losses(name: str, z: Any, a: Any, y: Any) -> Any:
    """PyTorch's loss of each sample, `(n,)`: mean over outputs, or sum over classes."""
    import torch

    F = torch.nn.functional
    functions = {
        "mean_squared_error": lambda: F.mse_loss(a, y, reduction="none").mean(-1),
        "half_squared_error": lambda: 0.5 * F.mse_loss(a, y, reduction="none").mean(-1),
        "mean_absolute_error": lambda: F.l1_loss(a, y, reduction="none").mean(-1),
        "huber": lambda: F.huber_loss(a, y, reduction="none", delta=1.0).mean(-1),
        "binary_cross_entropy": lambda: F.binary_cross_entropy_with_logits(
            z, y, reduction="none"
        ).mean(-1),
        "categorical_cross_entropy": lambda: F.cross_entropy(z, y, reduction="none"),
    }
    return functions[name]()


def loss_and_gradient(
    case: Case, parameters: Any, X: Any, y: Any, weights: Any = None
) -> tuple[Any, Any]:
    """Mean loss and its flat gradient `(p,)` by autograd, as NumPy arrays."""
    import torch

    w = torch.tensor(parameters, requires_grad=True)
    a, start = torch.tensor(X), 0
    for (n_in, n_out), name in zip(itertools.pairwise(case.sizes), case.activations, strict=True):
        W = w[start : start + n_in * n_out].reshape(n_in, n_out)
        start += n_in * n_out
        z = torch.nn.functional.linear(a, W.T, w[start : start + n_out])
        start += n_out
        a = activation(name, z)
    losses = sample_losses(case.loss, z, a, torch.tensor(y))
    loss = (losses if weights is None else losses * torch.tensor(weights)).mean()
    loss.backward()
    return loss.detach().numpy(), w.grad.numpy()


def optimiser(case: UpdateCase, parameters: list[Any]) -> Any:
    """PyTorch's optimiser of the same rule and options."""
    import torch

    given = dict(case.options)
    ours = {"epsilon": "eps", "rho": "alpha" if case.rule == "rmsprop" else "rho"}
    options = {ours.get(k, k): v for k, v in given.items() if k not in ("beta1", "beta2")}
    if "beta1" in given:
        options["betas"] = (given["beta1"], given["beta2"])
    if case.rule in ("momentum", "nesterov"):
        options = {"momentum": 0.9, "nesterov": case.rule == "nesterov"} | options
    if case.rule == "nadamw":
        options = {"decoupled_weight_decay": True, "weight_decay": 0.01} | options
    kinds = {
        "adagrad": torch.optim.Adagrad,
        "adadelta": torch.optim.Adadelta,
        "rmsprop": torch.optim.RMSprop,
        "adam": torch.optim.Adam,
        "adamw": torch.optim.AdamW,
        "nadamw": torch.optim.NAdam,
    }
    return kinds.get(case.rule, torch.optim.SGD)(parameters, lr=case.eta, **options)


@contextmanager
def float64_by_default() -> Iterator[None]:
    """PyTorch with float64 as its default dtype.

    `torch.optim.NAdam` keeps the running product of its momenta in the default dtype, whatever the
    dtype of the weights: in float32 its path is off by 1e-9 from the formula.
    """
    import torch

    before = torch.get_default_dtype()
    torch.set_default_dtype(torch.float64)
    try:
        yield
    finally:
        torch.set_default_dtype(before)


def path(case: UpdateCase, gradients: Any = None) -> Any:
    """The weights after each of 50 steps, `(50, p)`: on the problem, or down a fixed sequence."""
    import torch

    w = torch.tensor(UPDATE_START, dtype=torch.float64)
    stiffness = torch.tensor(STIFFNESS, dtype=torch.float64)
    steps, rule = [], optimiser(case, [w])
    with float64_by_default():
        for t in range(N_STEPS):
            if gradients is None:
                w.grad = problem_gradient(w, stiffness)
            else:
                w.grad = torch.tensor(gradients[t], dtype=torch.float64)
            rule.step()
            steps.append(w.numpy().copy())
    return np.stack(steps)


def record() -> dict[str, Any]:
    """Every array of the file, by the name under which `test_golden.py` looks it up."""
    record: dict[str, Any] = {}
    for sizes in ARCHITECTURES:
        key, arrays, cases = "-".join(map(str, sizes)), arrays_of(sizes), cases_of(sizes)
        record |= {f"{key} {name}": values for name, values in arrays.items()}
        answers = [
            loss_and_gradient(
                case, arrays["parameters"], arrays["X"], arrays[case.targets], arrays["weights"]
            )
            for case in cases
        ]
        record[f"{key} cases"] = np.array([str(case) for case in cases])
        record[f"{key} losses"] = np.stack([loss for loss, _ in answers])  # (n_cases,)
        record[f"{key} gradients"] = np.stack([gradient for _, gradient in answers])
    record["update cases"] = np.array([str(case) for case in UPDATE_CASES])
    record["problem paths"] = np.stack([path(case) for case in UPDATE_CASES])
    record["sequence"] = gradient_sequence()
    record["sequence ends"] = np.stack(
        [path(case, record["sequence"])[-1] for case in UPDATE_CASES]
    )
    return record


def main() -> None:
    """Write the file and say how large it is."""
    import torch

    if not torch.__version__.startswith(VERSION):
        raise SystemExit(f"the record is of PyTorch {VERSION}; this is {torch.__version__}")
    np.savez_compressed(PATH, **record())
    print(f"{PATH}: {PATH.stat().st_size:,} bytes, PyTorch {torch.__version__}")


if __name__ == "__main__":
    main()
