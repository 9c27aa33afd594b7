"""MkDocs hook: pages that live elsewhere in the repository, and the house colours as a stylesheet.

A page is written once. The changelog and the equations' README are read where they stand; links
in them are turned to where the site has the same thing.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from mkdocs.structure.files import File, Files

from clearprop.figures.style import DARK, LIGHT, Theme

__all__ = ["house_colours", "on_files"]

ROOT = Path(__file__).parents[2]
BORROWED = {  # page -> file
    "changelog.md": "CHANGELOG.md",
    "contributing.md": "CONTRIBUTING.md",
    "equations/index.md": "src/clearprop/equations/README.md",
    "vision.md": "VISION.md",
}


def on_files(files: Files, config: Any) -> Files:
    """Add the borrowed pages and the stylesheet."""
    for page, source in BORROWED.items():
        text = (ROOT / source).read_text(encoding="utf-8")
        files.append(File.generated(config, page, content=_turned(text)))
    css = house_colours("default", LIGHT) + house_colours("slate", DARK)
    files.append(File.generated(config, "assets/house.css", content=css))
    return files


def house_colours(scheme: str, theme: Theme) -> str:
    """The colours of the figures for one of Material's two schemes."""
    first, second, *_ = theme.palette
    code = "#f5f6f8" if theme is LIGHT else "#20252d"
    colours = {
        "primary-fg-color": theme.background,
        "primary-fg-color--light": theme.background,
        "primary-fg-color--dark": theme.background,
        "primary-bg-color": theme.ink,
        "primary-bg-color--light": theme.muted,
        "accent-fg-color": second,
        "accent-fg-color--transparent": f"{second}1a",
        "default-bg-color": theme.background,
        "default-fg-color": theme.ink,
        "default-fg-color--light": theme.muted,
        "default-fg-color--lighter": theme.faint if theme is LIGHT else theme.muted,
        "default-fg-color--lightest": theme.faint,
        "typeset-color": theme.ink,
        "typeset-a-color": first,
        "typeset-table-color": theme.faint,
        "code-bg-color": code,
        "code-fg-color": theme.ink,
        "footer-bg-color": code,
        "footer-bg-color--dark": code,
        "footer-fg-color": theme.ink,
        "footer-fg-color--light": theme.muted,
        "footer-fg-color--lighter": theme.muted,
    }
    lines = "".join(f"  --md-{name}: {value};\n" for name, value in colours.items())
    return f'[data-md-color-scheme="{scheme}"] {{\n{lines}}}\n'


def _turned(text: str) -> str:
    """Links as seen from the site; sessions named so that they are coloured as such."""
    text = re.sub(r"\]\(docs/([\w/.-]+)\)", r"](\1)", text)
    text = text.replace("](src/clearprop/equations/README.md)", "](equations/index.md)")
    return text.replace("```python\n>>> ", "```pycon\n>>> ")
