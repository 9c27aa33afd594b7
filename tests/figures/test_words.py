"""Numbers and names as words."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clearprop.figures.words import clean, counted, number, percent, short


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0"),
        (-0.0, "0"),
        (0.5, "0.5"),
        (9999.6, "10,000"),
        (0.0001, "0.0001"),
        (0.00009999, "9.999e-5"),
        (12345.6, "12,346"),
        (-12345.6, "-12,346"),
        (9_999_999.4, "9,999,999"),
        (1e7, "1e7"),
        (5e-324, "4.941e-324"),
        (1.7e308, "1.7e308"),
        (float("nan"), "not a number"),
        (float("inf"), "infinite"),
        (float("-inf"), "-infinite"),
    ],
)
def test_numbers_are_short_and_in_full_where_people_read_them_so(value, text):
    assert number(value) == text


@given(st.floats(-1e308, 1e308))
def test_a_number_reads_back_as_itself_to_four_digits(value):
    said = float(number(value).replace(",", ""))
    assert said == pytest.approx(value, rel=5.1e-4, abs=5e-324)


@given(st.floats(0, 1))
def test_only_perfection_is_called_a_hundred_percent(share):
    text = percent(share)
    assert (text == "100%") == (share == 1.0)
    assert (text == "0%") == (share == 0.0)
    if text[0].isdigit():
        assert float(text[:-1]) / 100 == pytest.approx(share, abs=6e-4)


@pytest.mark.parametrize(
    ("share", "text"),
    [
        (0.99999999, "above 99.999%"),
        (1e-9, "below 0.001%"),
        (0.99996, "99.996%"),
        (math.nan, "not a number"),
    ],
)
def test_shares_near_the_ends_are_told_apart_from_them(share, text):
    assert percent(share) == text


@given(st.text())
def test_cleaned_text_is_encodable_and_free_of_what_breaks_xml(text):
    result = clean(text)
    result.encode("utf-8")
    assert len(result) == len(text)
    assert not any(ord(c) < 32 and c not in "\t\n" for c in result)


@pytest.mark.parametrize(
    "harmful", ["\x00", "\x1b", "\x85", "\u202e", "\u2066", "\ud800", "\uffff"]
)
def test_harmful_characters_are_replaced(harmful):
    assert clean(f"a{harmful}b") == "a\ufffdb"


def test_ordinary_text_of_any_script_is_left_alone():
    text = "größe 大きさ حجم <b> & $x_1$ \t\n"
    assert clean(text) == text


@given(st.text(), st.integers(3, 60))
def test_a_short_name_fits_on_one_line(text, most):
    result = short(text, most)
    assert len(result) <= most
    assert "\n" not in result


def test_shortening_keeps_both_ends_of_a_name():
    assert short("class number one hundred and 17", 14) == "class nu…nd 17"
    assert short("class", 14) == "class"
    assert short(17) == "17"


def test_a_count_agrees_with_its_noun():
    assert counted(0, "row") == "0 rows"
    assert counted(1, "row") == "1 row"
    assert counted(2, "class", "classes") == "2 classes"
