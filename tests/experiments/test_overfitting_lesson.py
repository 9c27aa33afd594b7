"""The lesson `overfitting`: what early stopping restores, and a learner's own table."""

from __future__ import annotations

import numpy as np
import pytest

from clearprop.errors import DataError
from clearprop.experiments import learn
from clearprop.experiments.overfitting_training import PATIENCE, train_all
from clearprop.experiments.play import Play


@pytest.fixture(scope="module")
def found():
    return train_all(Play())


def test_the_training_loss_falls_while_the_validation_loss_rises(found):
    train, other = (found.long.history[f"{part}_loss"] for part in ("train", "validation"))
    assert train[-1] < 0.2 * train[found.best]
    assert other[-1] > 2 * other[found.best]


def test_early_stopping_restores_the_best_epoch(found):
    losses = found.long.history["validation_loss"][: found.short.epochs + 1]
    assert found.short.kept_epoch == losses.argmin()
    assert found.short.epochs == found.short.kept_epoch + PATIENCE
    X, y = found.rows.others
    p = found.short.network.predict(X)
    by_hand = -np.mean(y * np.log(p) + (1 - y) * np.log(1 - p))
    assert by_hand == pytest.approx(losses.min(), rel=1e-10)


def test_no_row_is_both_learned_from_and_judged_by(found):
    learned = {tuple(row) for row in [*found.rows.X, *found.rows.more[0]]}
    assert not learned & {tuple(row) for row in found.rows.others[0]}
    assert len(found.rows.more[0]) == 10 * len(found.rows.X) == 400


def write(path, target):
    draws = np.random.default_rng(0).normal(size=(150, 2))
    rows = [f"{a:.6f},{b:.6f},{target(a, b)}" for a, b in draws]
    path.write_text("\n".join(["a,b,answer", *rows]) + "\n")
    return path


@pytest.mark.parametrize(
    ("target", "score"),
    [
        (lambda a, b: f"{a * b:.6f}", "r2"),
        (lambda a, _: "high" if a > 0 else "low", "accuracy"),
        (lambda a, _: ("low", "mid", "high")[int(np.clip(a + 1.5, 0, 2))], "accuracy"),
    ],
)
def test_a_table_of_numbers_two_or_three_classes_is_learned(tmp_path, target, score):
    learned = learn("overfitting", data=write(tmp_path / "own.csv", target))
    assert learned.lesson.ok
    assert [picture.kind for picture in learned.lesson.pictures] == ["loss", score, "activations"]
    assert "90 rows of own.csv, which has 150" in learned.lesson.blocks[0].text


def test_a_training_that_does_not_overfit_is_not_said_to():
    learned = learn("overfitting", learning_rate=1e-5)
    assert learned.lesson.ok
    assert any("does not overfit" in getattr(b, "text", "") for b in learned.lesson.blocks)


@pytest.mark.parametrize(
    ("text", "said"),
    [("y\n1\n2\n", "at least one column to learn from"), ("a,y\n1,2\n3,4\n", "at least 10 rows")],
)
def test_a_table_too_small_is_refused(tmp_path, text, said):
    path = tmp_path / "small.csv"
    path.write_text(text)
    with pytest.raises(DataError, match=said):
        learn("overfitting", data=path)
