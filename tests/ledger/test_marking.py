from pathlib import Path

import numpy as np
import pytest

import clearprop as cp
from clearprop.errors import ArgumentError
from clearprop.ledgers.slips import SLIPS
from ledger.learner import Learner, three_decimals, three_significant
from ledger.seeded import seeded_case, step_of

SLIPPED = 500
EXACT = lambda array: array  # noqa: E731 - one of three ways to round


def found(marking, slip):
    """Whether the slip is named at its term, and whether it is named first."""
    first = marking.first
    if first is None or first.name != slip[1]:
        return False, False
    names = [likely.name for likely in first.slips]
    return slip[0] in names, names[:1] == [slip[0]]


def shares(cases, rounded, *, on_the_way=False, blanks=False):
    """Of so many seeded slips: named, named first, false alarms, and not followed through."""
    named = first = alarms = unfollowed = 0
    for seed in cases:
        exercise, slip, rng = seeded_case(seed)
        way = rounded if on_the_way else EXACT
        wrong, right = Learner(exercise, slip, way), Learner(exercise, rounded=way)
        kept = [k for k in wrong.answers if not blanks or k == slip[1] or rng.uniform() < 0.5]
        step = step_of(exercise)
        marking = step.mark({name: rounded(wrong.answers[name]) for name in kept})
        is_named, is_first = found(marking, slip)
        named, first = named + is_named, first + is_first
        unfollowed += len(marking.findings) > 1
        alarms += not step.mark({name: rounded(right.answers[name]) for name in kept}).right
    return named, first, alarms, unfollowed


# A slip counts as found where it is among those that give the very same number: with two classes,
# "sign" and "two entries exchanged" cannot be told apart by anybody.
def test_500_seeded_slips_are_found_in_answers_of_three_digits_and_500_right_ones_pass():
    named, first, alarms, unfollowed = shares(range(SLIPPED), three_significant)
    assert (named, alarms, unfollowed) == (SLIPPED, 0, 0)
    assert first >= 0.95 * SLIPPED


@pytest.mark.parametrize(
    ("rounded", "on_the_way", "blanks"),
    [
        (EXACT, False, False),
        (three_decimals, False, False),
        (three_significant, True, False),
        (three_decimals, True, False),
        (EXACT, False, True),
        (three_significant, False, True),
        (three_significant, True, True),
        (three_decimals, True, True),
    ],
)
def test_slips_are_found_however_learners_round_and_whatever_they_leave_out(
    rounded, on_the_way, blanks
):
    cases = range(1000, 1050)
    named, first, alarms, unfollowed = shares(cases, rounded, on_the_way=on_the_way, blanks=blanks)
    assert (alarms, unfollowed) == (0, 0)
    assert named >= 0.97 * len(cases)
    assert first >= 0.93 * len(cases)


def test_a_wrong_number_without_a_known_slip_is_wrong_and_not_explained():
    unexplained = 0
    for seed in range(60):
        exercise, (_, name), rng = seeded_case(seed)
        step = step_of(exercise)
        wrong = np.array(step[name]) * rng.uniform(1.2, 1.8, step[name].shape) + 0.37
        first = step.mark({name: three_significant(wrong)}).first
        assert first.name == name
        unexplained += not first.slips
    assert unexplained >= 50


# One slip at a time, worked by hand ---------------------------------------------------------------


@pytest.fixture
def small():
    """2-2-2-1, tanh, tanh, identity, two samples; nothing in it is symmetric."""
    network = cp.Network([2, 2, 2, 1], hidden="tanh")
    network.parameters = np.round(np.random.default_rng(5).normal(size=15), 1)
    return cp.ledger(network, [[1.0, -0.5], [0.3, 2.0]], [0.7, -1.2], learning_rate=0.5)


def only(marking, name):
    """The one wrong term's likeliest slip."""
    assert [finding.name for finding in marking.findings] == [name]
    assert marking.first.slips, "no slip was found"
    return marking.first.slips[0]


@pytest.mark.parametrize(
    ("term", "slip", "compute"),
    [
        ("z1", "bias_forgotten", lambda s: s["X"] @ s["W1"]),
        ("z1", "bias_subtracted", lambda s: s["X"] @ s["W1"] - s["b1"]),
        ("z2", "weights_transposed", lambda s: s["a1"] @ s["W2"].T + s["b2"]),
        ("z2", "activation_forgotten", lambda s: s["z1"] @ s["W2"] + s["b2"]),
        ("a1", "activation_forgotten", lambda s: s["z1"]),
        ("a1", "other_activation", lambda s: 1 / (1 + np.exp(-s["z1"]))),
        ("a1", "derivative_as_value", lambda s: 1 - s["a1"] ** 2),
        ("a1", "negative_inside", lambda s: -s["a1"]),
        ("losses", "half", lambda s: s["losses"] / 2),
        ("loss", "samples_forgotten", lambda s: s["losses"].sum()),
        ("d_activation3", "samples_forgotten", lambda s: 2 * (s["a3"] - s["y"])),
        ("d_activation3", "half", lambda s: (s["a3"] - s["y"]) / 2),
        ("d_activation1", "weights_transposed", lambda s: s["delta2"] @ s["W2"]),
        ("d_activation1", "updated_before_use", lambda s: s["delta2"] @ s["W2_new"].T),
        ("d_activation1", "before_fprime", lambda s: s["d_activation2"] @ s["W2"].T),
        ("d_activation1", "one_path_only", lambda s: s["delta2"][:, [1]] * s["W2"][:, 1]),
        ("d_activation1", "weights_left_out",
         lambda s: s["delta2"].sum(1, keepdims=True) * np.ones(2)),
        ("delta2", "fprime_missing", lambda s: s["d_activation2"]),
        ("delta2", "fprime_extra", lambda s: s["delta2"] * (1 - s["a2"] ** 2)),
        ("delta2", "fprime_at_a", lambda s: s["d_activation2"] * (1 - np.tanh(s["a2"]) ** 2)),
        ("delta2", "fprime_form_at_z", lambda s: s["d_activation2"] * (1 - s["z2"] ** 2)),
        ("delta2", "value_for_fprime", lambda s: s["d_activation2"] * s["a2"]),
        ("delta2", "fprime_of_other", lambda s: s["d_activation2"] * s["a2"] * (1 - s["a2"])),
        ("delta2", "sign", lambda s: -s["delta2"]),
        ("dW2", "own_output_as_input", lambda s: s["a2"].T @ s["delta2"]),
        ("dW2", "before_fprime", lambda s: s["a1"].T @ s["d_activation2"]),
        ("dW2", "activation_forgotten", lambda s: s["z1"].T @ s["delta2"]),
        ("dW2", "input_forgotten", lambda s: np.ones((2, 1)) * s["delta2"].sum(0)),
        ("dW2", "indices_swapped", lambda s: s["dW2"].T),
        ("dW2", "other_layers_delta", lambda s: s["a1"].T @ s["delta1"]),
        ("dW2", "samples_twice", lambda s: s["dW2"] / 2),
        ("dW2", "decimal", lambda s: s["dW2"] * 100),
        ("db2", "bias_times_input", lambda s: s["dW2"][1]),
        ("db2", "before_fprime", lambda s: s["d_activation2"].sum(0)),
        ("db2", "other_layers_delta", lambda s: s["delta1"].sum(0)),
        ("db2", "entries_swapped", lambda s: s["db2"][::-1]),
        ("update_W2", "added", lambda s: 0.5 * s["dW2"]),
        ("update_W2", "rate_forgotten", lambda s: -s["dW2"]),
        ("W2_new", "added", lambda s: s["W2"] + 0.5 * s["dW2"]),
        ("W2_new", "rate_forgotten", lambda s: s["W2"] - s["dW2"]),
        ("W2_new", "old_weight_forgotten", lambda s: -0.5 * s["dW2"]),
        ("W2_new", "indices_swapped", lambda s: s["W2"] - 0.5 * s["dW2"].T),
        ("b2_new", "added", lambda s: s["b2"] + 0.5 * s["db2"]),
    ],
)  # fmt: skip
def test_a_slip_is_named_where_it_happens(small, term, slip, compute):
    answer = compute(small)
    likely = small.mark({term: answer}).first.slips
    assert slip in [each.name for each in likely]
    given = {name: small[name] for name in small.terms if name != term}
    assert slip in [each.name for each in small.mark({**given, term: answer}).first.slips]
    assert all(each.words and each.mend and "{" not in each.words + each.mend for each in likely)


@pytest.fixture
def classes():
    """2-2 softmax with three samples, weighted; the cross-entropies' own slips."""
    network = cp.Network([2, 3], output="softmax", seed=1)
    return cp.ledger(network, [[1.0, -0.5], [0.3, 2.0]], [2, 0], sample_weight=[1, 3])


@pytest.mark.parametrize(
    ("term", "slip", "compute"),
    [
        ("delta1", "logits_for_output",
         lambda s: (s["z1"] - s["y"]) * s["sample_weight"][:, None] / 2),
        ("delta1", "fprime_extra", lambda s: s["delta1"] * s["a1"] * (1 - s["a1"])),
        ("losses", "logarithm", lambda s: s["losses"] / np.log(10)),
        ("loss", "sample_weights_forgotten", lambda s: s["losses"].mean()),
    ],
)  # fmt: skip
def test_a_slip_with_classes_is_named(classes, term, slip, compute):
    assert slip in [each.name for each in classes.mark({term: compute(classes)}).first.slips]


def test_the_diagonal_of_softmax_alone_is_a_slip():
    network = cp.Network([2, 3], output="softmax", seed=1)
    step = cp.ledger(network, [[1.0, -0.5]], [[0.2, 0.5, 0.3]], loss="mean_squared_error")
    wrong = step["d_activation1"] * step["a1"] * (1 - step["a1"])
    assert only(step.mark({"delta1": wrong}), "delta1").name == "softmax_diagonal"
    extra = step["delta1"] * step["a1"] * (1 - step["a1"])
    assert only(step.mark({"delta1": extra}), "delta1").name == "fprime_extra"


def test_slips_of_half_and_of_several_outputs_are_named():
    network = cp.Network([2, 3], seed=1)
    step = cp.ledger(network, [[1.0, -0.5]], [[1.0, 2.0, 3.0]], loss="half_squared_error")
    likely = only(step.mark({"d_activation1": 2 * step["d_activation1"]}), "d_activation1")
    assert (likely.name, likely.words) == ("factor_two", "the ½ of the loss was forgotten")
    likely = only(step.mark({"delta1": 3 * step["delta1"]}), "delta1")
    assert likely.name == "outputs_forgotten"


@pytest.mark.parametrize(
    ("optimizer", "t", "slip", "compute"),
    [
        ("momentum", 3, "memory_forgotten", lambda s: s["W1"] - 0.5 * s["dW1"]),
        ("momentum", 3, "plain_descent", lambda s: s["W1"] - 0.5 * s["dW1"]),
        (
            "adam",
            3,
            "no_bias_correction",
            lambda s: (
                s["W1"]
                - 0.5 * s["first_moment_W1_new"] / (np.sqrt(s["second_moment_W1_new"]) + 1e-8)
            ),
        ),
        ("adam", 3, "plain_descent", lambda s: s["W1"] - 0.5 * s["dW1"]),
    ],
)
def test_a_slip_in_the_update_is_named(optimizer, t, slip, compute):
    network = cp.Network([2, 2, 1], hidden="tanh", seed=2)
    options = {"optimizer": optimizer, "learning_rate": 0.5}
    first = cp.ledger(network, [[1.0, -0.5]], [0.7], **options)
    step = cp.ledger(network, [[1.0, -0.5]], [0.7], slots=first.slots, t=t, **options)
    found = step.mark({"W1_new": compute(step)}).first.slips
    assert slip in [each.name for each in found]


@pytest.mark.parametrize("clip", [None, {"value": 0.01}, {"norm": 0.02}])
def test_forgotten_penalties_and_clips_are_named(clip):
    network = cp.Network([2, 2, 1], hidden="tanh", seed=2)
    step = cp.ledger(
        network, [[1.0, -0.5]], [0.7], penalty={"l2": 0.3}, clip=clip, learning_rate=0.5
    )
    whole = step["dW1"] + step["penalty_dW1"]
    if clip is None:
        wrong = {"total_dW1": step["dW1"], "W1_new": step["W1"] - 0.5 * step["dW1"]}
        slip = "penalty_forgotten"
    else:
        wrong = {"total_dW1": whole, "W1_new": step["W1"] - 0.5 * whole}
        slip = "clip_forgotten"
    for name, answer in wrong.items():
        assert slip in [each.name for each in step.mark({name: answer}).first.slips]
    given = {name: three_significant(step[name]) for name in step.terms}
    assert step.mark(given).right


def test_updating_before_use_is_told_even_where_it_hardly_shows():
    network = cp.Network([2, 2, 1], hidden="tanh", seed=2)
    step = cp.ledger(network, [[1.0, -0.5]], [0.7], learning_rate=1e-3)
    wrong = step["delta2"] @ step["W2_new"].T
    assert abs(wrong / step["d_activation1"] - 1).max() < 5e-3
    likely = only(step.mark({"d_activation1": wrong}), "d_activation1")
    assert likely.name == "updated_before_use"
    assert step.mark({"d_activation1": three_significant(step["d_activation1"])}).right


def test_every_slip_of_the_registry_can_be_found():
    here = Path(__file__).read_text()
    assert all(f'"{slip.name}"' in here for slip in SLIPS)


# What follows, what is left out, what is said -----------------------------------------------------


def test_a_slip_in_a_term_that_was_not_handed_in_is_traced_to_it(small):
    delta1 = -small["delta1"]
    answers = {"dW1": small["X"].T @ delta1, "db1": delta1.sum(0)}
    first = small.mark(answers).first
    assert (first.name, first.slips[0].name) == ("dW1", "sign")
    assert first.slips[0].name_of_term == "delta1"
    assert "in delta1, not handed in" in str(small.mark(answers))


def test_rounding_before_a_slip_does_not_hide_it():
    exercise, slip, _ = seeded_case(8)
    assert slip == ("activation_forgotten", "a3")
    exact, rounded = (
        Learner(exercise, slip, way).answers["a3"] for way in (EXACT, three_significant)
    )
    assert abs(three_significant(exact) - rounded).max() > 0.002  # sigmoid hides such a difference
    assert slip[0] in [each.name for each in step_of(exercise).mark({"a3": rounded}).first.slips]


def test_what_follows_from_a_mistake_is_told_from_a_second_mistake(small):
    delta3 = -small["delta3"]
    delta2 = delta3 @ small["W3"].T * (1 - small["a2"] ** 2)
    answers = {"delta3": delta3, "delta2": delta2, "dW2": -(small["a1"].T @ delta2)}
    marking = small.mark(answers)
    assert [(mark.name, mark.status) for mark in marking.marks] == [
        ("delta3", "wrong"), ("delta2", "follows"), ("dW2", "right"),
    ]  # fmt: skip
    answers["dW2"] = 3 * answers["dW2"]
    text = str(small.mark(answers))
    assert text.startswith("First wrong: delta3[0,0] is ")
    assert "These follow from it, and will mend with it: delta2." in text
    assert "Wrong as well: dW2[0,0]" in text
    assert max(map(len, text.splitlines())) <= 100


def test_the_same_words_are_not_said_twice_of_one_number():
    network = cp.Network([2, 2, 2], hidden="identity", output="identity")
    step = cp.ledger(network, [[1.0, 0.5]], [[1.0, 0.0]])
    marking = step.mark({"delta2": -step["delta2"]})
    assert len(marking.first.slips) > 1  # of delta2 itself, or of d_activation2 before it
    assert str(marking).count("the sign is wrong") == 1


def test_a_sheet_of_blanks_is_not_called_right():
    step = cp.ledger(cp.Network([1, 1], seed=0), [[1.0]], [0.0])
    assert str(step.mark({"z1": [[None]]})) == "No number was handed in."


def test_right_answers_are_praised_and_nothing_more(small):
    marking = small.mark({"z1": small["z1"].round(3), "loss": float(small["loss"])})
    assert marking.right
    assert marking.first is None
    assert str(marking) == "All right: z1, loss."
    assert marking.to_json() == {
        "right": True,
        "marks": {"z1": "right", "loss": "right"},
        "first_wrong": None,
        "findings": [],
    }


def test_a_finding_names_entry_given_and_expected(small):
    wrong = small["delta2"].copy()
    wrong[1, 0] *= -1
    first = small.mark({"delta2": wrong}).first
    assert (first.name, first.index, first.wrong) == ("delta2", (1, 0), 1)
    assert first.given == -first.expected == wrong[1, 0]
    found = small.mark({"delta2": wrong}).to_json()["first_wrong"]
    assert found["index"] == [1, 0]
    assert found["slips"][0]["name"] == "sign"


def test_blanks_and_single_entries_are_answers_too(small):
    assert small.mark({"z1": [[small["z1"][0, 0], None], [None, None]], "a1": None}).right
    marking = small.mark({"dW1[1,0]": -small["dW1"][1, 0], "dW1[0,0]": small["dW1"][0, 0]})
    assert marking.first.index == (1, 0)
    assert small.mark({"a1": None}).marks == ()


def test_one_sample_needs_no_axis_and_one_number_no_list():
    step = cp.ledger(cp.Network([2, 2, 1], hidden="tanh"), [[1.0, 2.0]], [0.3])
    answers = {"z1": step["z1"][0], "delta2": float(step["delta2"][0, 0]), "losses": step["loss"]}
    assert step.mark(answers).right


def test_a_float32_network_is_marked_in_float64():
    network = cp.Network([2, 2, 1], hidden="tanh", dtype="float32")
    step = cp.ledger(network, [[1.0, 2.0]], [0.3])
    assert step.mark({name: three_significant(step[name]) for name in step.terms}).right


@pytest.mark.parametrize(
    ("answers", "message"),
    [
        ({}, "answers must be a mapping from names to numbers"),
        ([1.0], "answers must be a mapping from names to numbers"),
        ({1: 2.0}, "answers must have names as keys; got 1"),
        ({"delta9": 1.0}, "a name in answers must be one of"),
        ({"delta_1": 1.0}, "did you mean 'delta1'"),
        ({"W1": [[1.0, 2.0]]}, "'W1' is given"),
        ({"delta2": [1.0]}, r"delta2 must have the shape \(2, 2\), a row for each sample and a "
                            r"column for each neuron; got the shape \(1,\)"),
        ({"dW1": 1.0}, r"dW1 must have the shape \(2, 2\), a row for each input"),
        ({"db2": [[1.0, 2.0]]}, r"db2 must have the shape \(2,\); got the shape \(1, 2\)"),
        ({"loss": [1.0, 2.0]}, r"loss must be one number; got the shape \(2,\)"),
        ({"z1": [[1.0], [1.0, 2.0]]}, "z1 must be a rectangular list"),
        ({"z1": [np.zeros((2, 2)), np.zeros((2, 3))]}, "z1 must be a rectangular list"),
        ({"z1": [["a", 1.0], [1.0, 2.0]]}, "z1 must be a finite number; got 'a'"),
        ({"loss": float("nan")}, "loss must be a finite number; got nan"),
        ({"dW1[2,0]": 1.0}, r"answers must lie between dW1\[0,0\] and dW1\[1,1\]"),
        ({"dW1[0]": 1.0}, r"answers must name one number, such as dW1\[0,0\]"),
        ({"dW1[x,0]": 1.0}, "answers must have whole numbers between its brackets"),
    ],
)  # fmt: skip
def test_answers_that_cannot_be_marked_are_refused_in_one_sentence(small, answers, message):
    with pytest.raises(ArgumentError, match=message):
        small.mark(answers)
