"""The Hessian `H = ∂²C/∂w²`: its product with directions, and all of it where it is small."""

from __future__ import annotations

from typing import Unpack

import numpy as np
from numpy.typing import ArrayLike, NDArray
from threadpoolctl import threadpool_limits

from clearprop import _arrays
from clearprop.equations.curvature import R_backward, R_forward, R_output_delta
from clearprop.equations.second import SECOND_PENALTIES
from clearprop.errors import ArgumentError, DataError
from clearprop.network import Network
from clearprop.rates.problem import BLOCK_BYTES, CostChoices, Place, Places, Problem

__all__ = ["MOST_DENSE", "Hessian", "hessian", "hessian_vector_product"]

Array = NDArray[np.float64]

MOST_DENSE = 2000  # parameters of a dense Hessian: 32 MB, and as many products


class Hessian:
    """`v → Hv` at one place, exact to rounding; nothing is differenced.

    Many products at one place share the sweeps of backpropagation, so that each costs less than two
    gradients; see `equations/curvature.py` for the derivation.
    """

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self._layers = problem.architecture.layers(problem.w)
        self._places = Places(problem)

    def __call__(self, v: Array) -> Array:
        """`Hv` of one direction `(p,)` or of several, `(k, p)`.

        Raises:
            DataError: the product is not finite, because the weights have blown up.
        """
        rows = v.reshape(-1, v.shape[-1])
        result = np.zeros(rows.shape)
        with np.errstate(all="ignore"):  # looked for below
            for place in self._places:
                size = len(place.block.X) * self.problem.bytes_per_sample
                at_once = max(1, BLOCK_BYTES // size)
                for i in range(0, len(rows), at_once):
                    part = slice(i, i + at_once)
                    result[part] += place.share * self._product(place, rows[part])
            for name, strength in self.problem.penalties.items():
                bend = SECOND_PENALTIES[name](self.problem.w, rows)
                result += strength * bend * self.problem.architecture.is_weight
        if not np.isfinite(result).all():
            raise DataError(
                "the curvature is not finite at these weights, because they have blown up; "
                "take the weights before the divergence"
            )
        return result.reshape(v.shape)

    def _product(self, place: Place, v: Array) -> Array:
        """One block's Hessian times directions `(k, p)`."""
        problem, architecture = self.problem, self.problem.architecture
        names = architecture.activations
        # One direction goes without a leading axis: matrix products are faster so.
        directions = architecture.layers(v[0] if len(v) == 1 else v)
        R_trace = R_forward(place.trace, self._layers, directions, names)
        y, weights = place.block.y, place.block.weights
        R_delta = R_output_delta(place.trace[-1], R_trace[-1], y, problem.loss, names[-1], weights)
        products = R_backward(
            place.trace, R_trace, self._layers, directions, names, place.deltas, R_delta
        )
        return architecture.flatten(products).reshape(v.shape)


def hessian_vector_product(
    network: Network, X: ArrayLike, y: ArrayLike, v: ArrayLike, **cost: Unpack[CostChoices]
) -> Array:
    """The Hessian of the cost times a direction, exact and without the Hessian.

    `Hv = ∂(∇C · v)/∂w = R{∂C/∂w}` by the R-operator, at about the cost of two gradients.

    Args:
        network: where: its parameters. Dropout plays no part.
        X: inputs, `(n_samples, n_features)`; any number, for memory is bounded.
        y: targets, as for `train`.
        v: one direction in the space of parameters, `(p,)`, or several, `(k, p)`.
        **cost: `loss`, `sample_weight` and `penalty`, as for `train`.

    Returns:
        `Hv`, float64, of the shape of v.

    Raises:
        ArgumentError: v has another length than the parameters, or a choice breaks a rule.
        DataError: the arrays cannot be learned from, or the weights have blown up.

    Example:
        >>> import numpy as np
        >>> line = Network([1, 1])
        >>> X = np.array([[1.0], [2.0], [3.0], [4.0]])
        >>> hessian_vector_product(line, X, 3 * X, [1.0, 0.0]).round(9).tolist()
        [15.0, 5.0]

    References:
        Pearlmutter, "Fast exact multiplication by the Hessian", Neural Computation 6, 1994.
    """
    problem = Problem.of(network, X, y, cost)
    rows, p = _arrays.numbers("v", v, np.dtype(np.float64)), len(problem.w)
    if rows.ndim not in (1, 2) or rows.shape[-1] != p or not len(rows):
        raise ArgumentError(
            f"v must have the shape ({p},), one number for each parameter, or (k, {p}); "
            f"got {rows.shape}"
        )
    with threadpool_limits(1, user_api="blas"):  # the bits must not depend on the threads
        return Hessian(problem)(rows)


def hessian(network: Network, X: ArrayLike, y: ArrayLike, **cost: Unpack[CostChoices]) -> Array:
    """The whole Hessian of a small network: `H e_i` for every parameter i.

    `H[i, j] = ∂²C/∂w_i ∂w_j`, in the order of the flat vector `[W1, b1, W2, b2, ...]`.

    Args:
        network: where; at most 2,000 parameters.
        X: inputs, `(n_samples, n_features)`.
        y: targets, as for `train`.
        **cost: `loss`, `sample_weight` and `penalty`, as for `train`.

    Returns:
        `H`, `(p, p)`, float64, symmetric to rounding.

    Raises:
        ArgumentError: the network is too large, or a choice breaks a rule.
        DataError: the arrays cannot be learned from, or the weights have blown up.

    Example:
        >>> import numpy as np
        >>> X = np.array([[1.0], [2.0], [3.0], [4.0]])
        >>> hessian(Network([1, 1]), X, 3 * X).round(9).tolist()
        [[15.0, 5.0], [5.0, 2.0]]
    """
    problem = Problem.of(network, X, y, cost)
    p = len(problem.w)
    if p > MOST_DENSE:
        raise ArgumentError(
            f"network has {p:,} parameters; a dense Hessian holds their square, so at most "
            f"{MOST_DENSE:,} are allowed: use curvature or hessian_vector_product"
        )
    with threadpool_limits(1, user_api="blas"):
        return np.ascontiguousarray(Hessian(problem)(np.eye(p)).T)  # column i is H e_i
