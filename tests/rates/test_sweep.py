"""Sweeps: the experiments `line` and `moons`, independence of the cells, and what is refused."""

from __future__ import annotations

import json
import sys

import numpy as np
import pytest
from sklearn.datasets import make_moons

import clearprop as cp
from clearprop.errors import ArgumentError
from clearprop.rates import memory
from clearprop.rates.grids import optimizer_list, rate_list, seed_list, spaced


@pytest.fixture(scope="module")
def moons_map():
    X, y = make_moons(1500, noise=0.1, random_state=0)
    network = cp.Network([2, 4, 4, 1], hidden="relu", output="sigmoid", seed=0)
    rates = [0.5, 0.05, 0.01]
    return cp.sweep(
        network,
        X,
        y,
        learning_rates=rates,
        seeds=8,
        batch_sizes=[1, 32],
        optimizer="sgd",
        epochs=40,
    )


@pytest.fixture
def swept(network, moons):
    X, y = moons

    def run(**choices):
        usual = {"learning_rates": [0.01, 0.1], "seeds": 2, "epochs": 4}
        usual |= {} if "optimizers" in choices else {"optimizer": "sgd"}
        return cp.sweep(network, X, y, **usual | choices)

    return run


@pytest.mark.parametrize("epochs", [10, 50, 1000])
def test_line_is_good_below_oscillating_near_and_diverged_above_the_threshold(line, epochs):
    network, X, y = line
    rates = [0.01, 0.1, 1]
    found = cp.sweep(
        network,
        X,
        y,
        learning_rates=rates,
        seeds=1,
        optimizer="sgd",
        batch_size="full",
        epochs=epochs,
    )
    assert [cell.label for cell in found.cells] == ["good", "oscillating", "diverged"]
    assert found.curvature.threshold == pytest.approx(0.119756, abs=5e-7)
    assert [row.share_learned for row in found.rows] == [None] * 3
    assert found.constant_loss == pytest.approx(9 * 1.25)


def test_moons_one_sample_at_a_time_is_dead_at_a_half_for_every_seed(moons_map):
    row = next(r for r in moons_map.rows if (r.batch_size, r.learning_rate) == (1, 0.5))
    assert row.labels == {"dead": 8}
    assert row.share_learned == 0.0


def test_moons_shares_of_the_lower_rates(moons_map):
    assert 0.5 <= moons_map.share_learned(0.05, 1) <= 1
    assert 0.5 <= moons_map.share_learned(0.01, 1) < 1


def test_moons_in_batches_of_32_are_best_at_a_half(moons_map):
    assert moons_map.best(32).learning_rate == 0.5
    assert moons_map.best(1).learning_rate == 0.05


def test_cells_are_what_each_training_alone_would_give(swept, network, moons):
    X, y = moons
    found = swept(batch_sizes=[8, 16], optimizers=["sgd", "adam"])
    assert len(found.cells) == 16
    for cell in found.cells:
        drawn = cp.Network([2, 6, 5, 1], hidden="tanh", output="sigmoid", seed=cell.seed)
        start = network if cell.seed == 0 else drawn
        alone = cp.train(
            start,
            X,
            y,
            optimizer=cell.optimizer,
            batch_size=cell.batch_size,
            learning_rate=cell.learning_rate,
            seed=cell.seed,
            epochs=4,
        )
        assert cell.trial.train_loss == tuple(alone.history["train_loss"].tolist())


def test_seeds_that_are_listed_all_draw_their_start(swept):
    counted, listed = swept(seeds=2), swept(seeds=[0, 1])
    first = [[c.trial.train_loss[0] for c in found.cells] for found in (counted, listed)]
    assert first[0][0] != first[1][0]  # the network as it is, against a draw
    assert first[0][1] == first[1][1]


def test_a_validation_part_is_compared_by(swept):
    found = swept(validation=0.3)
    cell = found.cells[0]
    losses = cell.trial.validation_loss
    assert cell.to_json()["validation_loss"] == min(losses) == losses[cell.trial.kept_epoch]
    assert found.rows[0].watched == np.mean([c.trial.watched for c in found.cells[:2]])


def test_the_json_has_cells_summary_and_curvature(swept):
    contents = json.loads(json.dumps(swept(batch_sizes=["full", 1000, 8]).to_json()))
    assert {c["batch_size"] for c in contents["cells"]} == {90, 8}  # never more than there are
    assert len(contents["summary"]) == 4
    assert contents["curvature"]["threshold"] == pytest.approx(2 / contents["curvature"]["largest"])
    assert set(contents["cells"][0]) >= {"learning_rate", "seed", "label", "train_loss"}


def test_adam_has_no_threshold_and_says_why(swept):
    contents = swept(optimizer="adam").to_json()["curvature"]
    assert contents["threshold"] is None
    assert "second_moment" in contents["reason"]


def test_class_weights_count_once(swept, moons):
    weighted = swept(class_weight={0: 3.0, 1: 1.0})
    by_hand = swept(sample_weight=np.where(moons[1] == 0, 3.0, 1.0))
    assert [c.trial.train_loss for c in weighted.cells] == [
        c.trial.train_loss for c in by_hand.cells
    ]


def test_the_network_and_random_state_stay_as_they_are(swept, network):
    before, state = network.parameters.copy(), np.random.get_state()[1].copy()  # noqa: NPY002
    swept()
    assert np.array_equal(before, network.parameters)
    assert np.array_equal(state, np.random.get_state()[1])  # noqa: NPY002


def test_the_map_says_in_a_line_what_it_holds(swept):
    assert "4 trainings" in repr(swept())
    assert "sgd, batch 32" in repr(swept())


@pytest.mark.parametrize(
    ("choices", "message"),
    [
        ({"learning_rates": []}, "learning_rates must hold at least one value"),
        ({"learning_rates": [0.1, 0]}, "learning_rates must be a finite number above zero; got 0"),
        ({"learning_rates": [0.1, float("nan")]}, "learning_rates must be a finite number"),
        ({"learning_rates": 0.1}, "learning_rates must be a list"),
        ({"seeds": 0}, "seeds must be a whole number"),
        ({"seeds": []}, "seeds must hold at least one value"),
        ({"seeds": [-1]}, "seeds must be a whole number from 0"),
        ({"batch_sizes": []}, "batch_sizes must hold at least one value"),
        ({"batch_sizes": [0]}, "batch_sizes must be a whole number"),
        ({"batch_sizes": "full"}, "batch_sizes must be a list"),
        ({"optimizers": ["adm"]}, "did you mean 'adam'"),
        ({"learning_rate": 0.1}, "learning_rate is what the sweep varies: give learning_rates"),
        ({"batch_sizes": [1], "batch_size": 2}, "batch_size is what the sweep varies"),
        ({"optimizers": ["sgd"], "optimizer": "sgd"}, "optimizer is what the sweep varies"),
        ({"thresholds": 0.5}, "thresholds must be a Thresholds"),
        ({"learning_rates": [1e300]}, "all diverged, the lowest of them 1e\\+300"),
    ],
)
def test_bad_input_is_refused_in_one_sentence(swept, choices, message):
    with pytest.raises(ArgumentError, match=message) as refusal:
        swept(**choices)
    assert "\n" not in str(refusal.value)


def test_targets_that_are_all_alike_are_refused(network, moons):
    with pytest.raises(ArgumentError, match="y must vary"):
        cp.sweep(network, moons[0], np.zeros(90), learning_rates=[0.1])


def test_more_members_than_memory_allows_are_refused_with_how_many_fit(swept, network, monkeypatch):
    each = memory.bytes_per_member(network, 90, 4)
    monkeypatch.setattr(memory, "physical_memory", lambda: 6 * each)
    with pytest.raises(ArgumentError, match=r"at most 3 .* got 4: try fewer"):
        swept()
    with pytest.raises(ArgumentError, match=r"at most 3 .* got 2,000,000,000,000: try fewer"):
        swept(seeds=10**12)  # whose list would not fit, either
    assert len(swept(seeds=1).cells) == 2


def test_memory_is_that_of_a_machine():
    assert 2**27 < memory.physical_memory() < 2**50


def test_a_share_needs_two_seeds(swept):
    with pytest.raises(ArgumentError, match="seeds must be two or more"):
        swept(seeds=1).share_learned(0.1)


def test_a_share_is_of_one_row(swept):
    found = swept(batch_sizes=[8, 16])
    with pytest.raises(ArgumentError, match="fit 2"):
        found.share_learned(0.1)
    with pytest.raises(ArgumentError, match="fit 0"):
        found.share_learned(0.2)
    with pytest.raises(ArgumentError, match="must be ones of the sweep"):
        found.best(7)


def test_a_row_takes_the_worst_of_labels_that_are_equally_frequent(moons_map):
    for row in moons_map.rows:
        most = max(row.labels.values())
        assert row.labels[row.label] == most


def test_rates_are_sorted_and_each_tried_once():
    assert rate_list([0.1, 0.01, 0.1]) == [0.01, 0.1]
    assert spaced(1e-5, 1, 6) == [1e-05, 0.0001, 0.001, 0.01, 0.1, 1.0]


def test_seeds_go_round_at_the_largest():
    assert seed_list(2, 2**32 - 1) == ([2**32 - 1, 0], 2**32 - 1)
    assert seed_list([3, 3, 1], 0) == ([3, 1], None)


def test_optimizers_with_options_have_names_of_their_own():
    named = optimizer_list(["sgd", {"name": "momentum", "momentum": 0.5}, "momentum"])
    assert list(named) == ["sgd", "momentum (momentum 0.5)", "momentum"]


def test_without_rates_the_usual_grid_is_swept(swept):
    found = swept(learning_rates=None, seeds=1, epochs=1)
    assert len(found.cells) == 21
    assert [found.cells[0].learning_rate, found.cells[-1].learning_rate] == [1e-5, 1.0]


def test_without_recorded_weights_turning_back_is_not_known(line, monkeypatch):
    network, X, y = line
    monkeypatch.setattr(sys.modules["clearprop.rates.sweep"], "records_fit", lambda *_: False)
    found = cp.sweep(
        network, X, y, learning_rates=[0.1], seeds=1, optimizer="sgd", batch_size="full", epochs=30
    )
    (cell,) = found.cells
    assert cell.trial.reversals is None
    assert cell.trial.weights is None
    assert cell.label == "good"


def test_few_updates_do_not_tell_whether_they_turn_back(line):
    network, X, y = line
    found = cp.sweep(
        network, X, y, learning_rates=[0.1], seeds=1, optimizer="sgd", batch_size="full", epochs=2
    )
    assert found.cells[0].trial.reversals is None
