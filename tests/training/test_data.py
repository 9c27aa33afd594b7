"""From the caller's arrays to samples: validation part, weights, what to score by."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.utils.class_weight import compute_sample_weight

import clearprop as cp
from clearprop import training
from clearprop.errors import ArgumentError, DataError
from clearprop.training.data import assemble, fingerprint, score_for
from clearprop.training.settings import Settings

random = np.random.default_rng(0)
CLASSIFIER = cp.Network([1, 3], output="softmax")
BINARY = cp.Network([1, 1], output="sigmoid")
REGRESSOR = cp.Network([1, 1])


def numbered(n):
    """Inputs that tell which row they are."""
    return np.arange(float(n))[:, None]


@settings(max_examples=40, deadline=None)
@given(st.integers(2, 60), st.floats(0.01, 0.99), st.integers(0, 2**32 - 1))
def test_the_parts_are_disjoint_complete_and_a_function_of_the_seed(n, share, seed):
    X, y = numbered(n), np.arange(float(n))
    options = Settings(seed=seed)
    if not 0 < round(share * n) < n:
        with pytest.raises(DataError, match=r"leaves one part empty"):
            assemble(REGRESSOR, X, y, options, validation=share)
        return
    train, rest = assemble(REGRESSOR, X, y, options, validation=share)
    assert len(rest.X) == round(share * n)
    assert sorted([*train.X[:, 0], *rest.X[:, 0]]) == list(range(n))
    np.testing.assert_array_equal(train.X, train.y)
    np.testing.assert_array_equal(rest.X, rest.y)
    assert (np.diff(train.X[:, 0]) > 0).all()
    again = assemble(REGRESSOR, X, y, options, validation=share)
    assert fingerprint(train, rest) == fingerprint(*again)


@pytest.mark.parametrize("network", [CLASSIFIER, BINARY])
def test_the_classes_keep_their_proportions(network):
    y = np.repeat([0, 1], [80, 20])
    train, rest = assemble(network, numbered(100), y, Settings(), validation=0.25)
    labels = (lambda v: v[:, 0]) if network is BINARY else (lambda v: np.argmax(v, axis=1))
    assert np.bincount(labels(rest.y).astype(int)).tolist() == [20, 5]
    assert np.bincount(labels(train.y).astype(int)).tolist() == [60, 15]


@pytest.mark.parametrize("y", [[0, 1, 1, 1, 1, 1, 1, 1], [0, 0, 1, 1, 2, 2, 0, 1]])
def test_classes_that_cannot_be_kept_in_proportion_are_split_plainly(y):
    train, rest = assemble(CLASSIFIER, numbered(8), y, Settings(), validation=0.25)
    assert (len(train.X), len(rest.X)) == (6, 2)


def test_another_seed_gives_another_part():
    parts = {
        assemble(REGRESSOR, numbered(50), np.zeros(50), Settings(seed=s), validation=0.2)[
            1
        ].X.tobytes()
        for s in range(5)
    }
    assert len(parts) == 5


def test_a_given_part_is_used_as_it_is_and_named_in_errors():
    X, y = numbered(6), np.zeros(6)
    train, rest = assemble(REGRESSOR, X, y, Settings(), validation=(X[:2], [3, 4]))
    assert len(train.X) == 6
    assert rest.y.tolist() == [[3], [4]]
    assert rest.weights is None
    with pytest.raises(DataError, match=r"^validation X must have 1 features"):
        assemble(REGRESSOR, X, y, Settings(), validation=(np.zeros((2, 2)), [3, 4]))
    with pytest.raises(DataError, match=r"^validation y must have one row"):
        assemble(REGRESSOR, X, y, Settings(), validation=(X[:2], [3]))


@pytest.mark.parametrize("validation", [1, 1.5, -0.1, True, "0.2", {0.2}, np.nan])
def test_a_share_that_is_none_is_refused(validation):
    with pytest.raises(ArgumentError, match="validation must be a number from 0"):
        assemble(REGRESSOR, numbered(6), np.zeros(6), Settings(), validation=validation)


def test_a_pair_must_be_a_pair():
    with pytest.raises(ArgumentError, match=r"validation must be a share .* or a pair \(X, y\)"):
        assemble(REGRESSOR, numbered(6), np.zeros(6), Settings(), validation=(numbered(2),))


def test_weights_follow_their_samples_into_the_training_part():
    n = 20
    train, _ = assemble(
        REGRESSOR,
        numbered(n),
        np.zeros(n),
        Settings(),
        validation=0.3,
        sample_weight=1 + np.arange(n),
    )
    np.testing.assert_allclose(train.weights.mean(), 1)
    np.testing.assert_allclose(
        train.weights / train.weights[0], (1 + train.X[:, 0]) / (1 + train.X[0, 0])
    )


@pytest.mark.parametrize("network", [CLASSIFIER, BINARY])
def test_balanced_is_what_scikit_learn_calls_balanced(network):
    y = np.repeat([0, 1], [13, 7])
    data, _ = assemble(network, numbered(20), y, Settings(class_weight="balanced"))
    np.testing.assert_allclose(data.weights, compute_sample_weight("balanced", y), rtol=1e-14)


def test_class_weights_are_sample_weights_by_another_name(same):
    y = random.integers(0, 3, 30)
    X, by_class = random.normal(size=(30, 1)), {0: 0.5, 2: 3.0}
    options = {"epochs": 2, "optimizer": "sgd"}
    by_sample = np.array([by_class.get(label, 1.0) for label in y])
    same(
        training.train(CLASSIFIER, X, y, class_weight=by_class, **options),
        training.train(CLASSIFIER, X, y, sample_weight=by_sample, **options),
    )


def test_class_and_sample_weights_are_multiplied():
    y, w = np.array([0, 1, 1]), np.array([1.0, 2.0, 3.0])
    data, _ = assemble(BINARY, numbered(3), y, Settings(class_weight={1: 2}), sample_weight=w)
    np.testing.assert_allclose(data.weights, np.array([1, 4, 6]) * 3 / 11)


def test_a_class_that_is_absent_takes_no_part_in_the_balance():
    data, _ = assemble(CLASSIFIER, numbered(4), [0, 0, 2, 2], Settings(class_weight="balanced"))
    np.testing.assert_allclose(data.weights, 1)


@pytest.mark.parametrize(
    ("weights", "words"),
    [
        ({3: 1.0}, "class_weight key must be a whole number from 0 to 2; got 3"),
        ({-1: 1.0}, "class_weight key must be"),
        ({"a": 1.0}, "class_weight key must be .*got 'a'"),
        ({0.5: 1.0}, "class_weight key must be .*got 0.5"),
        ({0: -1.0}, r"class_weight\[0\] must be a finite number, zero or above; got -1.0"),
        ({0: None}, r"class_weight\[0\] must be"),
    ],
)
def test_class_weights_that_make_no_sense_are_refused(weights, words):
    with pytest.raises(ArgumentError, match=words):
        assemble(CLASSIFIER, numbered(3), [0, 1, 2], Settings(class_weight=weights))


@pytest.mark.parametrize("y", [[0.5, 1, 0], [3, 4, 5]])
def test_class_weights_need_classes(y):
    with pytest.raises(ArgumentError, match="class_weight needs targets that are classes"):
        assemble(REGRESSOR, numbered(3), y, Settings(class_weight="balanced"))
    two = cp.Network([1, 2])
    with pytest.raises(ArgumentError, match="class_weight needs"):
        assemble(two, numbered(2), [[1, 1], [0, 1]], Settings(class_weight="balanced"))


@pytest.mark.parametrize(
    ("output", "loss", "y", "score"),
    [
        ("sigmoid", "binary_cross_entropy", [0, 1], "accuracy"),
        ("sigmoid", "binary_cross_entropy", [0, 0.5], "accuracy"),
        ("sigmoid", "mean_squared_error", [0, 1], "accuracy"),
        ("sigmoid", "mean_squared_error", [0, 0.5], "r2"),
        ("softmax", "categorical_cross_entropy", [1, 0], "accuracy"),
        ("identity", "mean_squared_error", [0, 1], "r2"),
        ("tanh", "huber", [0, 2], "r2"),
    ],
)
def test_the_score_goes_with_loss_and_targets(output, loss, y, score):
    assert score_for(Settings(), output, loss, np.array(y)) == score
    assert score_for(Settings(score="r2"), output, loss, np.array(y)) == "r2"


def test_a_fingerprint_sees_every_number_and_shape():
    X, y = numbered(4), np.zeros(4)
    base = assemble(REGRESSOR, X, y, Settings())
    other = X.copy()
    other[2] += 1e-15
    prints = {
        fingerprint(*base),
        fingerprint(*assemble(REGRESSOR, other, y, Settings())),
        fingerprint(*assemble(REGRESSOR, X, y + 1e-300, Settings())),
        fingerprint(*assemble(REGRESSOR, X, y, Settings(), sample_weight=[1, 2, 3, 4])),
        fingerprint(*assemble(REGRESSOR, X, y, Settings(), validation=(X, y))),
    }
    assert len(prints) == 5
    assert fingerprint(*base) == fingerprint(*assemble(REGRESSOR, X.tolist(), y, Settings()))


def test_the_numbers_are_kept_in_the_dtype_of_the_network():
    small = cp.Network([1, 1], dtype="float32")
    train, rest = assemble(
        small, numbered(9), np.zeros(9), Settings(), validation=0.3, sample_weight=np.ones(9)
    )
    arrays = (train.X, train.y, train.weights, rest.X, rest.y)
    assert {array.dtype.name for array in arrays} == {"float32"}
