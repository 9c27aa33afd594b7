"""How much is lost by each way of choosing a learning rate, against an oracle.

    python bench/regret.py [CHOICES [OPTIMIZER]]

Eight data sets, a network of 64-64 ReLU neurons, batch 64, 60 epochs under a cosine, float32; Adam
and SGD with momentum. A rate's loss is the mean validation loss of the kept networks over seeds
that no choice has seen: 16, and up to 128 until the best rate's mean has a standard error of 3 %.

The oracle knows these losses for 21 rates a quarter of a decade apart. The lowest of 21 noisy means
is lower than what its rate is worth, so the oracle chooses by one half of the seeds and is scored
on the other, and the other way round; its loss is the mean of both. The regret of a rate is how
much higher its loss over all seeds is, in percent; it can be a little below zero.

The automatic choice is made CHOICES times (5), from other starts and in another order of the
samples, and two range tests. Work is counted in samples trained on, in full trainings;
`choice_cost.py` measures time. Rate-free methods are trained at their default rate; their regret is
against Adam's oracle. Prints Markdown.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray
from regret_tasks import DATA, FIRST_SEED, HOW, Task, standard_error, sure_losses

import clearprop as cp
from clearprop.training import DEFAULT_RATES

GRID = {
    "adam": [float(f"{10 ** (k / 4):.3g}") for k in range(-20, 1)],
    "momentum": [float(f"{10 ** (k / 4):.3g}") for k in range(-17, 4)],
}
FIXED = {"adam": (0.001, 0.003, 0.01), "momentum": (0.01, 0.03, 0.1)}
RATE_FREE = {"schedule_free_adamw": "constant", "prodigy": "cosine"}  # rule -> its schedule
RATE_FREE_SEEDS = 8
LOOKS = 2  # range tests; each adds rates of its own to what the oracle must know


@dataclass
class Case:
    """One data set and optimizer: what every way chose and lost."""

    name: str
    optimizer: str
    rates: dict[str, list[float]] = field(default_factory=dict)
    regrets: dict[str, list[float]] = field(default_factory=dict)
    work: list[float] = field(default_factory=list)
    best: float = 0.0
    seeds: int = 0
    error: float = 0.0
    says_so: bool = True


def measure(name: str, optimizer: str, choices: int) -> Case:
    """Every way's rates, then what each of them loses."""
    task, case = Task.of(name), Case(name, optimizer)
    for seed in range(choices):
        choice = choose(task, optimizer, seed)
        case.rates.setdefault("automatic", []).append(choice.rate)
        case.work.append(choice.work)
    for seed in range(min(choices, LOOKS)):
        look = cp.range_test(
            task.network(seed), task.X, task.y, optimizer=optimizer, batch_size=64, seed=seed
        )
        for rule, rate in look.suggestions.items():
            case.rates.setdefault(f"range test, {rule.replace('_', ' ')}", []).append(rate)
    for rate in FIXED[optimizer]:
        case.rates[f"fixed {rate:g}"] = [rate]
    case.says_so = not choose(task.shuffled(), optimizer, 0).reliable
    tried = sorted({*GRID[optimizer], *(r for rates in case.rates.values() for r in rates)})
    losses = sure_losses(task, tried, optimizer=optimizer)
    on_grid = losses[[tried.index(rate) for rate in GRID[optimizer]]]
    case.best = GRID[optimizer][int(np.argmin(on_grid.mean(axis=1)))]
    case.seeds, case.error = losses.shape[1], standard_error(on_grid)
    reached, means = oracle(on_grid), dict(zip(tried, losses.mean(axis=1).tolist(), strict=True))
    for way, rates in case.rates.items():
        case.regrets[way] = [100 * (means[rate] / reached - 1) for rate in rates]
    if optimizer == "adam":
        for rule, schedule in RATE_FREE.items():
            loss = rate_free(task, rule, schedule)
            case.regrets[f"{rule}, {DEFAULT_RATES[rule]:g}"] = [100 * (loss / reached - 1)]
    return case


def choose(task: Task, optimizer: str, seed: int) -> cp.Choice:
    """The automatic choice from one start."""
    return cp.choose_learning_rate(
        task.network(seed),
        task.X,
        task.y,
        validation=task.validation,
        optimizer=optimizer,
        seed=seed,
        **HOW,
    )


def oracle(losses: NDArray[Any]) -> float:
    """What the best rate by each half of the seeds is worth on the other half, on average."""
    even, odd = losses[:, ::2].mean(axis=1), losses[:, 1::2].mean(axis=1)
    return float((odd[np.argmin(even)] + even[np.argmin(odd)]) / 2)


def rate_free(task: Task, rule: str, schedule: str) -> float:
    """Mean loss of a rule at its default rate."""
    seeds = range(FIRST_SEED, FIRST_SEED + RATE_FREE_SEEDS)
    rates = [DEFAULT_RATES[rule]]
    return float(task.losses(rates, seeds, optimizer=rule, schedule=schedule).mean())


def ways(cases: list[Case]) -> None:
    """A line for each way: the mean regret, the worst data set, the worst single choice."""
    print(f"| {cases[0].optimizer} | mean | worst data set | worst choice |")
    print("|---|---:|---:|---:|")
    for way in cases[0].regrets:
        sets = [np.mean(case.regrets[way]) for case in cases if way in case.regrets]
        single = max(max(case.regrets.get(way, [-np.inf])) for case in cases)
        print(f"| {way} | {np.mean(sets):.1f} | {np.max(sets):.1f} | {single:.1f} |")
    print()


def sets(cases: list[Case]) -> None:
    """A line for each data set: what was chosen, what was best, what it cost."""
    print("| data | optimizer | chosen | regret | best | seeds | ± | work | shuffled seen |")
    print("|---|---|---|---|---:|---:|---:|---:|---|")
    for case in cases:
        chosen = ", ".join(f"{rate:.3g}" for rate in case.rates["automatic"])
        regret = ", ".join(f"{r:.1f}" for r in case.regrets["automatic"])
        print(
            f"| {case.name} | {case.optimizer} | {chosen} | {regret} | {case.best:.3g} | "
            f"{case.seeds} | {100 * case.error:.1f} % | {np.mean(case.work):.1f} | "
            f"{'yes' if case.says_so else 'no'} |"
        )
    print(f"\nMean work {np.mean([case.work for case in cases]):.2f} full trainings.")


def main() -> None:
    """Measure and print everything."""
    choices = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    cases = []
    chosen = sys.argv[2:] or list(GRID)
    for optimizer in chosen:
        for name in DATA:
            print(f"{optimizer}, {name} ...", file=sys.stderr)
            cases.append(measure(name, optimizer, choices))
    for optimizer in chosen:
        ways([case for case in cases if case.optimizer == optimizer])
    sets(cases)


if __name__ == "__main__":
    main()
