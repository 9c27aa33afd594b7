"""A network is its architecture and one flat vector."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import clearprop as cp
from clearprop.errors import ArgumentError, DataError

X = np.linspace(-2, 2, 21).reshape(7, 3)

PLAIN = {  # the activations, written a second time
    "identity": lambda z: z,
    "sigmoid": lambda z: 1 / (1 + np.exp(-z)),
    "tanh": np.tanh,
    "relu": lambda z: np.maximum(z, 0),
    "leaky_relu": lambda z: np.maximum(z, 0.01 * z),
    "elu": lambda z: np.where(z > 0, z, np.exp(z) - 1),
    "selu": lambda z: 1.0507009873554805 * np.where(z > 0, z, 1.6732632423543772 * (np.exp(z) - 1)),
    "softplus": lambda z: np.log(1 + np.exp(z)),
    "gelu": lambda z: z / 2 * (1 + np.tanh((2 / np.pi) ** 0.5 * (z + 0.044715 * z**3))),
    "silu": lambda z: z / (1 + np.exp(-z)),
    "mish": lambda z: z * np.tanh(np.log(1 + np.exp(z))),
    "softmax": lambda z: np.exp(z) / np.exp(z).sum(axis=1, keepdims=True),
}


@pytest.mark.parametrize("hidden", sorted(set(PLAIN) - {"softmax"}))
@pytest.mark.parametrize("output", ["identity", "sigmoid", "softmax", "tanh"])
def test_predict_is_the_plain_forward_pass(hidden, output):
    network = cp.Network([3, 4, 2, 2], hidden=[hidden, "tanh"], output=output, seed=1, dropout=0.5)
    network.parameters[:] += np.linspace(-1, 1, network.parameters.size)  # biases, too
    a = X
    for i, name in enumerate([hidden, "tanh", output], start=1):
        a = PLAIN[name](a @ network[f"W{i}"] + network[f"b{i}"])
    np.testing.assert_allclose(network.predict(X), a, rtol=1e-12, atol=1e-14)


def test_writing_into_any_view_changes_the_network(network):
    before = network.predict(X)
    network["W2"][1, 2] = 100.0
    assert network.parameters[network.architecture.slices["W2"]].reshape(4, 5)[1, 2] == 100
    network.layers[0][1][:] = 7.0
    assert (network["b1"] == 7).all()
    assert (network.predict(X) != before).any()
    network.parameters[:] = 0
    assert not any(W.any() or b.any() for W, b in network.layers)


def test_setting_the_parameters_keeps_the_views(network):
    view = network["W1"]
    network.parameters = np.arange(network.parameters.size)
    assert view[0].tolist() == [0, 1, 2, 3]
    network.parameters = list(range(network.parameters.size))
    assert network.dtype == np.float64


@pytest.mark.parametrize(
    "values",
    [np.zeros(3), np.zeros((1, 53)), 0.0, None, ["a"] * 53, [True] * 53, [1j] * 53, [None] * 53],
)
def test_parameters_that_do_not_fit_are_refused(network, values):
    before = network.parameters.copy()
    with pytest.raises(
        ArgumentError, match=f"parameters must be {before.size} real numbers in a flat"
    ):
        network.parameters = values
    np.testing.assert_array_equal(network.parameters, before)


def test_a_copy_shares_nothing(network):
    twin = network.copy()
    np.testing.assert_array_equal(twin.parameters, network.parameters)
    assert twin.architecture == network.architecture
    assert twin.initialiser == network.initialiser
    twin.parameters[:] = 0
    assert network.parameters.any()


@pytest.mark.parametrize("initialiser", ["auto", "normal"])
def test_of_puts_the_parts_together_and_copies(network, initialiser):
    w = network.parameters.copy()
    other = cp.Network.of(network.architecture, w, initialiser)
    np.testing.assert_array_equal(other.predict(X), network.predict(X))
    w[:] = 0
    assert other.parameters.any()
    assert other.initialiser == initialiser
    with pytest.raises(ArgumentError, match="parameters must be"):
        cp.Network.of(network.architecture, w[1:])


@pytest.mark.parametrize(
    ("given_dtype", "dtype"),
    [
        ("<f4", "float32"),
        (">f4", "float32"),
        (">f8", "float64"),
        ("f2", "float64"),
        ("i8", "float64"),
    ],
)
def test_of_keeps_the_precision_in_native_byte_order(network, given_dtype, dtype):
    w = np.arange(network.parameters.size).astype(given_dtype)
    other = cp.Network.of(network.architecture, w)
    assert other.dtype == np.dtype(dtype)
    assert other.dtype.isnative
    np.testing.assert_array_equal(other.parameters, w)


@pytest.mark.parametrize("dtype", ["float32", np.dtype("float32")])
def test_a_float32_network_computes_in_float32(dtype):
    network = cp.Network([3, 2, 1], dtype=dtype, seed=1)
    double = cp.Network([3, 2, 1], seed=1)
    assert network.dtype == network.predict(X).dtype == np.float32
    np.testing.assert_array_equal(network.parameters, double.parameters.astype(np.float32))
    np.testing.assert_allclose(network.predict(X), double.predict(X), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("dtype", [np.float32, np.dtype("float32")])
def test_a_type_may_be_given_as_numpy_has_it(dtype):
    assert cp.Network([1, 1], dtype=dtype).dtype == np.float32


@pytest.mark.parametrize("dtype", ["float16", "int64", ">f8", None, np.float16, 3, "x"])
def test_other_types_are_refused(dtype):
    with pytest.raises(ArgumentError, match="dtype must be one of float32, float64; got"):
        cp.Network([1, 1], dtype=dtype)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"seed": -1}, "seed"),
        ({"initialiser": "x"}, "initialiser"),
        ({"hidden": "x"}, "activation"),
        ({"output": "x"}, "activation"),
        ({"dropout": 1}, "dropout"),
    ],
)
def test_an_option_that_breaks_a_rule_is_named(options, words):
    with pytest.raises(ArgumentError, match=f"^{words} must be"):
        cp.Network([2, 3, 1], **options)


def test_predict_refuses_what_it_cannot_use(network):
    with pytest.raises(DataError, match="X must have 3 features"):
        network.predict(X[:, :2])
    with pytest.raises(DataError, match="for one sample use"):
        network.predict(X[0])


def test_predict_leaves_its_input_alone(network):
    given_X = X.copy()
    given_X.flags.writeable = False
    network.predict(given_X)
    np.testing.assert_array_equal(given_X, X)


@given(st.integers(1, 6))
def test_samples_do_not_depend_on_each_other(n):
    network = cp.Network([3, 4, 2], output="softmax", seed=2)
    np.testing.assert_allclose(network.predict(X)[:n], network.predict(X[:n]), rtol=1e-14)


def test_the_name_of_a_network_tells_its_layers(network):
    assert repr(network) == (
        "Network(3 → 4 tanh (dropout 0.1) → 5 relu (dropout 0.5) → 2 identity, "
        "53 parameters, float64)"
    )


def test_json_describes_the_architecture(network):
    assert network.to_json() == {
        "layer_sizes": [3, 4, 5, 2],
        "activations": ["tanh", "relu", "identity"],
        "dropout": [0.1, 0.5, 0.0],
    }


def test_a_notebook_shows_a_table_of_the_layers(network):
    page = network._repr_html_()
    assert page.count("<tr>") == 1 + 3
    assert "<td>1</td><td>3 → 4</td><td>tanh</td><td>0.1</td><td>16</td>" in page
    assert "<td>3</td><td>5 → 2</td><td>identity</td><td>0</td><td>12</td>" in page
    assert page.startswith("<table>")
    assert page.endswith("</table>")


def test_names_are_escaped_in_html(network, monkeypatch):
    object.__setattr__(network.architecture, "activations", ("<script>", "a&b", "relu"))
    page = network._repr_html_()
    assert "<script>" not in page
    assert "&lt;script&gt;" in page
    assert "a&amp;b" in page
