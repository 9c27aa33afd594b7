"""The ends of a spectrum from products alone, against `numpy.linalg.eigvalsh`."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clearprop.rates.lanczos import extreme_eigenvalues


def matrix_of(values, seed=0):
    """A symmetric matrix with these eigenvalues."""
    rotation, _ = np.linalg.qr(np.random.default_rng(seed).normal(size=(len(values),) * 2))
    return rotation * np.array(values, dtype=float) @ rotation.T


def search(matrix, n=1, tolerance=1e-8, most=300, seed=1, smallest=True):
    starts = np.random.default_rng(seed).normal(size=(n, len(matrix)))
    return extreme_eigenvalues(
        lambda v: v @ matrix,
        starts,
        tolerance=tolerance,
        smallest_tolerance=tolerance if smallest else None,
        most=most,
    )


def assert_right(ritz, matrix):
    """Values are the ends of the spectrum, within their own bounds; vectors are eigenvectors."""
    exact, n = np.linalg.eigvalsh(matrix), len(ritz.values)
    scale = max(np.abs(exact).max(), 1e-30)
    assert (np.abs(ritz.values - exact[::-1][:n]) <= ritz.errors + 1e-13 * scale).all()
    assert abs(ritz.smallest - exact[0]) <= ritz.smallest_error + 1e-13 * scale
    np.testing.assert_allclose(ritz.vectors @ ritz.vectors.T, np.eye(n), atol=1e-12)
    residuals = np.linalg.norm(ritz.vectors @ matrix - ritz.values[:, None] * ritz.vectors, axis=1)
    assert (residuals <= ritz.errors + 1e-12 * scale).all()


SPECTRA = {
    "spread": np.geomspace(1e-3, 1e3, 40),
    "negative end": [-50, *np.linspace(-1, 20, 30)],
    "all negative": [-3, -2, -1, -0.5],
    "repeated largest": [5, 5, 5, 1, 0.5, -2],
    "repeated smallest": [4, 1, -3, -3],
    "all the same": [7] * 6,
    "zero": [0] * 5,
    "rank one": [3, *[0] * 9],
    "rank one, downwards": [-3, *[0] * 9],
    "one by one": [2.5],
    "two close": [1, 1 - 1e-9, *np.linspace(-1, 0.5, 20)],
    "tiny": np.linspace(1e-200, 3e-200, 5),
    "huge": np.linspace(-1e150, 3e150, 5),
}


@pytest.mark.parametrize("n", [1, 2, 3])
@pytest.mark.parametrize("name", SPECTRA)
def test_ends_of_the_spectrum(name, n):
    matrix = matrix_of(SPECTRA[name])
    ritz = search(matrix, min(n, len(matrix)))
    assert ritz.converged
    assert (ritz.errors <= 1e-8 * max(np.abs(SPECTRA[name]).max(), 1e-300) * 1.001).all()
    assert_right(ritz, matrix)


@given(
    st.lists(st.sampled_from([-2.0, -1.0, 0.0, 0.5, 1.0, 3.0]), min_size=1, max_size=12),
    st.integers(1, 4),
)
def test_any_spectrum_with_repetitions_up_to_the_size_of_the_block(values, n):
    n = min(n, len(values))
    matrix = matrix_of(values, seed=len(values))
    ritz = search(matrix, n)
    exact = np.sort(values)[::-1][:n]
    np.testing.assert_allclose(ritz.values, exact, atol=1e-7)
    assert ritz.smallest == pytest.approx(min(values), abs=1e-7)
    assert ritz.converged


def test_the_full_spectrum_takes_one_product_for_each_dimension():
    matrix = matrix_of(np.arange(1.0, 9))
    ritz = search(matrix, 8)
    assert ritz.products == 8
    np.testing.assert_allclose(ritz.values, np.arange(8.0, 0, -1), rtol=1e-12)


def test_a_zero_matrix_needs_one_product():
    ritz = search(np.zeros((50, 50)))
    assert (ritz.products, ritz.values.tolist(), ritz.smallest, ritz.converged) == (1, [0], 0, True)


def test_nothing_is_asked_of_the_lower_end_of_a_zero_matrix():
    assert search(np.zeros((5, 5)), smallest=False).converged


def test_rank_one_needs_two_products():
    ritz = search(matrix_of([3, *[0] * 30]))
    assert ritz.products == 2


def test_rounding_errors_are_no_new_directions():
    ritz = search(matrix_of([3, *[0] * 30]), tolerance=0.0)
    assert ritz.products == 2
    assert ritz.converged


def test_the_tolerance_decides_how_many_products_are_taken_and_the_bound_holds():
    matrix = matrix_of(np.linspace(-1, 1, 300))
    counts = []
    for tolerance in (1e-1, 1e-3, 1e-8):
        ritz = search(matrix, tolerance=tolerance)
        assert ritz.converged
        assert max(ritz.errors[0], ritz.smallest_error) <= tolerance
        assert_right(ritz, matrix)
        counts.append(ritz.products)
    assert counts[0] < counts[1] < counts[2] <= 300


def test_a_lower_end_that_nobody_asks_for_costs_nothing():
    matrix = matrix_of([10, *np.linspace(-1, 0, 200)])
    both, upper = (search(matrix, smallest=s) for s in (True, False))
    assert upper.products < 0.3 * both.products
    assert upper.converged
    assert upper.errors[0] <= 1e-7
    assert upper.smallest_error > 1e-7
    assert_right(both, matrix)


def test_too_few_products_are_owned_up_to_and_the_bound_still_holds():
    matrix = matrix_of(np.linspace(0, 1, 200))
    ritz = search(matrix, most=6)
    assert not ritz.converged
    assert ritz.products == 6
    assert ritz.errors[0] > 1e-8
    nearest = np.abs(np.linalg.eigvalsh(matrix) - ritz.values[0]).min()
    assert nearest <= ritz.errors[0]
    assert ritz.values[0] < 1  # from inside


def test_a_limit_below_the_block_still_multiplies_every_start():
    ritz = search(matrix_of(np.arange(6.0)), 3, most=1)
    assert ritz.products == 3
    assert len(ritz.values) == 3
