"""The cases by which the equations are compared with PyTorch: one list for every comparison.

`record_torch.py` records PyTorch's answers, `tests/equations/test_golden.py` reads the record, and
`tests/pytorch` asks the PyTorch that is installed. All three take their cases from here.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import Any

import numpy as np

from clearprop.equations.activations import ACTIVATIONS
from clearprop.equations.losses import FROM_LOGITS, LOSSES

N_SAMPLES = 5
N_STEPS = 50
ARCHITECTURES = ((3, 2), (2, 3, 1), (3, 4, 4, 2), (2, 5, 3, 4, 3))


@dataclass(frozen=True)
class Case:
    """One network and one loss."""

    sizes: tuple[int, ...]
    activations: tuple[str, ...]
    loss: str

    @property
    def targets(self) -> str:
        """Which kind of targets the loss wants: `real`, `share` in [0, 1] or `row` of sum 1."""
        kinds = {"binary_cross_entropy": "share", "categorical_cross_entropy": "row"}
        return kinds.get(self.loss, "real")

    def __str__(self) -> str:
        sizes = "-".join(map(str, self.sizes))
        return f"{sizes} {'/'.join(dict.fromkeys(self.activations))} {self.loss}"


def every_case() -> list[Case]:
    """Every activation x every loss x every architecture, hidden and at the output."""
    return [case for sizes in ARCHITECTURES for case in cases_of(sizes)]


def cases_of(sizes: tuple[int, ...]) -> list[Case]:
    """The cases of one architecture.

    Each activation stands in the hidden layers before each loss, and at the output before each
    loss that does not bring an output of its own.
    """
    n_hidden = len(sizes) - 2
    plain = [loss for loss in LOSSES if loss not in FROM_LOGITS]
    hidden = [
        Case(sizes, (name,) * n_hidden + (FROM_LOGITS.get(loss, "identity"),), loss)
        for name in (ACTIVATIONS if n_hidden else ("identity",))
        for loss in LOSSES
    ]
    output = [
        Case(sizes, ("tanh",) * n_hidden + (name,), loss) for name in ACTIVATIONS for loss in plain
    ]
    return list(dict.fromkeys(hidden + output))


def arrays_of(sizes: tuple[int, ...]) -> dict[str, Any]:
    """Inputs, targets of each kind, sample weights of mean 1 and parameters of an architecture."""
    rng = np.random.default_rng(list(sizes))
    shape = (N_SAMPLES, sizes[-1])
    row = rng.dirichlet(np.ones(sizes[-1]), N_SAMPLES)
    row[::2] = np.eye(sizes[-1])[rng.integers(0, sizes[-1], len(row[::2]))]  # some are one-hot
    share = rng.uniform(size=shape)
    share[::2] = rng.integers(0, 2, share[::2].shape)  # some are 0 or 1
    weights = rng.uniform(0.2, 2, N_SAMPLES)
    n_parameters = sum((a + 1) * b for a, b in itertools.pairwise(sizes))
    return {
        "X": rng.normal(size=(N_SAMPLES, sizes[0])),
        "real": 2 * rng.normal(size=shape),
        "share": share,
        "row": row,
        "weights": weights / weights.mean(),
        "parameters": rng.normal(size=n_parameters),
    }


@dataclass(frozen=True)
class UpdateCase:
    """One update rule with its options, under the names of `equations/updates.py`."""

    rule: str
    eta: float
    options: tuple[tuple[str, float], ...] = ()

    def __str__(self) -> str:
        return " ".join([self.rule, *(f"{name}={value:g}" for name, value in self.options)])


# Each rule once with its defaults and at least once with every option changed. The rates are such
# that the paths settle: on a chaotic path rounding grows until no two libraries agree.
UPDATE_CASES = (
    UpdateCase("sgd", 0.05),
    UpdateCase("sgd", 0.3),
    UpdateCase("momentum", 0.02),
    UpdateCase("momentum", 0.05, (("momentum", 0.5),)),
    UpdateCase("nesterov", 0.02),
    UpdateCase("nesterov", 0.05, (("momentum", 0.5),)),
    UpdateCase("adagrad", 0.1),
    UpdateCase("adagrad", 0.3, (("epsilon", 1e-2),)),
    UpdateCase("adadelta", 1.0),
    UpdateCase("adadelta", 0.5, (("rho", 0.6), ("epsilon", 1e-3))),
    UpdateCase("rmsprop", 0.01),
    UpdateCase("rmsprop", 0.03, (("rho", 0.7), ("epsilon", 1e-1))),
    UpdateCase("adam", 0.05),
    UpdateCase("adam", 0.1, (("beta1", 0.5), ("beta2", 0.8), ("epsilon", 1e-2))),
    UpdateCase("adamw", 0.05),
    UpdateCase(
        "adamw",
        0.1,
        (("beta1", 0.5), ("beta2", 0.8), ("epsilon", 1e-2), ("weight_decay", 0.3)),
    ),
    UpdateCase("nadamw", 0.05),
    UpdateCase(
        "nadamw",
        0.03,
        (
            ("beta1", 0.5),
            ("beta2", 0.8),
            ("epsilon", 1e-2),
            ("weight_decay", 0.3),
            ("momentum_decay", 0.2),
        ),
    ),
)

# Rules that PyTorch has not: they are compared with `naive_rules.py`.
RATE_FREE_CASES = (
    UpdateCase("schedule_free_adamw", 0.05),
    UpdateCase(
        "schedule_free_adamw",
        0.03,
        (("beta1", 0.5), ("beta2", 0.8), ("epsilon", 1e-2), ("weight_decay", 0.3)),
    ),
    UpdateCase("prodigy", 1.0),
    UpdateCase(
        "prodigy",
        0.7,
        (
            ("beta1", 0.5),
            ("beta2", 0.8),
            ("epsilon", 1e-2),
            ("weight_decay", 0.3),
            ("d0", 1e-3),
            ("d_coefficient", 0.6),
        ),
    ),
)

UPDATE_START = (2.0, -1.5, 0.3, -0.1, 1.0, 0.0)


def problem_gradient(w: Any, stiffness: Any) -> Any:
    """The gradient of `Σ s_i(¼w_i⁴ − ½w_i²) + ½·(0.3 Σ w_i)²`: wells of different width, coupled.

    Args:
        w: `(p,)`, of any array library.
        stiffness: `(p,)`; see `STIFFNESS`.
    """
    return stiffness * (w * w * w - w) + 0.09 * w.sum()


STIFFNESS = (0.1, 0.3, 1.0, 3.0, 0.01, 1e-4)


def gradient_sequence() -> Any:
    """Gradients from small to large, some exactly zero, whatever the weights do: `(50, 6)`."""
    rng = np.random.default_rng(2013)
    sequence = rng.normal(size=(N_STEPS, len(UPDATE_START))) * 10.0 ** np.arange(-4, 2)
    sequence[rng.uniform(size=sequence.shape) < 0.2] = 0.0
    sequence[0, 2] = 0.0  # the first gradient, too: adaptive rules divide by its size
    return sequence
