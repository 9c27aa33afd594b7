import dataclasses
import json

import numpy as np
import pytest

import clearprop as cp
from clearprop.equations.losses import FROM_LOGITS
from clearprop.equations.updates import SCALARS, SLOTS, UPDATES
from clearprop.errors import ArgumentError, DataError
from clearprop.ledgers.probabilities import FROM_PROBABILITIES

X = np.array([[0.5, -1.0], [1.5, 0.3], [-0.7, 0.2], [0.1, 0.9]])
y = np.array([0.3, -0.4, 1.0, 0.2])


@pytest.fixture
def network():
    return cp.Network([2, 3, 3, 1], hidden=["tanh", "relu"], seed=3)


def test_the_worked_step_of_the_readme():
    network = cp.Network([2, 2, 1], hidden="relu")
    network.parameters = [0.5, -1, 0.25, 0.25, 0, 0, 1, 2, 0.5]
    step = cp.ledger(network, [[1.0, 2.0]], [1.0], learning_rate=0.05)
    expected = {
        "z1": [[1.0, -0.5]],
        "a1": [[1.0, 0.0]],
        "z2": [[1.5]],
        "losses": [0.25],
        "loss": 0.25,
        "d_activation2": [[1.0]],
        "delta2": [[1.0]],
        "dW2": [[1.0], [0.0]],
        "db2": [1.0],
        "d_activation1": [[1.0, 2.0]],
        "delta1": [[1.0, 0.0]],
        "dW1": [[1.0, 0.0], [2.0, 0.0]],
        "db1": [1.0, 0.0],
        "update_b1": [-0.05, 0.0],
        "W2_new": [[0.95], [2.0]],
    }
    for name, values in expected.items():
        np.testing.assert_allclose(step[name], values, atol=1e-15, err_msg=name)
    again = cp.ledger(step.after, [[1.0, 2.0]], [1.0])
    assert again["loss"] == pytest.approx(0.013225)


def test_names_stand_in_the_order_of_computation(network):
    step = cp.ledger(network, X, y)
    assert step.names[:8] == ("X", "y", "W1", "b1", "W2", "b2", "W3", "b3")
    assert step.names[8:10] == ("z1", "a1")
    names = list(step)
    assert len(step) == len(names) == len(set(names))
    for earlier, later in (
        ("a3", "losses"),
        ("loss", "delta3"),
        ("delta3", "dW3"),
        ("dW3", "d_activation2"),
        ("db1", "update_W1"),
        ("update_W1", "W1_new"),
    ):
        assert names.index(earlier) < names.index(later)  # fmt: skip
    assert set(step.terms) == set(names[8:])
    assert "z1" in step
    assert "z4" not in step


def test_arrays_are_read_only_and_the_network_is_left_alone(network):
    before = network.parameters.copy()
    step = cp.ledger(network, X, y)
    with pytest.raises(ValueError, match="read-only"):
        step["delta1"][0, 0] = 1.0
    network.parameters = before + 1
    np.testing.assert_array_equal(step.network.parameters, before)


CHOICES = [
    {"penalty": {"l2": 0.1, "l1": 0.01, "leaving_range": 0.3}},
    {"clip": {"norm": 0.05}},
    {"clip": {"value": 0.01}},
    {"penalty": {"l2": 0.1}, "clip": {"norm": 0.05}},
]


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("choices", [*({"optimizer": rule} for rule in UPDATES), *CHOICES], ids=str)
def test_two_ledgers_are_two_steps_of_a_training_to_the_bit(choices, dtype):
    network = cp.Network([2, 3, 3, 1], hidden=["tanh", "relu"], seed=3, dtype=dtype)
    choices = {"optimizer": "sgd", "learning_rate": 0.1, **choices}
    first = cp.ledger(network, X, y, sample_weight=[1, 2, 3, 4], **choices)
    second = cp.ledger(
        first.after, X, y, sample_weight=[1, 2, 3, 4], slots=first.slots, t=2, **choices
    )
    run = cp.train(
        network, X, y, sample_weight=[1, 2, 3, 4], batch_size="full", epochs=2, shuffle=False,
        engine="reference", **choices,
    )  # fmt: skip
    names = [f"average_{name}_new" for name in network.architecture.shapes]
    if names[0] in second:  # gradients are taken at one place, and another is returned
        judged = np.concatenate([second[name].ravel() for name in names])
        assert (judged != second.after.parameters).any()
    else:
        judged = second.after.parameters
    np.testing.assert_array_equal(judged, run.network.parameters)
    assert {array.dtype.name for array in (second.after.parameters, *second.slots.values())} == {
        dtype
    }
    np.testing.assert_allclose(run.history["running_loss"][1:], [first["loss"], second["loss"]])


def test_penalty_and_clip_are_shown_apart_and_add_up(network):
    step = cp.ledger(network, X, y, penalty={"l2": 0.5}, clip={"norm": 0.01})
    np.testing.assert_array_equal(step["penalty_dW1"], 0.5 * step["W1"])
    whole = [step[f"dW{i}"] + step[f"penalty_dW{i}"] for i in (1, 2, 3)]
    whole += [step[f"db{i}"] for i in (1, 2, 3)]
    norm = np.sqrt(sum((part**2).sum() for part in whole))
    np.testing.assert_allclose(step["total_dW1"], whole[0] * 0.01 / norm)
    np.testing.assert_allclose(step["total_db3"], step["db3"] * 0.01 / norm)
    weights = sum((step[f"W{i}"] ** 2).sum() for i in (1, 2, 3))
    assert step["penalty"] == pytest.approx(0.25 * weights)
    assert step["cost"] == pytest.approx(step["loss"] + step["penalty"])
    assert "total_dW1" not in cp.ledger(network, X, y)


@pytest.mark.parametrize("rule", [rule for rule in UPDATES if SLOTS[rule]])
def test_what_the_rule_remembers_is_named(network, rule):
    step = cp.ledger(network, X, y, optimizer=rule)
    for slot in SLOTS[rule]:
        if slot == "momentum_product":
            assert step[slot] == 1.0
            assert step[f"{slot}_new"] < 1.0
        elif slot in SCALARS:
            assert step[slot] == 0.0
            assert step[f"{slot}_new"] > 0.0 or slot == "numerator"  # nothing gone so far
        else:
            begins = step["W1"] if slot in ("base", "average", "start") else 0 * step["W1"]
            np.testing.assert_array_equal(step[f"{slot}_W1"], begins)
            assert (step[f"{slot}_W1_new"] != begins).any() or slot == "start"


def test_the_output_knows_its_gradient_also_where_the_engine_goes_by_logits():
    for output, target in (("sigmoid", [[1.0, 0.0]]), ("softmax", [[0.2, 0.8]])):
        step = cp.ledger(cp.Network([2, 2], output=output, seed=1), [[0.3, -0.2]], target)
        assert step.plan.loss in FROM_LOGITS
        assert step.plan.loss in FROM_PROBABILITIES
        assert step.checks["d_activation1"].reasons == ("", "")
    assert set(FROM_PROBABILITIES) == set(FROM_LOGITS)


def test_a_hopeless_output_has_an_infinite_gradient_and_a_finite_delta():
    network = cp.Network([1, 1], output="sigmoid")
    network.parameters = [800.0, 0.0]
    step = cp.ledger(network, [[1.0]], [0.0])
    assert step["d_activation1"] == np.inf
    assert step["delta1"] == 1.0
    assert step.to_json()["arrays"]["d_activation1"] == [[None]]
    assert step.checks["d_activation1"].reasons == ("rounding",)
    assert json.dumps(step.to_json(), allow_nan=False)


def test_a_sure_and_right_output_has_a_finite_gradient():
    network = cp.Network([1, 2], output="softmax")
    network.parameters = [800.0, 0.0, 0.0, 0.0]
    step = cp.ledger(network, [[1.0]], [0])
    assert step["a1"].tolist() == [[1.0, 0.0]]
    assert step["d_activation1"].tolist() == [[-1.0, 0.0]]
    network = cp.Network([1, 1], output="sigmoid")
    network.parameters = [800.0, 0.0]
    assert cp.ledger(network, [[1.0]], [1.0])["d_activation1"].tolist() == [[-1.0]]


def test_the_table_has_every_number_with_equation_and_check(network):
    step = cp.ledger(network, X, y)
    rows = step.table()
    assert len(rows) == sum(step[name].size for name in step)
    by_name = {row.name: row for row in rows}
    assert by_name["X"].equation == "given"
    assert by_name["z1"].equation == "X W1 + b1"
    assert by_name["delta1"].equation == "d_activation1 · f′(z1)"
    assert by_name["delta1"].check == "agrees"
    assert by_name["z1"].check == ""
    row = next(row for row in rows if (row.name, row.index) == ("dW2", (1, 2)))
    assert row.value == step["dW2"][1, 2]
    assert all(row.equation for row in rows)


def test_every_computed_array_has_an_equation_for_every_rule_and_loss():
    for rule in UPDATES:
        step = cp.ledger(
            cp.Network([2, 2, 2], output="softmax"), X, np.stack([y, y], 1), optimizer=rule,
            loss="huber", penalty={"l1": 0.1}, clip={"value": 1.0}, sample_weight=[1, 2, 1, 1],
        )  # fmt: skip
        equations = step.to_json()["equations"]
        assert list(equations) == list(step.names)
        assert not {name for name, words in equations.items() if not words}
        assert equations["losses"].startswith("mean_k")
        assert equations["total_dW1"] == "dW1 + penalty_dW1, clipped by value"
        assert "g" not in equations["update_W1"].replace("total_dW1", "").split()


def test_the_repr_is_one_line_and_names_the_rate_with_its_optimiser(network):
    assert repr(cp.ledger(network, X, y, learning_rate=0.1)).endswith(
        "4 samples, mean_squared_error, sgd at learning rate 0.1)"
    )


def test_json_holds_every_array(network):
    step = cp.ledger(network, X, y)
    contents = json.loads(json.dumps(step.to_json(), allow_nan=False))
    assert contents["arrays"]["delta1"] == step["delta1"].tolist()
    assert contents["checks"]["dW1"]["not_agreeing"] == []
    assert (contents["samples"], contents["step"]) == (4, 1)


def test_dropout_is_left_out_and_said_so():
    network = cp.Network([2, 3, 1], dropout=0.5)
    step = cp.ledger(network, X, y)
    np.testing.assert_array_equal(step["a2"], network.predict(X))
    assert "Dropout is left out" in str(step)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"lerning_rate": 1.0}, "'lerning_rate' is not a choice of one step; did you mean "
                                "'learning_rate'"),
        ({"epochs": 3}, "'epochs' is not a choice of one step"),
        ({"optimizer": "smg"}, "optimizer must be one of"),
        ({"t": 0}, "t must be a whole number, 1 or more; got 0"),
        ({"slots": {"velocity": [1.0]}}, r"slots must be a mapping with what 'sgd' remembers "
                                         r"\(nothing\); got \['velocity'\]"),
        ({"optimizer": "momentum", "slots": [1.0]}, r"'momentum' remembers \(velocity\)"),
        ({"optimizer": "momentum", "slots": {"velocity": [1.0]}},
         r"slots\['velocity'\] must hold 25 numbers; got the shape \(1,\)"),
        ({"loss": "binary_cross_entropy"}, "needs output='sigmoid'"),
    ],
)  # fmt: skip
def test_a_bad_choice_is_one_sentence(network, options, message):
    with pytest.raises(ArgumentError, match=message):
        cp.ledger(network, X, y, **options)


def test_bad_data_and_names_are_one_sentence(network):
    with pytest.raises(DataError, match="X must have 2 features"):
        cp.ledger(network, [[1.0]], [1.0])
    with pytest.raises(ArgumentError, match="network must be a Network"):
        cp.ledger(X, network, y)
    with pytest.raises(ArgumentError, match=r"name must be one of .*; got 'delta9'"):
        cp.ledger(network, X, y)["delta9"]
    with pytest.raises(ArgumentError, match="most must be a whole number"):
        cp.ledger(network, X, y).check(0)


def test_a_step_that_overflows_is_refused_by_name(network):
    network["W1"][...] = 1e308
    with pytest.raises(DataError, match="z1 is not finite: the numbers of this step overflow"):
        cp.ledger(network, 10 * X, y)
    network["W1"][...] = np.nan
    with pytest.raises(DataError, match="W1 is not finite"):
        cp.ledger(network, X, y)


# The checks ---------------------------------------------------------------------------------------


def words(step):
    return {reason for check in step.checks.values() for reason in check.reasons}


def test_every_gradient_is_checked_and_agrees(network):
    step = cp.ledger(network, X, y, penalty={"l2": 0.1}, sample_weight=[1, 2, 3, 4])
    assert list(step.checks) == [
        "d_activation3", "delta3", "dW3", "db3", "d_activation2", "delta2", "dW2", "db2",
        "d_activation1", "delta1", "dW1", "db1", "penalty_dW3", "penalty_dW2", "penalty_dW1",
    ]  # fmt: skip
    assert words(step) == {""}
    for name, check in step.checks.items():
        assert check.values.size == step[name].size
        assert check.errors.max() <= 1e-6
        assert check.agrees


def test_a_kink_is_named_in_the_activation_the_loss_and_the_penalty():
    network = cp.Network([2, 2, 1], hidden="relu", seed=1)
    network["W1"][:, 0] = 0.0
    step = cp.ledger(network, X, y)
    assert step.checks["delta1"].by_index()[(0, 0)] == "kink"
    assert "kink" in step.checks["dW1"].reasons
    assert step.checks["d_activation1"].reasons == ("",) * 8
    flat = cp.Network([2, 1])
    flat.parameters = [0.0, 0.0, 0.0]
    step = cp.ledger(flat, X, [-5e-6, 1, 1, 1], loss="mean_absolute_error", penalty={"l1": 1})
    assert step.checks["delta1"].by_index()[(0, 0)] == "kink"
    assert step.checks["d_activation1"].by_index()[(0, 0)] == "kink"
    assert step.checks["penalty_dW1"].reasons == ("", "")  # both sides of an even function agree
    assert step.checks["dW1"].agrees
    flat.parameters = [5e-6, 0.0, 0.0]
    step = cp.ledger(flat, X, y, penalty={"l1": 1})
    assert step.checks["penalty_dW1"].reasons == ("kink", "")


def test_rounding_is_named_where_the_cost_is_too_coarse():
    network = cp.Network([1, 1])
    network.parameters = [1.0, 0.0]
    step = cp.ledger(network, [[1.0], [1e-3]], [1e6, 1e-3 - 1e-4])
    assert step.checks["delta1"].by_index()[(1, 0)] == "rounding"
    network = cp.Network([2, 3, 1], hidden="tanh", dtype="float32", seed=1)
    assert words(cp.ledger(network, 100 * X, 1e3 * y)) <= {"", "rounding"}


def test_curvature_is_named_where_the_nudge_is_too_long():
    network = cp.Network([1, 1, 1], hidden="tanh")
    network.parameters = [3.0, 0.0, 1.0, 0.0]
    step = cp.ledger(network, [[1e4 * 1e-4], [1e-4]], [0.0, 0.0])
    assert words(step) == {""}
    network.parameters = [1e-4, 0.0, 1.0, 0.0]
    step = cp.ledger(network, [[1e4]], [0.0])
    assert step.checks["dW1"].reasons == ("curvature",)
    assert step.checks["dW1"].agrees


def test_a_wrong_gradient_is_a_mismatch(network):
    step = cp.ledger(network, X, y)
    wrong = dict(step.arrays)
    wrong["dW2"] = wrong["dW2"] * 1.001
    broken = dataclasses.replace(step, arrays=wrong)
    assert "mismatch" in broken.checks["dW2"].reasons
    assert not broken.checks["dW2"].agrees
    assert broken.checks["dW1"].agrees
    assert "NOT AGREEING, and no reason was found: dW2[" in str(broken)
    first = broken.checks["dW2"].to_json()["not_agreeing"][0]
    assert first["reason"] == "mismatch"
    assert first["value"] == pytest.approx(1.001 * first["difference"])


def test_of_a_large_network_evenly_spaced_entries_are_checked():
    step = cp.ledger(cp.Network([50, 60, 1], hidden="tanh", seed=1), np.ones((1, 50)), [1.0])
    check = step.checks["dW1"]
    assert len(check.values) == 2000
    assert check.indices[0].tolist() == [0, 0]
    assert check.indices[-1].tolist() == [49, 59]
    assert words(step) == {""}
    assert len(step.check(5)["dW1"].values) == 5
    assert {row.check for row in step.table() if row.name == "dW1"} == {"agrees", "not checked"}
    assert "1,000 more were not checked" in str(step)
    assert len(step.check()["dW1"].values) == 3000
    wide = cp.ledger(cp.Network([500, 300, 1], seed=1), np.ones((200, 500)), np.ones(200))
    assert {len(check.values) for check in wide.checks.values()} == {1, 4}
