"""A network: an architecture and one flat vector of parameters."""

from __future__ import annotations

import html
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from clearprop import _arrays, _checks
from clearprop.architecture import Architecture, Layer
from clearprop.equations.backprop import forward
from clearprop.errors import ArgumentError

__all__ = ["Network"]

Array = NDArray[Any]

DTYPES = ("float32", "float64")


class Network:
    """A feed-forward network as a function of one flat parameter vector.

    `a_0 = X`, `z_l = a_{l−1} W_l + b_l`, `a_l = f_l(z_l)`; the output is `a_L`.

    Args:
        layer_sizes: number of inputs, neurons of each hidden layer, number of outputs.
        hidden: activation of the hidden layers, one name for all or one for each.
        output: activation of the output layer. "sigmoid" goes with binary, "softmax" with
            categorical cross-entropy, "identity" with regression.
        dropout: share of the hidden activations silenced in training, one for all or one for each.
        initialiser: where the weights start, see `Architecture.initial_parameters`.
        seed: the same seed gives the same start.
        dtype: "float64", or "float32" for half the memory.

    Raises:
        ArgumentError: anything that makes no network; the message names it.

    Example:
        >>> network = Network([2, 4, 4, 1], hidden="relu", output="sigmoid", seed=0)
        >>> network
        Network(2 → 4 relu → 4 relu → 1 sigmoid, 37 parameters, float64)
        >>> network["W1"].shape, network.parameters.shape
        ((2, 4), (37,))
    """

    def __init__(
        self,
        layer_sizes: Sequence[int],
        *,
        hidden: str | Sequence[str] = "relu",
        output: str = "identity",
        dropout: float | Sequence[float] = 0.0,
        initialiser: str = "auto",
        seed: int = 0,
        dtype: str | type | np.dtype[Any] = "float64",
    ) -> None:
        self.architecture = Architecture.build(layer_sizes, hidden, output, dropout)
        self.initialiser = initialiser
        dtype = _checks.one_of("dtype", getattr(dtype, "__name__", None) or str(dtype), DTYPES)
        self._parameters = self.architecture.initial_parameters(seed, initialiser).astype(dtype)

    @classmethod
    def of(
        cls, architecture: Architecture, parameters: ArrayLike, initialiser: str = "auto"
    ) -> Network:
        """A network from its two parts; the parameters are copied, in their own dtype."""
        network = cls.__new__(cls)
        network.architecture = architecture
        network.initialiser = initialiser
        given = np.asarray(parameters)
        dtype = (
            given.dtype.name if given.dtype.name in DTYPES else "float64"
        )  # in native byte order
        network._parameters = np.empty(architecture.n_parameters, dtype=dtype)
        network.parameters = given
        return network

    @property
    def parameters(self) -> Array:
        """The flat vector `[W1, b1, W2, b2, ...]`, `(p,)`; writing into it changes the network."""
        return self._parameters

    @parameters.setter
    def parameters(self, values: ArrayLike) -> None:
        given = np.asarray(values)
        if given.shape != self._parameters.shape or given.dtype.kind not in "fiu":
            raise ArgumentError(
                f"parameters must be {self._parameters.size} real numbers in a flat vector; "
                f"got {given.dtype} of shape {given.shape}"
            )
        self._parameters[:] = given

    @property
    def dtype(self) -> np.dtype[Any]:
        """The type in which parameters are kept and outputs computed."""
        return self._parameters.dtype

    @property
    def layers(self) -> list[Layer]:
        """`(W, b)` of every layer, as views into `parameters`."""
        return self.architecture.layers(self._parameters)

    def __getitem__(self, name: str) -> Array:
        """`network["W1"]`: one weight matrix or bias vector, as a view into `parameters`."""
        return self.architecture.view(self._parameters, name)

    def predict(self, X: ArrayLike) -> Array:
        """The network's output.

        Args:
            X: inputs, `(n_samples, n_features)`.

        Returns:
            `a_L`, `(n_samples, n_outputs)`: probabilities for sigmoid and softmax outputs.

        Raises:
            DataError: X has another shape, holds text, NaN or infinite numbers.
        """
        inputs = _arrays.features(X, self.architecture.layer_sizes[0], self.dtype)
        output: Array = forward(inputs, self.layers, self.architecture.activations)[-1][2]
        return output

    def copy(self) -> Network:
        """The same network with parameters of its own."""
        return Network.of(self.architecture, self._parameters, self.initialiser)

    def to_json(self) -> dict[str, Any]:
        """The architecture as plain JSON types; see `Architecture.to_json`."""
        return self.architecture.to_json()

    def __repr__(self) -> str:
        return f"Network({self._outline()}, {self._parameters.size} parameters, {self.dtype})"

    def _outline(self) -> str:
        sizes, names = self.architecture.layer_sizes, self.architecture.activations
        rates = self.architecture.dropout
        parts = [
            f"{size} {name}" + (f" (dropout {rate:g})" if rate else "")
            for size, name, rate in zip(sizes[1:], names, rates, strict=True)
        ]
        return " → ".join([str(sizes[0]), *parts])

    def _repr_html_(self) -> str:
        """A table of the layers, for notebooks."""
        shapes = self.architecture.shapes
        rows = "".join(
            f"<tr><td>{i}</td><td>{n_in} → {n_out}</td><td>{html.escape(name)}</td>"
            f"<td>{rate:g}</td><td>{int(np.prod(shapes[f'W{i}'])) + n_out}</td></tr>"
            for i, (n_in, n_out, name, rate) in enumerate(
                zip(
                    self.architecture.layer_sizes,
                    self.architecture.layer_sizes[1:],
                    self.architecture.activations,
                    self.architecture.dropout,
                    strict=False,  # the sizes are one longer than the layers
                ),
                start=1,
            )
        )
        return (
            f"<table><caption>Network, {self._parameters.size} parameters, {self.dtype}</caption>"
            "<thead><tr><th>layer</th><th>neurons</th><th>activation</th><th>dropout</th>"
            f"<th>parameters</th></tr></thead><tbody>{rows}</tbody></table>"
        )
