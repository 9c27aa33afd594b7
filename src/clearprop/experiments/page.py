"""A lesson as one self-contained HTML page."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Any

from clearprop.errors import ArgumentError
from clearprop.experiments.lesson import Heading, Lesson, Picture, Table, Text, Worked
from clearprop.experiments.play import Play
from clearprop.experiments.registry import Experiment
from clearprop.figures import house_defaults
from clearprop.report.embedding import Plan, drawn
from clearprop.report.html import render_page

__all__ = ["render_lesson", "write_page"]

_OURS = b'<meta name="generator" content="clearprop learn">'


def write_page(path: Path, experiment: Experiment, play: Play, lesson: Lesson) -> None:
    """Write the page, whole or not at all; never over a file of somebody else's."""
    from clearprop.storage import write_atomically

    if path.exists() and (path.is_dir() or _OURS not in path.read_bytes()[:4096]):
        raise ArgumentError(
            f"{path} exists and is no page of `clearprop learn`; move it or choose another "
            "directory"
        )
    path.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(path, render_lesson(experiment, play, lesson).encode("utf-8"))


def render_lesson(experiment: Experiment, play: Play, lesson: Lesson) -> str:
    """The page as text; it asks for nothing outside itself and needs no script."""
    with house_defaults():
        blocks = [_block(block) for block in lesson.blocks]
    changes = play.changes
    options = "".join(
        f" --{name.replace('_', '-')} {shlex.quote(str(value))}" for name, value in changes.items()
    )
    return render_page(
        "clearprop.experiments",
        "lesson.html.j2",
        experiment=experiment,
        blocks=blocks,
        checks=lesson.checks,
        equal=sum(check.ok for check in lesson.checks),
        tries=lesson.tries,
        changed=", ".join(f"{name.replace('_', ' ')} {value}" for name, value in changes.items()),
        command=f"clearprop learn {experiment.name}{options}",
    )


def _block(block: Any) -> tuple[str, Any]:
    """The kind of a block, and what the template needs of it."""
    match block:
        case Heading():
            return "heading", block.text
        case Text():
            return "text", block.text
        case Worked():
            return "worked", "\n".join(block.lines)
        case Table():
            return "table", block
        case Picture():
            return "picture", drawn(Plan(block.kind, block.caption, block.alt, block.draw))
    raise AssertionError(f"no block: {block!r}")
