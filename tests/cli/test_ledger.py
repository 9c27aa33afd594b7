import json
from pathlib import Path

import pytest

import clearprop as cp

EXAMPLES = Path(__file__).parents[2] / "docs" / "examples"
STEP, ANSWERS = EXAMPLES / "step.yaml", EXAMPLES / "answers.yaml"


def test_the_example_is_worked_line_by_line(clearprop):
    answer = clearprop("ledger", STEP)
    assert (answer.code, answer.err) == (0, "")
    lines = [line.strip() for line in answer.out.splitlines()]
    assert "z1[0,0] = 1·0.4 + (−0.5)·0.2 + 0.1 = 0.4" in lines
    assert "delta2[0,0] = −0.2841 · 0.2034 = −0.05779" in lines
    assert "W2_new[0,0] = 0.7 − 0.5·(−0.02196) = 0.711" in lines
    assert max(map(len, answer.out.splitlines())) <= 100


def test_the_factors_of_one_weight(clearprop):
    answer = clearprop("ledger", STEP, "--factors", "W1[0,0]")
    assert answer.out.startswith("∂C/∂W1[0,0]: 1 path of the one sample")
    assert "tanh′(z1[0,0])" in answer.out
    short = clearprop("ledger", STEP, "--factors", "W1[0,0]", "--from-delta", 1, "--sample", 0)
    assert "∂C/∂z1[0]" in short.out
    assert "∂C/∂a2[0]" not in short.out


def test_the_examples_answers_are_marked(clearprop):
    answer = clearprop("ledger", STEP, "--mark", ANSWERS)
    assert answer.code == 0
    assert "First wrong: delta1[0,0] is −0.0404; it should be −0.03461." in answer.out
    assert "Likely slip: the derivative f′(z1) is missing." in answer.out
    assert "These follow from it, and will mend with it: W1_new." in answer.out


def test_answers_in_the_description_are_marked_unless_others_are_given(clearprop):
    Path("step.yaml").write_text(STEP.read_text() + "answers: {z1: [0.4, -0.9]}\n")
    assert clearprop("ledger", "step.yaml").out == "All right: z1.\n"
    assert "First wrong" in clearprop("ledger", "step.yaml", "--mark", ANSWERS).out


def test_json_is_one_object(clearprop):
    contents = clearprop("ledger", STEP, "--json").json
    assert (contents["factors"], contents["marking"]) == (None, None)
    assert contents["ledger"]["arrays"]["W1"] == [[0.4, -0.3], [0.2, 0.8]]
    contents = clearprop(
        "ledger", STEP, "--mark", ANSWERS, "--factors", "b2[0]", "--json"
    ).json  # fmt: skip
    assert contents["factors"]["value"] == pytest.approx(contents["ledger"]["arrays"]["db2"][0])
    assert contents["marking"]["first_wrong"]["slips"][0]["name"] == "fprime_missing"


@pytest.fixture
def trained(clearprop, flowers):
    clearprop("train", flowers, "--target", "kind", "--out", "run", "--epochs", 2)
    return flowers


@pytest.mark.parametrize("model", ["run", "run/model.safetensors"])
def test_a_saved_model_takes_a_step_on_a_row(clearprop, trained, model):
    answer = clearprop("ledger", "--model", model, "--table", trained, "--row", 3)
    assert answer.code == 0
    assert "binary_cross_entropy, 1 sample; step 1 of sgd, learning rate 0.05" in answer.out
    assert "Dropout is left out" in answer.out
    assert max(map(len, answer.out.splitlines())) <= 100
    predicted = clearprop("predict", model, trained, "--json").json["probabilities"]
    options = ("--optimizer", "adam", "--learning-rate", 0.1, "--json")
    for row in (1, 3, 60):
        contents = clearprop("ledger", "--model", model, "--table", trained, "--row", row, *options)
        step = contents.json["ledger"]
        assert step["arrays"]["a3"][0][0] == pytest.approx(predicted[row - 1][1], rel=1e-5)
        assert step["arrays"]["y"] == [[float(row % 2 == 0)]]
        assert (step["optimizer"]["name"], step["learning_rate"]) == ("adam", 0.1)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((), "name a description such as step.yaml, or --model with --table and --row"),
        (("absent.yaml",), "cannot read absent.yaml: No such file"),
        ((STEP, "--row", 1), "a description takes nothing else; got --row"),
        ((STEP, "--model", "run"), "got --model"),
        ((STEP, "--optimizer", "adam"), "got --optimizer"),
        (("--model", "run"), "--model needs a table and one of its rows"),
        (("--model", "absent", "--table", "t.csv", "--row", 1), "absent"),
        ((STEP, "--factors", "W3[0,0]"), "name must be one of W1, W2, b1, b2; got 'W3'"),
        ((STEP, "--factors", "W1[0,9]"), "must lie between W1[0,0] and W1[1,1]"),
        ((STEP, "--sample", 0), "--sample and --from-delta choose among the paths of --factors"),
        ((STEP, "--mark", STEP), "a name in answers must be one of"),
        ((STEP, "--mark", "absent.json"), "cannot read absent.json"),
    ],
)
def test_bad_usage_and_input_are_one_sentence(refused, arguments, message):
    assert message in refused("ledger", *arguments)


def test_a_model_or_table_that_does_not_fit_is_one_sentence(refused, trained):
    place = ("--table", trained, "--row")
    assert "--row must be a whole number from 1 to 60; got 61" in refused(
        "ledger", "--model", "run", *place, 61
    )
    assert "smg" in refused("ledger", "--model", "run", *place, 1, "--optimizer", "smg")
    Path("bare.csv").write_text("length,colour,wild\n1,red,true\n")
    assert "'kind'" in refused("ledger", "--model", "run", "--table", "bare.csv", "--row", 1)
    cp.save_model("bare.safetensors", cp.Network([2, 1]))
    assert "bare network" in refused("ledger", "--model", "bare.safetensors", *place, 1)


def test_a_wrong_shape_or_key_in_answers_is_one_sentence(refused):
    for answers, message in (
        ({"delta2": [1, 2]}, "delta2 must have the shape (1, 1) or (1,)"),
        ({"delta7": 1}, "a name in answers must be one of"),
        ({}, "answers must be a mapping"),
    ):
        Path("answers.json").write_text(json.dumps(answers))
        assert message in refused("ledger", STEP, "--mark", "answers.json")
