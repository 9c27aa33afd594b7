"""Members differ in what they may differ in, and are what they would be alone."""

from __future__ import annotations

import numpy as np
import pytest

import clearprop as cp
from clearprop import training
from clearprop.errors import ArgumentError
from clearprop.training import grid

SHARED = {"batch_size": 7, "epochs": 3, "validation": 0.25, "early_stopping": 2}


def alone(network, X, y, member, **options):
    """A training of one network that does what the member does."""
    own = dict(member)
    settings = {"optimizer": "momentum", "learning_rate": 0.1, **SHARED, **options}
    if "seed" in own:
        network = cp.Network.of(
            network.architecture,
            network.architecture.initial_parameters(own["seed"], network.initialiser),
            network.initialiser,
        )
    return cp.train_population(network, X, y, [own], **settings)[0]


MEMBERS = [
    {},
    {"learning_rate": 0.5},
    {"seed": 4},
    {"momentum": 0.5},
    {"penalty": {"l2": 0.01}},
    {"penalty": {"l1": 0.1, "leaving_range": 1.0}},
    {"dropout": 0.5},
    {"dropout": [0.25], "seed": 4},
    {"learning_rate": 1e200},
    {"learning_rate": 0.3, "seed": 9, "momentum": 0.0, "penalty": {"l2": 0.1}, "dropout": 0.2},
]


def test_every_member_is_the_training_that_it_would_be_alone(network, moons, same):
    X, y = moons
    together = cp.train_population(
        network, X, y, MEMBERS, optimizer="momentum", learning_rate=0.1, **SHARED
    )
    assert len(together) == len(MEMBERS)
    for run, member in zip(together, MEMBERS, strict=True):
        single = alone(network, X, y, member)
        history = {k: v for k, v in run.history.items() if k in single.history}
        assert run.history.keys() - history.keys() <= {"penalty"}
        object.__setattr__(run, "history", history)
        same(run, single)
    assert together.diverged.tolist() == [i == 8 for i in range(len(MEMBERS))]


def test_a_member_is_the_plain_training_with_those_settings(network, moons, same):
    X, y = moons
    options = {"epochs": 2, "batch_size": 16}
    rate, momentum, penalty = cp.train_population(
        network, X, y,
        [{"learning_rate": 0.2}, {"momentum": 0.3}, {"penalty": {"l2": 0.1}}],
        optimizer="momentum", penalty={"l2": 0.0}, **options,
    )  # fmt: skip
    plain = {"penalty": {"l2": 0.0}, **options}
    same(rate, training.train(network, X, y, optimizer="momentum", learning_rate=0.2, **plain))
    rule = {"name": "momentum", "momentum": 0.3}
    same(momentum, training.train(network, X, y, optimizer=rule, **plain))
    same(
        penalty, training.train(network, X, y, optimizer="momentum", penalty={"l2": 0.1}, **options)
    )


def test_a_members_dropout_is_that_of_the_architecture(moons, same):
    X, y = moons
    plain = cp.Network([2, 6, 5, 1], output="sigmoid")
    dropping = cp.Network([2, 6, 5, 1], output="sigmoid", dropout=[0.5, 0.1])
    one, both = (
        cp.train_population(plain, X, y, [{"dropout": rate}], epochs=2)[0]
        for rate in ([0.5, 0.1], 0.3)
    )
    same(one, training.train(dropping, X, y, epochs=2))
    same(
        both,
        cp.train_population(dropping, X, y, [{"dropout": (0.3, np.float64(0.3))}], epochs=2)[0],
    )


def test_a_member_with_a_seed_starts_orders_and_drops_by_it(network, moons, same):
    X, y = moons
    seeded = cp.train_population(network, X, y, [{"seed": 5}, {"seed": np.int64(5)}], epochs=2)
    fresh = cp.Network([2, 6, 1], hidden="tanh", output="sigmoid", seed=5)
    same(seeded[0], training.train(fresh, X, y, epochs=2, seed=5))
    same(seeded[0], seeded[1])
    assert seeded[0].seed == 5


def test_an_initialiser_goes_on_to_the_members(moons):
    X, y = moons
    network = cp.Network([2, 3, 1], output="sigmoid", initialiser="uniform")
    run = cp.train_population(network, X, y, [{"seed": 3}], epochs=1, record_weights="epoch")[0]
    start = network.architecture.initial_parameters(3, "uniform")
    np.testing.assert_array_equal(run.weights[0], start)
    assert run.network.initialiser == "uniform"


def test_grid_is_every_combination_in_order():
    members = grid(learning_rate=[0.1, 0.2], seed=range(2))
    pairs = [(member["learning_rate"], member["seed"]) for member in members]
    assert pairs == [(0.1, 0), (0.1, 1), (0.2, 0), (0.2, 1)]
    assert grid(seed=[]) == []
    assert grid() == [{}]


@pytest.mark.parametrize(
    ("members", "words"),
    [
        ([], "members must hold at least one member; it is empty"),
        ([0.1], r"members must be mappings, such as \{'seed': 1\}; got 0.1"),
        ([{"lerning_rate": 1}], "members may differ in .*; did you mean 'learning_rate'"),
        ([{"batch_size": 1}], "differ in learning_rate, seed, dropout, penalty; got 'batch_size'"),
        ([{"momentum": 0.5}], "members may differ in .*got 'momentum'"),
        ([{}, {"learning_rate": 0}], "learning_rate must be a finite number above zero; got 0"),
        ([{"seed": -1}], "seed must be"),
        ([{"seed": None}], "seed must be"),
        ([{"dropout": 1}], "dropout must be"),
        ([{"dropout": None}], "dropout must be"),
        ([{"dropout": "0.5"}], "dropout must be"),
        ([{"dropout": [0.1, 0.1]}], r"dropout must be one number or .* got \[0.1, 0.1\]"),
        ([{"penalty": None}], "penalty of a member must be a mapping; got None"),
        ([{"penalty": {"l3": 1}}], "penalty must be one of"),
        ([{"penalty": 0.1}], "penalty must be a mapping"),
    ],
)  # fmt: skip
def test_what_a_member_cannot_do_is_refused(network, moons, members, words):
    with pytest.raises(ArgumentError, match=words):
        cp.train_population(network, *moons, members, optimizer="sgd", epochs=1)


def test_an_option_of_the_rule_is_checked_in_members_too(network, moons):
    with pytest.raises(ArgumentError, match=r"momentum must be .*got 1"):
        cp.train_population(network, *moons, [{"momentum": 1}], optimizer="momentum", epochs=1)


def test_weight_decay_spares_the_biases_in_every_member(moons):
    X, y = moons
    network = cp.Network([2, 1], output="sigmoid")
    network.parameters = [1.0, 2.0, 3.0]
    runs = cp.train_population(
        network, X, y, [{"weight_decay": 0.5}, {"weight_decay": 0.0}],
        optimizer="adamw", learning_rate=0.1, batch_size="full", epochs=1,
    )  # fmt: skip
    difference = runs[0].network.parameters - runs[1].network.parameters
    np.testing.assert_allclose(difference, [-0.05, -0.1, 0.0], rtol=1e-12, atol=1e-15)
