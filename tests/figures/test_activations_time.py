"""Activations over epochs: the bands are the quantiles of each layer."""

import re

import numpy as np
import pytest

from clearprop.errors import ArgumentError
from clearprop.figures import activations_over_time, as_png, describe_activations_over_time

EPOCHS = [0, 5, 10]
VALUES = np.random.default_rng(0).normal(size=(3, 400)) * [[1], [2], [3]]


def edges(collection):
    """Lower and upper edge of a band at each of the epochs."""
    corners = collection.get_paths()[0].vertices
    places = [np.sort(corners[corners[:, 0] == epoch][:, 1]) for epoch in EPOCHS]
    return np.array([(place[0], place[-1]) for place in places]).T


def test_median_and_bands_are_the_quantiles_of_the_values():
    ax = activations_over_time(EPOCHS, {"layer 1": VALUES})
    quantiles = np.array([np.percentile(row, [5, 25, 50, 75, 95]) for row in VALUES]).T
    assert ax.lines[0].get_xdata().tolist() == EPOCHS
    assert ax.lines[0].get_ydata() == pytest.approx(quantiles[2])
    outer, inner = ax.collections
    assert edges(outer) == pytest.approx(quantiles[[0, 4]])
    assert edges(inner) == pytest.approx(quantiles[[1, 3]])


def test_quantiles_that_were_computed_before_are_drawn_as_they_came():
    given = [[-2, -1, 0, 1, 2], [-4, -2, 1, 3, 9], [0, 0, 0, 0, 0]]
    ax = activations_over_time(EPOCHS, {"a": given}, quantiles=True)
    assert ax.lines[0].get_ydata().tolist() == [0, 1, 0]
    assert edges(ax.collections[0]).T.tolist() == [[-2, 2], [-4, 9], [0, 0]]


@pytest.mark.parametrize("count", [1, 2, 4, 5, 9])
def test_each_layer_has_a_picture_with_its_name_on_one_scale(count):
    layers = {f"layer {i}": VALUES * i for i in range(1, count + 1)}
    axes = activations_over_time(EPOCHS, layers).figure.axes
    seen = [ax for ax in axes if ax.get_visible()]
    assert [ax.get_title(loc="left") for ax in seen] == list(layers)
    assert len({ax.get_ylim() for ax in seen}) == 1
    low, high = seen[0].get_ylim()
    assert low < np.quantile(VALUES * count, 0.06, axis=1).min()
    assert high > np.quantile(VALUES * count, 0.94, axis=1).max()


def test_epochs_that_are_not_finite_leave_a_gap():
    broken = VALUES.copy()
    broken[1, 7] = np.inf
    ax = activations_over_time(EPOCHS, {"a": broken})
    assert np.isnan(ax.lines[0].get_ydata()).tolist() == [False, True, False]
    as_png(activations_over_time(EPOCHS, {"a": broken * np.nan}), 40)
    said = describe_activations_over_time(EPOCHS, {"a": broken * np.nan})
    assert "from median not a number" in said


def test_one_epoch_can_be_drawn():
    ax = activations_over_time([3], {"a": [[1, 2, 3]]})
    assert ax.lines[0].get_marker() == "o"
    as_png(ax, 40)


def test_the_description_has_first_and_last_quantiles():
    given = [[-2, -1, 0, 1, 2], [-4, -2, 1, 3, 9], [0, 0, 0.5, 1, 1]]
    said = describe_activations_over_time(EPOCHS, {"layer 1": given}, quantiles=True, name="Deltas")
    assert said == (
        "Deltas over 3 epochs: layer 1 from median 0 (90 % -2 to 2) to 0.5 (90 % 0 to 1)."
    )


@pytest.mark.parametrize(
    ("layers", "quantiles", "message"),
    [
        ({}, False, "layers must be 1 to 9; got 0"),
        ({str(i): VALUES for i in range(10)}, False, "layers must be 1 to 9; got 10"),
        ({"a": VALUES[:2]}, False, "layers['a'] must be as long as epochs (3); got length 2"),
        ({"a": VALUES[0]}, False, "layers['a'] must be a non-empty array of 2 dimensions"),
        ({"a": VALUES[:, :4]}, True, "layers['a'] must hold 5 quantiles an epoch"),
        ({"a": VALUES[:, :5]}, True, "layers['a'] must hold rising quantiles"),
    ],
)
def test_what_cannot_be_drawn_is_refused(layers, quantiles, message):
    for make in (activations_over_time, describe_activations_over_time):
        with pytest.raises(ArgumentError, match=re.escape(message)):
            make(EPOCHS, layers, quantiles=quantiles)
