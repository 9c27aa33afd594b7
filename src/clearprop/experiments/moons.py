"""`moons`: one small network, one sample at a time, three rates, and many seeds of each."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from clearprop import figures
from clearprop.engines import Data
from clearprop.engines.objective import loss_and_gradient
from clearprop.experiments.fates import FATES, Group
from clearprop.experiments.lesson import (
    Animation,
    Block,
    Heading,
    Lesson,
    Picture,
    Table,
    Text,
    Worked,
)
from clearprop.experiments.moons_checks import checks_of
from clearprop.experiments.moons_training import (
    DRAWN,
    Trained,
    recorded,
    train_all,
)
from clearprop.experiments.play import Play
from clearprop.experiments.points import (
    LOSS,
    boundary,
    network_for,
)
from clearprop.figures.style import Theme
from clearprop.network import Network
from clearprop.training import Run

__all__ = ["teach"]

Floats = NDArray[np.float64]

_MOST_DEAD = 3.5  # of 4 neurons, from which a rate kills


def teach(play: Play) -> Lesson:
    """The three rates of the text, or the learner's own, from many seeds each."""
    found = train_all(play)
    return Lesson(
        [
            *_introduction(found),
            *_shares(found),
            *_curves(found),
            *(block for group in found.groups for block in _closer(found, group)),
        ],
        checks_of(found, play),
        [
            "clearprop learn moons --learning-rate 0.1",
            "clearprop learn moons --batch-size 32     all three rates with 32 samples a step",
            "clearprop learn moons --seed 40           other points, other starts",
            "clearprop learn moons --data my.csv       two columns of numbers, then two classes",
        ],
        _animation(found),
    )


def _animation(found: Trained) -> Animation:
    """The border of the seed shown, at the rate where it learned first, or else at the last."""
    waits = [group.first[found.shown] for group in found.groups]
    learned = [k for k, wait in enumerate(waits) if wait >= 0]
    best = min(learned, key=lambda k: int(waits[k])) if learned else -1
    run = found.groups[best].runs[found.shown]

    def write(path: Path, theme: Theme) -> None:
        here = [
            boundary(Network.of(run.network.architecture, w), found.points) for w in recorded(run)
        ]
        figures.training_animation(here, run.history["epoch"], run.history, path, theme=theme)

    return Animation(f"the border at η = {run.learning_rate:g}, epoch by epoch", write)


def _introduction(found: Trained) -> list[Block]:
    points, seed = found.points, found.seeds[0]
    network = network_for(seed)
    x, y = points.X[:1], points.y[:1]
    step = loss_and_gradient(network.architecture, LOSS, network.parameters[None], Data(x, y))
    p, eta = float(step.trace[-1][2].ravel()[0]), found.groups[0].rate
    delta = float(step.deltas[-1].ravel()[0])
    hidden = ", ".join(f"{a:.4g}" for a in step.trace[-1][0].ravel())
    return [
        Text(
            f"The network sees {points.source}: two numbers in, and out comes the probability p "
            f"that the point belongs to {points.class_names[1]!r}. Between them lie two hidden "
            "layers of four ReLU neurons. That makes 2·4 + 4 + 4·4 + 4 + 4·1 + 1 = 37 parameters. "
            "The weights start at random (He: the spread is √(2 / inputs)), the biases at 0."
        ),
        Text(
            "The loss of a point is −log of the probability that its true class was given. With a "
            "sigmoid at the end, its slope is simple: δ = ∂C/∂z = p − y. Take one point:"
        ),
        Worked(
            [
                f"x = ({x[0, 0]:.4f}, {x[0, 1]:.4f}), true class y = {y[0, 0]:.0f}",
                f"second hidden layer: ({hidden})",
                f"z = a·W3 + b3 = {float(step.trace[-1][1].ravel()[0]):.4f},  "
                f"p = 1/(1 + e^−z) = {p:.4f}",
                f"loss = −log {p if y[0, 0] else 1 - p:.4f} = {float(step.losses[0]):.4f}",
                f"δ = p − y = {delta:.4f}",
                f"this point alone would take b3 to 0 − {eta:g} · ({delta:.4f}) = "
                f"{-eta * delta:.4f}",
            ]
        ),
        Text(
            f"Here a step follows {_batch_words(found)}. Every epoch goes through all "
            f"{len(points.X):,} points in a new order; there are {found.epochs} epochs."
        ),
    ]


def _batch_words(found: Trained) -> str:
    if found.size == 1:
        return "every single point: the weights change before the next one is looked at"
    return f"the mean gradient of {found.size:,} points"


def _shares(found: Trained) -> list[Block]:
    """How many seeds learned at each rate, and how many neurons died."""
    goal = found.groups[0].goal
    rows = [
        (
            f"{group.rate:g}",
            f"{group.count('learned')} of {len(group.runs)}",
            group.usual,
            str(group.count("nearly")),
            str(group.count("stuck")),
            str(group.count("nothing")),
            f"{found.dead[group.rate]:.1f} of 4",
        )
        for group in found.groups
    ]
    return [
        Heading("One seed proves nothing"),
        Text(
            f"Whether a network learns depends on where it starts. So each rate is tried from "
            f"{len(found.seeds)} starts, all trained side by side. A seed has learned when it has "
            f"once given {goal:.1%} of the points their true class; it is stuck where it never "
            f"came to {0.95 * goal:.0%}; and it learned nothing where it ends no better than "
            f"always saying the same class, which is right for {found.points.commonest:.0%}."
        ),
        Table(
            f"{len(found.seeds)} seeds at each rate ({found.how}, {found.epochs} epochs)",
            (
                "η",
                "learned",
                "in epoch (middle half)",
                "nearly",
                "stuck",
                "nothing",
                "dead neurons",
            ),
            rows,
        ),
        *(Text(_said(group, found)) for group in found.groups),
    ]


def _said(group: Group, found: Trained) -> str:
    """What happened at one rate, in words."""
    n, dead = len(group.runs), found.dead[group.rate]
    counts = {fate: group.count(fate) for fate in FATES}
    start = f"At η = {group.rate:g}, "
    if counts["nothing"] > n / 2:
        said = f"{start}{counts['nothing']} of {n} learned nothing. "
        if dead < _MOST_DEAD:
            return said + (
                f"Their neurons did not die of it ({dead:.1f} of the last 4 on average); the loss "
                "below tells whether the steps were too short or too long."
            )
        return said + (
            "A ReLU neuron gives 0 for everything below its threshold, and where it gives 0, no "
            "gradient comes through. A step that is too long pushes the threshold past all "
            "points, and nothing ever brings the neuron back: it is dead. At the end "
            f"{dead:.1f} of the 4 neurons of the last hidden layer are dead on average. With all "
            "4 dead, every point gets the same output."
        )
    said = f"{start}{counts['learned']} of {n} learned"
    if counts["learned"]:
        said += f", half of these by epoch {np.median(group.epochs):.0f}"
    rest = [f"{counts['nearly']} came close"] if counts["nearly"] else []
    if counts["stuck"]:
        level = _level(group)
        rest.append(
            f"{counts['stuck']} got stuck near {level:.0%} (a network without hidden layers, which "
            f"can only draw a straight border, comes to {found.straight:.0%})"
        )
    if counts["nothing"]:
        rest.append(f"{counts['nothing']} learned nothing")
    return said + ("; " + ", ".join(rest) if rest else "") + "."


def _level(group: Group) -> float:
    """Where the stuck ones end, the median of them."""
    ends = [
        float(np.median(a[-max(1, len(a) // 4) :]))
        for a, fate in zip(group.accuracy, group.fates, strict=True)
        if fate == "stuck"
    ]
    return float(np.median(ends))


def _curves(found: Trained) -> list[Block]:
    """Accuracy and loss of ten seeds at each rate."""
    key = (
        "One line a seed: green where it learned, light blue where it came close, ochre where it "
        "got stuck, grey where it learned nothing."
    )
    return [
        Heading(f"Seeds {found.seeds[0]} to {found.seeds[DRAWN - 1]}, epoch by epoch"),
        _multiples(found, "train_accuracy", "accuracy", key),
        _multiples(found, "train_loss", "loss", key + " A loss of 0.69 = log 2 is a coin tossed."),
    ]


def _multiples(found: Trained, column: str, what: str, caption: str) -> Picture:
    panels = [
        figures.Panel(
            f"η = {group.rate:g}",
            [
                figures.Line(run.history["epoch"], run.history[column], FATES[fate])
                for run, fate in zip(group.runs[:DRAWN], group.fates, strict=False)
            ],
        )
        for group in found.groups
    ]
    name = f"{what.capitalize()} of {DRAWN} seeds ({found.how})"
    return Picture(
        what,
        caption,
        figures.describe_rate_multiples(panels, name),
        lambda theme: figures.rate_multiples(panels, name, what, theme=theme),
    )


def _closer(found: Trained, group: Group) -> list[Block]:
    """The border that one seed ends with, and how its parameters came there."""
    run = group.runs[found.shown]
    plane = boundary(run.network, found.points)
    epochs, layers = np.arange(len(recorded(run))), run.network.architecture.layer_of
    seed, bordered = found.seeds[found.shown], _has_border(plane)
    return [
        Heading(f"η = {group.rate:g}, seed {seed}"),
        Text(_end(run, found) + ("" if bordered else " All are given one class: no border.")),
        *([_border(group.rate, plane)] if bordered else []),
        Picture(
            f"weights-{group.rate:g}",
            "All 37 weights and biases, one line each. Lines that end flat belong to a network at "
            "rest, or to neurons that are dead.",
            figures.describe_weight_histories(epochs, recorded(run), layers),
            lambda theme: figures.weight_histories(epochs, recorded(run), layers, theme=theme),
        ),
    ]


def _has_border(plane: figures.Boundary) -> bool:
    """Whether the network tells any of its points apart."""
    wrong, labels = np.asarray(plane.misclassified), np.asarray(plane.labels)
    return len(np.unique(np.where(wrong, 1 - labels, labels))) > 1


def _border(rate: float, plane: figures.Boundary) -> Picture:
    return Picture(
        f"boundary-{rate:g}",
        "Each place has the colour of the class that the network would give it, the stronger, "
        "the surer it is. The line is where p = ½. Points with a ring are misclassified.",
        figures.describe_decision_boundary(plane),
        lambda theme: figures.decision_boundary(plane, theme=theme),
    )


def _end(run: Run, found: Trained) -> str:
    accuracy = run.history["train_accuracy"]
    wrong = round((1 - float(accuracy[-1])) * len(found.points.X))
    return (
        f"After {run.epochs} epochs at η = {run.learning_rate:g} ({found.how}) the accuracy is "
        f"{accuracy[-1]:.1%}: {wrong:,} of {len(found.points.X):,} points are misclassified."
    )
