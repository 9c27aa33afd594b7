"""`clearprop learn`, as a learner runs it."""

from __future__ import annotations

import dataclasses

import pytest

from clearprop.experiments import EXPERIMENTS, learn


def test_without_a_name_all_are_listed_in_reading_order(clearprop):
    listed = clearprop("learn").out
    places = [listed.index(f" {name} ") for name in EXPERIMENTS]
    assert places == sorted(places)


def test_a_lesson_prints_its_arithmetic_its_checks_and_its_page(clearprop):
    said = clearprop("learn", "quadratic").out
    assert "5 − 0.2 · 12 = 2.6" in said
    assert "equal      w at every step" in said
    assert "lessons/quadratic.html" in said


def test_json_is_one_object_with_checks_page_and_seconds(clearprop):
    (found,) = clearprop("learn", "quadratic", "--json").json["experiments"]
    assert found["name"] == "quadratic"
    assert set(found["checks"][0]) >= {"what", "expected", "got", "ok"}
    assert found["page"].endswith("quadratic.html")
    assert found["seconds"] >= 0


def test_a_narrow_terminal_cuts_no_name_and_no_number(clearprop, monkeypatch):
    monkeypatch.setenv("COLUMNS", "30")
    listed = clearprop("learn").out
    assert all(name in listed for name in (*EXPERIMENTS, "--learning-rate"))
    assert "-0.53344  0.217678  0.93312" in clearprop("learn", "quadratic").out


def test_a_name_that_is_none_is_refused_with_the_closest(refused):
    assert "did you mean 'quadratic'" in refused("learn", "quadratik")
    assert "did you mean 'toy'" in refused("learn", "tpy")


def test_options_that_would_be_ignored_are_refused(refused):
    assert "--seed" in refused("learn", "--seed", 1)
    assert "--learning-rate" in refused("learn", "all", "--learning-rate", 0.1)
    assert "--animation" in refused("learn", "quadratic", "--overwrite")
    assert "no moving picture" in refused("learn", "quadratic", "--animation", "a.gif")


def test_a_moving_picture_is_not_written_over_another_file(refused, tmp_path):
    (tmp_path / "a.gif").write_bytes(b"mine")
    assert "another --animation" in refused("learn", "chain", "--animation", "a.gif")
    assert (tmp_path / "a.gif").read_bytes() == b"mine"


@pytest.fixture
def wrong(monkeypatch):
    """Every lesson is `quadratic` with one number that is not what it should be."""
    learned = learn("quadratic")
    first, *others = learned.lesson.checks
    checks = [dataclasses.replace(first, ok=False), *others]
    lesson = dataclasses.replace(learned.lesson, checks=checks)
    spoilt = dataclasses.replace(learned, lesson=lesson)
    monkeypatch.setattr("clearprop.cli.learning.learn", lambda *_, **__: spoilt)


def test_a_number_that_is_wrong_is_told_and_makes_the_exit_code_1(clearprop, wrong):
    assert clearprop("learn", "quadratic", "--json").code == 1
    answer = clearprop("learn", "quadratic")
    assert answer.code == 1
    assert "NOT EQUAL  w at every step" in answer.out


def test_one_wrong_number_among_all_makes_the_exit_code_1(clearprop, wrong):
    answer = clearprop("learn", "all")
    assert answer.code == 1
    assert "quadratic: w at every step" in answer.err
