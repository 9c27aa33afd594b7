"""Random networks, targets and batches of every kind, for whatever must hold for all of them."""

from __future__ import annotations

import numpy as np

from clearprop import Network, ledger
from clearprop.equations.activations import ACTIVATIONS
from clearprop.equations.losses import FROM_LOGITS, LOSSES

HIDDEN = [name for name in ACTIVATIONS if name != "softmax"]


def random_step(rng, depth, loss, output, activation, widest=5):
    """The ledger of a step of a random network: depth layers, `activation` among the hidden ones.

    Args:
        rng: where everything is drawn from.
        depth: layers with parameters.
        loss: a name of the losses.
        output: a name of the activations, or None for one that fits.
        activation: of one hidden layer, the others are drawn.
        widest: the most neurons of a layer.
    """
    output = FROM_LOGITS.get(loss) or output
    sizes = [int(size) for size in rng.integers(1, widest + 1, depth + 1)]
    if output == "softmax":
        sizes[-1] = max(2, sizes[-1])
    hidden = [str(name) for name in rng.choice(HIDDEN, depth - 1)]
    if hidden:
        hidden[int(rng.integers(depth - 1))] = activation
    network = Network(sizes, hidden=hidden, output=output)
    network.parameters = rng.normal(size=network.parameters.size)
    n, shape = int(rng.integers(1, 5)), sizes[-1]
    X = rng.normal(size=(n, sizes[0]))
    if loss == "categorical_cross_entropy":
        y = rng.dirichlet(np.ones(shape), n)
        y[0] = np.eye(shape)[rng.integers(shape)]
    elif loss == "binary_cross_entropy":
        y = rng.uniform(size=(n, shape))
        y[0] = rng.integers(0, 2, shape)
    else:
        y = rng.normal(size=(n, shape)) * 2
    weights = rng.uniform(0.2, 2.0, n) if rng.uniform() < 0.5 else None
    return ledger(network, X, y, loss=loss, sample_weight=weights)


def every_loss_and_output():
    """Each loss with each output activation that it takes."""
    return [
        (loss, output)
        for loss in LOSSES
        for output in ([FROM_LOGITS[loss]] if loss in FROM_LOGITS else ACTIVATIONS)
    ]


def random_steps(n):
    """So many ledgers: depth 1 to 6, every activation, every loss with every output in turn."""
    pairs = every_loss_and_output()
    for seed in range(n):
        rng = np.random.default_rng([seed, 7])
        loss, output = pairs[seed % len(pairs)]
        yield random_step(rng, 1 + seed % 6, loss, output, HIDDEN[seed % len(HIDDEN)])
