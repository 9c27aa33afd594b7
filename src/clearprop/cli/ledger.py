"""`clearprop ledger`: one step with every number, the factors of one weight, or answers marked."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rich.console import Console

from clearprop import _checks
from clearprop.cli.output import print_json
from clearprop.errors import ArgumentError, FileError
from clearprop.formats import load_model
from clearprop.ledgers import Exercise, Ledger, ledger, read_answers, read_exercise
from clearprop.ledgers.text import sections
from clearprop.runs import find_model
from clearprop.tables import Schema, read_table

__all__ = ["described", "show", "table_row"]


def described(path: Path) -> Exercise:
    """The step that a description file asks for."""
    return read_exercise(path)


def table_row(
    model: Path, table: Path | None, row: int | None, optimizer: str, learning_rate: float | None
) -> Exercise:
    """The step that a saved model would take on one row of a table."""
    if table is None or row is None:
        raise ArgumentError("--model needs a table and one of its rows: --table FILE --row N")
    path = find_model(model)
    loaded = load_model(path)
    if loaded.schema is None:
        raise FileError(f"{path} holds a bare network, which does not know the columns of a table")
    schema = Schema.from_json(loaded.schema)
    rows = read_table(table, text=schema.text_columns)
    place = _checks.integer("--row", row, most=rows.num_rows) - 1
    one = rows.slice(place, 1)
    X, y = schema.encode(one).X, schema.encode_target(one)
    step = ledger(loaded.network, X, y, optimizer=optimizer, learning_rate=learning_rate)
    return Exercise(step, None)


def show(
    exercise: Exercise,
    answers: Path | None,
    weight: str | None,
    paths: Mapping[str, int | None],
    *,
    as_json: bool,
) -> None:
    """Print the ledger; or instead of it the factors of a weight, or what marking found.

    Args:
        exercise: the step, perhaps with answers.
        answers: a file with answers, in place of those of the exercise.
        weight: whose factors to show, such as "W1[0,0]".
        paths: which of them: `sample` and `from_delta` of `Ledger.factors`.
        as_json: everything as one JSON object.
    """
    step = exercise.step
    given = exercise.answers if answers is None else read_answers(answers)
    if weight is None and any(value is not None for value in paths.values()):
        raise ArgumentError("--sample and --from-delta choose among the paths of --factors")
    factors = None if weight is None else step.factors(weight, **paths)
    marking = None if given is None else step.mark(given)
    if as_json:
        print_json(_as_json(step, factors, marking))
    elif factors is None and marking is None:
        _print_sections(step)
    else:
        print("\n\n".join(str(part) for part in (factors, marking) if part is not None))


def _as_json(step: Ledger, factors: Any, marking: Any) -> dict[str, Any]:
    return {
        "ledger": step.to_json(),
        "factors": None if factors is None else factors.to_json(),
        "marking": None if marking is None else marking.to_json(),
    }


def _print_sections(step: Ledger) -> None:
    console = Console(highlight=False)
    for i, (title, lines) in enumerate(sections(step)):
        if i:
            console.print()
        console.print(title, style="bold", markup=False, soft_wrap=True)
        for line in lines:
            console.print(line, markup=False, soft_wrap=True)
