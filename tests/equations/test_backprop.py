"""The two sweeps: checked by central differences, by hand, and member by member."""

from __future__ import annotations

import numpy as np
import pytest

from clearprop.architecture import Architecture
from clearprop.equations.activations import KINKED
from clearprop.equations.backprop import (
    backward,
    forward,
    hidden_delta,
    output_delta,
    sample_losses,
)
from clearprop.equations.dense import dropout_mask
from clearprop.equations.gradients import (
    central_differences,
    crosses_kink,
    directional_difference,
    relative_error,
)
from clearprop.equations.losses import cost
from golden.cases import ARCHITECTURES, Case, arrays_of, every_case
from golden.ours import cost_of, flatten, gradient_of, layers_of
from golden.tolerances import TOLERANCES

EVERY = every_case()
DEEP = (2, 5, 3, 4, 3)


def sides(case, w, X, y):
    """On which side of its kink each pre-activation, and each absolute error, lies: (..., k)."""
    trace = forward(X, layers_of(w, case.sizes), case.activations)
    lead = w.shape[:-1]
    parts = [
        (z > 0).reshape(*lead, -1)
        for (_, z, _), name in zip(trace, case.activations, strict=True)
        if name in KINKED
    ]
    if case.loss == "mean_absolute_error":
        parts.append((trace[-1][2] > y).reshape(*lead, -1))
    return np.concatenate([np.zeros((*lead, 1), dtype=bool), *parts], axis=-1)


@pytest.mark.parametrize("case", EVERY, ids=str)
def test_gradient_is_that_of_central_differences(case):
    limit, arrays = TOLERANCES["central differences", "float64"], arrays_of(case.sizes)
    w, X, y = arrays["parameters"], arrays["X"], arrays[case.targets]
    smooth = ~crosses_kink(lambda w: sides(case, w, X, y), w, limit.h)
    measured = central_differences(lambda w: cost_of(case, w, X, y), w, limit.h)
    errors = relative_error(gradient_of(case, w, X, y), measured, limit.floor)
    assert smooth.sum() >= 0.9 * len(w)  # the check must not excuse itself
    assert errors[smooth].max() <= limit.relative


@pytest.mark.parametrize("case", EVERY, ids=str)
def test_float32_gradient_is_the_float64_one_rounded(case):
    limit, arrays = TOLERANCES["rounding", "float32"], arrays_of(case.sizes)
    single = [arrays[name].astype(np.float32) for name in ("parameters", "X", case.targets)]
    g = gradient_of(case, *single)
    assert g.dtype == np.float32
    reference = gradient_of(case, *(array.astype(np.float64) for array in single))
    assert relative_error(g, reference, limit.floor).max() <= limit.relative


@pytest.mark.parametrize("case", [case for case in EVERY if case.sizes == DEEP], ids=str)
def test_float32_gradient_is_that_of_a_float32_difference_along_itself(case):
    limit, arrays = TOLERANCES["central differences", "float32"], arrays_of(case.sizes)
    w, X, y = (arrays[name].astype(np.float32) for name in ("parameters", "X", case.targets))
    g = gradient_of(case, w, X, y)
    v = g / np.sqrt((g * g).sum())
    ahead, behind = (sides(case, w + step * v, X, y) for step in (limit.h, -limit.h))
    assert (ahead == behind).all()  # no kink in between, else the slope is none
    slope = directional_difference(lambda w: cost_of(case, w, X, y), w, v, limit.h)
    assert slope.dtype == np.float32
    assert relative_error((g * v).sum(), slope, limit.floor) <= limit.relative


def test_the_kinks_left_out_are_few():
    left_out = total = 0
    limit = TOLERANCES["central differences", "float64"]
    for case in EVERY:
        arrays = arrays_of(case.sizes)
        X, y = arrays["X"], arrays[case.targets]
        flags = crosses_kink(lambda w: sides(case, w, X, y), arrays["parameters"], limit.h)  # noqa: B023
        left_out, total = left_out + flags.sum(), total + flags.size
    assert left_out <= 0.005 * total


def test_a_constructed_kink_is_flagged_and_would_have_failed_the_check():
    # z1 = 1·w + b lies exactly on the kink of ReLU; W1 and b1 move it, W2 and b2 do not.
    case = Case((1, 1, 1), ("relu", "identity"), "mean_squared_error")
    w, X, y = np.array([1.0, -2.0, 3.0, 0.5]), np.array([[2.0]]), np.array([[1.0]])
    flags = crosses_kink(lambda w: sides(case, w, X, y), w, 1e-5)
    assert flags.tolist() == [True, True, False, False]
    measured = central_differences(lambda w: cost_of(case, w, X, y), w, 1e-5)
    errors = relative_error(gradient_of(case, w, X, y), measured)
    assert errors[flags].min() > 0.9
    assert errors[~flags].max() < 1e-6


def test_two_layers_by_hand():
    # x = (1, 2), W1 = [[.5], [-.25]], b1 = .5, tanh, W2 = [[2]], b2 = -1, y = 1, no half.
    X, y = np.array([[1.0, 2.0]]), np.array([[1.0]])
    layers = [
        (np.array([[0.5], [-0.25]]), np.array([0.5])),
        (np.array([[2.0]]), np.array([-1.0])),
    ]
    names = ("tanh", "identity")
    trace = forward(X, layers, names)
    z1 = 0.5 * 1 - 0.25 * 2 + 0.5
    a1 = np.tanh(z1)
    a2 = 2 * a1 - 1
    assert trace[0][1].tolist() == [[z1]]
    np.testing.assert_allclose(trace[1][2], [[a2]], rtol=1e-15)

    delta2 = 2 * (a2 - 1)  # (BP1), f' = 1
    delta1 = delta2 * 2 * (1 - a1**2)  # (BP2)
    delta = output_delta(trace[1][1], trace[1][2], y, "mean_squared_error", "identity")
    gradients, deltas = backward(trace, layers, names, delta)
    (dW1, db1), (dW2, db2) = gradients
    for ours, hand in (
        (deltas[1], [[delta2]]),
        (deltas[0], [[delta1]]),
        (dW2, [[a1 * delta2]]),
        (db2, [delta2]),
        (dW1, [[1 * delta1], [2 * delta1]]),
        (db1, [delta1]),
    ):
        np.testing.assert_allclose(ours, hand, rtol=1e-14)


def test_deltas_come_in_the_order_of_the_layers_and_a_delta_of_n_samples_has_one_over_n():
    arrays = arrays_of(DEEP)
    layers, names = layers_of(arrays["parameters"], DEEP), ("tanh",) * 3 + ("identity",)
    trace = forward(arrays["X"], layers, names)
    _, z, a = trace[-1]
    delta = output_delta(z, a, arrays["real"], "half_squared_error", "identity")
    np.testing.assert_allclose(delta, (a - arrays["real"]) / 3 / 5, rtol=1e-15)  # outputs, samples
    _, deltas = backward(trace, layers, names, delta)
    assert [d.shape for d in deltas] == [(5, 5), (5, 3), (5, 4), (5, 3)]


@pytest.mark.parametrize(
    ("loss", "output"),
    [("binary_cross_entropy", "sigmoid"), ("categorical_cross_entropy", "softmax")],
)
def test_delta_of_a_matched_pair_is_output_minus_target(loss, output):
    arrays = arrays_of(DEEP)
    case = Case(DEEP, ("tanh",) * 3 + (output,), loss)
    y = arrays[case.targets]
    _, z, a = forward(arrays["X"], layers_of(arrays["parameters"], DEEP), case.activations)[-1]
    n_outputs = 3 if loss == "binary_cross_entropy" else 1  # the classes are summed
    np.testing.assert_allclose(
        output_delta(z, a, y, loss, output), (a - y) / n_outputs / 5, rtol=1e-14
    )


def test_sample_weights_scale_each_samples_share_of_the_gradient():
    case = EVERY[-1]
    arrays = arrays_of(case.sizes)
    w, X, y = arrays["parameters"], arrays["X"], arrays[case.targets]
    weighted = gradient_of(case, w, X, y, arrays["weights"])
    alone = [gradient_of(case, w, X[i : i + 1], y[i : i + 1]) for i in range(5)]
    by_hand = sum(arrays["weights"][i] * g for i, g in enumerate(alone)) / 5
    np.testing.assert_allclose(weighted, by_hand, rtol=1e-12, atol=1e-15)
    # Twice in the data is the same as weighing double.
    doubled = gradient_of(case, w, X[[0, 0, 1]], y[[0, 0, 1]])
    weights = np.array([2.0, 1.0]) / 1.5
    np.testing.assert_allclose(
        gradient_of(case, w, X[:2], y[:2], weights), doubled, rtol=1e-12, atol=1e-15
    )


@pytest.mark.parametrize("loss", ["mean_squared_error", "categorical_cross_entropy"])
def test_gradient_through_dropout_is_that_of_central_differences_with_the_same_masks(loss):
    limit, arrays = TOLERANCES["central differences", "float64"], arrays_of(DEEP)
    output = "softmax" if loss == "categorical_cross_entropy" else "identity"
    case = Case(DEEP, ("tanh", "silu", "gelu", output), loss)
    rng = np.random.default_rng(3)
    masks = [dropout_mask(rng.uniform(size=(5, n)), 0.4) for n in DEEP[1:-1]] + [None]
    w, X, y = arrays["parameters"], arrays["X"], arrays[case.targets]
    measured = central_differences(lambda w: cost_of(case, w, X, y, None, masks), w, limit.h)
    g = gradient_of(case, w, X, y, None, masks)
    assert relative_error(g, measured, limit.floor).max() <= limit.relative
    assert np.abs(g - gradient_of(case, w, X, y)).max() > 1e-3  # the masks do something


def test_the_trace_holds_activations_before_dropout_and_inputs_after_it():
    arrays = arrays_of((2, 3, 1))
    layers = layers_of(arrays["parameters"], (2, 3, 1))
    mask = np.array([[0.0, 2.0, 2.0]] * 5)
    trace = forward(arrays["X"], layers, ("tanh", "identity"), [mask, None])
    assert (trace[0][2] != 0).all()
    np.testing.assert_array_equal(trace[1][0], trace[0][2] * mask)


def test_a_silenced_neuron_has_no_gradient():
    arrays = arrays_of((2, 3, 1))
    case = Case((2, 3, 1), ("tanh", "identity"), "mean_squared_error")
    masks = [np.array([[0.0, 2.0, 2.0]] * 5), None]
    g = gradient_of(case, arrays["parameters"], arrays["X"], arrays["real"], None, masks)
    (dW1, db1), (dW2, _) = layers_of(g, (2, 3, 1))
    assert dW1[:, 0].tolist() == [0, 0]
    assert db1[0] == 0
    assert dW2[0, 0] == 0
    assert (dW1[:, 1:] != 0).all()


@pytest.mark.parametrize("case", EVERY, ids=str)
def test_a_population_gives_each_member_what_it_would_get_alone(case):
    limit, arrays = TOLERANCES["same equations", "float64"], arrays_of(case.sizes)
    rng = np.random.default_rng(7)
    w = arrays["parameters"] + rng.normal(size=(3, len(arrays["parameters"])))  # (m, p)
    X, y = arrays["X"], arrays[case.targets]
    orders = np.stack([rng.permutation(5) for _ in range(3)])
    weights = arrays["weights"][orders]
    costs = cost_of(case, w, X[orders], y[orders], weights)
    g = gradient_of(case, w, X[orders], y[orders], weights)
    assert costs.shape == (3,)
    assert g.shape == w.shape
    for i in range(3):
        own = (X[orders[i]], y[orders[i]], weights[i])
        error = relative_error(costs[i], cost_of(case, w[i], *own), limit.floor)
        errors = relative_error(g[i], gradient_of(case, w[i], *own), limit.floor)
        assert max(error, errors.max()) <= limit.relative


def test_members_may_share_their_data():
    case = EVERY[-1]
    arrays = arrays_of(case.sizes)
    X, y = arrays["X"], arrays[case.targets]
    w = np.stack([arrays["parameters"], -arrays["parameters"]])
    shared = gradient_of(case, w, X, y)
    own = gradient_of(case, w, np.stack([X, X]), np.stack([y, y]))
    np.testing.assert_allclose(shared, own, rtol=1e-13, atol=1e-16)


def test_any_number_of_leading_axes_will_do():
    case = EVERY[-1]
    arrays = arrays_of(case.sizes)
    X, y, w = arrays["X"], arrays[case.targets], arrays["parameters"]
    grid = w + np.arange(6.0).reshape(2, 3, 1) / 10
    g = gradient_of(case, grid, X, y)
    flat = gradient_of(case, grid.reshape(6, -1), X, y)
    np.testing.assert_allclose(g.reshape(6, -1), flat, rtol=1e-13, atol=1e-16)


@pytest.mark.parametrize("sizes", ARCHITECTURES)
def test_the_flat_vector_is_cut_up_as_the_architecture_does(sizes):
    architecture = Architecture.build(sizes)
    w = np.arange(2.0 * architecture.n_parameters).reshape(2, -1)
    ours, theirs = layers_of(w, sizes), architecture.layers(w)
    for (W, b), (V, c) in zip(ours, theirs, strict=True):
        np.testing.assert_array_equal(W, V)
        np.testing.assert_array_equal(b, c)
    np.testing.assert_array_equal(flatten(ours), w)


def test_loss_from_logits_and_loss_of_outputs_look_at_different_ends_of_the_output_layer():
    layers = [(np.array([[2.0]]), np.array([1.0]))]
    trace = forward(np.array([[0.5]]), layers, ("sigmoid",))  # z = 2
    a = 1 / (1 + np.exp(-2.0))
    y = np.array([[1.0]])
    np.testing.assert_allclose(
        cost(sample_losses(trace, y, "binary_cross_entropy")), -np.log(a), rtol=1e-14
    )
    np.testing.assert_allclose(
        cost(sample_losses(trace, y, "mean_squared_error")), (a - 1) ** 2, rtol=1e-14
    )


def test_nothing_handed_in_is_written_to():
    case = Case(DEEP, ("relu",) * 3 + ("softmax",), "categorical_cross_entropy")
    arrays = arrays_of(DEEP)
    for values in arrays.values():
        values.setflags(write=False)
    gradient_of(case, arrays["parameters"], arrays["X"], arrays["row"], arrays["weights"])


def test_as_many_activations_and_masks_as_layers_are_wanted():
    layers = layers_of(arrays_of((2, 3, 1))["parameters"], (2, 3, 1))
    with pytest.raises(ValueError, match="zip"):
        forward(np.ones((1, 2)), layers, ("tanh",))
    with pytest.raises(ValueError, match="zip"):
        forward(np.ones((1, 2)), layers, ("tanh", "identity"), [None])


def test_hidden_delta_collects_along_the_weights_and_multiplies_by_the_slope():
    # Text's A, B → C, D: A's error is AC·Cδ + AD·Dδ, times f'(z_A).
    delta_next, W_next = np.array([[0.3, -0.2]]), np.array([[1.0, 2.0], [3.0, 4.0]])
    z = np.array([[0.5, -0.5]])
    delta = hidden_delta(delta_next, W_next, z, np.tanh(z), "tanh")
    slope = 1 - np.tanh(0.5) ** 2
    hand = [[slope * (1 * 0.3 - 2 * 0.2), slope * (3 * 0.3 - 4 * 0.2)]]
    np.testing.assert_allclose(delta, hand, rtol=1e-13)
