"""What holds for every experiment: its numbers, its figures, its page."""

from __future__ import annotations

import json
import re

import pytest

from clearprop.errors import ArgumentError
from clearprop.experiments import EXPERIMENTS, learn
from clearprop.experiments.play import Play

NAMES = list(EXPERIMENTS)


@pytest.mark.parametrize("name", NAMES)
def test_every_number_is_what_it_should_be(taught, name):
    checks = taught(name).lesson.checks
    assert checks
    assert [check for check in checks if not check.ok] == []


@pytest.mark.parametrize("name", NAMES)
def test_every_check_says_what_should_be_and_what_is(taught, name):
    for check in taught(name).lesson.checks:
        assert check.what
        assert check.expected
        assert check.got
        assert check.source
    json.dumps(taught(name).to_json(), allow_nan=False)


@pytest.mark.parametrize("name", NAMES)
def test_there_is_a_figure_a_table_or_arithmetic_and_something_to_play_with(taught, name):
    lesson = taught(name).lesson
    assert lesson.pictures
    assert all(len(row) == len(table.heads) for table in lesson.tables for row in table.rows)
    assert lesson.tries


@pytest.mark.parametrize("name", NAMES)
def test_the_page_is_complete_in_itself(taught, name, tmp_path):
    page = taught(name).write_page(tmp_path).read_text("utf-8")
    assert not re.search(r"""(?:src|href)=["'](?!data:|#)""", page)
    assert "http://" not in re.sub(r"data:[^\"]*", "", page)
    assert "https://" not in re.sub(r"data:[^\"]*", "", page)
    assert "<script" not in page
    images = re.findall(r"<img [^>]*>", page)
    assert len(images) == 2 * len(taught(name).lesson.pictures)
    assert all(re.search(r'alt="[^"]{20,}"', image) for image in images)


def test_a_name_that_is_none_gets_the_closest():
    with pytest.raises(ArgumentError, match="did you mean 'quadratic'"):
        learn("quadratik")


def test_what_cannot_be_changed_is_refused_by_name():
    with pytest.raises(ArgumentError, match=r"seed cannot be changed.*'line'.*learning_rate"):
        learn("line", seed=1)


@pytest.mark.parametrize(
    "change", [{"learning_rate": 0}, {"learning_rate": -1}, {"seed": -1}, {"batch_size": 0}]
)
def test_a_change_that_breaks_a_rule_is_refused(change):
    with pytest.raises(ArgumentError, match=next(iter(change))):
        Play(**change)


def test_a_page_never_replaces_a_file_of_somebody_else(taught, tmp_path):
    learned = taught("quadratic")
    path = learned.write_page(tmp_path)
    assert learned.write_page(tmp_path) == path  # its own earlier page is replaced
    path.write_text("my notes", "utf-8")
    with pytest.raises(ArgumentError, match="no page of"):
        learned.write_page(tmp_path)
    assert path.read_text("utf-8") == "my notes"
