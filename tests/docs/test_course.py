"""What the course must have: every experiment, a notebook, and questions whose answers are run."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from blocks import blocks

from clearprop.experiments import EXPERIMENTS

COURSE = Path(__file__).parents[2] / "docs" / "course"
CHAPTERS = sorted(page for page in COURSE.glob("*.md") if page.name != "index.md")


def said(page):
    return page.read_text(encoding="utf-8")


@pytest.mark.parametrize("name", EXPERIMENTS)
def test_every_experiment_is_taught_with_its_command_and_a_figure(name):
    teaching = [page for page in CHAPTERS if f"`clearprop learn {name}`" in said(page)]
    assert len(teaching) == 1
    parts = re.split(r"(?=cp\.learn\()", said(teaching[0]))
    own = [part for part in parts if part.startswith(f'cp.learn("{name}")')]
    assert any("lesson.picture(" in part for part in own), "no figure of it"


@pytest.mark.parametrize("page", [*CHAPTERS, COURSE / "index.md"], ids=lambda page: page.stem)
def test_the_course_names_no_experiment_that_is_not_there(page):
    assert set(re.findall(r"clearprop learn (\w[\w-]*)", said(page))) <= set(EXPERIMENTS)


@pytest.mark.parametrize("page", CHAPTERS, ids=lambda page: page.stem)
def test_a_chapter_can_be_downloaded_and_stands_in_the_list(page):
    assert said(page).startswith("---\nnotebook: true\n---\n")
    title = re.search(r"^# (.+)$", said(page), re.M)[1]
    assert f"[{title}]({page.name})" in said(COURSE / "index.md")


@pytest.mark.parametrize("page", CHAPTERS, ids=lambda page: page.stem)
def test_a_chapter_ends_in_questions_whose_answers_are_run(page):
    questions = said(page).partition("\n## Questions\n")[2]
    answers = re.split(r'^\?\?\? note "Answer"$', questions, flags=re.M)[1:]
    assert len(answers) >= 3
    for answer in answers:
        assert any(block.is_run and block.indent == 4 for block in blocks(answer))
