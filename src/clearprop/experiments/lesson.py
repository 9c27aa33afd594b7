"""What an experiment tells: paragraphs, worked arithmetic, tables, figures, and what was checked.

Plain data: the terminal, the page and JSON each show the same lesson in their own way.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from clearprop import _checks
from clearprop.figures.style import Theme

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["Animation", "Block", "Check", "Heading", "Lesson", "Picture", "Table", "Text", "Worked"]


@dataclass(frozen=True)
class Heading:
    """A heading within a lesson."""

    text: str


@dataclass(frozen=True)
class Text:
    """A paragraph in plain words."""

    text: str


@dataclass(frozen=True)
class Worked:
    """Arithmetic with its numbers, line by line, shown in a fixed-width typeface."""

    lines: Sequence[str]

    def __str__(self) -> str:
        """The lines."""
        return "\n".join(self.lines)


@dataclass(frozen=True)
class Table:
    """A table.

    Attributes:
        title: what it shows, with units, batch size and optimizer where a rate is named.
        heads: of the columns.
        rows: texts, as many in each as there are heads.
    """

    title: str
    heads: Sequence[str]
    rows: Sequence[Sequence[str]]

    def __str__(self) -> str:
        """The title, and the columns in a fixed-width typeface.

        >>> print(Table("Squares", ["n", "n²"], [["2", "4"], ["10", "100"]]))
        Squares
        n    n²
        2     4
        10  100
        """
        lines = [self.heads, *self.rows]
        widths = [max(len(line[k]) for line in lines) for k in range(len(self.heads))]
        shown = (
            "  ".join(
                cell.rjust(width) if k else cell.ljust(width)
                for k, (cell, width) in enumerate(zip(line, widths, strict=True))
            )
            for line in lines
        )
        return "\n".join([self.title, *(line.rstrip() for line in shown)])


@dataclass(frozen=True)
class Picture:
    """A figure, drawn only where it is shown.

    Attributes:
        kind: its name within the lesson, such as "loss".
        caption: how to read it.
        alt: one sentence with its numbers, from the figure's `describe_...`.
        draw: theme → Axes.
    """

    kind: str
    caption: str
    alt: str
    draw: Callable[[Theme], Axes]


@dataclass(frozen=True)
class Animation:
    """A moving picture, written only where it is asked for.

    Attributes:
        about: what it shows.
        write: path (.gif or .mp4) and theme → the file.
    """

    about: str
    write: Callable[[Path, Theme], object]


@dataclass(frozen=True)
class Check:
    """One number of the lesson beside the one it should be.

    Attributes:
        what: which number.
        expected: what it should be, as text.
        got: what the engine computed, as text.
        ok: whether they agree.
        source: where the expected number comes from: "published", "recomputed", "finite
            differences", "by hand", ...
        note: where and why not, or what is wrong in the text.
    """

    what: str
    expected: str
    got: str
    ok: bool
    source: str
    note: str = ""


Block: TypeAlias = Heading | Text | Worked | Table | Picture


@dataclass(frozen=True)
class Lesson:
    """What an experiment has to tell.

    Attributes:
        blocks: in the order of reading.
        checks: every number that has something to be compared with.
        tries: commands to play with, such as "clearprop learn line --learning-rate 0.12".
        animation: a moving picture, or None.
    """

    blocks: Sequence[Block]
    checks: Sequence[Check]
    tries: Sequence[str] = ()
    animation: Animation | None = None

    @property
    def pictures(self) -> list[Picture]:
        """The figures."""
        return [block for block in self.blocks if isinstance(block, Picture)]

    def picture(self, kind: str) -> Picture:
        """One of the figures.

        Args:
            kind: its name within the lesson, such as "loss".

        Raises:
            ArgumentError: the lesson has no figure of that name.
        """
        kinds = {picture.kind: picture for picture in self.pictures}
        return kinds[_checks.one_of("kind", kind, kinds)]

    @property
    def tables(self) -> list[Table]:
        """The tables; `print` shows one."""
        return [block for block in self.blocks if isinstance(block, Table)]

    @property
    def worked(self) -> list[Worked]:
        """The worked arithmetic; `print` shows it."""
        return [block for block in self.blocks if isinstance(block, Worked)]

    @property
    def ok(self) -> bool:
        """Whether every check agrees."""
        return all(check.ok for check in self.checks)

    def checks_json(self) -> list[dict[str, Any]]:
        """The checks as plain JSON types."""
        return [vars(check).copy() for check in self.checks]
