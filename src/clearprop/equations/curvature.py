"""The Hessian times a vector: the four equations, differentiated once more by hand.

The Hessian `H = ∂²C/∂w²` has p² numbers, but its product with one direction `v` costs about as much
as two gradients and is exact: nudge the parameters, `w + rv`, and differentiate every line of
backpropagation by r at r = 0. With `R{x} = ∂x/∂r` (Pearlmutter 1994), `R{w} = v` by definition, and
`R{∂C/∂w} = Hv`. A layer `(W, b)` moves along `(V, c)`. Products and chains differentiate as ever:

    forward   R{z_l} = R{a_{l−1}} W_l + a_{l−1} V_l + c_l        R{a_0} = 0, for X does not move
              R{a_l} = f_l′(z_l) · R{z_l}
    (R1)  R{delta_L} = R{∂C/∂a_L} · f_L′(z_L) + ∂C/∂a_L · f_L″(z_L) · R{z_L}
    (R2)  R{delta_l} = R{da_l} · f_l′(z_l) + da_l · f_l″(z_l) · R{z_l}
              da_l = delta_{l+1} W_{l+1}ᵀ,  R{da_l} = R{delta_{l+1}} W_{l+1}ᵀ + delta_{l+1} V_{l+1}ᵀ
    (R3)  R{∂C/∂b_l} = Σ_i R{delta_l[i]}
    (R4)  R{∂C/∂W_l} = R{a_{l−1}}ᵀ delta_l + a_{l−1}ᵀ R{delta_l}

Each line is the R of (BP1) … (BP4) in `backprop.py`. Shapes are those of what stands in the braces;
directions may bring leading axes of their own, and many are then taken at once. There is no dropout
here: curvature belongs to the cost, not to one draw of a mask.

Worked: `a = w x + b`, `C = (a − y)²`, so that `H = [[2x², 2x], [2x, 2]]`; with x = 3 and v = (1, 0)
the product is the first column, (18, 6), whatever w, b and y are.

>>> import numpy as np
>>> from clearprop.equations.backprop import backward, forward, output_delta
>>> X, y, names = np.asarray([[3.0]]), np.asarray([[1.0]]), ["identity"]
>>> layers = [(np.asarray([[0.5]]), np.asarray([2.0]))]
>>> directions = [(np.asarray([[1.0]]), np.asarray([0.0]))]
>>> trace = forward(X, layers, names)
>>> delta = output_delta(trace[-1][1], trace[-1][2], y, "mean_squared_error", "identity")
>>> _, deltas = backward(trace, layers, names, delta)
>>> R_trace = R_forward(trace, layers, directions, names)
>>> R_delta = R_output_delta(trace[-1], R_trace[-1], y, "mean_squared_error", "identity")
>>> ((R_dW, R_db),) = R_backward(trace, R_trace, layers, directions, names, deltas, R_delta)
>>> R_dW.tolist(), R_db.tolist()
([[18.0]], [6.0])
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

from clearprop.equations.activations import ACTIVATIONS, Array
from clearprop.equations.backprop import Layer, Trace
from clearprop.equations.dense import bias_gradient, dense, input_gradient, weight_gradient
from clearprop.equations.losses import FROM_LOGITS, LOSSES
from clearprop.equations.second import SECOND_ACTIVATIONS, SECOND_LOSSES

__all__ = ["R_backward", "R_forward", "R_hidden_delta", "R_output_delta"]

Place: TypeAlias = tuple[Array, Array, Array]  # one layer's entry of a trace: (a_prev, z, a)


def R_forward(
    trace: Trace, layers: Sequence[Layer], directions: Sequence[Layer], activations: Sequence[str]
) -> Trace:
    """`R{z_l} = R{a_{l−1}} W_l + a_{l−1} V_l + c_l`, `R{a_l} = f_l′(z_l) · R{z_l}`.

    The way back through an activation is also the way forward of a nudge: its matrix of
    derivatives is diagonal, or for softmax symmetric.

    Args:
        trace: what `forward` returned.
        layers: `(W, b)` of every layer.
        directions: `(V, c)` of every layer, shapes of `(W, b)` or with more leading axes.
        activations: the name of every layer's activation.

    Returns:
        `(R{a_prev}, R{z}, R{a})` of every layer; the first `R{a_prev}` is the number 0.
    """
    R_trace: Trace = []
    Ra_prev: Array = 0
    for (a_prev, z, a), (W, _), (V, c), name in zip(
        trace, layers, directions, activations, strict=True
    ):
        Rz = dense(a_prev, V, c)
        Rz = Rz + Ra_prev @ W if R_trace else Rz  # R{X} = 0
        Ra = ACTIVATIONS[name][1](Rz, z, a)
        R_trace.append((Ra_prev, Rz, Ra))
        Ra_prev = Ra
    return R_trace


def R_output_delta(
    place: Place, R_place: Place, y: Array, loss: str, activation: str, weights: Array | None = None
) -> Array:
    """(R1) `R{delta_L} = (w_i / n) · R{∂loss_i/∂z_L}`, shape `(..., n, n_out)`.

    `place` and `R_place` are the last entries of the trace and of what `R_forward` returned, the
    rest is as for `output_delta`. A loss from logits gives `R{∂loss/∂z}` at once; the others give
    `R{∂loss/∂a}`, which is taken through the activation as in (R2).
    """
    (_, z, a), (_, Rz, Ra) = place, R_place
    if loss in FROM_LOGITS:
        R_dz = SECOND_LOSSES[loss](z, y, Rz)
    else:
        da, R_da = LOSSES[loss][1](a, y), SECOND_LOSSES[loss](a, y, Ra)
        R_dz = ACTIVATIONS[activation][1](R_da, z, a) + SECOND_ACTIVATIONS[activation](da, z, a, Rz)
    R_dz = R_dz / z.shape[-2]  # the mean over the samples
    return R_dz if weights is None else weights[..., None] * R_dz


def R_hidden_delta(
    delta_next: Array,
    R_delta_next: Array,
    layer_next: Layer,
    direction_next: Layer,
    place: Place,
    Rz: Array,
    activation: str,
) -> Array:
    """(R2) `R{delta_l} = R{da_l} · f_l′(z_l) + da_l · f_l″(z_l) · R{z_l}`, `(..., n, n_l)`."""
    (W_next, _), (V_next, _), (_, z, a) = layer_next, direction_next, place
    da = input_gradient(delta_next, W_next)
    R_da = input_gradient(R_delta_next, W_next) + input_gradient(delta_next, V_next)
    return ACTIVATIONS[activation][1](R_da, z, a) + SECOND_ACTIVATIONS[activation](da, z, a, Rz)


def R_backward(
    trace: Trace,
    R_trace: Trace,
    layers: Sequence[Layer],
    directions: Sequence[Layer],
    activations: Sequence[str],
    deltas: Sequence[Array],
    R_delta: Array,
) -> list[Layer]:
    """From the output's `R{delta}` to the Hessian's product with the direction.

    Args:
        trace: what `forward` returned.
        R_trace: what `R_forward` returned.
        layers: `(W, b)` of every layer.
        directions: `(V, c)` of every layer.
        activations: the name of every layer's activation.
        deltas: every layer's delta, from `backward`.
        R_delta: (R1), from `R_output_delta`.

    Returns:
        `(R{dW}, R{db})` of every layer: the layers of `Hv`.
    """
    products = []
    for i in range(len(layers) - 1, -1, -1):
        R_dW = weight_gradient(trace[i][0], R_delta)  # (R4)
        if i > 0:
            R_dW = R_dW + weight_gradient(R_trace[i][0], deltas[i])  # R{X} = 0
        products.append((R_dW, bias_gradient(R_delta)))  # (R3)
        if i > 0:
            before, Rz, name = trace[i - 1], R_trace[i - 1][1], activations[i - 1]
            R_delta = R_hidden_delta(deltas[i], R_delta, layers[i], directions[i], before, Rz, name)
    return products[::-1]
