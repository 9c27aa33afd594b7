"""The model file: one safetensors file with the parameters, and JSON that says what they mean.

Reading one runs no code: the architecture is names from fixed lists, and everything is checked
against the description before an array is made.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from clearprop import _checks
from clearprop.architecture import Architecture
from clearprop.equations.initialisers import INITIALISERS
from clearprop.errors import ArgumentError
from clearprop.network import DTYPES, Network
from clearprop.storage import Tensor, load_tensors, save_tensors

__all__ = ["Model", "load_model", "save_model"]

KIND = "model"


@dataclass(frozen=True)
class Model:
    """What a model file holds.

    Attributes:
        network: the trained network.
        schema: how a table becomes inputs and outputs become predictions, as JSON, or None.
        about: how the model came about, as JSON; for people, nothing depends on it.
    """

    network: Network
    schema: dict[str, Any] | None = None
    about: dict[str, Any] = field(default_factory=dict)


def save_model(
    path: str | os.PathLike[str],
    network: Network,
    *,
    schema: Mapping[str, Any] | None = None,
    about: Mapping[str, Any] | None = None,
) -> None:
    """Write a network, and perhaps how to feed it, to one file, whole or not at all.

    Args:
        path: where; `.safetensors` is the usual ending.
        network: the network; its parameters must be finite.
        schema: JSON-able, from `clearprop.tables`.
        about: JSON-able, for people.

    Raises:
        ArgumentError: a parameter is not finite: nobody could load the file.
        WriteError: the file cannot be written; an old one is left as it was.
    """
    _checks.instance("network", network, Network)
    if not np.isfinite(network.parameters).all():
        raise ArgumentError("network must have finite parameters to be saved; some are not")
    metadata = {
        "architecture": network.to_json(),
        "initialiser": network.initialiser,
        "dtype": network.dtype.name,
        "schema": None if schema is None else dict(schema),
        "about": dict(about or {}),
    }
    save_tensors(path, KIND, {"parameters": network.parameters}, metadata)


def load_model(path: str | os.PathLike[str]) -> Model:
    """Read a model file; no code in it can run.

    Raises:
        FileError: it cannot be read. DamagedFileError: it is truncated, altered, or no model.
        NewerFileError: a newer clearprop wrote it.

    Example:
        >>> import tempfile
        >>> from pathlib import Path
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     save_model(Path(folder) / "m.safetensors", Network([2, 3, 1]))
        ...     load_model(Path(folder) / "m.safetensors").network
        Network(2 → 3 relu → 1 identity, 13 parameters, float64)
    """
    arrays, metadata = load_tensors(path, KIND, _expected)
    architecture = Architecture.from_json(metadata["architecture"])
    network = Network.of(architecture, arrays["parameters"], metadata["initialiser"])
    return Model(network, metadata["schema"], metadata["about"])


def _expected(metadata: dict[str, Any]) -> dict[str, Tensor]:
    architecture = Architecture.from_json(metadata["architecture"])
    _checks.one_of("initialiser", metadata["initialiser"], ("auto", *INITIALISERS))
    dtype = _checks.one_of("dtype", metadata["dtype"], DTYPES)
    if not isinstance(metadata["schema"], dict | None) or not isinstance(metadata["about"], dict):
        raise ValueError("its schema is no mapping")
    return {"parameters": Tensor(dtype, (architecture.n_parameters,))}
