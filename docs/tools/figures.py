"""MkDocs hook: draw the figures that pages ask for, by running the pages, light and dark.

A block with `<!-- figure: ALTERNATIVE -->` above it ends in `ax = figure(...)`. What it draws
stands below it, in the colours that the reader has chosen.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from blocks import Block, blocks
from mkdocs.structure.files import File, Files
from running import run_page

from clearprop.figures import as_svg

__all__ = ["on_files", "on_page_markdown"]


def on_files(files: Files, config: Any) -> Files:
    """Run every page that has figures; add what it draws."""
    for page in list(files.documentation_pages()):
        if any(block.figure for block in blocks(page.content_string)):
            for name, drawn in _drawn(page.content_string).items():
                path = f"assets/figures/{_stem(page.src_uri)}-{name}"
                files.append(File.generated(config, path, content=drawn))
    return files


def on_page_markdown(markdown: str, page: Any, **_: Any) -> str:
    """Put each figure below the block that draws it."""
    lines = markdown.splitlines()
    here = "../" * page.file.src_uri.count("/")
    with_figures = [block for block in blocks(markdown) if block.figure]
    for number, block in reversed(list(enumerate(with_figures, 1))):
        stem = f"{here}assets/figures/{_stem(page.file.src_uri)}-{number}"
        lines[block.last + 1 : block.last + 1] = [
            "",
            f"![{block.figure}]({stem}-light.svg#only-light)",
            f"![{block.figure}]({stem}-dark.svg#only-dark)",
            "",
        ]
        del lines[block.first - 1]
    return "\n".join(lines) + "\n"


def _stem(page: str) -> str:
    return page.removesuffix(".md").replace("/", "-")


def _drawn(page: str) -> dict[str, bytes]:
    """What the page draws: "1-light.svg", "1-dark.svg", "2-light.svg" and so on."""
    images: dict[str, bytes] = {}

    def draw(block: Block, light: Any, dark: Any) -> None:
        number = len(images) // 2 + 1
        images[f"{number}-light.svg"] = as_svg(light)
        images[f"{number}-dark.svg"] = as_svg(dark)

    with tempfile.TemporaryDirectory() as directory:
        for outcome in run_page(page, Path(directory), draw):
            if not outcome.agrees:
                raise ValueError(f"{outcome.source.strip()} prints:\n{outcome.got}")
    return images
