"""The general case: 2-2-4-3-2 with activations, where delta and d_activation are not the same."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from clearprop.experiments.compare import close, holds
from clearprop.experiments.lesson import Block, Check, Heading, Table, Text, Worked
from clearprop.experiments.steps import (
    arithmetic,
    backward_picture,
    differences,
    forward_picture,
)
from clearprop.ledgers import Ledger, ledger
from clearprop.ledgers.writing import number
from clearprop.network import Network

__all__ = ["activated_blocks", "activated_checks", "activated_step"]

Floats = NDArray[np.float64]

_SIZES = (2, 2, 4, 3, 2)
_X, _Y = np.array([[1.0, 0.5]]), np.array([[1.0, 0.0]])
_LAST = len(_SIZES) - 1


def activated_step(seed: int | None, eta: float) -> Ledger:
    """One step of the larger network, from weights drawn by the seed."""
    network = Network(_SIZES, hidden="tanh", output="sigmoid", seed=seed or 0)
    return ledger(network, _X, _Y, loss="mean_squared_error", learning_rate=eta)


def activated_blocks(step: Ledger) -> list[Block]:
    """Forward, the two quantities of the way back, and what leaving f′ out does."""
    return [
        Heading("With activations, and more layers"),
        Text(
            "Real networks bend their sums: a = f(z). Then there are two slopes at every neuron, "
            "and they must be kept apart. d_activation = ∂C/∂a is the slope along what the neuron "
            "puts out. delta = ∂C/∂z is the slope along its sum, before the bend. Between them "
            "lies the slope of the activation:"
        ),
        Worked(
            [
                "d_activation = delta of the next layer · its weightsᵀ       ∂C/∂a",
                "delta        = d_activation · f′(z)                         ∂C/∂z",
            ]
        ),
        Text(
            "Without an activation f′(z) is 1 and the two are equal; that is why the text can call "
            "both by one name. Here is a 2-2-4-3-2 network with tanh in the hidden layers and "
            "sigmoid at the output, its weights drawn at random."
        ),
        forward_picture(
            step, "Outputs, forward",
            "From left to right: in the circles what each neuron puts out, on the arrows the "
            "weights.",
            kind="forward-larger",
        ),
        backward_picture(
            step, "Deltas, backward",
            "From right to left: in the circles delta = ∂C/∂z. Each is the sum of the deltas to "
            "its right, times the weights between, times the slope f′(z) of the neuron itself.",
            kind="backward-larger",
        ),
        Text("The first step of the way back, and then every neuron:"),
        arithmetic(step, f"d_activation{_LAST}", f"delta{_LAST}", f"d_activation{_LAST - 1}",
                   f"delta{_LAST - 1}"),
        _table(step),
        *_left_out(step),
    ]  # fmt: skip


def _slopes(step: Ledger, layer: int) -> Floats:
    """f′(z) of the one sample, from what the layer put out."""
    a = step[f"a{layer}"][0]
    return np.asarray(a * (1 - a) if layer == _LAST else 1 - a**2)


def _table(step: Ledger) -> Table:
    rows = [
        (
            f"layer {layer}, neuron {k}",
            *(
                number(float(value))
                for value in (
                    step[f"a{layer}"][0, k],
                    step[f"d_activation{layer}"][0, k],
                    _slopes(step, layer)[k],
                    step[f"delta{layer}"][0, k],
                )
            ),
        )
        for layer in range(_LAST, 0, -1)
        for k in range(_SIZES[layer])
    ]
    heads = ("neuron", "output a", "d_activation = ∂C/∂a", "f′(z)", "delta = ∂C/∂z")
    return Table("The way back: delta is d_activation times f′(z)", heads, rows)


def _without_slopes(step: Ledger) -> dict[int, Floats]:
    """The text's recursion as it stands, in a network that does have activations."""
    found = {_LAST: np.array(step[f"d_activation{_LAST}"][0])}
    for layer in range(_LAST - 1, 0, -1):
        found[layer] = found[layer + 1] @ step[f"W{layer + 1}"].T
    return found


def _left_out(step: Ledger) -> list[Block]:
    text = _without_slopes(step)
    rows = [
        (
            str(layer),
            number(float(np.linalg.norm(step[f"delta{layer}"][0])), 3),
            number(float(np.linalg.norm(text[layer])), 3),
        )
        for layer in range(_LAST, 0, -1)
    ]
    return [
        Heading("If f′ is left out"),
        Text(
            "Use the text's rule as it stands in a network that has activations, and the deltas "
            "come out wrong: each lacks the slope of its own neuron and of all that come after it. "
            "Below is the size of each layer's deltas (the root of the sum of their squares)."
        ),
        Table("Size of the deltas", ("layer", "delta", "without f′"), rows),
        Text(
            f"Marking recognises it: “{_slip(step)}”."
        ),
    ]  # fmt: skip


def _slip(step: Ledger) -> str:
    first = step.mark({f"delta{_LAST}": step[f"d_activation{_LAST}"]}).first
    return "" if first is None or not first.slips else first.slips[0].words


def activated_checks(step: Ledger) -> list[Check]:
    """Delta and d_activation of every layer, the factor between them, and the slip."""
    layers = range(_LAST, 0, -1)
    names = [f"{kind}{layer}" for layer in layers for kind in ("d_activation", "delta")]
    missing = f"the derivative f′(z{_LAST}) is missing"
    slip = _slip(step)
    measured = step.checks["delta1"].differences
    gap = float(np.abs(measured - _without_slopes(step)[1]).max())
    return [
        *differences(step, *names, *(f"dW{layer}" for layer in layers)),
        *(
            close(f"delta{layer} = d_activation{layer} · f′(z{layer})",
                  step[f"d_activation{layer}"][0] * _slopes(step, layer),
                  step[f"delta{layer}"][0], tolerance=1e-14, source="by hand")
            for layer in layers
        ),
        holds("delta1 without f′, beside finite differences", "wrong",
              "wrong" if gap > 1e-4 else "right", gap > 1e-4, source="finite differences",
              note="the text leaves the activations out, so its delta is ∂C/∂a"),
        holds("what marking says of d_activation handed in as delta", missing, slip,
              slip == missing, source="the ledger"),
    ]  # fmt: skip
