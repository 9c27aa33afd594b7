"""The check that comes before any time; above all, that it can fail."""

import numpy as np
import pytest

from clearprop.bench.agreement import TOLERANCES, difference, has_moved, losses_of, start_losses
from clearprop.bench.ours import Ours
from clearprop.bench.rows import ROWS
from clearprop.bench.task import Work, make_task
from clearprop.equations.backprop import forward
from clearprop.equations.losses import categorical_cross_entropy


def test_the_judge_gives_the_mean_loss_of_every_network():
    work = Work((3, 4, 2), 4, "sgd", (0.1, 0.2), 8)
    task = make_task(work)
    parameters = np.stack([task.start, 2 * task.start])
    expected = [
        categorical_cross_entropy(
            forward(task.X, task.architecture.layers(w), ("relu", "softmax"))[-1][1], task.y
        ).mean()
        for w in parameters
    ]
    np.testing.assert_allclose(losses_of(task, parameters), expected, rtol=1e-5)


def test_the_start_has_one_loss_for_all(task):
    assert start_losses(task) == losses_of(task, task.start[None])


@pytest.mark.parametrize(
    ("ours", "theirs", "apart"),
    [
        ([1.0, 2.0], [1.0, 2.0], 0.0),
        ([1.0, 2.0], [1.02, 2.0], 0.02 / 1.02),
        ([0.0], [0.0], 0.0),
        ([1.0], [np.nan], np.inf),
        ([np.inf], [np.inf], np.inf),
        ([1.0], [1.0, 1.0], np.inf),
    ],
)
def test_the_difference_is_the_worst_of_all_networks(ours, theirs, apart):
    assert difference(np.array(ours), np.array(theirs)) == pytest.approx(apart)


@pytest.mark.parametrize(
    "changes",
    [
        {"rates": (0.051,)},
        {"batch_size": 16},
        {"rule": "adam"},
        {"checked_epochs": 3},
        {"sizes": (2, 3, 1)},
    ],
    ids=str,
)
def test_a_training_that_differs_a_little_does_not_pass(changes):
    """Two per cent more of rate, another batch, one epoch less, ...: each is noticed."""
    plain = {"sizes": (2, 4, 1), "batch_size": 8, "rule": "sgd", "rates": (0.05,)}
    losses = []
    for chosen in (plain, plain | changes):
        work = Work(**{"n_samples": 256, "checked_epochs": 4, **chosen})
        trainer = Ours("reference").prepare(make_task(work), 1)
        trainer.run(work.checked_epochs)
        task = make_task(work)
        losses.append(losses_of(task, trainer.parameters()))
    assert difference(*losses) > TOLERANCES["sgd"]


def test_a_loss_that_stands_still_tells_nothing():
    still, fallen = np.array([0.7, 0.7, 0.7]), np.array([0.7, 0.5, 0.4])
    assert has_moved(still, fallen, 0.01)
    assert not has_moved(still, still * 1.01, 0.01)
    assert not has_moved(still, np.full(3, np.nan), 0.01)


@pytest.mark.parametrize("name", ["T2", "T3-sgd", "T3-adam"])
def test_rows_train_far_enough_for_the_check(name):
    work = ROWS[name].work
    task = make_task(work)
    trainer = Ours("reference").prepare(task, 1)
    trainer.run(1)
    assert has_moved(start_losses(task), losses_of(task, trainer.parameters()), TOLERANCES["adam"])
