"""How much is lost by each way of choosing a learning rate, against an oracle.

    python bench/regret.py [CHOICES]

Eight data sets, a network of 64-64 ReLU neurons, batch 64, 60 epochs under a cosine, float32. The
oracle is the best of 21 rates a quarter of a decade apart, by the mean validation loss of the kept
networks over eight seeds that no choice has seen. The regret of a rate is how much higher its loss
over the same seeds is, in percent. The automatic choice is made CHOICES times (3) from other
starts; its cost is its time over that of one full training, the best of three measurements each.
Prints Markdown.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from sklearn import datasets
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler

import clearprop as cp

BOTH: dict[str, Any] = {"return_X_y": True}
DATA: dict[str, tuple[bool, Callable[[], Any]]] = {  # name -> classes?, arrays
    "breast_cancer": (True, lambda: datasets.load_breast_cancer(**BOTH)),
    "iris": (True, lambda: datasets.load_iris(**BOTH)),
    "wine": (True, lambda: datasets.load_wine(**BOTH)),
    "digits": (True, lambda: datasets.load_digits(**BOTH)),
    "diabetes": (False, lambda: datasets.load_diabetes(**BOTH)),
    "moons": (True, lambda: datasets.make_moons(1500, noise=0.3, random_state=1)),
    "classification": (
        True,
        lambda: datasets.make_classification(
            2500, 30, n_informative=10, n_classes=3, random_state=1
        ),
    ),
    "friedman1": (False, lambda: datasets.make_friedman1(1500, noise=1.0, random_state=1)),
}
GRID = {
    "adam": [float(f"{10 ** (k / 4):.3g}") for k in range(-20, 1)],
    "momentum": [float(f"{10 ** (k / 4):.3g}") for k in range(-17, 4)],
}
FIXED = {"adam": (0.001, 0.003, 0.01), "momentum": (0.01, 0.03, 0.1)}
HOW: dict[str, Any] = {"batch_size": 64, "epochs": 60, "schedule": "cosine"}
ORACLE_SEEDS = list(range(1000, 1008))
SURE = 0.1  # standard error of the oracle's loss, as a share, from which it knows too little itself


@dataclass
class Case:
    """One data set and optimizer: the rate of every way, the losses, the cost."""

    name: str
    optimizer: str
    rates: dict[str, list[float]] = field(default_factory=dict)
    regrets: dict[str, list[float]] = field(default_factory=dict)
    oracle: float = 0.0
    error: float = 0.0
    cost: float = 0.0
    reliable: bool = True
    says_so: bool = True


def arrays(name: str) -> tuple[Any, ...]:
    """Scaled training and validation parts, and the output that goes with the targets."""
    classes, load = DATA[name]
    X, y = load()
    if not classes:
        y = (y - y.mean()) / y.std()
    parts = train_test_split(X, y, test_size=0.4, random_state=1, stratify=y if classes else None)
    scaler = StandardScaler().fit(parts[0])
    X, X_val = (scaler.transform(part).astype("float32") for part in parts[:2])
    n = len(np.unique(y)) if classes else 0
    output = "identity" if not classes else "sigmoid" if n == 2 else "softmax"
    return X, parts[2], X_val, parts[3], output, 1 if n <= 2 else n


def network(task: tuple[Any, ...], seed: int) -> cp.Network:
    """The network for a task."""
    sizes = [task[0].shape[1], 64, 64, task[5]]
    return cp.Network(sizes, output=task[4], seed=seed, dtype="float32")


def measure(name: str, optimizer: str, choices: int) -> Case:
    """Every way's rate, then what each of them loses."""
    task = arrays(name)
    X, y, X_val, y_val = task[:4]
    how = {**HOW, "optimizer": optimizer}
    case = Case(name, optimizer)
    for seed in range(choices):
        net = network(task, seed)
        choice = cp.choose_learning_rate(net, X, y, validation=(X_val, y_val), seed=seed, **how)
        case.rates.setdefault("automatic", []).append(choice.rate)
        case.reliable &= choice.reliable
        look = cp.range_test(net, X, y, optimizer=optimizer, batch_size=64, seed=seed)
        for rule, rate in look.suggestions.items():
            case.rates.setdefault(f"range test, {rule.replace('_', ' ')}", []).append(rate)
    for rate in FIXED[optimizer]:
        case.rates[f"fixed {rate:g}"] = [rate]
    case.cost = cost(task, how, case.rates["automatic"][0])
    case.says_so = says_so(task, how)
    tried = sorted({*GRID[optimizer], *(r for rates in case.rates.values() for r in rates)})
    runs = cp.train_population(
        network(task, 0),
        X,
        y,
        cp.grid(learning_rate=tried, seed=ORACLE_SEEDS),
        validation=(X_val, y_val),
        **how,
    )
    kept = np.array([run.history["validation_loss"][run.kept_epoch] for run in runs])
    kept = kept.reshape(len(tried), len(ORACLE_SEEDS))
    loss = dict(zip(tried, kept.mean(axis=1).tolist(), strict=True))
    case.oracle = min(GRID[optimizer], key=lambda rate: loss[rate])
    here = kept[tried.index(case.oracle)]
    case.error = float(here.std(ddof=1) / np.sqrt(len(here)) / here.mean())
    for way, rates in case.rates.items():
        case.regrets[way] = [100 * (loss[rate] / loss[case.oracle] - 1) for rate in rates]
    return case


def cost(task: tuple[Any, ...], how: dict[str, Any], rate: float) -> float:
    """Time of a choice over the time of a full training; the best of three, alternating."""
    X, y, X_val, y_val = task[:4]
    net, validation = network(task, 0), (X_val, y_val)
    times: tuple[list[float], list[float]] = ([], [])
    for _ in range(3):
        begun = time.perf_counter()
        cp.train_population(net, X, y, [{"learning_rate": rate}], validation=validation, **how)
        times[0].append(time.perf_counter() - begun)
        times[1].append(cp.choose_learning_rate(net, X, y, validation=validation, **how).seconds)
    return float(min(times[1]) / min(times[0]))


def says_so(task: tuple[Any, ...], how: dict[str, Any]) -> bool:
    """Whether shuffled targets, from which nothing can be learned, are seen through."""
    X, y, X_val, y_val = task[:4]
    shuffle = np.random.default_rng(0).permutation
    validation = (X_val, shuffle(y_val))
    choice = cp.choose_learning_rate(network(task, 0), X, shuffle(y), validation=validation, **how)
    return not choice.reliable


def ways(cases: list[Case]) -> None:
    """A line for each way: regret over all sets, over those the oracle is sure of, cost."""
    sure = [case for case in cases if case.error <= SURE]
    print(f"| {cases[0].optimizer} | mean | worst | mean, sure | worst, sure |")
    print("|---|---:|---:|---:|---:|")
    for way in cases[0].rates:
        columns = []
        for group in (cases, sure):
            regrets = [r for case in group for r in case.regrets.get(way, [])]
            columns += [f"{np.mean(regrets):.1f}", f"{np.max(regrets):.1f}"]
        print(f"| {way} | {' | '.join(columns)} |")
    print()


def sets(cases: list[Case]) -> None:
    """A line for each data set: what was chosen, what was best, what it cost."""
    print("| data | optimizer | chosen | regret | best | ± | cost | shuffled seen |")
    print("|---|---|---|---|---:|---:|---:|---|")
    for case in cases:
        chosen = ", ".join(f"{rate:.3g}" for rate in case.rates["automatic"])
        regret = ", ".join(f"{r:.1f}" for r in case.regrets["automatic"])
        print(
            f"| {case.name} | {case.optimizer} | {chosen} | {regret} | {case.oracle:.3g} | "
            f"{100 * case.error:.0f} % | {case.cost:.1f} | {'yes' if case.says_so else 'no'} |"
        )
    print(f"\nMean cost {np.mean([case.cost for case in cases]):.2f} full trainings.")


def main() -> None:
    """Measure and print everything."""
    choices = int(sys.argv[1]) if len(sys.argv) > 1 else 3
    cases = []
    for optimizer in GRID:
        for name in DATA:
            print(f"{optimizer}, {name} ...", file=sys.stderr)
            cases.append(measure(name, optimizer, choices))
    for optimizer in GRID:
        ways([case for case in cases if case.optimizer == optimizer])
    sets(cases)


if __name__ == "__main__":
    main()
