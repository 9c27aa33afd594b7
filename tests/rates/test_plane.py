"""The loss on a plane: losses are the network's own, directions and coordinates what they say."""

from __future__ import annotations

import re

import numpy as np
import pytest

import clearprop as cp
from clearprop.rates import landscape
from clearprop.rates.problem import Problem


def cost_of(network, parameters, X, y, **choices):
    """By a training's own history, whose epoch 0 is before any step, and penalties by hand."""
    copy = network.copy()
    copy.parameters = parameters
    run = cp.train(copy, X, y, optimizer="sgd", learning_rate=1e-9, epochs=1, **choices)
    w = np.concatenate([copy[f"W{i}"].ravel() for i in (1, 2, 3)])
    strength = choices.get("penalty", {"l2": 0, "l1": 0})
    penalty = strength["l2"] * (w**2).sum() / 2 + strength["l1"] * np.abs(w).sum()
    return run.history["train_loss"][0] + penalty


@pytest.mark.parametrize(
    "choices",
    [
        {},
        {"loss": "mean_squared_error"},
        {"penalty": {"l2": 0.1, "l1": 0.01}},
        {"sample_weight": np.linspace(0.5, 1.5, 90)},
    ],
    ids=str,
)
def test_the_loss_at_the_centre_and_everywhere_is_the_networks(network, moons, choices):
    plane = cp.loss_plane(network, *moons, grid=5, seed=3, **choices)
    assert plane.x[2] == plane.y[2] == 0
    for i, j in [(2, 2), (0, 4), (3, 1)]:
        place = network.parameters + plane.x[j] * plane.directions[0]
        place = place + plane.y[i] * plane.directions[1]
        expected = cost_of(network, place, *moons, **choices)
        assert plane.losses[i, j] == pytest.approx(expected, rel=1e-12)


def test_losses_do_not_depend_on_how_places_and_samples_are_blocked(network, moons, monkeypatch):
    choices = {"sample_weight": np.linspace(0.5, 1.5, 90), "grid": 5}
    whole = cp.loss_plane(network, *moons, **choices)
    monkeypatch.setattr(landscape, "BLOCK_BYTES", 1)
    monkeypatch.setattr(Problem, "block", 7)
    assert cp.loss_plane(network, *moons, **choices).losses == pytest.approx(
        whole.losses, rel=1e-13
    )


def test_a_random_direction_is_as_long_as_the_weights_neuron_by_neuron(network, moons):
    plane = cp.loss_plane(network, *moons, grid=3)
    for i in (1, 2, 3):
        for direction in plane.directions:
            d = network.architecture.view(direction, f"W{i}")
            own = np.linalg.norm(network[f"W{i}"], axis=0)
            assert np.linalg.norm(d, axis=0) == pytest.approx(own)
            assert not network.architecture.view(direction, f"b{i}").any()
    assert plane.x.tolist() == [-1, 0, 1]
    assert plane.path is None
    assert plane.captured is None


def test_seeds_choose_the_directions_and_dead_neurons_stay_dead(network, moons):
    one, same, other = (cp.loss_plane(network, *moons, grid=3, seed=s) for s in (1, 1, 2))
    assert np.array_equal(one.directions, same.directions)
    assert not np.allclose(one.directions, other.directions)
    assert abs(np.corrcoef(*one.directions)[0, 1]) < 0.9
    network["W1"][:, 0] = 0
    plane = cp.loss_plane(network, *moons, grid=3)
    assert not network.architecture.view(plane.directions, "W1")[:, :, 0].any()


def trained(network, X, y):
    return cp.train(
        network, X, y, optimizer="sgd", learning_rate=0.5, epochs=12, record_weights="epoch"
    )


def test_the_plane_of_a_planar_path_holds_all_of_it(network, moons):
    rng = np.random.default_rng(0)
    p = len(network.parameters)
    coordinates, basis = rng.normal(size=(9, 2)), rng.normal(size=(2, p))
    path = network.parameters + coordinates @ basis
    plane = cp.loss_plane(network, *moons, path=path, directions="path", grid=9)
    assert plane.captured == pytest.approx(1, abs=1e-12)
    assert plane.directions @ plane.directions.T == pytest.approx(np.eye(2), abs=1e-12)
    rebuilt = network.parameters + plane.path @ plane.directions
    assert rebuilt == pytest.approx(path, abs=1e-12)


def test_the_plane_of_a_path_holds_the_largest_share_that_any_plane_can(network, moons):
    run = trained(network, *moons)
    plane = cp.loss_plane(run.network, *moons, path=run.weights, directions="path", grid=9)
    away = run.weights - run.network.parameters
    values = np.linalg.eigvalsh(away.T @ away)
    assert plane.captured == pytest.approx(values[-2:].sum() / values.sum())
    assert plane.names == ("path, direction 1", "path, direction 2")
    assert f"; {plane.captured:.1%} of the path in the plane" in repr(plane)
    random = cp.loss_plane(run.network, *moons, path=run.weights, grid=3)
    assert random.names == ("random direction 1", "random direction 2")
    assert 0 < random.captured < plane.captured < 1


def test_the_plane_of_a_path_is_wide_enough_for_it_and_holds_the_network(network, moons):
    run = trained(network, *moons)
    plane = cp.loss_plane(run.network, *moons, path=run.weights, directions="path", grid=8)
    for axis, places in ((plane.x, plane.path[:, 0]), (plane.y, plane.path[:, 1])):
        assert axis[0] < places.min() <= places.max() < axis[-1]
        assert 0 in axis
        assert np.ptp(np.diff(axis)) < 1e-12
    i, j = np.flatnonzero(plane.y == 0)[0], np.flatnonzero(plane.x == 0)[0]
    own = cost_of(run.network, run.network.parameters, *moons)
    assert plane.losses[i, j] == pytest.approx(own, rel=1e-12)


def test_a_projection_leaves_what_is_perpendicular_to_the_plane(network, moons):
    run = trained(network, *moons)
    plane = cp.loss_plane(network, *moons, path=run.weights, grid=3)
    missed = run.weights - network.parameters - plane.path @ plane.directions
    assert missed @ plane.directions.T == pytest.approx(np.zeros((len(missed), 2)), abs=1e-12)


def test_a_straight_path_and_a_single_place_have_a_plane_of_some_width(line):
    network, X, y = line
    for path in ([[1.0, 1.0], [2.0, 2.0], [0.0, 0.0]], [[3.0, 0.0]]):
        plane = cp.loss_plane(network, X, y, path=path, directions="path", grid=5)
        assert plane.captured == pytest.approx(1)
        assert np.ptp(plane.y) > 0.5
        assert np.isfinite(plane.losses).all()


def test_a_straight_path_has_a_plane_as_wide_as_it_is_long(line):
    network, X, y = line
    path = network.parameters + np.outer([0, 1, 2], [3.0, 4.0])  # of length 10
    plane = cp.loss_plane(network, X, y, path=path, directions="path", grid=41)
    assert np.ptp(plane.y) == pytest.approx(10)
    assert np.ptp(plane.x) == pytest.approx(14)  # a fifth more to each side


@pytest.mark.parametrize("grid", [3, 4, 5, 8])
@pytest.mark.parametrize("share", [0.01, 0.15, 0.5, 0.85, 0.99])
def test_however_few_the_places_the_whole_path_lies_between_them(line, grid, share):
    network, X, y = line
    path = network.parameters + np.outer([-share, 1 - share], [3.0, 4.0])
    plane = cp.loss_plane(network, X, y, path=path, directions="path", grid=grid)
    assert plane.x[0] <= plane.path[:, 0].min()
    assert plane.path[:, 0].max() <= plane.x[-1]
    assert 0.0 in plane.x


def test_the_width_can_be_chosen(network, moons):
    plane = cp.loss_plane(network, *moons, grid=5, span=0.5)
    assert plane.x.tolist() == plane.y.tolist() == [-0.5, -0.25, 0, 0.25, 0.5]


def test_a_plane_beyond_what_numbers_hold_is_not_finite_there(line):
    network, X, y = line
    network.parameters = [1.0, 0.0]
    plane = cp.loss_plane(network, X, y, span=1e200, grid=3)
    assert np.isinf(plane.losses[0, 0])
    assert plane.losses[1, 1] == 30.0 * 4 / 4  # ((1 − 3) x)² on 1..4: 4 (1 + 4 + 9 + 16) / 4
    assert "cost 30 at the network" in repr(plane)


def test_a_float32_network_has_the_plane_of_the_same_numbers_in_float64(network, moons):
    small = cp.Network([2, 6, 5, 1], hidden="tanh", output="sigmoid", dtype="float32")
    small.parameters = network.parameters
    network.parameters = small.parameters.astype(np.float64)
    X, y = moons
    X = X.astype(np.float32).astype(np.float64)
    first, second = (cp.loss_plane(net, X, y, grid=3) for net in (small, network))
    assert first.losses == pytest.approx(second.losses, rel=1e-12)
    assert first.losses.dtype == np.float64


@pytest.mark.parametrize(
    ("choices", "error", "message"),
    [
        ({"directions": "pca"}, cp.errors.ArgumentError, "directions must be one of path, random"),
        ({"directions": "path"}, cp.errors.ArgumentError, "path must be given for"),
        ({"path": [[0.0]]}, cp.errors.ArgumentError, "path must be of shape (n, 2)"),
        ({"path": [0.0, 0.0]}, cp.errors.ArgumentError, "path must be of shape (n, 2)"),
        ({"path": [[1.0, 0.0]]}, cp.errors.DataError, "path must leave the network's weights"),
        ({"path": [[1.0, np.nan]]}, cp.errors.DataError, "path"),
        ({"grid": 2}, cp.errors.ArgumentError, "grid must be"),
        ({"span": 0.0}, cp.errors.ArgumentError, "span must be"),
        ({"batch_size": 3}, cp.errors.ArgumentError, "'batch_size' is not an argument"),
    ],
    ids=str,
)
def test_what_has_no_plane_is_refused(line, choices, error, message):
    network, X, y = line
    network.parameters = [1.0, 0.0]
    with pytest.raises(error, match=re.escape(message)):
        cp.loss_plane(network, X, y, **choices)


def test_weights_of_zero_have_no_random_directions(line):
    with pytest.raises(cp.errors.DataError, match="weights are all 0"):
        cp.loss_plane(*line)
