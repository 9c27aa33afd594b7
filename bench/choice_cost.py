"""What an automatic choice of the learning rate costs, in full trainings.

    python bench/choice_cost.py

For the data sets and trainings of `regret.py`: the samples that a choice trains on, which is the
same on every machine; its processor time; and its time, which is shorter where two networks train
at once on two processors that have nothing else to do. Each is divided by that of one full training
with its validation; times are the least of three, alternating. Prints Markdown.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numpy as np
from regret import GRID, choose
from regret_tasks import DATA, HOW, Task

import clearprop as cp

SHORTENED = 10  # full trainings of work, above which a choice shortens none of its trainings


def seconds(work: Callable[[], Any]) -> tuple[float, float]:
    """Processor time and time of some work."""
    processor, begun = time.process_time(), time.perf_counter()
    work()
    return time.process_time() - processor, time.perf_counter() - begun


def measure(name: str, optimizer: str) -> tuple[float, float, float]:
    """Work, processor time and time of a choice, in full trainings."""
    task = Task.of(name)
    choice = choose(task, optimizer, 0)

    def full() -> None:
        cp.train_population(
            task.network(0),
            task.X,
            task.y,
            [{"learning_rate": choice.rate}],
            validation=task.validation,
            optimizer=optimizer,
            **HOW,
        )

    pairs = [(seconds(full), seconds(lambda: choose(task, optimizer, 0))) for _ in range(3)]
    of_full, of_choice = np.min(pairs, axis=0)
    processor, clock = (of_choice / of_full).tolist()
    return choice.work, processor, clock


def main() -> None:
    """Measure and print everything."""
    print("| data | optimizer | work | processor time | time |")
    print("|---|---|---:|---:|---:|")
    rows: dict[str, list[tuple[float, ...]]] = {"whole": [], "shortened": []}
    for optimizer in GRID:
        for name in DATA:
            row = measure(name, optimizer)
            rows["whole" if row[0] > SHORTENED else "shortened"].append(row)
            print(f"| {name} | {optimizer} | {' | '.join(f'{x:.1f}' for x in row)} |")
    for kind, group in rows.items():
        means = " | ".join(f"{x:.1f}" for x in np.mean(group, axis=0))
        print(f"| mean where trials are {kind} | | {means} |")


if __name__ == "__main__":
    main()
