import numpy as np
import pytest

import clearprop as cp
from clearprop.equations.updates import UPDATES
from ledger.networks import random_steps


def lines_of(step):
    return [line.strip() for line in str(step).splitlines()]


@pytest.fixture
def worked():
    network = cp.Network([2, 2, 1], hidden="sigmoid", output="sigmoid")
    network.parameters = [0.15, 0.25, 0.2, 0.3, 0.35, -0.35, 0.4, -0.5, 0.6]
    return cp.ledger(network, [[0.05, -0.1]], [1.0], learning_rate=0.5)


def test_a_small_network_is_worked_line_by_line(worked):
    lines = lines_of(worked)
    assert lines[0] == "2 → 2 sigmoid → 1 sigmoid, 9 parameters, float64"
    assert lines[1] == "binary_cross_entropy, 1 sample; step 1 of sgd, learning rate 0.5"
    for expected in (
        "z1 = X W1 + b1",
        "z1[0,1] = 0.05·0.25 + (−0.1)·0.3 + (−0.35) = −0.3675",
        "a1[0,1] = sigmoid(−0.3675) = 0.4091",
        "losses[0] = −ln 0.6522 = 0.4274",
        "loss = mean of losses = 0.4274",
        "d_activation2[0,0] = −1/0.6522 + 0/0.3478 = −1.533",
        "d_activation2 = −y/a + (1 − y)/(1 − a)",
        "delta2 = a2 − y",
        "delta2[0,0] = 0.6522 − 1 = −0.3478",
        "dW2[1,0] = 0.4091·(−0.3478) = −0.1423",
        "db2[0] = −0.3478",
        "d_activation1[0,1] = −0.3478·(−0.5) = 0.1739",
        "delta1[0,1] = 0.1739 · 0.2417 = 0.04204",
        "W2_new = W2 − η · dW2",
        "W2_new[1,0] = −0.5 − 0.5·(−0.1423) = −0.4289",
        "Update: sgd, η = 0.5",
    ):
        assert expected in lines
    assert lines[-1].startswith("15 of 15 gradients agree with central differences")


@pytest.mark.parametrize(
    ("loss", "y", "expected"),
    [
        ("mean_squared_error", 0.5, ["losses[0] = (1.5 − 0.5)² = 1", "2·(1.5 − 0.5)"]),
        ("half_squared_error", 0.5, ["losses[0] = ½·(1.5 − 0.5)² = 0.5", "= 1.5 − 0.5 = 1"]),
        ("mean_absolute_error", -0.5, ["losses[0] = |1.5 − (−0.5)| = 2", "sign(1.5 − (−0.5))"]),
        ("huber", -0.5, ["losses[0] = 1.5", "(1.5 − (−0.5)) within [−1, 1] = 1"]),
    ],
)
def test_each_loss_is_worked_with_one_output(loss, y, expected):
    network = cp.Network([1, 1])
    network.parameters = [1.0, 0.5]
    text = str(cp.ledger(network, [[1.0]], [y], loss=loss))
    for part in expected:
        assert part in text


def test_means_show_what_they_divide_by():
    network = cp.Network([1, 2])
    network.parameters = [1.0, 2.0, 0.0, 0.0]
    text = str(cp.ledger(network, [[1.0], [2.0]], [[0.0, 0.0]] * 2, sample_weight=[1, 3]))
    assert "d_activation1 = 2(a − y)/2 · sample_weight/2" in text
    assert "d_activation1[1,1] = 2·(4 − 0)/2·1.5/2 = 3" in text
    assert "db1[0] = 0.25 + 1.5 = 1.75" in text
    assert "loss = mean of weighted losses" in text


def test_softmax_shows_its_row_and_its_pair():
    network = cp.Network([1, 3], output="softmax")
    network.parameters = [0.0, 1.0, 2.0, 0.0, 0.0, 0.0]
    text = str(cp.ledger(network, [[1.0]], [2]))
    assert "a1[0,1] = softmax(0, 1, 2)[1] = 0.2447" in text
    assert "delta1[0,2] = 0.6652 − 1 = −0.3348" in text
    assert "d_activation1[0,2] = −1/0.6652 = −1.503" in text
    text = str(cp.ledger(network, [[1.0]], [[0, 0, 1]], loss="mean_squared_error"))
    assert "delta1 = a1 · (d_activation1 − Σ_k a1_k d_activation1_k)" in text


@pytest.mark.parametrize("rule", UPDATES)
def test_every_rule_is_worked_as_old_weight_and_step(rule):
    network = cp.Network([1, 1])
    network.parameters = [1.0, 0.0]
    step = cp.ledger(network, [[1.0]], [0.0], optimizer=rule, penalty={"l2": 0.5})
    assert "total_dW1[0,0] = 2 + 0.5 = 2.5" in str(step)
    assert f"Update: {rule}, η = " in str(step)
    if rule == "sgd":
        assert "W1_new[0,0] = 1 − 0.05·2.5 = 0.875" in str(step)
    else:
        assert "W1_new[0,0] = 1 + (−" in str(step)


def test_a_large_network_has_a_line_for_each_array():
    step = cp.ledger(cp.Network([8, 16, 1], seed=1), np.ones((3, 8)), [1.0, 2.0, 3.0])
    lines = str(step).splitlines()
    assert any(line.split()[:2] == ["delta1", "3×16"] for line in lines)
    assert 'step["W1"] gives the numbers' in str(step)
    assert "z1[0,0]" not in str(step)


def test_long_arrays_and_sums_are_cut_short():
    step = cp.ledger(cp.Network([9, 5], seed=1), np.ones((1, 9)), np.ones((1, 5)))
    assert 'and 33 more: step["dW1"]' in str(step)
    assert "z1[0,0] = (9 products) + 0 = " in str(step)


def test_kinks_are_listed_with_their_places():
    network = cp.Network([2, 2, 1], hidden="relu", seed=1)
    network["W1"][...] = 0.0
    text = str(cp.ledger(network, [[1.0, 2.0]], [1.0]))
    assert "8 at a kink, where the difference is no derivative: delta1[0,0], delta1[0,1]," in text


def test_no_line_is_wider_than_100_columns():
    for step in random_steps(60):
        assert max(map(len, str(step).splitlines())) <= 100
    wide = cp.Network([1] * 40, hidden="leaky_relu", seed=1)
    assert max(map(len, str(cp.ledger(wide, [[1.0]], [1.0])).splitlines())) <= 100
