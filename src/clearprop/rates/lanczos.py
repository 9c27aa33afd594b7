"""Eigenvalues at both ends of a symmetric matrix that is known by its products alone.

Block Lanczos with full reorthogonalisation. `Q` is an orthonormal basis that grows by what the
products bring in: `H q_j = Σ_i T[i, j] q_i`. The eigenvalues of the part of `T` whose vectors have
been multiplied, the Ritz values θ, approach those of H from inside, the outermost first. With a
Ritz vector `x = Q s` the residual `‖Hx − θx‖` is `‖T[rest, part] s‖`, known without a product, and
an eigenvalue of H lies within it (Parlett 1998, chapters 11 and 13).

A single start finds each repeated eigenvalue once; a block of b starts finds up to b copies.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

__all__ = ["Ritz", "extreme_eigenvalues"]

Array = NDArray[np.float64]

_LOST = 1e-12  # what is left of a product, as a share of the largest: below it, rounding


class Ritz(NamedTuple):
    """What the search found.

    Attributes:
        values: the largest eigenvalues, descending, `(b,)`.
        errors: an eigenvalue lies this close to each, `(b,)`.
        vectors: unit vectors, one a row, `(b, p)`.
        smallest: the smallest eigenvalue.
        smallest_error: an eigenvalue lies this close to it.
        converged: all errors are within their tolerance.
        products: how many products of H with a vector were taken.
    """

    values: Array
    errors: Array
    vectors: Array
    smallest: float
    smallest_error: float
    converged: bool
    products: int


def extreme_eigenvalues(
    H: Callable[[Array], Array],
    starts: Array,
    *,
    tolerance: float,
    smallest_tolerance: float | None,
    most: int,
) -> Ritz:
    """The b largest eigenvalues and the smallest one.

    Args:
        H: products of the matrix with directions, `(k, p) -> (k, p)`.
        starts: b random vectors, `(b, p)` with b ≤ p.
        tolerance: residual allowed, as a share of the largest absolute eigenvalue.
        smallest_tolerance: the same at the lower end, or None where any will do; that end is often
            crowded, and tight bounds there take several times the products.
        most: products allowed.
    """
    b, p = starts.shape
    limit = max(most, b)
    room = min(limit + b, p)
    Q, T, n = np.zeros((room, p)), np.zeros((room, room)), 0
    for start in starts:
        rest, _ = _orthogonalise(start, Q[:n])
        Q[n], n = rest / np.linalg.norm(rest), n + 1
    allowed = np.array(
        [tolerance] * b + ([] if smallest_tolerance is None else [smallest_tolerance])
    )
    done, look, largest = 0, 0, 0.0
    while True:
        fresh = range(done, min(n, limit))
        for j, image in zip(fresh, H(Q[fresh.start : fresh.stop]), strict=True):
            largest = max(largest, float(np.linalg.norm(image)))
            rest, T[:n, j] = _orthogonalise(image, Q[:n])
            T[j, :n] = T[:n, j]
            length = float(np.linalg.norm(rest))
            if n < room and length > _LOST * largest:
                Q[n], T[n, j], T[j, n], n = rest / length, length, length, n + 1
        done = fresh.stop
        if done < look and done not in (n, limit):
            continue
        look = done + max(1, done // 10)  # a look costs done³
        theta, S = np.linalg.eigh(T[:done, :done])
        residuals = np.linalg.norm(T[done:n, :done] @ S, axis=0) + _LOST * largest
        top = list(range(done - 1, done - 1 - b, -1))
        ends = residuals[[*top, 0]][: len(allowed)]
        found = bool((ends <= allowed * np.abs(theta).max()).all())
        if found or done in (n, limit):  # n: the products lead nowhere new
            return Ritz(
                theta[top],
                residuals[top],
                S[:, top].T @ Q[:done],
                float(theta[0]),
                float(residuals[0]),
                found or done == n,
                done,
            )


def _orthogonalise(x: Array, Q: Array) -> tuple[Array, Array]:
    """X less its part in the span of the rows of Q, and that part's coordinates.

    Once leaves rounding errors where x nearly lies in the span; twice is enough (Parlett 1998).
    """
    first = Q @ x
    x = x - first @ Q
    second = Q @ x
    return x - second @ Q, first + second
