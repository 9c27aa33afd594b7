"""What a network is made of, and where each parameter lies in the flat vector.

The vector holds, layer by layer, `W` row by row and then `b`: `[W1, b1, W2, b2, ...]`.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from clearprop import _checks, randomness
from clearprop.equations.activations import ACTIVATIONS
from clearprop.equations.initialisers import INITIALISERS
from clearprop.errors import ArgumentError

__all__ = ["Architecture", "Layer"]

Array = NDArray[Any]
Layer = tuple[Array, Array]

MAX_PARAMETERS = 2**31  # 16 GiB in float64: a slip of the keyboard, not a network

# The initialiser whose derivation assumes the activation; the others take Glorot's.
_INITIALISER_FOR = {"selu": "lecun_normal"} | dict.fromkeys(
    ("relu", "leaky_relu", "elu", "softplus", "gelu", "silu", "mish"), "he_normal"
)


@dataclass(frozen=True)
class Architecture:
    """Layer sizes, activations and dropout: all that is needed to compute, but no parameters.

    Attributes:
        layer_sizes: inputs, hidden neurons of each layer, outputs.
        activations: one name for each layer after the inputs.
        dropout: one rate for each layer after the inputs; the output's is 0.

    Raises:
        ArgumentError: a size below 1, an unknown activation, a rate outside [0, 1), softmax in a
            hidden layer, or lengths that do not fit together.

    Example:
        >>> Architecture((2, 3, 1), ("relu", "sigmoid"), (0.0, 0.0)).n_parameters
        13
    """

    layer_sizes: tuple[int, ...]
    activations: tuple[str, ...]
    dropout: tuple[float, ...]

    def __post_init__(self) -> None:
        if len(self.layer_sizes) < 2:
            raise ArgumentError(
                "layer_sizes must hold at least the number of inputs and the number of outputs; "
                f"got {list(self.layer_sizes)!r}"
            )
        for i, size in enumerate(self.layer_sizes):
            _checks.integer(f"layer_sizes[{i}]", size)
        for argument in ("activations", "dropout"):
            n = len(getattr(self, argument))
            if n != self.n_layers:
                raise ArgumentError(
                    f"{argument} must have one entry for each of the {self.n_layers} layers; "
                    f"got {n}"
                )
        for name in self.activations:
            _checks.one_of("activation", name, ACTIVATIONS)
        if self.activations[-1] == "softmax" and self.layer_sizes[-1] == 1:
            raise ArgumentError(
                "output 'softmax' needs two outputs or more, for one is always 1; "
                "use 'sigmoid' for two classes"
            )
        if "softmax" in self.activations[:-1]:
            raise ArgumentError(
                "activation 'softmax' belongs in the output layer, not a hidden one"
            )
        for rate in self.dropout:
            _checks.fraction("dropout", rate)
        if self.dropout[-1]:
            raise ArgumentError("dropout must leave the output layer alone: its rate must be 0")
        if self.n_parameters > MAX_PARAMETERS:
            raise ArgumentError(
                f"layer_sizes {list(self.layer_sizes)} make {self.n_parameters:,} parameters; "
                f"at most {MAX_PARAMETERS:,} are possible"
            )

    @classmethod
    def build(
        cls,
        layer_sizes: Sequence[int],
        hidden: str | Sequence[str] = "relu",
        output: str = "identity",
        dropout: float | Sequence[float] = 0.0,
    ) -> Architecture:
        """The architecture from one name (or rate) for all hidden layers, or one for each."""
        sizes = _sequence("layer_sizes", layer_sizes)
        n_hidden = max(len(sizes) - 2, 0)
        if isinstance(hidden, str):
            names = (_checks.one_of("activation", hidden, ACTIVATIONS),) * n_hidden
        else:
            names = _sequence("hidden", hidden)
        if isinstance(dropout, (int, float, np.number)):
            rates = (_checks.fraction("dropout", dropout),) * n_hidden
        else:
            rates = _sequence("dropout", dropout)
        for argument, given in (("hidden", names), ("dropout", rates)):
            if len(given) != n_hidden:
                raise ArgumentError(
                    f"{argument} must have one entry for each of the {n_hidden} hidden layers; "
                    f"got {len(given)}"
                )
        for i, size in enumerate(sizes):
            _checks.integer(f"layer_sizes[{i}]", size)
        return cls(
            tuple(int(size) for size in sizes),
            tuple(_checks.one_of("activation", name, ACTIVATIONS) for name in (*names, output)),
            tuple(_checks.fraction("dropout", rate) for rate in (*rates, 0.0)),
        )

    @property
    def n_layers(self) -> int:
        """Layers with parameters: all but the inputs."""
        return len(self.layer_sizes) - 1

    @cached_property
    def shapes(self) -> dict[str, tuple[int, ...]]:
        """The shape of every W and b, in the order of the flat vector."""
        result: dict[str, tuple[int, ...]] = {}
        for i, (n_in, n_out) in enumerate(itertools.pairwise(self.layer_sizes), start=1):
            result[f"W{i}"] = (n_in, n_out)
            result[f"b{i}"] = (n_out,)
        return result

    @cached_property
    def slices(self) -> dict[str, slice]:
        """Where every W and b lies in the flat vector."""
        result, start = {}, 0
        for name, shape in self.shapes.items():
            stop = start + int(np.prod(shape))
            result[name] = slice(start, stop)
            start = stop
        return result

    @property
    def n_parameters(self) -> int:
        """The length of the flat vector: `Σ (n_in + 1) n_out`."""
        return sum((n_in + 1) * n_out for n_in, n_out in itertools.pairwise(self.layer_sizes))

    def view(self, parameters: Array, name: str) -> Array:
        """One W or b of `parameters (..., p)`, as a view of shape `(..., *shape)`."""
        _checks.one_of("name", name, self.shapes)
        return parameters[..., self.slices[name]].reshape(parameters.shape[:-1] + self.shapes[name])

    def layers(self, parameters: Array) -> list[Layer]:
        """`(W, b)` of every layer, as views of `parameters (..., p)`."""
        return [
            (self.view(parameters, f"W{i}"), self.view(parameters, f"b{i}"))
            for i in range(1, self.n_layers + 1)
        ]

    def flatten(self, layers: Sequence[Layer]) -> Array:
        """The inverse of `layers`: `[W1, b1, W2, b2, ...]` as `(..., p)`."""
        lead = layers[0][1].shape[:-1]
        return np.concatenate([part.reshape((*lead, -1)) for pair in layers for part in pair], -1)

    @cached_property
    def is_weight(self) -> NDArray[np.bool_]:
        """True for weights, False for biases: `(p,)`."""
        mask = np.zeros(self.n_parameters, dtype=bool)
        for name, where in self.slices.items():
            mask[where] = name.startswith("W")
        return mask

    @cached_property
    def layer_of(self) -> NDArray[np.int64]:
        """The layer, from 1, that each parameter belongs to: `(p,)`."""
        result = np.empty(self.n_parameters, dtype=np.int64)
        for name, where in self.slices.items():
            result[where] = int(name[1:])
        return result

    def initial_parameters(self, seed: int, initialiser: str = "auto") -> NDArray[np.float64]:
        """Where a training starts: weights by the initialiser, biases zero; `(p,)`.

        Args:
            seed: the same seed always gives the same start.
            initialiser: a name of `equations/initialisers.py`, or "auto": He for ReLU and its
                relatives, LeCun for SELU, Glorot for the others, layer by layer.
        """
        _checks.integer("seed", seed, least=0, most=randomness.MAX_SEED)
        _checks.one_of("initialiser", initialiser, ("auto", *INITIALISERS))
        parameters = np.zeros(self.n_parameters)
        for i, (W, _) in enumerate(self.layers(parameters)):
            automatic = _INITIALISER_FOR.get(self.activations[i], "glorot_uniform")
            scale, kind = INITIALISERS[automatic if initialiser == "auto" else initialiser]
            if kind == "normal":
                noise = randomness.normal(seed, "start", W.size, layer=i)
            else:
                noise = 2 * randomness.uniform(seed, "start", W.size, layer=i) - 1
            W[:] = scale(noise, *W.shape).reshape(W.shape)
        return parameters

    def to_json(self) -> dict[str, Any]:
        """Plain lists and strings, from which `from_json` makes the same architecture."""
        return {
            "layer_sizes": list(self.layer_sizes),
            "activations": list(self.activations),
            "dropout": list(self.dropout),
        }

    @classmethod
    def from_json(cls, description: dict[str, Any]) -> Architecture:
        """The architecture described; every value is checked, for it may come from a stranger."""
        fields = ("layer_sizes", "activations", "dropout")
        if not isinstance(description, dict) or description.keys() != set(fields):
            raise ArgumentError(f"an architecture has exactly the keys {', '.join(fields)}")
        return cls(*(tuple(_sequence(field, description[field])) for field in fields))


def _sequence(argument: str, value: Any) -> tuple[Any, ...]:
    single = isinstance(value, (str, bytes)) or getattr(value, "ndim", 1) == 0
    if single or not hasattr(value, "__len__"):
        raise ArgumentError(f"{argument} must be a list; got {value!r}")
    return tuple(value)
