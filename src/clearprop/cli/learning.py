"""`clearprop learn`: list the experiments, run one or all, print what they tell."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn
from rich.table import Table as Grid

from clearprop.cli.output import print_json, say
from clearprop.cli.writing import refuse_existing
from clearprop.errors import ArgumentError
from clearprop.experiments import EXPERIMENTS, Learned, learn
from clearprop.experiments.lesson import Block, Check, Heading, Picture, Table, Text, Worked
from clearprop.figures import LIGHT

__all__ = ["list_experiments", "teach_all", "teach_one"]

_WIDTH = 88  # of a paragraph
_INDENT = "    "


def list_experiments(*, as_json: bool) -> None:
    """Every experiment in reading order, and what may be changed in it."""
    if as_json:
        listed = [
            {"name": each.name, "title": each.title, "about": each.about, "takes": each.takes}
            for each in EXPERIMENTS.values()
        ]
        print_json({"experiments": listed})
        return
    console = Console(highlight=False)
    grid = Grid(box=None, pad_edge=False)
    for head, least in (("", 2), ("experiment", 14), ("what it shows", 14), ("you may change", 16)):
        grid.add_column(head, min_width=least)  # of the longest word
    for k, each in enumerate(EXPERIMENTS.values(), start=1):
        takes = ", ".join(f"--{name.replace('_', '-')}" for name in each.takes)
        grid.add_row(str(k), each.name, each.about, takes)
    console.print("In reading order; run one with: clearprop learn NAME")
    console.print()
    console.print(grid, crop=False)


def teach_one(
    name: str,
    changes: Mapping[str, Any],
    out: Path,
    animation: tuple[Path | None, bool],
    *,
    as_json: bool,
) -> int:
    """Run one experiment; the exit code is 1 where a number is not what it should be.

    Args:
        name: of the experiment.
        changes: what the learner changes.
        out: directory of the page.
        animation: where to write the moving picture, or None, and whether to replace a file there.
        as_json: print one object instead of the lesson.
    """
    path, overwrite = animation
    refuse_existing(path, overwrite=overwrite, option="--animation")
    learned = learn(name, **changes)
    if path is not None:
        _animate(learned, path)
    page = learned.write_page(out)
    if as_json:
        print_json({"experiments": [learned.to_json() | {"page": str(page)}]})
    else:
        _print(learned, page)
    return 0 if learned.lesson.ok else 1


def teach_all(out: Path, *, as_json: bool) -> int:
    """Run every experiment; the exit code is 1 where any number is not what it should be."""
    results: list[tuple[Learned, Path]] = []
    for name in _with_bar(list(EXPERIMENTS)):
        learned = learn(name)
        results.append((learned, learned.write_page(out)))
    if as_json:
        found = [learned.to_json() | {"page": str(page)} for learned, page in results]
        print_json({"experiments": found})
    else:
        _print_all(results)
    return 0 if all(learned.lesson.ok for learned, _ in results) else 1


def _animate(learned: Learned, path: Path) -> None:
    animation = learned.lesson.animation
    if animation is None:
        raise ArgumentError(
            f"the experiment {learned.experiment.name!r} has no moving picture; leave out "
            "--animation"
        )
    animation.write(path, LIGHT)


def _with_bar(names: list[str]) -> Any:
    """The names one by one, with a bar on standard error where somebody is watching."""
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(bar_width=None))
    with Progress(
        *columns, console=console, transient=True, disable=not console.is_terminal
    ) as bar:
        task = bar.add_task("", total=len(names))
        for name in names:
            bar.update(task, description=name)
            yield name
            bar.advance(task)


def _print(learned: Learned, page: Path) -> None:
    """The lesson, its checks, and where the page is."""
    console = Console(highlight=False)
    console.print(f"\n{learned.experiment.title}", style="bold", markup=False)
    for block in learned.lesson.blocks:
        console.print()
        _show(console, block)
    console.print("\nAre the numbers right?", style="bold")
    for check in learned.lesson.checks:
        _show_check(console, check)
    console.print("\nPlay with it", style="bold")
    for line in learned.lesson.tries:
        console.print(f"{_INDENT}{line}", markup=False, soft_wrap=True)
    if animation := learned.lesson.animation:
        name = f"{learned.experiment.name}.gif"
        command = f"clearprop learn {learned.experiment.name} --animation {name}"
        console.print(f"{_INDENT}{command}     {animation.about}", markup=False, soft_wrap=True)
    count = len(learned.lesson.pictures)
    console.print(
        f"\nPage    {page}, with {count} figure{'s' * (count != 1)}", markup=False, soft_wrap=True
    )


def _show(console: Console, block: Block) -> None:
    match block:
        case Heading():
            console.print(block.text, style="bold", markup=False)
        case Text():
            console.print(textwrap.fill(block.text, _WIDTH), markup=False, soft_wrap=True)
        case Worked():
            for line in block.lines:
                console.print(f"{_INDENT}{line}", markup=False, soft_wrap=True)
        case Table():
            console.print(block.title, style="italic", markup=False, soft_wrap=True)
            console.print(_grid(block), crop=False)
        case Picture():
            said = textwrap.fill(f"Figure: {block.alt}", _WIDTH)
            console.print(said, style="dim", markup=False, soft_wrap=True)


def _grid(table: Table) -> Grid:
    from rich.text import Text as Plain

    grid = Grid(box=None, pad_edge=False)
    for k, head in enumerate(table.heads):
        longest = max((len(row[k]) for row in table.rows), default=0)  # a cut number is none
        grid.add_column(Plain(head), justify="right" if k else "left", min_width=longest)
    for row in table.rows:
        grid.add_row(*(Plain(cell) for cell in row))
    return grid


def _show_check(console: Console, check: Check) -> None:
    """One line where the numbers are equal, all there is to say where they are not."""
    if check.ok:
        said = f"  equal      {check.what}: {check.got} ({check.source})"
    else:
        said = (
            f"  NOT EQUAL  {check.what}: {check.got}, should be {check.expected} ({check.source})"
        )
    note = f"; {check.note}" if check.note else ""
    text = textwrap.fill(said + note, _WIDTH + 12, subsequent_indent=" " * 13)
    console.print(text, style="" if check.ok else "red", markup=False, soft_wrap=True)


def _print_all(results: list[tuple[Learned, Path]]) -> None:
    console = Console(highlight=False)
    grid = Grid("experiment", "equal", "seconds", "page", box=None, pad_edge=False)
    grid.columns[-1].overflow = "fold"  # a cut path is none
    for learned, page in results:
        checks = learned.lesson.checks
        equal = f"{sum(check.ok for check in checks)} of {len(checks)}"
        grid.add_row(learned.experiment.name, equal, f"{learned.seconds:.1f}", str(page))
    console.print(grid)
    for learned, _ in results:
        for check in learned.lesson.checks:
            if not check.ok:
                say(f"{learned.experiment.name}: {check.what}: {check.got}, not {check.expected}")
