import json

import numpy as np
import pytest

import clearprop as cp
from clearprop.errors import ArgumentError, DamagedFileError, WriteError
from clearprop.formats import load_model, save_model
from clearprop.storage import save_tensors


def _network(dtype="float64"):
    return cp.Network([3, 4, 2], hidden="tanh", output="softmax", dropout=0.25, seed=7, dtype=dtype)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_network_comes_back_as_it_was(tmp_path, dtype):
    network = _network(dtype)
    save_model(tmp_path / "m", network, schema={"columns": []}, about={"source": "x"})
    model = load_model(tmp_path / "m")
    assert model.network.architecture == network.architecture
    assert model.network.dtype == network.dtype
    assert model.network.parameters.tobytes() == network.parameters.tobytes()
    assert model.schema == {"columns": []}
    assert model.about == {"source": "x"}
    X = np.random.default_rng(0).normal(size=(5, 3))
    np.testing.assert_array_equal(model.network.predict(X), network.predict(X))


def test_the_same_network_gives_the_same_file(tmp_path):
    for name in ("a", "b"):
        save_model(tmp_path / name, _network(), about={"k": 1, "j": 2})
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_a_network_without_a_schema_is_told_from_one_with(tmp_path):
    save_model(tmp_path / "m", _network())
    assert load_model(tmp_path / "m").schema is None


def test_a_missing_directory_is_one_sentence(tmp_path):
    with pytest.raises(WriteError, match="cannot write"):
        save_model(tmp_path / "no" / "m", _network())


DESCRIPTION = _network().to_json()


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("architecture", DESCRIPTION | {"activations": ["os.system", "softmax"]}),
        ("architecture", DESCRIPTION | {"layer_sizes": [3, 10**9, 10**9]}),
        ("architecture", DESCRIPTION | {"layer_sizes": [3, -4, 2]}),
        ("architecture", None),
        ("initialiser", "pickle"),
        ("dtype", "object"),
        ("schema", [1]),
        ("about", None),
    ],
)  # fmt: skip
def test_a_strangers_file_is_refused_before_an_array_is_made(tmp_path, field, value):
    network = _network()
    metadata = {
        "architecture": network.to_json(),
        "initialiser": "auto",
        "dtype": "float64",
        "schema": None,
        "about": {},
    }
    path = tmp_path / "m"
    save_tensors(path, "model", {"parameters": network.parameters}, metadata)
    assert load_model(path).network.parameters.size == network.parameters.size
    json.dumps(metadata | {field: value})
    save_tensors(path, "model", {"parameters": network.parameters}, metadata | {field: value})
    with pytest.raises(DamagedFileError, match="makes no sense"):
        load_model(path)


def test_parameters_that_are_not_finite_are_refused(tmp_path):
    network = _network()
    network.parameters[3] = np.nan
    with pytest.raises(ArgumentError, match="must have finite parameters"):
        save_model(tmp_path / "m", network)
    assert not (tmp_path / "m").exists()
    metadata = {"architecture": network.to_json(), "initialiser": "auto", "dtype": "float64"}
    metadata |= {"schema": None, "about": {}}
    save_tensors(tmp_path / "m", "model", {"parameters": network.parameters}, metadata)
    with pytest.raises(DamagedFileError, match="not finite"):
        load_model(tmp_path / "m")
