import json

import numpy as np
import pytest

from clearprop.errors import ArgumentError, DamagedFileError, DataError, FileError
from clearprop.ledgers import read_answers, read_exercise

EXAMPLE = """
network: {layer_sizes: [2, 2, 1], hidden: tanh, output: sigmoid}
parameters:
  W1: [[0.4, -0.3], [0.2, 0.8]]
  b1: [0.1, -0.2]
  W2: [[0.7], [-0.5]]
  b2: [0.3]
X: [[1, -0.5]]
y: [1]
loss: half_squared_error
learning_rate: 0.5
"""


@pytest.fixture
def written(tmp_path):
    def write(text, name="step.yaml"):
        path = tmp_path / name
        path.write_bytes(text.encode() if isinstance(text, str) else text)
        return path

    return write


def test_a_description_gives_the_step(written):
    exercise = read_exercise(written(EXAMPLE))
    assert exercise.answers is None
    step = exercise.step
    np.testing.assert_allclose(step["z1"], [[0.4, -0.9]])
    assert (step.plan.loss, step.plan.rule, step.learning_rate) == (
        "half_squared_error",
        "sgd",
        0.5,
    )


def test_json_says_the_same(written):
    contents = {
        "network": {"layer_sizes": [1, 1], "dtype": "float32"},
        "parameters": {"W1": [[2.0]], "b1": [1.0]},
        "X": [[3.0]], "y": [0.0],
        "optimizer": {"name": "momentum", "momentum": 0.5},
        "slots": {"velocity": [1.0, 2.0]}, "t": 4,
        "penalty": {"l2": 0.1}, "clip": {"norm": 1.0}, "sample_weight": [2.0],
        "answers": {"z1": 7.0},
    }  # fmt: skip
    exercise = read_exercise(written(json.dumps(contents), "step.json"))
    assert exercise.step["z1"] == 7.0
    assert exercise.step["velocity_b1"] == 2.0
    assert (exercise.step.t, exercise.step["z1"].dtype) == (4, np.float32)
    assert exercise.step.mark(exercise.answers).right


def test_a_power_of_ten_without_a_point_is_a_number(written):
    text = EXAMPLE.replace("rate: 0.5", "rate: 5e-1").replace("1, -0.5", "1E0, -50e-2")
    step = read_exercise(written(text + "answers: {z1: [4e-1, null]}")).step
    assert step.learning_rate == 0.5
    np.testing.assert_allclose(step["z1"], [[0.4, -0.9]])


def test_without_parameters_the_seed_draws_them(written):
    text = "network: {layer_sizes: [2, 1], seed: %d}\nX: [[1, 2]]\ny: [1]\n"
    one, two = (read_exercise(written(text % seed)).step for seed in (1, 2))
    assert (one["W1"] != two["W1"]).all()


def test_answers_are_a_file_of_their_own_or_in_a_description(written):
    assert read_answers(written("delta2: [0.1]\nz1: null\n")) == {"delta2": [0.1], "z1": None}
    assert read_answers(written(EXAMPLE + "answers: {z1: [0.4, null]}")) == {"z1": [0.4, None]}


@pytest.mark.parametrize(
    ("text", "error", "message"),
    [
        ("X: [[1]]", ArgumentError, "must have an entry 'network', 'y'"),
        (EXAMPLE + "lerning_rate: 1", ArgumentError,
         "has no entry 'lerning_rate'; did you mean 'learning_rate'"),
        ("network: [2, 1]\nX: 1\ny: 1", ArgumentError, r"network must be a mapping; got \[2, 1\]"),
        ("network: {sizes: [2]}\nX: 1\ny: 1", ArgumentError, "network has no entry 'sizes'"),
        ("network: {seed: 2}\nX: 1\ny: 1", ArgumentError,
         "network must have an entry 'layer_sizes'"),
        (EXAMPLE.replace("b2: [0.3]", ""), ArgumentError, "parameters must have an entry 'b2'"),
        (EXAMPLE.replace("b2:", "b3:"), ArgumentError, "parameters has no entry 'b3'"),
        (EXAMPLE.replace("[0.3]", "[0.3, 1]"), ArgumentError,
         r"parameters\['b2'\] must have the shape \(1,\); got \(2,\)"),
        (EXAMPLE.replace("[0.3]", "[x]"), DataError, r"parameters\['b2'\] must hold real numbers"),
        ("network: {layer_sizes: [1, 1]}\nparameters: 3\nX: 1\ny: 1", ArgumentError,
         "parameters must be a mapping with W1, b1; got 3"),
        (EXAMPLE.replace("[[1, -0.5]]", "[[1]]"), DataError, "X must have 2 features"),
        ("- 1\n- 2", DamagedFileError, r"must hold names and values; got \[1, 2\]"),
        ("", DamagedFileError, "must hold names and values; got None"),
        ("X: [1, 2", DamagedFileError, "is neither YAML nor JSON: line 1, column"),
        ("X: !!python/object/apply:os.system [ls]", DamagedFileError, "is neither YAML nor JSON"),
        (EXAMPLE + "X: [[2, 3]]", DamagedFileError, "'X' occurs twice, again in line"),
        ("X: &x [*x]", DamagedFileError, "is neither YAML nor JSON"),
        (b"\xff\xfe", DamagedFileError, "is not UTF-8 text"),
        (b"X: \x00", DamagedFileError, "is neither YAML nor JSON"),
    ],
)  # fmt: skip
def test_a_description_that_makes_no_step_is_one_sentence(written, text, error, message):
    with pytest.raises(error, match=message) as refused:
        read_exercise(written(text))
    assert "\n" not in str(refused.value)


def test_files_that_cannot_be_read_are_one_sentence(written, tmp_path):
    with pytest.raises(FileError, match=r"cannot read .*absent\.yaml: No such file"):
        read_exercise(tmp_path / "absent.yaml")
    with pytest.raises(DamagedFileError, match="'y' occurs twice; leave one of them out"):
        read_exercise(written('{"y": [1], "y": [2]}', "twice.json"))
    with pytest.raises(DamagedFileError, match="is neither YAML nor JSON: Expecting value"):
        read_exercise(written("nonsense", "step.json"))
    with pytest.raises(FileError, match="larger than 10 MiB"):
        read_exercise(written(b" " * (10 * 2**20 + 1)))
    with pytest.raises(DamagedFileError, match="is neither YAML nor JSON"):
        read_exercise(written("[" * 100_000, "step.json"))
