"""The learner's entrance: its example runs, and it leaves out no file."""

from __future__ import annotations

import doctest
import re
from pathlib import Path

import clearprop.equations

README = Path(clearprop.equations.__file__).with_name("README.md")
TEXT = README.read_text(encoding="utf-8")


def test_the_worked_example_gives_the_numbers_that_it_shows():
    result = doctest.testfile(str(README), module_relative=False, encoding="utf-8")
    assert result.failed == 0
    assert result.attempted >= 15


def test_the_reading_order_names_every_file_once():
    order = re.findall(r"^\d+\. `(\w+\.py)`", TEXT, re.MULTILINE)
    files = {file.name for file in README.parent.glob("*.py")} - {"__init__.py"}
    assert len(order) == len(set(order))
    assert set(order) == files


def test_the_functions_that_it_points_to_exist():
    for module, name in re.findall(r"\| `(backprop|dense)\.(\w+)` \|", TEXT):
        assert name in __import__(f"clearprop.equations.{module}", fromlist=[name]).__all__
    assert len(re.findall(r"^\| BP\d \|", TEXT, re.MULTILINE)) == 4
