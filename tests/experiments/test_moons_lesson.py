"""The lesson `moons`: its points, its shares, and a learner's own table."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import fisher_exact
from sklearn.datasets import make_moons

from clearprop.errors import DataError, FileError
from clearprop.experiments import learn
from clearprop.experiments.fates import Group, by_chance
from clearprop.experiments.points import half_moons
from clearprop.figures import LIGHT


class Run:
    """As much of a run as a group looks at."""

    def __init__(self, accuracy, diverged=None):
        self.diverged = diverged
        self.history = {"train_accuracy": np.array(accuracy)}


def words(learned):
    return " ".join(getattr(block, "text", "") for block in learned.lesson.blocks)


@pytest.fixture
def table(tmp_path):
    """A function: columns → path of a CSV file with them."""

    def write(**columns):
        path = tmp_path / "my.csv"
        rows = [",".join(columns), *(",".join(map(str, row)) for row in zip(*columns.values()))]  # noqa: B905
        path.write_text("\n".join(rows) + "\n")
        return path

    return write


@pytest.mark.parametrize("seed", [0, 3])
def test_the_points_are_those_of_scikit_learn(seed):
    X, y = half_moons(seed)
    theirs = make_moons(1500, noise=0.1, random_state=seed)
    np.testing.assert_array_equal(X, theirs[0])
    np.testing.assert_array_equal(y[:, 0], theirs[1])


@pytest.mark.parametrize(
    ("first", "second"),
    [((7, 10), (22, 32)), ((3, 10), (1, 24)), ((10, 10), (0, 32)), ((0, 10), (0, 9))],
)
def test_the_chance_of_two_shares_is_that_of_fishers_exact_test(first, second):
    table = [[k, n - k] for k, n in (first, second)]
    assert by_chance(first, second) == pytest.approx(fisher_exact(table).pvalue, rel=1e-12)


def test_every_run_has_the_fate_that_its_accuracies_say():
    runs = [
        Run([0.4, 0.8, 0.999, 0.99]),
        Run([0.4, 0.97, 0.97, 0.96]),
        Run([0.4, 0.89, 0.9, 0.9]),
        Run([0.4, 0.8, 0.5, 0.5]),
        Run([0.4, 0.8, 0.8], diverged=object()),
    ]
    group = Group(0.1, runs, 0.999, 0.5)
    assert group.fates == ["learned", "nearly", "stuck", "nothing", "nothing"]
    assert group.epochs.tolist() == [2]
    assert group.mean_wait == (2 + 3 + 3 + 3 + 2) / 5


def test_the_published_shares_stand_beside_ours(taught):
    expected = [check.expected for check in taught("moons").lesson.checks]
    assert expected.count("7 of 10") == 2
    assert "all: 10 of 10" in expected


def test_a_rate_of_ones_own_is_the_only_one_tried():
    learned = learn("moons", learning_rate=0.1, seed=4, batch_size=16)
    assert learned.lesson.ok
    assert [row[0] for row in learned.lesson.tables[0].rows] == ["0.1"]
    assert "batch 16" in learned.lesson.tables[0].title
    assert "Seeds 4 to 13" in words(learned)


def test_a_rate_beyond_all_bounds_diverges_and_the_lesson_goes_on():
    learned = learn("moons", learning_rate=1e8)
    assert learned.lesson.ok
    assert learned.lesson.tables[0].rows[0][5] == "32"


def test_a_table_of_ones_own_is_learned_in_its_own_units(table):
    k = np.arange(120)
    path = table(width=100 + 50 * np.sin(k), height=k % 7, kind=np.where(k % 7 > 3, "tall", "low"))
    learned = learn("moons", data=path)
    assert learned.lesson.ok
    assert "my.csv" in words(learned)
    assert "'tall'" in words(learned)
    border = next(p for p in learned.lesson.pictures if p.kind.startswith("boundary"))
    assert "width and height" in border.alt


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        ({"a": [1, 2], "b": [2, 3], "c": [3, 1], "y": [0, 1]}, "3 columns, 'a', 'b', 'c'"),
        ({"a": [1, 2], "y": [0, 1]}, "it has 1 column, 'a'"),
        ({"a": [1, 2, 3], "b": [2, 3, 4], "y": [0, 1, 2]}, "'y' has 3 different values"),
        ({"a": [1, 2], "b": [2, 3], "y": [5, 5]}, "'y' has 1 different value"),
        ({"a": ["x", "z"], "b": [2, 3], "y": [0, 1]}, "column 'a' holds string"),
        ({"a": [1, ""], "b": [2, 3], "y": [0, 1]}, "column 'a' has no value in 1 of its rows"),
        ({"a": [1, 2], "b": [2, 3], "y": [0, 1]}, "at least 10 rows for this experiment; it has 2"),
        ({"y": [0, 1]}, "at least one column to learn from"),
        (
            {"a": [7] * 12, "b": range(12), "y": [0, 1] * 6},
            "column 'a' is left out: it has the same value in every training row",
        ),
    ],
)
def test_a_table_that_does_not_fit_is_refused_in_one_sentence(table, columns, said):
    with pytest.raises(DataError, match=r"my\.csv must have") as caught:
        learn("moons", data=table(**columns))
    assert said in str(caught.value)


def test_a_missing_table_is_named(tmp_path):
    with pytest.raises(FileError, match="there is no file"):
        learn("moons", data=tmp_path / "none.csv")


def test_the_moving_picture_shows_the_rate_that_learned_first(taught, tmp_path, monkeypatch):
    lesson, shown = taught("moons").lesson, {}
    monkeypatch.setattr(
        "clearprop.figures.training_animation",
        lambda here, epochs, *_, **__: shown.update(first=here[0], last=here[-1], epochs=epochs),
    )
    lesson.animation.write(tmp_path / "moons.gif", LIGHT)
    assert "η = 0.05" in lesson.animation.about
    assert len(shown["epochs"]) == 61
    assert shown["last"].misclassified.sum() < 15 < shown["first"].misclassified.sum()


def test_a_cost_beyond_measure_widens_the_check_of_its_gradient():
    assert learn("moons", learning_rate=1e6).lesson.ok
