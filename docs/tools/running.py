"""Run a page: its Python as one session, its commands in one directory that starts out empty.

Every block gives an `Outcome`: what the page says is printed, and what is. Blocks with a title are
files, written before anything runs. `clearprop` commands run in this process, which is a hundred
times faster than starting one for each; all other commands are handed to the shell.
"""

from __future__ import annotations

import ast
import contextlib
import doctest
import io
import os
import re
import shlex
import signal
import subprocess
import sys
import traceback
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from blocks import Block, blocks

from clearprop.experiments.lesson import Picture
from clearprop.figures import DARK, LIGHT

__all__ = ["Drawn", "Outcome", "agree", "run_page", "same"]

_TINY = re.compile(r"\b\d(?:\.\d+)?e-(?:0[7-9]|[1-9]\d)\b|\b0e\+00\b")
_CALLS = re.compile(r"(Traceback \(most recent call last\):\n)(?: .*\n)+")
_COLUMNS = "80"  # the width of the terminal that the pages show


@dataclass(frozen=True)
class Outcome:
    """One statement or command: where it stands, what should be printed and what was.

    Attributes:
        block: where it stands.
        line: index among the page's lines.
        source: the statement or command.
        want: what the page says.
        got: what was printed.
    """

    block: Block
    line: int
    source: str
    want: str
    got: str

    @property
    def agrees(self) -> bool:
        """Whether the page tells the truth."""
        return agree(self.want, self.got)


@dataclass(frozen=True)
class Drawn:
    """A figure in both themes, as Axes, and its alternative text."""

    light: Any
    dark: Any
    alternative: str


def agree(want: str, got: str) -> bool:
    """Equal, where `...` stands for anything, and errors of rounding may differ from another's.

    Numbers below 1e-6 in scientific notation are errors of rounding: another machine's exponential
    gives others. They agree while the one that was got is at most ten times the one promised.
    """
    if same(want, got):
        return True
    promised, found = _TINY.findall(want), _TINY.findall(got)
    if not promised or len(promised) != len(found):
        return False
    within = all(
        float(f) <= 10 * max(float(p), 1e-16) for p, f in zip(promised, found, strict=True)
    )
    rest = (_TINY.sub("tiny", text) for text in (want, got))
    return within and same(*rest)


def same(want: str, got: str) -> bool:
    """Equal but for what `...` stands for and for spaces at the ends of lines."""
    want, got = (re.sub(r"[ \t]+$", "", text, flags=re.M) for text in (want, got))
    return doctest.OutputChecker().check_output(want, got, doctest.ELLIPSIS)


def run_page(
    page: str, directory: Path, draw: Callable[[Drawn], None] | None = None
) -> Iterator[Outcome]:
    """Run every block of a page in turn.

    Args:
        page: its Markdown.
        directory: empty, and the working directory meanwhile.
        draw: called with every figure.
    """
    names: dict[str, Any] = {"__name__": "__main__"}
    with _working_in(directory):
        for block in blocks(page):
            if block.title:
                Path(block.title).write_text(block.code + "\n", encoding="utf-8")
            if not block.is_run:
                continue
            if block.language == "console":
                yield from _commands(block)
            else:
                yield from _statements(block, names)
            if block.figure is not None and draw is not None:
                draw(_drawn(block, names))


@contextlib.contextmanager
def _working_in(directory: Path) -> Iterator[None]:
    before, columns = Path.cwd(), os.environ.get("COLUMNS")
    os.chdir(directory)
    os.environ["COLUMNS"] = _COLUMNS
    try:
        yield
    finally:
        os.chdir(before)
        del os.environ["COLUMNS"]
        if columns is not None:
            os.environ["COLUMNS"] = columns


class _Recorder(doctest.DocTestRunner):
    """A doctest runner that hands over what was printed instead of printing about it."""

    def __init__(self) -> None:
        super().__init__(optionflags=doctest.ELLIPSIS | doctest.REPORT_NDIFF, verbose=False)
        self.got: dict[int, str] = {}

    def report_success(self, out: Any, test: Any, example: doctest.Example, got: str) -> None:
        self.got[example.lineno] = got if example.exc_msg is None else example.want

    def report_failure(self, out: Any, test: Any, example: doctest.Example, got: str) -> None:
        self.got[example.lineno] = _CALLS.sub(r"\1    ...\n", got)

    def report_unexpected_exception(
        self, out: Any, test: Any, example: doctest.Example, exc_info: Any
    ) -> None:
        last = "".join(traceback.format_exception_only(*exc_info[:2]))
        self.got[example.lineno] = f"Traceback (most recent call last):\n    ...\n{last}"


def _statements(block: Block, names: dict[str, Any]) -> Iterator[Outcome]:
    """Every statement of a session; a script is one, and prints nothing."""
    if block.language == "python":
        examples = [doctest.Example(block.code, "")]
    else:
        examples = doctest.DocTestParser().get_examples(block.code + "\n")
    test = doctest.DocTest(examples, names, "page", None, block.first, block.code)
    test.globs = names  # the page's own, not a copy
    runner = _Recorder()
    runner.run(test, out=lambda text: None, clear_globs=False)
    for example in examples:
        line = block.first + 1 + example.lineno
        yield Outcome(block, line, example.source, example.want, runner.got[example.lineno])


def _commands(block: Block) -> Iterator[Outcome]:
    lines = block.code.splitlines()
    starts = [i for i, line in enumerate(lines) if line.startswith("$ ")]
    for start, end in zip(starts, [*starts[1:], len(lines)], strict=True):
        first = start + 1
        while lines[first - 1].endswith("\\"):
            first += 1
        command = "\n".join([lines[start][2:], *lines[start + 1 : first]])
        want = "".join(f"{line}\n" for line in lines[first:end]).rstrip("\n")
        got = _output(command).rstrip("\n")
        yield Outcome(block, block.first + 1 + start, command, want, got)


def _output(command: str) -> str:
    """What a command prints, both streams as they come."""
    if command.startswith("clearprop ") and not set(command) & set("|><&;"):
        return _clearprop(shlex.split(command.replace("\\\n", " ")))
    ours = str(Path(sys.executable).parent)  # `clearprop` as it was installed beside this Python
    done = subprocess.run(  # noqa: S602 - the pages' own commands
        command,
        shell=True,
        env={**os.environ, "PATH": f"{ours}{os.pathsep}{os.environ['PATH']}"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    return done.stdout


def _clearprop(arguments: list[str]) -> str:
    from clearprop.cli import main

    printed = io.StringIO()
    argv, handler, show = sys.argv, signal.getsignal(signal.SIGTERM), warnings.showwarning
    sys.argv = arguments
    try:
        with (
            contextlib.redirect_stdout(printed),
            contextlib.redirect_stderr(printed),
            contextlib.suppress(SystemExit),
        ):
            main()
    finally:
        sys.argv, warnings.showwarning = argv, show
        signal.signal(signal.SIGTERM, handler)
    return printed.getvalue()


def _drawn(block: Block, names: dict[str, Any]) -> Drawn:
    """What the block's last statement drew, in both themes."""
    last = ast.parse(doctest.script_from_examples(block.code)).body[-1]
    if not (isinstance(last, ast.Assign) and isinstance(last.targets[0], ast.Name)):
        raise ValueError(f"line {block.last}: a figure's block must end in `ax = figure(...)`")
    value = names[last.targets[0].id]
    if isinstance(value, Picture):
        return Drawn(value.draw(LIGHT), value.draw(DARK), block.figure or value.alt)
    if not (isinstance(last.value, ast.Call) and block.figure):
        raise ValueError(f"line {block.last}: only the picture of a lesson describes itself")
    last.value.keywords.append(ast.keyword("theme", ast.Constant("dark")))
    once_more = compile(ast.fix_missing_locations(ast.Expression(last.value)), "page", "eval")
    return Drawn(value, eval(once_more, names), block.figure)  # noqa: S307 - the page's own code
