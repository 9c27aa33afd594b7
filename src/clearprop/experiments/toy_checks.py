"""What the text prints of `toy`, and how it compares."""

from __future__ import annotations

import numpy as np

from clearprop.equations.gradients import finite_differences
from clearprop.experiments.compare import close, holds, printed
from clearprop.experiments.lesson import Check
from clearprop.experiments.steps import differences
from clearprop.experiments.toy_training import NUDGE, Walk, cost, network
from clearprop.ledgers import Ledger

__all__ = ["FINAL", "gradient_checks", "published_checks"]

# Published, after 100 epochs of finite differences.
FINAL = {
    "W1": ["0.01424004", "-0.5907864", "-0.27549535", "0.39883757", "-0.52918637", "0.18640439"],
    "b1": ["0.00554004", "0.5519136", "-0.06599568"],
    "W2": ["0.3475135", "-0.05529078", "0.03760847"],
    "b2": ["-0.22443289"],
}


def gradient_checks(step: Ledger) -> list[Check]:
    """The first gradient by both ways; these hold at any rate."""
    gradient = np.concatenate([step[f"d{name}"].ravel() for name in FINAL])
    gaps = np.abs(finite_differences(cost, step.network.parameters, NUDGE) - gradient)
    return [
        *differences(step, "dW1", "db1", "dW2", "db2"),
        holds(
            "a nudge of 1e-4 is off by at most 1e-4 (half of ∂²C/∂w², times the nudge)",
            "at most 0.0001", f"{gaps.max():.6f}", bool(gaps.max() < 1.001 * NUDGE),
            source="Taylor's theorem",
        ),
    ]  # fmt: skip


def published_checks(nudged: Walk, exact: Walk) -> list[Check]:
    """What the text prints of its 100 epochs at η = 0.01."""
    misprint = "the text says that the loss ends near 0.0001; by its own weights it ends at 0.0003"
    shapes = network().architecture.slices
    finals = [np.array(texts, dtype=np.float64) for texts in FINAL.values()]
    return [
        printed("loss at the start, nudged", ["0.33455"], nudged.losses[0]),
        printed("loss before the last step, nudged", ["0.000328"], nudged.before_last,
                note=misprint),
        printed("output in the end, nudged", ["-0.017"], nudged.output),
        printed("output in the end, nudged", ["-0.0174781"], nudged.output, source="recomputed"),
        *(
            printed(f"{name} in the end, nudged", texts, nudged.path[-1][shapes[name]])
            for name, texts in FINAL.items()
        ),
        close("all 13 in the end, nudged, to 1e-7", np.concatenate(finals), nudged.path[-1],
              tolerance=1e-7, source="published"),
        printed("loss at the start, chain rule", ["0.33455"], exact.losses[0]),
        printed("loss before the last step, chain rule", ["0.000326"], exact.before_last,
                source="recomputed"),
        printed("output in the end, chain rule", ["-0.0174362"], exact.output,
                source="recomputed"),
        holds("the loss at every step, both ways", "falls", _falling(nudged, exact),
              _falling(nudged, exact) == "falls", source="gradient descent"),
    ]  # fmt: skip


def _falling(*walks: Walk) -> str:
    return "falls" if all((np.diff(walk.losses) < 0).all() for walk in walks) else "does not fall"
