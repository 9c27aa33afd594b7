"""Hessian-vector products by the equations, on the arrays of any library."""

from __future__ import annotations

from typing import Any

from clearprop.equations.backprop import backward, forward, output_delta
from clearprop.equations.curvature import R_backward, R_forward, R_output_delta
from golden.cases import Case
from golden.ours import flatten, layers_of


def product_of(case: Case, w: Any, v: Any, X: Any, y: Any, weights: Any = None) -> Any:
    """The Hessian of the cost at `w (..., p)` times the directions `v (..., p)`: `(..., p)`."""
    layers, directions = layers_of(w, case.sizes), layers_of(v, case.sizes)
    names = case.activations
    trace = forward(X, layers, names)
    _, z, a = trace[-1]
    delta = output_delta(z, a, y, case.loss, names[-1], weights)
    _, deltas = backward(trace, layers, names, delta)
    R_trace = R_forward(trace, layers, directions, names)
    R_delta = R_output_delta(trace[-1], R_trace[-1], y, case.loss, names[-1], weights)
    return flatten(R_backward(trace, R_trace, layers, directions, names, deltas, R_delta))
