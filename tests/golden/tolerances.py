"""How close is close: every tolerance of the comparisons, by kind and dtype, in one table.

All are relative errors as `equations.gradients.relative_error` defines them; `floor` is the size
below which a component counts as that large, because rounding leaves an absolute error there.
"""

from __future__ import annotations

from typing import NamedTuple


class Tolerance(NamedTuple):
    """The largest relative error allowed, the floor, and the nudge where one is needed."""

    relative: float
    floor: float
    h: float = 0.0


TOLERANCES = {
    # PyTorch's autograd, and its optimisers over 50 steps.
    ("torch", "float64"): Tolerance(1e-10, 1e-3),
    ("torch", "float32"): Tolerance(1e-4, 1e-1),
    # Another array library, or a population: the same sums, perhaps in another order.
    ("same equations", "float64"): Tolerance(1e-12, 1e-2),
    ("same equations", "float32"): Tolerance(1e-4, 1e-1),
    # Central differences, error of order h² + ε/h, against backpropagation.
    ("central differences", "float64"): Tolerance(1e-6, 1e-3, h=1e-5),
    ("central differences", "float32"): Tolerance(2e-2, 1e-1, h=3e-3),
    # Backpropagation in float32 against the same in float64.
    ("rounding", "float32"): Tolerance(1e-4, 1e-1),
}
