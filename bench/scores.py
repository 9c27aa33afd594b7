"""Test scores of the bundled tables with the defaults of `clearprop train`, over many seeds.

    python bench/scores.py [SEEDS]

A seed decides split, start, order and dropout, as `--seed` does. Beside ours stands a linear model
on the same rows and the same encoding: logistic regression or ridge. Scores are accuracy or R².
"""

from __future__ import annotations

import sys
from concurrent.futures import ProcessPoolExecutor
from itertools import product

import numpy as np

TABLES = ("breast_cancer", "iris", "wine", "digits", "diabetes", "moons")


def measure(task: tuple[str, int]) -> tuple[float, float]:
    """Test score of the network and of a linear model."""
    from sklearn.linear_model import LogisticRegression, RidgeCV

    from clearprop.runs import TableOptions
    from clearprop.runs.table_training import choose_rate, finish, prepare_table, train_on_table
    from clearprop.tables import load_bundled
    from clearprop.training import Hooks

    table, seed = task
    options = TableOptions(seed=seed)
    prepared = prepare_table(load_bundled(table), options)
    choice = choose_rate(prepared, options)
    run = train_on_table(prepared, options, Hooks(), choice)
    ours = finish(prepared, options, run, choice)
    X = np.concatenate([prepared.train.X, prepared.validation.X])
    y = np.concatenate([prepared.targets(prepared.train), prepared.targets(prepared.validation)])
    regression = prepared.task == "regression"
    linear = RidgeCV(np.logspace(-3, 3, 13)) if regression else LogisticRegression(max_iter=5000)
    labels = y if regression else y.astype(str)
    truth = prepared.targets(prepared.test)
    score = linear.fit(X, labels).score(prepared.test.X, truth if regression else truth.astype(str))
    return ours.evaluations["test"].score, float(score)


def main() -> None:
    """Print a row for each table."""
    seeds = int(sys.argv[1]) if len(sys.argv) > 1 else 20
    tasks = list(product(TABLES, range(seeds)))
    with ProcessPoolExecutor(2) as workers:
        results = np.array(list(workers.map(measure, tasks))).reshape(len(TABLES), seeds, 2)
    print(f"{'':14} seed 0    mean  lowest | linear: seed 0    mean  lowest")
    for table, scores in zip(TABLES, results, strict=True):
        ours, linear = (f"{s[0]:6.3f}  {s.mean():6.3f}  {s.min():6.3f}" for s in scores.T)
        print(f"{table:14} {ours} |        {linear}")


if __name__ == "__main__":
    main()
