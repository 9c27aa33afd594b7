"""A real network's loss on a plane through its weights, with the way that training took."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from clearprop import figures
from clearprop.engines import Data
from clearprop.engines.objective import loss_and_gradient
from clearprop.experiments.compare import close, holds
from clearprop.experiments.lesson import Block, Check, Heading, Picture, Text, Worked
from clearprop.experiments.points import half_moons
from clearprop.network import Network
from clearprop.rates import LossPlane, loss_plane
from clearprop.training import Run, train

__all__ = ["Shown", "plane_blocks", "plane_checks", "trained"]

Floats = NDArray[np.float64]

_SAMPLES, _EPOCHS, _RATE, _BATCH = 200, 100, 0.2, 20


@dataclass(frozen=True)
class Shown:
    """A trained network, two planes through its end, the loss in the plane nearest its start."""

    run: Run
    path: Floats
    own: LossPlane
    random: LossPlane
    loss_below_start: float


def trained(seed: int) -> Shown:
    """2-8-8-1 on 200 half-moon points, and the planes."""
    X, y = (part[:_SAMPLES] for part in half_moons(0))
    network = Network([2, 8, 8, 1], hidden="tanh", output="sigmoid", seed=seed)
    run = train(
        network, X, y, optimizer="sgd", learning_rate=_RATE, batch_size=_BATCH, epochs=_EPOCHS,
        record_weights="epoch", seed=seed, restore_best=False,
    )  # fmt: skip
    path = np.asarray(run.weights)
    own = loss_plane(run.network, X, y, path=path, directions="path", grid=41)
    random = loss_plane(run.network, X, y, path=path, seed=seed, grid=31)
    nearest = own.centre + np.asarray(own.path)[0] @ own.directions
    below = loss_and_gradient(
        network.architecture, "binary_cross_entropy", nearest[None], Data(X, y)
    )
    return Shown(run, path, own, random, float(below.losses[0]))


def plane_blocks(shown: Shown) -> list[Block]:
    """What a plane is, the plane of the path, a random one."""
    run, own, random = shown.run, shown.own, shown.random
    losses = run.history["train_loss"]
    p = run.network.parameters.size
    share = f"{own.captured:.1%}"
    return [
        Heading("The loss of a real network"),
        Text(
            f"A network 2 → 8 → 8 → 1 has {p} weights, so its loss is a landscape over {p} "
            "directions, and nobody can draw that. What can be drawn is a plane through it: two "
            "directions are chosen, the weights are moved along them, and the loss is computed at "
            "every place."
        ),
        Worked(
            [
                "w(x, y) = w_end + x · d₁ + y · d₂        loss drawn: C(w(x, y))",
                f"sgd, learning rate {_RATE:g}, batch {_BATCH} of {_SAMPLES}, {_EPOCHS} epochs, "
                "binary cross-entropy",
                f"loss {losses[0]:.4f} at the start; {losses[-1]:.4f} at the end, x = y = 0",
                f"share of the squared way that lies in the plane: {share}",
            ]
        ),
        Text(
            "The two directions are those that hold as much of the path as two directions can. "
            f"Here they hold {share} of the squared distances from the end. Still, such a drawing "
            "has to be read with care. The true start is a little way off the plane, and the place "
            f"in the plane nearest to it has a loss of {shown.loss_below_start:.4f}, not "
            f"{losses[0]:.4f}: a short way in a steep direction is much in loss."
        ),
        _drawn(
            "plane", own, "The loss on the plane of the path",
            "The ring is the start, the large dot the end. Each axis is a distance in weights; the "
            "second way is far shorter than the first.",
        ),
        _drawn_3d(own),
        Text(
            "Two random directions show the neighbourhood of the end instead, but not the way to "
            f"it: they hold {random.captured:.1%} of it. Random directions are nearly "
            "perpendicular to any path, so no path is drawn."
        ),
        _drawn(
            "random", random, "The loss on a random plane through the end",
            "The end of the training lies at (0, 0). A step of 1 changes each neuron's weights by "
            "as much as they are long.",
        ),
    ]  # fmt: skip


def _surface(plane: LossPlane) -> figures.Surface:
    return figures.Surface(plane.x, plane.y, plane.losses, *plane.names, z_name="loss")


def _walked(plane: LossPlane) -> list[figures.Path2D]:
    if plane.chosen == "random" or plane.path is None:
        return []
    return [figures.Path2D("training", plane.path[:, 0], plane.path[:, 1])]


def _drawn(kind: str, plane: LossPlane, name: str, caption: str) -> Picture:
    surface, paths = _surface(plane), _walked(plane)
    return Picture(
        kind,
        caption,
        figures.describe_surface_2d(surface, paths, name=name),
        lambda theme: figures.surface_2d(surface, paths, name=name, theme=theme),
    )


def _drawn_3d(plane: LossPlane) -> Picture:
    surface, paths, name = _surface(plane), _walked(plane), "The same in perspective"
    return Picture(
        "perspective",
        "Height is the loss. The path is drawn upon the plane's surface, so it shows the losses "
        "of the plane, not its own.",
        figures.describe_surface_3d(surface, paths, name=name),
        lambda theme: figures.surface_3d(surface, paths, name=name, theme=theme),
    )


def plane_checks(shown: Shown) -> list[Check]:
    """The plane's middle, its directions and the captured share, each from another source."""
    run, own = shown.run, shown.own
    away = shown.path - run.network.parameters
    sizes = np.linalg.svd(away, compute_uv=False) ** 2
    middle = own.losses[own.y == 0, own.x == 0]
    captured, random = float(own.captured or 0), float(shown.random.captured or 0)
    return [
        close(
            "loss in the middle of the plane", run.history["train_loss"][-1:], middle,
            tolerance=1e-9, source="the engine's history",
        ),
        close(
            "lengths of the directions and the angle between them, as d₁·d₁, d₂·d₂, d₁·d₂",
            [1, 1, 0], [own.directions[i] @ own.directions[j] for i, j in ((0, 0), (1, 1), (0, 1))],
            tolerance=1e-12, source="by definition",
        ),
        close(
            "share of the way in the plane", sizes[:2].sum() / sizes.sum(), captured,
            tolerance=1e-9, source="singular values",
        ),
        holds(
            "the random plane holds no more of the way than the path's own",
            f"at most {captured:.1%}",
            f"{random:.1%}", random <= captured, source="singular values",
        ),
    ]  # fmt: skip
