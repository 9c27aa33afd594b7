"""The fenced blocks of a page: what they hold, and whether they are run.

A comment on the line above a fence says what to do with it:

    <!-- not run: REASON -->      shown only; the reason is for whoever maintains the page
    <!-- figure: ALTERNATIVE -->  the block ends in `ax = figure(...)`; the build draws it
    <!-- figure -->               it ends in the picture of a lesson, which describes itself
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass

__all__ = ["RUN", "Block", "blocks"]

RUN = ("console", "pycon", "python")  # the languages that are run
_FENCE = re.compile(r"^(?P<indent> *)(?P<fence>`{3,})(?P<language>[\w-]*) *(?P<rest>.*)$")
_TITLE = re.compile(r'title="([^"]+)"')
_COMMENT = re.compile(r"^\s*<!-- (?:(not run|figure): (.+?)|(figure)) -->\s*$")


@dataclass(frozen=True)
class Block:
    """A fenced block.

    Attributes:
        language: what stands behind the fence, or "".
        title: a file's name, where the block is its contents.
        code: what stands between the fences.
        first: index of the opening fence among the page's lines.
        last: index of the closing fence.
        indent: spaces before the fence.
        not_run: why the block is not run, or "".
        figure: the alternative text of the figure that the block draws; "" where the figure knows
            it, None where there is no figure.
    """

    language: str
    title: str
    code: str
    first: int
    last: int
    indent: int
    not_run: str
    figure: str | None

    @property
    def is_run(self) -> bool:
        """Whether the tests run it."""
        return self.language in RUN and not self.title and not self.not_run


def blocks(page: str) -> Iterator[Block]:
    """Every fenced block of a page, in order."""
    lines = page.splitlines()
    i = 0
    while i < len(lines):
        opening = _FENCE.match(lines[i])
        if opening is None:
            i += 1
            continue
        fence, indent = opening["fence"], len(opening["indent"])
        last = _closing(lines, i, fence)
        comment = _COMMENT.match(lines[i - 1]) if i else None
        said = {comment[1] or comment[3]: comment[2] or ""} if comment else {}
        title = _TITLE.search(opening["rest"])
        yield Block(
            language=opening["language"],
            title=title[1] if title else "",
            code=textwrap.dedent("\n".join(lines[i + 1 : last])),
            first=i,
            last=last,
            indent=indent,
            not_run=said.get("not run", ""),
            figure=said.get("figure"),
        )
        i = last + 1


def _closing(lines: list[str], opening: int, fence: str) -> int:
    for i in range(opening + 1, len(lines)):
        if lines[i].strip() == fence:
            return i
    raise ValueError(f"line {opening + 1}: the fence is never closed")
