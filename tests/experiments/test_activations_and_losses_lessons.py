"""The lessons `activations` and `losses`: all of the registries, and values that are known."""

from __future__ import annotations

import pytest

from clearprop.equations.activations import ACTIVATIONS
from clearprop.equations.losses import FROM_LOGITS, LOSSES
from clearprop.experiments import activations, learn, losses


def kinds(lesson):
    return [picture.kind for picture in lesson.pictures]


def check(lesson, what):
    return next(each for each in lesson.checks if each.what == what)


def test_every_activation_is_drawn_told_about_and_checked(taught):
    lesson = taught("activations").lesson
    assert set(ACTIVATIONS) <= set(kinds(lesson))
    assert set(activations._WORDS) == set(ACTIVATIONS) - {"softmax"}
    for name in set(ACTIVATIONS) - {"softmax"}:
        assert check(lesson, f"{name}′").source == "finite differences"


def test_the_figure_of_an_activation_says_its_equation(taught):
    captions = {each.kind: each.caption for each in taught("activations").lesson.pictures}
    assert "a = tanh z" in captions["tanh"]
    assert "dz = da · (1 − a²)" in captions["tanh"]
    assert "(Clevert et al. 2016). Dashed: its slope." in captions["elu"]


def test_rows_of_softmax_sum_to_one(taught):
    table = taught("activations").lesson.tables[-1]
    for row in table.rows:
        assert float(row[-1]) == 1
        assert sum(map(float, row[1:-1])) == pytest.approx(1, abs=2e-4)


def test_every_loss_is_drawn_told_about_and_checked(taught):
    lesson = taught("losses").lesson
    assert set(LOSSES) <= set(kinds(lesson))
    assert {f"{name}-z" for name in FROM_LOGITS} <= set(kinds(lesson))
    assert set(losses._WORDS) == set(LOSSES)
    for name in LOSSES:
        assert check(lesson, f"slope of {name}, 3 outputs").source == "finite differences"


def test_the_published_loss_of_a_probability_is_there(taught):
    checks = taught("losses").lesson.checks
    assert [each.got for each in checks if each.source == "published"] == ["0.128", "0.128"]


def test_large_logits_break_the_plain_formula_and_not_ours(taught):
    table = taught("losses").lesson.tables[-1]
    rows = {row[0]: row[1:] for row in table.rows}
    assert rows["sigmoid, z = −800"] == ("inf", "nan", "800", "−1")
    assert rows["softmax, z = 800, 0, −800"] == ("inf", "nan, 0, −1", "1600", "1, 0, −1")


def test_half_of_the_squared_error_allows_twice_the_rate(taught):
    whole, half = taught("losses").lesson.tables[0].rows
    assert float(half[-1]) == 2 * float(whole[-1])


@pytest.mark.parametrize("name", ["activations", "losses"])
def test_slopes_agree_at_other_places_too(name):
    assert learn(name, seed=7).lesson.ok
