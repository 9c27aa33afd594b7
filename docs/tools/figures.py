"""MkDocs hook: draw the figures that pages ask for, by running the pages, light and dark.

What a block with a `figure` comment above it draws (see `blocks.py`) stands below it, in the
colours that the reader has chosen.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from blocks import blocks
from mkdocs.structure.files import File, Files
from running import Drawn, run_page

from clearprop.figures import as_svg

__all__ = ["on_files", "on_page_markdown"]


_alternatives: dict[str, list[str]] = {}  # of each page's figures, once they are drawn


def on_files(files: Files, config: Any) -> Files:
    """Run every page that has figures; add what it draws."""
    for page in list(files.documentation_pages()):
        if any(block.figure is not None for block in blocks(page.content_string)):
            drawn = _drawn(page.content_string)
            _alternatives[page.src_uri] = [figure.alternative for figure in drawn]
            for number, figure in enumerate(drawn, 1):
                for theme, axes in (("light", figure.light), ("dark", figure.dark)):
                    path = f"{_stem(page.src_uri)}-{number}-{theme}.svg"
                    files.append(File.generated(config, path, content=as_svg(axes)))
    return files


def on_page_markdown(markdown: str, page: Any, **_: Any) -> str:
    """Put each figure below the block that draws it."""
    lines, source = markdown.splitlines(), page.file.src_uri
    stem = "../" * source.count("/") + _stem(source)
    shown = [block for block in blocks(markdown) if block.figure is not None]
    texts = _alternatives.get(source, [])
    for number, (block, text) in reversed(list(enumerate(zip(shown, texts, strict=True), 1))):
        margin = " " * block.indent
        lines[block.last + 1 : block.last + 1] = [
            "",
            f"{margin}![{text}]({stem}-{number}-light.svg#only-light)",
            f"{margin}![{text}]({stem}-{number}-dark.svg#only-dark)",
            "",
        ]
        del lines[block.first - 1]
    return "\n".join(lines) + "\n"


def _stem(page: str) -> str:
    return "assets/figures/" + page.removesuffix(".md").replace("/", "-")


def _drawn(page: str) -> list[Drawn]:
    """What the page draws, if it prints what it says."""
    drawn: list[Drawn] = []
    with tempfile.TemporaryDirectory() as directory:
        for outcome in run_page(page, Path(directory), drawn.append):
            if not outcome.agrees:
                raise ValueError(f"{outcome.source.strip()} prints:\n{outcome.got}")
    return drawn
