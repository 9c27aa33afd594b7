"""The lesson `deltas`: the letters worked by hand, the sign, and delta apart from d_activation."""

from __future__ import annotations

import pytest

from clearprop.experiments import learn
from clearprop.experiments.lesson import Text, Worked


def lines(lesson):
    return [line for block in lesson.blocks if isinstance(block, Worked) for line in block.lines]


def check(lesson, start):
    return next(each for each in lesson.checks if each.what.startswith(start))


@pytest.mark.parametrize(
    ("start", "value"),
    [  # by hand: C says 0.17 and should say 1, D says 0.37 and should say 0
        ("Cδ = Co − 1", -0.83),
        ("Dδ = Do − 0", 0.37),
        ("Aδ = AC·Cδ + AD·Dδ", 0.4 * -0.83 + 0.6 * 0.37),
        ("Bδ = BC·Cδ + BD·Dδ", -0.7 * -0.83 + 0.1 * 0.37),
        ("AC ← AC − η·Ao·Cδ", 0.4 - 0.1 * 0.6 * -0.83),
        ("BD ← BD − η·Bo·Dδ", 0.1 - 0.1 * 0.1 * 0.37),
        ("JA ← JA − η·J·Aδ", 0.2 - 0.1 * 0.5 * -0.11),
    ],
)
def test_the_letters_give_what_a_pencil_gives(taught, start, value):
    (line,) = [line for line in lines(taught("deltas").lesson) if line.startswith(start)]
    assert float(line.rpartition(" = ")[2].replace("−", "-")) == pytest.approx(value, rel=1e-3)


def test_the_sign_of_the_text_climbs_and_the_note_says_so(taught):
    lesson = taught("deltas").lesson
    slope = check(lesson, "slope of the cost along the text's step")
    assert float(slope.got) > 0
    assert "uphill" in slope.note
    assert check(lesson, "the cost at every one of 8 steps with label − output").got == "rises"
    assert check(lesson, "the cost at every one of 8 steps with output − label").got == "falls"


def test_deltas_lie_below_d_activations_by_the_slope(taught):
    table = taught("deltas").lesson.tables[0]
    assert len(table.rows) == 2 + 3 + 4 + 2
    for row in table.rows:
        _, d_activation, slope, delta = (float(cell.replace("−", "-")) for cell in row[1:])
        assert delta == pytest.approx(d_activation * slope, rel=2e-3)
        assert abs(delta) < abs(d_activation)


def test_the_larger_network_is_drawn_in_both_directions(taught):
    alts = {picture.kind: picture.alt for picture in taught("deltas").lesson.pictures}
    assert "2-2-4-3-2, forward" in alts["forward-larger"]
    assert "2-2-4-3-2, backward" in alts["backward-larger"]


@pytest.mark.parametrize("changes", [{"seed": 4}, {"learning_rate": 3.0}, {"learning_rate": 1e300}])
def test_it_holds_for_other_weights_and_rates(changes):
    lesson = learn("deltas", **changes).lesson
    assert lesson.ok
    said = " ".join(block.text for block in lesson.blocks if isinstance(block, Text))
    assert ("the right sign climbs as well" in said) == ("learning_rate" in changes)
