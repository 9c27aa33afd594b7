"""MkDocs hook: functions of the package shown on a page, as they stand in the source today.

    ```source
    activations.sigmoid
    activations.sigmoid_backward
    ```

shows both functions of `src/clearprop/equations/activations.py`. Other rooms are named in full
(`training.loop.run`). Formulas and arguments stand in docstrings, so these are shown as well.
"""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Any

from blocks import blocks

__all__ = ["function", "on_page_markdown", "with_sources"]

SOURCE = Path(__file__).parents[2] / "src" / "clearprop"


def on_page_markdown(markdown: str, **_: Any) -> str:
    """Put the functions where a page names them; blank lines of sessions are blank again."""
    return with_sources(markdown).replace("<BLANKLINE>", "")


def with_sources(page: str) -> str:
    """The page with the code of every function that it names."""
    lines = page.splitlines()
    for block in reversed(list(blocks(page))):
        if block.language == "source":
            lines[block.first : block.last + 1] = _shown(block.code.split())
    return "\n".join(lines) + "\n"


def _shown(names: list[str]) -> list[str]:
    files = {_file(name)[0] for name in names}
    title = ", ".join(sorted(f"src/clearprop/{file.relative_to(SOURCE)}" for file in files))
    code = "\n\n\n".join(function(name) for name in names)
    return [f'```python title="{title}"', *code.splitlines(), "```"]


def function(name: str) -> str:
    """The source of one function, such as "activations.sigmoid"."""
    file, wanted = _file(name)
    text = file.read_text(encoding="utf-8")
    for node in ast.parse(text).body:
        target = node.targets[0] if isinstance(node, ast.Assign) else None
        target = node.target if isinstance(node, ast.AnnAssign) else target
        if wanted in (getattr(node, "name", None), getattr(target, "id", None)):
            return ast.get_source_segment(text, node) or ""
    raise ValueError(f"{file} has no {wanted!r}")


def _file(name: str) -> tuple[Path, str]:
    *path, wanted = name.split(".")
    rooms = ["equations", *path] if len(path) == 1 else path
    return SOURCE.joinpath(*rooms).with_suffix(".py"), wanted
