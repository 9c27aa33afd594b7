"""Loss, score and learning rate over epochs."""

import math

import numpy as np
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from clearprop import figures
from clearprop.errors import ArgumentError

NAN = math.nan
EPOCHS = np.arange(1, 6)


def history(**columns):
    length = len(next(iter(columns.values())))
    return {"epoch": np.arange(1, length + 1), **{k: np.array(v) for k, v in columns.items()}}


# Shrinking an example of a drawing takes minutes.
QUICK = [Phase.explicit, Phase.generate]


def texts(ax):
    return [text.get_text() for text in ax.texts]


BOTH = history(
    train_loss=[1.0, 0.5, 0.3, 0.2, 0.1],
    validation_loss=[1.1, 0.6, 0.5, 0.55, 0.7],
    train_accuracy=[0.4, 0.6, 0.8, 0.9, 1.0],
    validation_accuracy=[0.4, 0.7, 0.9, 0.8, 0.8],
    learning_rate=[0.1, 0.1, 0.05, 0.05, 0.001],
)


def test_both_losses_are_drawn_as_they_came_each_with_its_name_and_last_value():
    ax = figures.loss_curves(BOTH)
    assert np.array_equal(ax.lines[0].get_xydata(), np.c_[EPOCHS, BOTH["train_loss"]])
    assert np.array_equal(ax.lines[1].get_ydata(), BOTH["validation_loss"])
    assert texts(ax) == ["training\n0.1", "validation\n0.7"]
    assert ax.texts[0].get_color() == ax.lines[0].get_color()
    assert ax.texts[1].get_color() == ax.lines[1].get_color() != ax.lines[0].get_color()


def test_the_kept_epoch_is_ringed_on_the_validation_line():
    ax = figures.loss_curves(BOTH, best_epoch=3)
    ring = ax.lines[-1]
    assert ring.get_xydata().tolist() == [[3.0, 0.5]]
    assert ring.get_markerfacecolor() == "none"
    assert "kept: epoch 3" in texts(ax)


def test_without_validation_the_kept_epoch_is_ringed_on_the_training_line():
    ax = figures.loss_curves(history(train_loss=[2.0, 1.0, 3.0]), best_epoch=2)
    assert ax.lines[-1].get_xydata().tolist() == [[2.0, 1.0]]
    assert len(ax.lines) == 3


@pytest.mark.parametrize("best", [0, 99, 2])
def test_a_kept_epoch_that_is_not_there_or_not_finite_is_not_drawn(best):
    ax = figures.loss_curves(history(train_loss=[2.0, NAN, 3.0]), best_epoch=best)
    assert len(ax.lines) == 1
    assert "kept" not in figures.describe_loss_curves(history(train_loss=[2.0, NAN, 3.0]), best)


@pytest.mark.parametrize(
    ("values", "scale", "label"),
    [
        ([1.0, 0.01], "log", "loss (log scale)"),
        ([1.0, 0.06], "linear", "loss"),
        ([1.0, 0.04], "log", "loss (log scale)"),
        ([1.0, 0.0], "linear", "loss"),
        ([1.0, -5.0], "linear", "loss"),
        ([NAN, NAN], "linear", "loss"),
        ([1e149, 1e-149], "log", "loss (log scale)"),
    ],
)
def test_the_loss_axis_is_logarithmic_where_that_helps(values, scale, label):
    ax = figures.loss_curves(history(train_loss=values))
    assert ax.get_yscale() == scale
    assert ax.get_ylabel() == label


def test_log_ticks_are_plain_numbers():
    ax = figures.loss_curves(history(train_loss=[1.0, 1e-6]))
    assert ax.yaxis.get_major_formatter()(1e-5) == "1e-5"
    assert ax.yaxis.get_major_formatter()(0.01) == "0.01"


def test_a_diverged_run_says_from_where_on_there_is_nothing():
    run = history(train_loss=[1.0, 1e9, np.inf, NAN])
    ax = figures.loss_curves(run)
    assert "no finite value from epoch 3 on" in texts(ax)
    span = ax.patches[0].get_extents().transformed(ax.transData.inverted())
    assert span.x0 == pytest.approx(2)
    assert figures.describe_loss_curves(run) == (
        "Loss over 4 epochs: training from 1 to 1e9 and then not finite."
    )
    figures.as_svg(ax)


def test_a_run_that_was_never_finite_is_drawn_and_said():
    run = history(train_loss=[NAN, NAN], train_accuracy=[NAN, NAN], train_r2=[NAN, NAN])
    loss = figures.loss_curves(run, best_epoch=1)
    assert texts(loss) == ["no finite value from epoch 1 on"]
    assert "training never finite" in figures.describe_loss_curves(run)
    assert "training never finite" in figures.describe_score_curves(run, "r2")
    score = figures.score_curves(run, "accuracy")
    assert score.get_ylim() == (0, 1)
    figures.as_svg(loss)
    figures.as_svg(score)


def test_a_validation_column_without_values_counts_as_absent():
    run = history(train_loss=[1.0, 0.5], validation_loss=[NAN, NAN])
    assert texts(figures.loss_curves(run)) == ["training\n0.5"]
    assert "validation" not in figures.describe_loss_curves(run)


def test_a_gap_inside_a_line_is_no_divergence():
    ax = figures.loss_curves(history(train_loss=[1.0, NAN, 0.5]))
    assert not any("no finite" in text for text in texts(ax))


def test_one_epoch_is_a_dot_with_room_around_it():
    ax = figures.loss_curves(history(train_loss=[0.5]), best_epoch=1)
    assert ax.lines[0].get_marker() == "o"
    assert ax.get_xlim() == (0.5, 1.5)
    said = figures.describe_loss_curves(history(train_loss=[0.5]))
    assert said == "Loss over 1 epoch: training 0.5."
    figures.as_svg(ax)


def test_long_lines_are_embedded_as_pixels():
    ax = figures.loss_curves(history(train_loss=np.random.default_rng(0).random(20_000) + 0.1))
    assert ax.lines[0].get_rasterized()
    assert len(figures.as_svg(ax)) < 200_000


@given(
    st.lists(st.floats(width=64), min_size=1, max_size=8),
    st.lists(st.floats(width=64), min_size=1, max_size=8),
)
@settings(max_examples=12, deadline=None, phases=QUICK)
def test_any_history_can_be_drawn_and_described(train, validation):
    length = min(len(train), len(validation))
    run = history(
        train_loss=train[:length],
        validation_loss=validation[:length],
        train_r2=validation[:length],
        learning_rate=train[:length],
    )
    figures.as_svg(figures.loss_curves(run, best_epoch=1))
    assert figures.describe_loss_curves(run, 1).endswith(".")
    figures.as_svg(figures.score_curves(run, "r2", best_epoch=1))
    assert figures.describe_score_curves(run, "r2", 1).endswith(".")
    figures.as_svg(figures.learning_rate_curve(run, "sgd", 1))
    assert figures.describe_learning_rate_curve(run, "sgd", 1).endswith(".")


def test_the_loss_in_words_names_the_kept_epoch_and_its_value():
    assert figures.describe_loss_curves(BOTH, 3) == (
        "Loss over 5 epochs: training from 1 to 0.1, validation from 1.1 to 0.7; "
        "kept: epoch 3 with validation loss 0.5."
    )


def test_accuracy_is_drawn_in_percent_and_never_beyond_a_hundred():
    ax = figures.score_curves(BOTH, "accuracy", best_epoch=3)
    assert np.array_equal(ax.lines[1].get_ydata(), BOTH["validation_accuracy"])
    assert ax.lines[-1].get_xydata().tolist() == [[3.0, 0.9]]
    assert {"training\n100%", "validation\n80.0%", "kept: epoch 3"} == set(texts(ax))
    assert 1.0 < ax.get_ylim()[1] < 1.02
    assert ax.get_title(loc="left") == "Accuracy"


def test_accuracy_in_words():
    assert figures.describe_score_curves(BOTH, "accuracy", 3) == (
        "Accuracy over 5 epochs: training from 40.0% to 100%, highest 100% at epoch 5, "
        "validation from 40.0% to 80.0%, highest 90.0% at epoch 3; kept: epoch 3 with 90.0%."
    )
    one = history(train_accuracy=[0.25])
    assert figures.describe_score_curves(one, "accuracy") == (
        "Accuracy over 1 epoch: training 25.0%, highest 25.0% at epoch 1."
    )


def test_r2_far_below_zero_lies_outside_and_that_is_said():
    ax = figures.score_curves(history(train_r2=[-1e6, 0.2, 0.8]), "r2")
    assert -1.3 < ax.get_ylim()[0] <= -1.0
    assert ax.get_title(loc="left") == "R² (values below -1 not shown)"
    inside = figures.score_curves(history(train_r2=[-0.5, 0.2, 0.8]), "r2")
    assert inside.get_title(loc="left") == "R²"
    below = figures.score_curves(history(train_r2=[-9.0, -8.0]), "r2")
    assert below.get_ylim()[0] < below.get_ylim()[1]


def test_a_score_that_does_not_move_has_an_axis():
    low, high = figures.score_curves(history(train_accuracy=[0.5, 0.5]), "accuracy").get_ylim()
    assert low < 0.5 < high


def test_the_learning_rate_is_never_shown_without_optimiser_and_batch_size():
    ax = figures.learning_rate_curve(BOTH, "adam", 1024)
    assert ax.get_title(loc="left") == "Learning rate (adam, batch size 1,024)"
    assert np.array_equal(ax.lines[0].get_ydata(), BOTH["learning_rate"])
    assert ax.get_yscale() == "log"
    assert figures.describe_learning_rate_curve(BOTH, "adam", 1024) == (
        "Learning rate over 5 epochs (adam, batch size 1,024): from 0.1 to 0.001, "
        "highest 0.1, lowest 0.001."
    )


def test_the_rate_that_prodigy_adapted_is_the_one_that_is_drawn():
    history = {**BOTH, "adapted_rate": [1e-6 * 10**k for k in range(len(BOTH["epoch"]))]}
    ax = figures.learning_rate_curve(history, "prodigy", 32)
    np.testing.assert_allclose(ax.lines[0].get_ydata(), history["adapted_rate"])
    assert "from 1e-6 to 0.01" in figures.describe_learning_rate_curve(history, "prodigy", 32)


def test_a_learning_rate_axis_starts_at_zero_where_it_is_linear():
    flat = history(learning_rate=[0.1, 0.1])
    assert figures.learning_rate_curve(flat, "sgd", 1).get_ylim() == pytest.approx((0, 0.115))
    zero = history(learning_rate=[0.0, 0.0])
    assert figures.learning_rate_curve(zero, "sgd", 1).get_ylim() == (0, 1)
    lost = history(learning_rate=[NAN])
    assert figures.learning_rate_curve(lost, "sgd", 1).get_ylim() == (0, 1)
    assert "never finite" in figures.describe_learning_rate_curve(lost, "sgd", 1)


@pytest.mark.parametrize(
    ("run", "message"),
    [
        ({"epoch": [1]}, "history must have a column 'train_loss'; got epoch"),
        ({"epoch": [1], "train_loss": [1.0, 2.0]}, "train_loss must be as long as history"),
        ({"epoch": [], "train_loss": []}, "must be a non-empty array of 1 dimension;"),
        ({"epoch": [1], "train_loss": [[1.0]]}, r"got shape \(1, 1\)"),
    ],
)
def test_a_history_of_the_wrong_shape_is_refused(run, message):
    with pytest.raises(ArgumentError, match=message):
        figures.loss_curves(run)


def test_an_unknown_score_is_refused():
    with pytest.raises(ArgumentError, match="score must be one of accuracy, r2"):
        figures.score_curves(BOTH, "f1")
