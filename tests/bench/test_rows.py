"""The rows: every one of the table, goals, and what --only understands."""

import re

import pytest

from clearprop.bench import ROWS, select_rows
from clearprop.bench.goals import Goal
from clearprop.bench.rows import FitRow, StartRow, TrainingRow
from clearprop.errors import ArgumentError


def ids(only):
    return [row.id for row in select_rows(only)]


def test_every_row_of_the_table_is_there_with_its_goal():
    goals = {row.id: str(row.goal) for row in ROWS.values()}
    assert goals == {
        "T1": "≥ 15",
        "T2": "≥ 15",
        "T3-sgd": "≥ 4",
        "T3-adam": "≥ 4",
        "P1": "≥ 10",
        "P2": "≥ 10",
        "P3": "≥ 5",
        "M1": "≥ 3",
        "M2": "≥ 2",
        "L1": "≥ 1.5",
        "L2": "≥ 1.15, 80 %",
        "E1": "≥ 10",
        "S1-import": "≤ 0.3 s",
        "S1-help": "≤ 0.4 s",
        "S1-learn": "≤ 3 s",
    }


@pytest.mark.parametrize("row", [r for r in ROWS.values() if isinstance(r, TrainingRow)])
def test_a_title_tells_the_work_and_epochs_have_whole_batches(row):
    work = row.work
    sizes = "-".join(map(str, work.sizes))
    assert f"{sizes}, batch {work.batch_size}" in row.title
    assert work.n_samples % work.batch_size == 0
    assert ("Adam" in row.title) == (work.rule == "adam")
    count = re.match(r"(\d+) of ", row.title)
    assert len(work.rates) == (int(count[1]) if count else 1)


def test_without_only_all_rows_are_measured():
    assert ids(None) == list(ROWS)


def test_only_picks_families_and_single_rows_in_the_order_of_the_table():
    assert ids("T3") == ["T3-sgd", "T3-adam"]
    assert ids("P1,T1") == ["T1", "P1"]
    assert ids("t3-ADAM, t1,") == ["T1", "T3-adam"]
    assert ids("s1") == ["S1-import", "S1-help", "S1-learn"]
    assert {type(row) for row in select_rows("E1,S1")} == {FitRow, StartRow}


def test_a_row_asked_for_twice_is_measured_once():
    assert ids("T3-sgd,T3,T3-sgd") == ["T3-sgd", "T3-adam"]


@pytest.mark.parametrize("only", ["", " , "])
def test_naming_no_row_is_refused(only):
    with pytest.raises(ArgumentError, match="--only must name rows, such as T1,P1"):
        select_rows(only)


def test_an_unknown_row_is_refused_with_the_closest():
    with pytest.raises(ArgumentError, match="got 'T3-adm'; did you mean 'T3-adam'"):
        select_rows("T1,T3-adm")


@pytest.mark.parametrize(
    ("goal", "ratio", "share", "seconds", "reached"),
    [
        (Goal(ratio=15), 15.0, None, 1.0, True),
        (Goal(ratio=15), 14.99, None, 1.0, False),
        (Goal(ratio=15), None, 0.9, 1.0, None),
        (Goal(ratio=1.15, limit_share=0.8), 1.2, 0.8, 1.0, True),
        (Goal(ratio=1.15, limit_share=0.8), 1.2, 0.79, 1.0, False),
        (Goal(ratio=1.15, limit_share=0.8), None, 0.79, 1.0, False),
        (Goal(ratio=1.15, limit_share=0.8), None, 0.9, 1.0, None),
        (Goal(seconds=0.3), None, None, 0.3, True),
        (Goal(seconds=0.3), 80.0, None, 0.31, False),
    ],
)
def test_a_goal_is_reached_when_every_part_of_it_is(goal, ratio, share, seconds, reached):
    assert goal.reached(ratio, share, seconds) is reached
