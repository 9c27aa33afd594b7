"""Confusion matrix, predicted against true, residuals, weights and the decision boundary."""

import dataclasses

import numpy as np
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from matplotlib.colors import to_rgb

from clearprop import figures
from clearprop.errors import ArgumentError

# Shrinking an example of a drawing takes minutes.
QUICK = [Phase.explicit, Phase.generate]


def texts(ax):
    return [text.get_text() for text in ax.texts]


def shade(ax):
    return np.asarray(ax.images[0].get_array())


# ---------------------------------------------------------------- confusion matrix


def test_cells_hold_counts_and_row_shares():
    ax = figures.confusion_matrix([[3, 1], [0, 4]], ["a", "b"])
    assert texts(ax) == ["3\n75.0%", "1\n25.0%", "0", "4\n100%"]
    assert [text.get_position() for text in ax.texts] == [(0, 0), (1, 0), (0, 1), (1, 1)]
    assert ax.get_xlabel() == "predicted"
    assert ax.get_ylabel() == "true"


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_shade_grows_with_the_row_share_blue_for_hits_orange_for_mistakes(theme):
    drawn = shade(figures.confusion_matrix([[9, 1, 0], [5, 5, 0], [0, 0, 0]], "abc", theme=theme))
    chosen = {"light": figures.LIGHT, "dark": figures.DARK}[theme]
    paper = np.array(to_rgb(chosen.background))

    def away(cell):
        return np.linalg.norm(drawn[cell] - paper)

    assert away((0, 0)) > away((1, 1)) > 0
    assert away((1, 0)) > away((0, 1)) > 0
    assert away((0, 2)) == away((2, 2)) == 0
    for cell, colour in (((0, 0), chosen.palette[0]), ((1, 0), chosen.palette[1])):
        direction, full = drawn[cell] - paper, np.array(to_rgb(colour)) - paper
        assert direction @ full == pytest.approx(np.linalg.norm(direction) * np.linalg.norm(full))


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("k", [2, 3, 5, 8, 12, 20])
def test_numbers_are_readable_on_their_cells(k, theme):
    counts = np.random.default_rng(k).integers(0, 60, (k, k))
    ax = figures.confusion_matrix(counts, [f"class {i}" for i in range(k)], theme=theme)
    colours = shade(ax)

    def luminance(c):
        c = np.asarray(to_rgb(c))
        c = np.where(c <= 0.04045, c / 12.92, ((c + 0.055) / 1.055) ** 2.4)
        return c @ [0.2126, 0.7152, 0.0722]

    for text in ax.texts:
        j, i = text.get_position()
        a, b = sorted([luminance(text.get_color()), luminance(colours[i, j])])
        assert (b + 0.05) / (a + 0.05) >= 4.0
        assert text.get_fontsize() >= 8


def test_many_classes_show_counts_without_shares_and_without_zeros():
    counts = np.diag(np.arange(1, 21))
    counts[0, 5] = 12_345
    ax = figures.confusion_matrix(counts, [f"class number {i}" for i in range(20)])
    assert texts(ax) == ["1", "12k", *map(str, range(2, 21))]
    assert [label.get_text() for label in ax.get_yticklabels()][11] == "class number 11"
    assert ax.get_xticklabels()[0].get_rotation() == 40
    figures.as_svg(ax)


def test_a_crowd_of_classes_is_told_by_colour_and_some_names():
    ax = figures.confusion_matrix(np.eye(100, dtype=int), [str(i) for i in range(100)])
    assert texts(ax) == []
    assert len(ax.get_yticks()) == 40
    assert shade(ax).shape == (100, 100, 3)


def test_class_names_are_taken_literally_and_short_ones_lie_flat():
    ax = figures.confusion_matrix([[1, 0], [0, 1]], ["$\\frac{$", "_b\x00"])
    assert [label.get_text() for label in ax.get_xticklabels()] == ["$\\frac{$", "_b\ufffd"]
    assert ax.get_xticklabels()[0].get_rotation() == 0
    assert b"frac{" in figures.as_svg(ax)


@pytest.mark.parametrize(
    ("counts", "said"),
    [
        ([[5, 0], [0, 5]], "10 of 10 rows are right (100%); no row is taken for another class."),
        ([[0, 0], [0, 0]], "0 of 0 rows are right; no row is taken for another class."),
        (
            [[5, 1], [0, 4]],
            "9 of 10 rows are right (90.0%); the most frequent mistake takes 'a' for 'b', once.",
        ),
        ([[5, 1], [1200, 4]], "the most frequent mistake takes 'b' for 'a', 1,200 times."),
    ],
)
def test_the_confusion_matrix_in_words(counts, said):
    sentence = figures.describe_confusion_matrix(counts, ["a", "b"])
    assert sentence.startswith("Confusion matrix of 2 classes: ")
    assert sentence.endswith(said)
    figures.as_svg(figures.confusion_matrix(counts, ["a", "b"]))


@pytest.mark.parametrize(
    ("matrix", "names", "message"),
    [
        ([[1, 2]], ["a", "b"], r"matrix must be of shape \(2, 2\) for 2 class names; got \(1, 2\)"),
        ([[1, 2], [3, 4]], ["a"], r"must be of shape \(1, 1\)"),
        ([[1, -2], [3, 4]], ["a", "b"], "whole numbers, zero or above"),
        ([[1, 0.5], [3, 4]], ["a", "b"], "whole numbers, zero or above"),
        ([[1, np.nan], [3, 4]], ["a", "b"], "whole numbers, zero or above"),
        ([1, 2], ["a", "b"], "non-empty array of 2 dimensions"),
    ],
)
def test_what_is_no_confusion_matrix_is_refused(matrix, names, message):
    with pytest.raises(ArgumentError, match=message):
        figures.confusion_matrix(matrix, names)


# ---------------------------------------------------------------- regression


def test_points_diagonal_and_band_lie_where_the_numbers_say():
    true, predicted = np.array([0.0, 1.0, 2.0, 3.0]), np.array([1.0, 0.0, 3.0, 2.0])
    ax = figures.predicted_against_true(true, predicted)
    assert np.array_equal(ax.collections[0].get_offsets(), np.c_[true, predicted])
    x, y = ax.lines[0].get_data()
    assert np.array_equal(x, y)
    assert ax.get_xlim() == ax.get_ylim() == (x[0], x[-1])
    band = ax.collections[1].get_paths()[0].vertices
    assert np.allclose(np.abs(band[:, 1] - band[:, 0]), 1.0)  # RMSE is 1
    assert "band: ± RMSE 1" in texts(ax)[0]


def test_pairs_that_are_not_finite_are_left_out_and_counted():
    true, predicted = [1.0, np.nan, 3.0, 1e305], [1.0, 2.0, np.inf, 1.0]
    ax = figures.predicted_against_true(true, predicted)
    assert ax.collections[0].get_offsets().tolist() == [[1.0, 1.0]]
    assert ax.get_title(loc="left").endswith("(3 not finite)")
    assert "3 rows not finite" in figures.describe_predicted_against_true(true, predicted)
    assert "(3 rows not finite)" in figures.residual_histogram(true, predicted).get_title(
        loc="left"
    )
    assert "3 rows not finite" in figures.describe_residual_histogram(true, predicted)


def test_nothing_finite_is_drawn_as_nothing():
    nothing = [np.nan, np.nan]
    for draw in (figures.predicted_against_true, figures.residual_histogram):
        figures.as_svg(draw(nothing, nothing))
    assert "none of 2 rows is finite" in figures.describe_predicted_against_true(nothing, nothing)
    assert "none of 2 rows is finite" in figures.describe_residual_histogram(nothing, nothing)


def test_of_many_rows_an_even_sample_is_drawn_and_said_and_embedded_as_pixels():
    true = np.arange(10_000.0)
    ax = figures.predicted_against_true(true, true)
    drawn = ax.collections[0].get_offsets()[:, 0]
    assert len(drawn) == 2000
    assert (drawn[0], drawn[-1]) == (0, 9999)
    assert ax.collections[0].get_rasterized()
    assert ax.get_title(loc="left") == "Predicted against true (2,000 of 10,000 rows)"


def test_predictions_in_words_give_range_error_and_r2():
    from sklearn.metrics import r2_score

    rng = np.random.default_rng(0)
    true = rng.normal(size=50)
    predicted = true + 0.1 * rng.normal(size=50)
    said = figures.describe_predicted_against_true(true, predicted)
    assert f"R² {r2_score(true, predicted):.4g}" in said
    assert f"root mean squared error {np.sqrt(np.mean((true - predicted) ** 2)):.4g}" in said
    assert "R²" not in figures.describe_predicted_against_true([1.0, 1.0], [1.0, 2.0])


def test_bars_count_every_residual_once():
    rng = np.random.default_rng(1)
    true, predicted = rng.normal(size=400), rng.normal(size=400) + 1
    ax = figures.residual_histogram(true, predicted)
    assert sum(bar.get_height() for bar in ax.patches) == 400
    assert len(ax.patches) == 20
    assert ax.lines[0].get_xdata() == [0, 0]
    assert ax.lines[1].get_xdata()[0] == pytest.approx((predicted - true).mean())


@pytest.mark.parametrize("value", [0.0, 5.0, -1e140, 1e-300, 1e16])
def test_equal_residuals_make_one_bar(value):
    ax = figures.residual_histogram([0.0] * 9, [value] * 9)
    assert [bar.get_height() for bar in ax.patches] == [9]
    bar = ax.patches[0]
    assert bar.get_x() <= value <= bar.get_x() + bar.get_width()
    figures.as_svg(ax)


def test_residuals_in_words():
    assert figures.describe_residual_histogram([0.0, 0.0, 0.0], [1.0, 1.0, 4.0]) == (
        "Residuals (predicted minus true) of 3 rows: mean 2, median 1, standard deviation 1.414, "
        "from 1 to 4."
    )


@given(st.lists(st.tuples(st.floats(), st.floats()), min_size=1, max_size=9))
@settings(max_examples=12, deadline=None, phases=QUICK)
def test_any_predictions_can_be_drawn_and_described(pairs):
    true, predicted = np.array(pairs).T
    figures.as_svg(figures.predicted_against_true(true, predicted))
    figures.as_svg(figures.residual_histogram(true, predicted))
    assert figures.describe_predicted_against_true(true, predicted).endswith(".")
    assert figures.describe_residual_histogram(true, predicted).endswith(".")


def test_predictions_of_another_length_are_refused():
    with pytest.raises(
        ArgumentError, match=r"predicted must be as long as true \(2\); got length 1"
    ):
        figures.predicted_against_true([1.0, 2.0], [1.0])


# ---------------------------------------------------------------- weights


def test_each_weight_is_a_line_in_the_colour_of_its_layer():
    epochs, weights = [0, 1, 2], np.arange(12.0).reshape(3, 4)
    ax = figures.weight_histories(epochs, weights, [1, 2, 1, 2])
    first, second = ax.collections
    assert [s[:, 1].tolist() for s in first.get_segments()] == [[0, 4, 8], [2, 6, 10]]
    assert [s[:, 1].tolist() for s in second.get_segments()] == [[1, 5, 9], [3, 7, 11]]
    assert first.get_segments()[0][:, 0].tolist() == epochs
    assert not np.array_equal(first.get_colors(), second.get_colors())
    assert [t.get_text() for t in ax.get_legend().get_texts()] == ["layer 1", "layer 2"]
    assert ax.get_title(loc="left") == "Weights"
    assert ax.get_ylim()[0] < 0 < 11 < ax.get_ylim()[1]


def test_of_many_weights_an_even_sample_of_each_layer_is_drawn_and_said():
    layers = np.repeat([1, 2, 3], [9000, 996, 4])
    weights = np.random.default_rng(0).normal(size=(50, 10_000))
    ax = figures.weight_histories(np.arange(50), weights, layers)
    lines = [collection.get_segments() for collection in ax.collections]
    assert [len(line) for line in lines] == [180, 19, 4]
    assert np.array_equal(lines[0][-1][:, 1], weights[:, 8999])
    assert np.array_equal(lines[2][0][:, 1], weights[:, 9996])
    assert ax.get_title(loc="left") == "Weights (203 of 10,000, evenly spaced)"
    assert ax.collections[0].get_rasterized()
    said = figures.describe_weight_histories(np.arange(50), weights, layers)
    assert "10,000 weights (203 of them drawn, evenly spaced in each layer) over 50 epochs" in said


def test_of_many_epochs_an_even_sample_is_drawn_to_the_last():
    ax = figures.weight_histories(np.arange(5000), np.arange(5000.0)[:, None], [1])
    line = ax.collections[0].get_segments()[0]
    assert len(line) == 400
    assert line[-1].tolist() == [4999, 4999]


def test_more_layers_than_colours_of_the_palette_are_still_told_apart():
    ax = figures.weight_histories([0, 1], np.zeros((2, 12)), np.arange(1, 13))
    assert len({tuple(c.get_colors()[0]) for c in ax.collections}) == 12


def test_weights_that_are_not_finite_are_left_out():
    ax = figures.weight_histories([0, 1], [[1.0, np.nan], [np.inf, np.nan]], [1, 1])
    assert ax.get_ylim() == pytest.approx((0.95, 1.05))
    figures.as_svg(ax)
    said = figures.describe_weight_histories([0, 1], [[1.0, 2.0], [np.inf, 2.0]], [1, 2])
    assert said.endswith("layer 1 not finite, layer 2 0.")
    figures.as_svg(figures.weight_histories([0], [[np.nan]], [1]))


def test_weights_of_other_shapes_are_refused():
    with pytest.raises(ArgumentError, match=r"weights must be as long as epochs \(3\)"):
        figures.weight_histories([0, 1, 2], np.zeros((2, 4)), [1] * 4)
    with pytest.raises(ArgumentError, match=r"layers must be as long as weights\[0\] \(4\)"):
        figures.weight_histories([0, 1], np.zeros((2, 4)), [1] * 3)


# ---------------------------------------------------------------- decision boundary


def halves(**changes):
    """Left of zero is "a", right of it "b"; one of the four samples lies on the wrong side."""
    x, y = np.linspace(-2, 2, 41), np.linspace(-1, 1, 21)
    p = np.broadcast_to(1 / (1 + np.exp(-5 * x)), (21, 41))
    base = figures.Boundary(
        feature_names=("width", "price in $ per $"),
        points=np.array([[-1.0, 0.0], [-1.0, 0.5], [1.0, 0.0], [1.0, 0.5]]),
        labels=np.array([0, 1, 1, 1]),
        class_names=["a", "_b$"],
        grid_x=x,
        grid_y=y,
        field=p,
        misclassified=np.array([False, True, False, False]),
    )
    return dataclasses.replace(base, **changes)


def test_samples_are_drawn_by_class_and_mistakes_are_ringed():
    ax = figures.decision_boundary(halves())
    border, first, second, rings = ax.collections
    assert first.get_offsets().tolist() == [[-1.0, 0.0]]
    assert second.get_offsets().tolist() == [[-1.0, 0.5], [1.0, 0.0], [1.0, 0.5]]
    assert rings.get_offsets().tolist() == [[-1.0, 0.5]]
    assert len(rings.get_facecolor()) == 0
    assert np.allclose(border.get_paths()[0].vertices[:, 0], 0.0, atol=1e-9)
    names = [text.get_text() for text in ax.get_legend().get_texts()]
    assert names == ["a", "_b$", "misclassified"]
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("width", "price in $ per $")
    assert b"price in $ per $" in figures.as_svg(ax)


def test_the_field_is_the_paler_the_less_sure_the_network_is():
    drawn = shade(figures.decision_boundary(halves()))
    from_paper = np.linalg.norm(drawn - 1.0, axis=-1)[10]
    assert from_paper[0] > from_paper[18]
    assert from_paper[-1] > from_paper[22]
    assert drawn[10, 0, 2] > drawn[10, 0, 0]  # blue on the left
    assert drawn[10, -1, 0] > drawn[10, -1, 2]  # orange on the right


def test_no_mistakes_no_ring_in_the_key():
    ax = figures.decision_boundary(halves(misclassified=np.zeros(4, dtype=bool)))
    assert [t.get_text() for t in ax.get_legend().get_texts()] == ["a", "_b$"]


@pytest.mark.parametrize("k", [3, 20])
def test_several_classes_have_a_colour_and_a_border_each(k):
    x, y = np.linspace(0, k, 10 * k), np.linspace(0, 1, 8)
    distance = -((x[None, :, None] - np.arange(k) - 0.5) ** 2) * 4
    field = np.exp(distance) / np.exp(distance).sum(-1, keepdims=True)
    boundary = halves(
        class_names=[f"c{i}" for i in range(k)],
        grid_x=x,
        grid_y=y,
        field=np.broadcast_to(field, (8, 10 * k, k)),
    )
    ax = figures.decision_boundary(boundary, theme="dark")
    assert len({tuple(c) for c in shade(ax)[0, 5::10].round(3)}) == k
    assert len(ax.collections) == 2 * k + 1
    figures.as_svg(ax)
    said = figures.describe_decision_boundary(boundary)
    assert said.startswith("Decision boundary over width and price in $ per $: shares of the plane")
    assert ("among others" in said) == (k > 5)
    assert said.endswith("1 of 4 rows misclassified.")


def test_one_class_everywhere_has_no_border():
    ax = figures.decision_boundary(halves(field=np.zeros((21, 41))))
    assert len(ax.collections) == 3
    said = figures.describe_decision_boundary(halves(field=np.zeros((21, 41))))
    assert "a 100%, _b$ 0%" in said


def test_of_many_samples_an_even_sample_is_drawn_and_all_mistakes_are_counted():
    points = np.random.default_rng(0).uniform(-1, 1, (5000, 2))
    boundary = halves(
        points=points, labels=np.zeros(5000, dtype=int), misclassified=np.ones(5000, dtype=bool)
    )
    ax = figures.decision_boundary(boundary)
    assert len(ax.collections[1].get_offsets()) == 1500
    assert ax.collections[1].get_rasterized()
    assert ax.get_title(loc="left") == "Decision boundary (1,500 of 5,000 rows)"
    assert "5,000 of 5,000 rows" in figures.describe_decision_boundary(boundary)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"points": np.zeros((4, 3))}, r"points must be of shape \(4, 2\); got \(4, 3\)"),
        ({"labels": np.zeros(3)}, r"labels must be of shape \(4,\)"),
        ({"misclassified": np.zeros(5)}, r"misclassified must be of shape \(4,\)"),
        ({"field": np.zeros((41, 21))}, r"field must be of shape \(21, 41, 2\)"),
        ({"field": np.zeros((21, 41, 3))}, r"field must be of shape \(21, 41, 2\)"),
        ({"grid_x": [0.0], "field": np.zeros((21, 1))}, "two entries or more"),
    ],
)
def test_a_boundary_of_other_shapes_is_refused(changes, message):
    with pytest.raises(ArgumentError, match=message):
        figures.decision_boundary(halves(**changes))
