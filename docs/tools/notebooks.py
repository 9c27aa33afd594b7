"""MkDocs hook: a page with `notebook: true` at its head can be downloaded as a notebook.

Sessions become cells without prompts and with their outputs, commands become `!` cells,
files become `%%writefile` cells. Pictures travel inside. What is collapsed on the page is collapsed
in the notebook as well, text and code. What the page prints was checked by the tests, so nothing is
run here.
"""

from __future__ import annotations

import base64
import doctest
import re
import textwrap
from pathlib import Path, PurePosixPath
from typing import Any

import nbformat
from blocks import Block, blocks
from mkdocs.structure.files import File, Files
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output
from sources import with_sources

__all__ = ["notebook", "on_files", "on_page_markdown"]

_HEAD = re.compile(r"\A---\n(.*?)\n---\n", re.S)
_COMMENT = re.compile(r"^<!--.*?-->\n", re.M | re.S)
_IMAGE = re.compile(r"!\[([^\]]*)\]\(([^)#]+)(?:#[\w-]+)?\)(?:\{[^}]*\})?")
_COLLAPSED = re.compile(r'^\?\?\? \w+ "([^"]+)"\n((?:(?: {4}.*)?(?:\n|\Z))+)', re.M)
_CONTINUED = re.compile(r"\A((?:(?: {4}.*)?(?:\n|\Z))+)")  # of an answer, below its first code
_PAGE_LINK = re.compile(r"(?<!!)\[([^\]]+)\]\((?!https?:)[^)]+\)(?:\{[^}]*\})?")


def on_files(files: Files, config: Any) -> Files:
    """Add the notebook of every page that wants one."""
    for page in list(files.documentation_pages()):
        head = _HEAD.match(page.content_string)
        if head and "notebook: true" in head[1]:
            folder = Path(page.abs_src_path or config.docs_dir).parent
            made = notebook(_HEAD.sub("", page.content_string), folder)
            name = page.src_uri.removesuffix(".md") + ".ipynb"
            files.append(File.generated(config, name, content=nbformat.writes(made) + "\n"))
    return files


def on_page_markdown(markdown: str, page: Any, **_: Any) -> str:
    """Below the title, a link to the notebook."""
    if not page.meta.get("notebook"):
        return markdown
    name = PurePosixPath(page.file.src_uri).with_suffix(".ipynb").name
    link = f'[Download this page as a notebook]({name}){{ .notebook download="{name}" }}'
    return re.sub(r"^(# .+)$", rf"\1\n\n{link}", markdown, count=1, flags=re.M)


def notebook(page: str, folder: Path) -> Any:
    """The notebook of a page.

    Args:
        page: its Markdown.
        folder: where its pictures' paths start.
    """
    page = with_sources(page)
    lines, cells, end = page.splitlines(), [], 0
    if any(block.figure is not None for block in blocks(page)):
        cells.append(new_code_cell("%matplotlib inline"))
    for block in blocks(page):
        code = _code_cells(block)
        if block.indent:
            code = [_hidden(cell) for cell in code]
        if code:
            cells += _text_cells("\n".join(lines[end : block.first]), folder)
            cells += code
            end = block.last + 1
    cells += _text_cells("\n".join(lines[end:]), folder)
    for number, cell in enumerate(cells):
        cell["id"] = f"cell-{number}"  # the same every time
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    made = new_notebook(cells=cells, metadata={"kernelspec": kernel})
    nbformat.validate(made)
    return made


def _text_cells(text: str, folder: Path) -> list[Any]:
    text = _folded(_COMMENT.sub("", text).strip("\n")).strip()
    if not text:
        return []
    attachments: dict[str, dict[str, str]] = {}

    def attached(image: re.Match[str]) -> str:
        name = PurePosixPath(image[2]).name
        kind = "image/svg+xml" if name.endswith(".svg") else "image/png"
        data = base64.b64encode((folder / image[2]).read_bytes()).decode()
        attachments[name] = {kind: data}
        return f"![{image[1]}](attachment:{name})"

    text = _PAGE_LINK.sub(r"\1", _IMAGE.sub(attached, text))
    return [new_markdown_cell(text, **({"attachments": attachments} if attachments else {}))]


def _folded(text: str) -> str:
    """What the page collapses, in the HTML that a notebook collapses."""

    def folded(title: str, body: str) -> str:
        body = textwrap.dedent(body).strip()
        return f"<details><summary>{title}</summary>\n\n{body}\n\n</details>\n\n" if body else ""

    text = _CONTINUED.sub(lambda rest: folded("Go on", rest[1]), text, count=1)
    return _COLLAPSED.sub(lambda box: folded(box[1], box[2]), text)


def _code_cells(block: Block) -> list[Any]:
    """The cells of a block that is run or is a file; none for what is only shown."""
    if block.title and not block.title.startswith("src/"):
        return [new_code_cell(f"%%writefile {block.title}\n{block.code}")]
    if not block.is_run:
        return []
    if block.language == "console":
        return _command_cells(block.code)
    if block.language == "python":
        return [new_code_cell(block.code)]
    return _session_cells(block.code + _shown(block))


def _hidden(cell: Any) -> Any:
    """The cell, closed until somebody opens it."""
    cell["metadata"]["jupyter"] = {"source_hidden": True, "outputs_hidden": True}
    return cell


def _shown(block: Block) -> str:
    """A last line that shows what the block draws, for a notebook shows what its cells end in."""
    if block.figure is None:
        return ""
    name = block.code.rstrip().splitlines()[-1].removeprefix(">>> ").partition(" =")[0]
    return f"\n>>> {name}.figure" if block.figure else f'\n>>> {name}.draw("light").figure'


def _command_cells(code: str) -> list[Any]:
    parts = re.split(r"^\$ ", code, flags=re.M)[1:]
    cells = []
    for part in parts:
        command, _, printed = part.partition("\n")
        cells.append(_cell(f"!{command}", printed))
    return cells


def _session_cells(code: str) -> list[Any]:
    """A cell ends where something is printed."""
    cells, source = [], ""
    for example in doctest.DocTestParser().get_examples(code + "\n"):
        source += example.source
        if example.want:
            cells.append(_cell(source, example.want.replace("<BLANKLINE>", "")))
            source = ""
    return [*cells, _cell(source, "")] if source else cells


def _cell(source: str, printed: str) -> Any:
    outputs = [new_output("stream", name="stdout", text=printed.rstrip("\n") + "\n")]
    return new_code_cell(source.rstrip("\n"), outputs=outputs if printed.strip() else [])
