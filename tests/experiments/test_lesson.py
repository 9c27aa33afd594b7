"""What a lesson hands out by name, and how its tables read."""

from __future__ import annotations

import pytest

from clearprop.errors import ArgumentError
from clearprop.experiments.lesson import Lesson, Picture, Table, Text, Worked

LOSS = Picture("loss", "how to read it", "A loss.", lambda _: None)
PATH = Picture("path", "how to read it", "A path.", lambda _: None)
LESSON = Lesson([Text("Look."), LOSS, Worked(["1 + 1 = 2", "2 + 2 = 4"]), PATH], [])


def test_a_picture_is_found_by_its_name():
    assert LESSON.picture("path") is PATH


def test_a_picture_that_is_not_there_is_refused_with_those_that_are():
    with pytest.raises(
        ArgumentError, match=r"kind must be one of loss, path; got 'los'.*mean 'loss'"
    ):
        LESSON.picture("los")


def test_worked_arithmetic_is_printed_line_by_line():
    assert [str(block) for block in LESSON.worked] == ["1 + 1 = 2\n2 + 2 = 4"]


def test_a_table_lines_its_columns_up_words_to_the_left_and_numbers_to_the_right():
    table = Table("Rates", ["rule", "η", "loss"], [["sgd", "0.1", "2"], ["adam", "0.003", "10.5"]])
    assert str(table) == "Rates\nrule      η  loss\nsgd     0.1     2\nadam  0.003  10.5"
