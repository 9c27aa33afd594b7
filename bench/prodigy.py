"""When has Prodigy stalled? How far its steps could carry a weight, where it learned and where not.

    python bench/prodigy.py [calibration|held-out ...]

Trainings by Prodigy at learning rates from 1 down to 0.001, from small and from larger starts of
its estimate, on batches of 16, 64 and all rows. Once with the table as it is, where another of
the trainings learned, and those whose loss stays above `unlearned` times its start have stalled;
and once with shuffled targets at the learning rate 1, where nobody learns and nobody stalled.
`prodigy_way` should lie between the two.
"""

from __future__ import annotations

import os
import sys
from dataclasses import replace

os.environ.setdefault("CLEARPROP_THREADS", "1")

import numpy as np
from seeded_faults import CALIBRATION, HELD_OUT, table

from clearprop.diagnosis.thresholds import THRESHOLDS
from clearprop.training import grid

TABLES = {"calibration": CALIBRATION, "held-out": HELD_OUT}
STARTS = [1e-6, 1e-4, 1e-2]
MEMBERS = grid(learning_rate=[1.0, 0.1, 0.03, 0.01, 0.003, 0.001], d0=STARTS)
LEARNED = 0.5  # of the starting loss: what one of the trainings must come to


def trainings(data, members):
    """(way over a typical weight, lowest loss over the first, how) of every training."""
    for activation in ("relu", "tanh"):
        network = data.network(activation=activation, dtype="float32")
        weights = network.parameters[network.architecture.is_weight]
        size = float(np.sqrt(np.mean(weights.astype(float) ** 2)))
        for batch_size in (16, 64, "full"):
            runs = data.train_all(
                network, members, optimizer="prodigy", batch_size=batch_size, epochs=20
            )
            rows = []
            for run, member in zip(runs, members, strict=True):
                loss, rates = run.history["train_loss"], run.history["adapted_rate"]
                way = float(np.nansum(rates[1:])) * run.steps_per_epoch / size
                rows.append((way, loss.min() / loss[0], f"{activation} {batch_size} {member}"))
            yield rows


def shuffled(data):
    """The table with training targets that teach nothing."""
    X, y = data.train
    return replace(data, train=(X, np.random.default_rng(0).permutation(y)))


def main():
    """Print what the threshold makes of every part."""
    limit, unlearned = THRESHOLDS["prodigy_way"].value, THRESHOLDS["unlearned"].value
    for part in sys.argv[1:] or list(TABLES):
        stalled, others = [], []
        for name in TABLES[part]:
            data = table(name, 0)
            for rows in trainings(data, MEMBERS):
                if min(row[1] for row in rows) <= LEARNED:  # else it may be the table
                    stalled += [row for row in rows if row[1] >= unlearned]
            for rows in trainings(shuffled(data), grid(learning_rate=[1.0], d0=STARTS)):
                others += [row for row in rows if row[1] >= unlearned]
        ways = np.array([row[0] for row in stalled])
        nearest = min(others)
        print(
            f"{part}: {len(stalled)} that stalled, way at the 50th, 95th and 100th percentile "
            f"{' '.join(f'{q:.2g}' for q in np.percentile(ways, [50, 95, 100]))}; "
            f"{(ways < limit).mean():.0%} below {limit:g}\n"
            f"  {len(others)} on shuffled targets, the nearest {nearest[0]:.2g} ({nearest[2]}); "
            f"{sum(row[0] < limit for row in others)} below {limit:g}"
        )


if __name__ == "__main__":
    main()
