"""The equations on `array_api_strict`, which has nothing but the standard.

What passes here is written in the standard alone; PyTorch's turn is in `tests/pytorch`.
"""

from __future__ import annotations

import array_api_strict as xp
import numpy as np
import pytest

from clearprop.equations.activations import ACTIVATIONS
from clearprop.equations.dense import dropout, dropout_backward, dropout_mask
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
from clearprop.equations.updates import UPDATES, initial_slots
from golden.cases import (
    RATE_FREE_CASES,
    STIFFNESS,
    UPDATE_CASES,
    UPDATE_START,
    arrays_of,
    every_case,
)
from golden.ours import cost_of, gradient_of, path_of
from golden.tolerances import TOLERANCES

Z = np.array([[-2.0, -0.5, 0.3], [1.2, 3.0, -800.0]])
EXACT = {"rtol": 1e-14, "atol": 1e-300}


def strict(values):
    return xp.asarray(values)


def as_numpy(values):
    assert type(values) is type(xp.zeros(1))  # nothing slipped into NumPy on the way
    return np.asarray(values)


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("case", every_case(), ids=str)
def test_forward_and_backward_run_for_a_population(case, dtype):
    arrays, limit = arrays_of(case.sizes), TOLERANCES["same equations", dtype]
    ours = [arrays[name].astype(dtype) for name in ("X", case.targets, "weights")]
    w = np.stack([arrays["parameters"], -arrays["parameters"]]).astype(dtype)
    theirs = [strict(array) for array in ours]
    for function in (cost_of, gradient_of):
        result = as_numpy(function(case, strict(w), *theirs))
        assert result.dtype == dtype
        errors = relative_error(result, function(case, w, *ours), limit.floor)
        assert errors.max() <= limit.relative


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_activations(name):
    forward, backward = ACTIVATIONS[name]
    a = forward(Z)
    np.testing.assert_allclose(as_numpy(forward(strict(Z))), a, **EXACT)
    dz = as_numpy(backward(strict(Z / 2), strict(Z), strict(a)))
    np.testing.assert_allclose(dz, backward(Z / 2, Z, a), **EXACT)


@pytest.mark.parametrize("name", LOSSES)
def test_losses(name):
    y = np.array([[1.0, 0, 0], [0, 0.5, 0.5]])
    for function in LOSSES[name]:
        np.testing.assert_allclose(
            as_numpy(function(strict(Z), strict(y))), function(Z, y), **EXACT
        )


@pytest.mark.parametrize("case", UPDATE_CASES + RATE_FREE_CASES, ids=str)
def test_updates(case):
    ends = []
    for array in (np.asarray, strict):
        g = array(np.array(STIFFNESS))
        start = array(np.array(UPDATE_START))
        gradients = [lambda w, g=g: w * g] * 5
        ends.append(path_of(case.rule, start, gradients, case.eta, dict(case.options))[-1])
    np.testing.assert_allclose(as_numpy(ends[1]), ends[0], rtol=1e-13)


@pytest.mark.parametrize("rule", UPDATES)
def test_updates_of_a_population_with_rates_of_its_own(rule):
    w, eta = np.array([[1.0, 2.0], [3.0, -1.0]]), np.array([[0.1], [0.01]])
    after, _ = UPDATES[rule](w, w, initial_slots(rule, w), 1, eta)
    s = strict(w)
    theirs, slots = UPDATES[rule](s, s, initial_slots(rule, s), 1, strict(eta))
    np.testing.assert_allclose(as_numpy(theirs), after, rtol=1e-14)
    for slot in slots:
        as_numpy(slot)


@pytest.mark.parametrize("name", PENALTIES)
def test_penalties(name):
    for function in PENALTIES[name]:
        np.testing.assert_allclose(as_numpy(function(strict(Z))), function(Z), **EXACT)


def test_clipping():
    for clip in (clip_norm, clip_value):
        for g in (Z, np.zeros((2, 3))):
            np.testing.assert_allclose(as_numpy(clip(strict(g), 0.7)), clip(g, 0.7), **EXACT)


def test_dropout():
    u = np.array([[0.1, 0.6, 0.9], [0.3, 0.5, 0.2]])
    mask = dropout_mask(u, 0.5)
    np.testing.assert_array_equal(as_numpy(dropout_mask(strict(u), 0.5)), mask)
    for function in (dropout, dropout_backward):
        np.testing.assert_array_equal(
            as_numpy(function(strict(Z), strict(mask))), function(Z, mask)
        )


@pytest.mark.parametrize("name", INITIALISERS)
def test_initialisers(name):
    scale, _ = INITIALISERS[name]
    np.testing.assert_allclose(as_numpy(scale(strict(Z), 3, 4)), scale(Z, 3, 4), **EXACT)


def bowl(w):
    return (w[..., 0] - 1) ** 2 + w[..., 1] ** 2


def test_finite_differences():
    w, v = np.array([3.0, 2.0]), np.array([0.6, 0.8])
    for function, arguments in (
        (finite_difference, (0, 1e-3)),
        (finite_differences, (1e-3,)),
        (central_differences, (1e-3,)),
    ):
        np.testing.assert_allclose(
            as_numpy(function(bowl, strict(w), *arguments)), function(bowl, w, *arguments)
        )
    along = directional_difference(bowl, strict(w), strict(v), 1e-3)
    np.testing.assert_allclose(as_numpy(along), 0.6 * 4 + 0.8 * 4)
    np.testing.assert_array_equal(
        as_numpy(relative_error(strict(w), strict(v), 1e-3)), relative_error(w, v, 1e-3)
    )
    kinks = crosses_kink(lambda w: w > 2, strict(w), 0.1)
    assert as_numpy(kinks).tolist() == [False, True]


def test_searches():
    best, lowest = exhaustive_search(bowl, strict(np.zeros(2)), [-1.0, 0.0, 1.0])
    assert (as_numpy(best).tolist(), float(lowest)) == ([1, 0], 0)
    w = strict(np.array([0.0, 1.0]))
    nudged, c = random_nudge(bowl, w, bowl(w), 1, -0.5)
    assert (as_numpy(nudged).tolist(), float(c)) == ([0, 0.5], 1.25)
