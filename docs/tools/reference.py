"""MkDocs hook: the reference, a page for each room with public names and for each equation file.

Nothing is listed by hand: a name that joins `clearprop.__all__` appears where its home is. griffe
reads the docstrings; `Sessions` makes their `>>>` examples code blocks, which they are not yet.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import griffe
from mkdocs.structure.files import File, Files

import clearprop as cp

__all__ = ["Sessions", "on_config", "on_files"]

ROOMS = Path(cp.__file__).parent
WORDS = {  # room -> its page's title; another room's title is its name
    "diagnosis": "Diagnosis",
    "errors": "Errors",
    "formats": "Model files",
    "ledgers": "The ledger",
    "network": "Networks",
    "rates": "Learning rates and curvature",
    "training": "Training",
}
# They stand in rates/, for `train` may choose a rate first.
PLACES = {"ChosenRun": "training", "train": "training"}
ORDER = ("network", "training", "rates", "diagnosis", "ledgers", "formats")


def on_config(config: Any) -> Any:
    """Fill the reference's place in the navigation."""
    rooms = [{_title(room): f"reference/{room}.md"} for room in _rooms()]
    equations = [{f"{name}.py": f"reference/equations/{name}.md"} for name in _equations()]
    for entry in config.nav:
        if "Reference" in entry:
            entry["Reference"] = ["reference/index.md", *rooms, {"Equations": equations}]
    return config


def on_files(files: Files, config: Any) -> Files:
    """Add the pages."""
    pages = {"reference/index.md": _index()}
    for room, names in _rooms().items():
        pages[f"reference/{room}.md"] = _page(_title(room), (f"clearprop.{n}" for n in names))
    for name in _equations():
        module = f"clearprop.equations.{name}"
        pages[f"reference/equations/{name}.md"] = f"# `{name}.py`\n\n::: {module}\n" + _MODULE
    for path, text in pages.items():
        files.append(File.generated(config, path, content=text))
    return files


_MODULE = "    options:\n      show_root_heading: false\n      show_root_toc_entry: false\n"


def _rooms() -> dict[str, list[str]]:
    """Public names by room, in the order in which one meets them."""
    rooms: dict[str, list[str]] = defaultdict(list)
    for name in cp.__all__:
        value = getattr(cp, name)
        home = getattr(value, "__module__", value.__name__).split(".")[1]
        rooms[PLACES.get(name, home)].append(name)
    for names in rooms.values():
        names.sort(key=lambda name: (not name.islower(), name))  # functions before classes
    known = [room for room in ORDER if room in rooms]
    return {room: rooms[room] for room in [*known, *sorted(set(rooms) - set(known))]}


def _equations() -> list[str]:
    """The equation files in their README's reading order."""
    text = (ROOMS / "equations" / "README.md").read_text(encoding="utf-8")
    return re.findall(r"^\d+\. `(\w+)\.py`", text, re.M)


def _title(room: str) -> str:
    return WORDS.get(room, room.capitalize())


def _page(title: str, names: Iterable[str]) -> str:
    return f"# {title}\n\n" + "\n".join(f"::: {name}\n" for name in names)


def _index() -> str:
    """All names on one page."""
    lines = [
        "# Reference",
        "",
        "Everything public, as `clearprop.NAME` (`import clearprop as cp`, then `cp.NAME`).",
        "The functions of the equations are imported from their files, such as",
        "`clearprop.equations.activations`.",
        "",
        "| room | names |",
        "|---|---|",
    ]
    for room, names in _rooms().items():
        links = ", ".join(f"[`{n}`][clearprop.{n}]" for n in names)
        lines.append(f"| [{_title(room)}]({room}.md) | {links} |")
    files = ", ".join(f"[`{name}.py`](equations/{name}.md)" for name in _equations())
    return "\n".join([*lines, f"| Equations | {files} |", ""])


class Sessions(griffe.Extension):
    """Puts the `>>>` sessions of docstrings between fences."""

    def on_object(self, *, obj: griffe.Object, **_: Any) -> None:
        """Rewrite the docstring of anything that has one."""
        if obj.docstring is not None:
            obj.docstring.value = fenced(obj.docstring.value)


def fenced(docstring: str) -> str:
    """A docstring with its sessions between fences, but for those that griffe knows by a title."""
    lines: list[str] = []
    inside = False
    for line in [*docstring.replace("\nExample:\n", "\nExamples:\n").splitlines(), ""]:
        if line.startswith(">>> ") and not inside:
            lines += ["", "```pycon"]
            inside = True
        elif inside and not line.strip():
            lines += ["```", ""]
            inside = False
            continue
        lines.append(line)
    return "\n".join(lines)
