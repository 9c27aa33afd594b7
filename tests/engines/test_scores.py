"""Accuracy and R², against scikit-learn and by hand."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import accuracy_score, r2_score

from clearprop.engines import scores

random = np.random.default_rng(0)


def score(name, a, y, output="softmax"):
    return scores.finish(name, scores.TALLIES[name](a, y, output), y)


@pytest.mark.parametrize("k", [1, 2, 5])
def test_accuracy_is_the_share_of_right_classes(k):
    a, y = random.uniform(size=(4, 30, k)), random.uniform(size=(30, k))
    classes = (lambda v: v[..., 0] >= 0.5) if k == 1 else (lambda v: np.argmax(v, axis=-1))
    expected = [accuracy_score(classes(y), classes(own)) for own in a]
    np.testing.assert_allclose(score("accuracy", a, y), expected, rtol=1e-15)


def test_several_sigmoid_outputs_must_all_be_right():
    y = np.array([[1.0, 0.0, 1.0], [0.0, 0.0, 0.0], [1.0, 1.0, 1.0], [0.0, 1.0, 0.0]])
    a = np.stack([y * 0.8 + 0.1, np.where(np.arange(3) == 2, 1 - y, y)])
    assert score("accuracy", a, y, "sigmoid").tolist() == [1.0, 0.0]


def test_one_output_counts_a_half_as_the_upper_class():
    a = np.array([[[0.5], [0.49], [np.nan]]])
    assert score("accuracy", a, np.array([[1.0], [0.0], [1.0]])).tolist() == [2 / 3]


@pytest.mark.parametrize("k", [1, 3])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_r2_is_that_of_scikit_learn_weighted_by_variance(k, dtype):
    y = (1e4 + random.normal(size=(20_000, k))).astype(dtype)
    a = (y + 0.3 * random.normal(size=(2, *y.shape))).astype(dtype)
    expected = [
        r2_score(y.astype(float), own.astype(float), multioutput="variance_weighted") for own in a
    ]
    np.testing.assert_allclose(score("r2", a, y), expected, rtol=1e-9)


def test_tallies_add_up_over_blocks():
    a, y = random.normal(size=(2, 30, 2)), random.normal(size=(30, 2))
    for name, tally in scores.TALLIES.items():
        parts = tally(a[:, :11], y[:11], "softmax") + tally(a[:, 11:], y[11:], "softmax")
        np.testing.assert_allclose(parts, tally(a, y, "softmax"))
        np.testing.assert_allclose(scores.finish(name, parts, y), score(name, a, y))


@pytest.mark.parametrize("value", [0.0, 0.1, 1e300, 7])
def test_r2_of_targets_that_do_not_vary_is_nan(value):
    y = np.full((13, 2), value, dtype=float)
    assert np.isnan(scores.finish("r2", np.array([0.0, 1.0, 1e300]), y)).all()


def test_r2_of_targets_near_the_largest_number_warns_of_nothing():
    y = np.array([[1e200], [-1e200]])
    assert np.isnan(scores.finish("r2", np.array([np.inf]), y)).all()
