"""Where each parameter lies, where a training starts, and what makes no network."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clearprop import randomness
from clearprop.architecture import MAX_PARAMETERS, Architecture
from clearprop.equations.activations import ACTIVATIONS
from clearprop.equations.initialisers import INITIALISERS
from clearprop.errors import ArgumentError

HIDDEN = sorted(set(ACTIVATIONS) - {"softmax"})


@st.composite
def architectures(draw):
    sizes = draw(st.lists(st.integers(1, 5), min_size=2, max_size=5))
    n = len(sizes) - 2
    return Architecture.build(
        sizes,
        draw(st.lists(st.sampled_from(HIDDEN), min_size=n, max_size=n)),
        draw(
            st.sampled_from(sorted({*ACTIVATIONS} - {"softmax"} if sizes[-1] == 1 else ACTIVATIONS))
        ),
        draw(st.lists(st.floats(0, 0.9), min_size=n, max_size=n)),
    )


@given(architectures())
def test_every_parameter_lies_in_exactly_one_place(architecture):
    p = architecture.n_parameters
    numbers = np.arange(p)
    views = {name: architecture.view(numbers, name) for name in architecture.shapes}
    flat = np.concatenate([view.ravel() for view in views.values()])
    assert flat.tolist() == list(range(p))
    assert [view.shape for view in views.values()] == list(architecture.shapes.values())
    expected = [f"{kind}{i}" for i in range(1, architecture.n_layers + 1) for kind in "Wb"]
    assert list(architecture.shapes) == expected
    for name, where in architecture.slices.items():
        assert (architecture.is_weight[where] == name.startswith("W")).all()
        assert (architecture.layer_of[where] == int(name[1:])).all()


@given(architectures(), st.sampled_from([(), (1,), (3,), (2, 3)]))
def test_flatten_is_the_inverse_of_layers(architecture, lead):
    p = architecture.n_parameters
    parameters = np.arange(float(np.prod((*lead, p)))).reshape(*lead, p)
    layers = architecture.layers(parameters)
    assert all(
        np.shares_memory(W, parameters) and np.shares_memory(b, parameters) for W, b in layers
    )
    np.testing.assert_array_equal(architecture.flatten(layers), parameters)
    assert [W.shape for W, _ in layers] == [
        (*lead, a, b)
        for a, b in zip(architecture.layer_sizes, architecture.layer_sizes[1:], strict=False)
    ]


def test_the_flat_order_is_layer_by_layer_row_by_row():
    architecture = Architecture.build([2, 3, 1])
    (W1, b1), (W2, b2) = architecture.layers(np.arange(13))
    assert W1.tolist() == [[0, 1, 2], [3, 4, 5]]
    assert b1.tolist() == [6, 7, 8]
    assert W2.tolist() == [[9], [10], [11]]
    assert b2.tolist() == [12]


@given(architectures())
def test_json_gives_the_same_architecture_back(architecture):
    text = json.dumps(architecture.to_json(), allow_nan=False)
    assert Architecture.from_json(json.loads(text)) == architecture


def test_one_name_and_one_rate_serve_all_hidden_layers():
    architecture = Architecture.build([2, 3, 4, 1], "tanh", "sigmoid", 0.25)
    assert architecture.activations == ("tanh", "tanh", "sigmoid")
    assert architecture.dropout == (0.25, 0.25, 0.0)
    assert architecture == Architecture(
        (2, 3, 4, 1), ("tanh", "tanh", "sigmoid"), (0.25, 0.25, 0.0)
    )


@pytest.mark.parametrize("sizes", [np.array([2, 3, 1]), (np.int8(2), 3, 1), [2, 3, 1]])
@pytest.mark.parametrize("dropout", [0, 0.5, np.float32(0.5), np.int64(0), np.array([0.5])])
def test_numpy_numbers_become_plain_ones(sizes, dropout):
    architecture = Architecture.build(sizes, dropout=dropout)
    assert architecture.layer_sizes == (2, 3, 1)
    assert all(type(size) is int for size in architecture.layer_sizes)
    assert all(type(rate) is float for rate in architecture.dropout)
    json.dumps(architecture.to_json())


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (([2],), r"layer_sizes must hold at least .* got \[2\]"),
        (([],), "layer_sizes must hold at least"),
        (("21",), "layer_sizes must be a list; got '21'"),
        ((3,), "layer_sizes must be a list; got 3"),
        ((np.array(3),), "layer_sizes must be a list; got array"),
        (([2, 0],), r"layer_sizes\[1\] must be a whole number, 1 or more; got 0"),
        (([2, 1.5],), r"layer_sizes\[1\] must be a whole number"),
        (([True, 1],), r"layer_sizes\[0\] must be a whole number"),
        (([2, 3, 1], "rleu"), "activation must be one of .*; got 'rleu'; did you mean 'relu'"),
        (([2, 1], "rleu"), "activation must be one of"),
        (([2, 3, 1], ["relu", "relu"]), "hidden must have one entry for .* got 2"),
        (([2, 3, 1], None), "hidden must be a list; got None"),
        (([2, 3, 1], [3]), "activation must be one of"),
        (([2, 3, 1], "softmax"), "activation 'softmax' belongs in the output layer"),
        (([2, 3, 1], "relu", "sgimoid"), "did you mean 'sigmoid'"),
        (([2, 3, 1], "relu", "identity", 1.0), "dropout must be .* 1; got 1.0"),
        (([2, 1], "relu", "identity", 7), "dropout must be"),
        (([2, 3, 1], "relu", "identity", True), "dropout must be .*got True"),
        (([2, 3, 1], "relu", "identity", "0.5"), "dropout must be a list; got '0.5'"),
        (([2, 3, 1], "relu", "identity", [0.1, 0.1]), "dropout must have one entry for each"),
        (([2, 3, 1], "relu", "identity", [np.nan]), "dropout must be .*got nan"),
        (([2**16, 2**16],), f"make 4,295,032,832 parameters; at most {MAX_PARAMETERS:,}"),
    ],
)  # fmt: skip
def test_what_makes_no_network_is_refused_by_name(arguments, words):
    with pytest.raises(ArgumentError, match=words):
        Architecture.build(*arguments)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (((2, 1), ("relu", "relu"), (0.0,)), "activations must have one .* the 1 layers; got 2"),
        (((2, 1), ("relu",), ()), "dropout must have one entry for each of the 1 layers; got 0"),
        (((2, 1), ("relu",), (0.5,)), "dropout must leave the output layer alone"),
        (((2, 0), ("relu",), (0.0,)), r"layer_sizes\[1\]"),
        (((2, 1), ("relu",), (-0.5,)), "dropout must be"),
    ],
)  # fmt: skip
def test_the_parts_must_fit_together(arguments, words):
    with pytest.raises(ArgumentError, match=words):
        Architecture(*arguments)


GOOD = {"layer_sizes": [2, 1], "activations": ["relu"], "dropout": [0.0]}


@pytest.mark.parametrize(
    "description",
    [
        None,
        [],
        "x",
        {},
        GOOD | {"code": "import os"},
        {"layer_sizes": [2, 1], "activations": ["relu"]},
        GOOD | {"layer_sizes": "21"},
        GOOD | {"layer_sizes": None},
        GOOD | {"layer_sizes": [2, [1]]},
        GOOD | {"layer_sizes": [2.0, 1]},
        GOOD | {"layer_sizes": [10**300, 10**300]},
        GOOD | {"activations": ["os.system"]},
        GOOD | {"activations": [["relu"]]},
        GOOD | {"activations": [None]},
        GOOD | {"dropout": ["0"]},
        GOOD | {"dropout": [{}]},
        GOOD | {"dropout": {}},
    ],
)
def test_a_strangers_description_is_checked_in_every_value(description):
    with pytest.raises(ArgumentError):
        Architecture.from_json(description)
    assert Architecture.from_json(GOOD).n_parameters == 3


def test_a_view_of_an_unknown_name_is_refused():
    with pytest.raises(ArgumentError, match=r"name must be one of W1, b1; got 'W2'$"):
        Architecture.build([2, 1]).view(np.zeros(3), "W2")


# ------------------------------------------------------------------------------- the start


DEVIATION = {  # standard deviation of the weights from n_in = 60 to n_out = 40
    "uniform": 0.5 / 3**0.5,
    "normal": 0.1,
    "glorot_uniform": (2 / 100) ** 0.5,
    "glorot_normal": (2 / 100) ** 0.5,
    "he_uniform": (2 / 60) ** 0.5,
    "he_normal": (2 / 60) ** 0.5,
    "lecun_uniform": (1 / 60) ** 0.5,
    "lecun_normal": (1 / 60) ** 0.5,
}


@pytest.mark.parametrize("initialiser", sorted(INITIALISERS))
def test_every_initialiser_has_its_deviation_and_zero_biases(initialiser):
    architecture = Architecture.build([60, 40, 1])
    parameters = architecture.initial_parameters(0, initialiser)
    (W1, b1), (_, b2) = architecture.layers(parameters)
    assert not b1.any()
    assert not b2.any()
    np.testing.assert_allclose(W1.std(), DEVIATION[initialiser], rtol=0.05)
    assert abs(W1.mean()) < 4 * DEVIATION[initialiser] / W1.size**0.5
    if initialiser.endswith("uniform"):
        assert abs(W1).max() <= DEVIATION[initialiser] * 3**0.5
    else:
        assert abs(W1).max() > DEVIATION[initialiser] * 2.5


def test_the_start_is_the_initialiser_on_the_streams_own_numbers():
    architecture = Architecture.build([2, 3, 1], "tanh")
    (W1, _), (W2, _) = architecture.layers(architecture.initial_parameters(9, "glorot_uniform"))
    for layer, W in enumerate((W1, W2)):
        noise = 2 * randomness.uniform(9, "start", W.size, layer=layer) - 1
        np.testing.assert_array_equal(W.ravel(), (6 / sum(W.shape)) ** 0.5 * noise)
    (W1, _), _ = architecture.layers(architecture.initial_parameters(9, "he_normal"))
    np.testing.assert_array_equal(W1.ravel(), randomness.normal(9, "start", 6))  # √(2/2) = 1


@pytest.mark.parametrize("activation", HIDDEN)
def test_auto_takes_the_initialiser_that_goes_with_the_activation(activation):
    rectified = ("relu", "leaky_relu", "elu", "softplus", "gelu", "silu", "mish")
    expected = "he_normal" if activation in rectified else "glorot_uniform"
    expected = "lecun_normal" if activation == "selu" else expected
    architecture = Architecture.build([4, 3, 2], activation, "identity")
    auto = architecture.layers(architecture.initial_parameters(1))
    hidden = architecture.layers(architecture.initial_parameters(1, expected))
    output = architecture.layers(architecture.initial_parameters(1, "glorot_uniform"))
    np.testing.assert_array_equal(auto[0][0], hidden[0][0])
    np.testing.assert_array_equal(auto[1][0], output[1][0])


@settings(max_examples=20)
@given(st.integers(0, randomness.MAX_SEED), st.integers(0, randomness.MAX_SEED))
def test_a_seed_has_one_start(first, second):
    architecture = Architecture.build([3, 4, 1])
    a, b = (architecture.initial_parameters(seed) for seed in (first, second))
    assert (first == second) == np.array_equal(a, b)


@pytest.mark.parametrize("seed", [-1, 2**32, 1.0, None, True, "0"])
def test_a_seed_that_is_none_is_refused(seed):
    with pytest.raises(ArgumentError, match="seed must be a whole number from 0 to 4294967295"):
        Architecture.build([1, 1]).initial_parameters(seed)


def test_an_unknown_initialiser_is_refused():
    with pytest.raises(
        ArgumentError, match=r"initialiser must be one of .*did you mean 'he_normal'"
    ):
        Architecture.build([1, 1]).initial_parameters(0, "henormal")


def test_a_softmax_of_one_output_is_refused():
    with pytest.raises(ArgumentError, match="needs two outputs or more"):
        Architecture.build([2, 1], output="softmax")
