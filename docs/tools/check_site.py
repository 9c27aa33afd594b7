"""Check the built site: `python docs/tools/check_site.py build/docs`.

Every page must be valid HTML, must load nothing from elsewhere, and must describe its pictures.
(That links lead somewhere is checked by `mkdocs build --strict`.)
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path
from xml.etree.ElementTree import Element

import html5lib

__all__ = ["problems"]

_ELSEWHERE = re.compile(r"^\s*(?:https?:)?//", re.I)
_CSS_URL = re.compile(r"url\(\s*['\"]?([^'\")]+)|@import\s+['\"]([^'\"]+)", re.I)
_LOADING = {  # what a browser fetches without being asked; `a` it does not
    "audio": ("src",),
    "embed": ("src",),
    "iframe": ("src",),
    "image": ("href",),
    "img": ("src", "srcset"),
    "link": ("href",),
    "object": ("data",),
    "script": ("src",),
    "source": ("src", "srcset"),
    "use": ("href",),
    "video": ("src", "poster"),
}


def problems(site: Path) -> Iterator[str]:
    """Everything that is wrong with the site, a sentence each."""
    for page in sorted(site.rglob("*.html")):
        text = page.read_text(encoding="utf-8")
        where = str(page.relative_to(site))
        yield from (f"{where}: {what}" for what in page_problems(text))
    for sheet in sorted([*site.rglob("*.css"), *site.rglob("*.svg")]):
        for address in _addresses(sheet.read_text(encoding="utf-8")):
            yield f"{sheet.relative_to(site)}: loads {address}"


def page_problems(text: str) -> Iterator[str]:
    """Everything that is wrong with one page."""
    parser = html5lib.HTMLParser(namespaceHTMLElements=False)
    document = parser.parse(text)
    for (line, column), kind, more in parser.errors:
        yield f"line {line}, column {column}: {html5lib.constants.E[kind] % more}"
    ids: set[str] = set()
    for element in document.iter():
        name = str(element.tag).rpartition("}")[2]
        yield from _loaded(element, name)
        if name == "img" and not (element.get("alt") or "").strip():
            yield f"a picture has no alternative text: {element.get('src')}"
        identity = element.get("id")
        if identity in ids:
            yield f"the id {identity!r} stands there twice"
        ids.add(identity or "")


def _loaded(element: Element, name: str) -> Iterator[str]:
    """What an element fetches from elsewhere."""
    for key, value in element.attrib.items():
        attribute = key.rpartition("}")[2]
        if attribute in _LOADING.get(name, ()) and _ELSEWHERE.match(value):
            yield f"<{name}> loads {value}"
        if attribute == "style":
            yield from (f"<{name}> loads {address}" for address in _addresses(value))
    if name == "style":
        yield from (f"<style> loads {address}" for address in _addresses(element.text or ""))


def _addresses(css: str) -> Iterator[str]:
    for url, imported in _CSS_URL.findall(css):
        if _ELSEWHERE.match(url or imported):
            yield url or imported


if __name__ == "__main__":
    site = Path(sys.argv[1])
    pages = len(list(site.rglob("*.html")))
    found = list(problems(site)) if pages else [f"{site} has no pages"]
    print("\n".join(found) or f"{pages} pages: valid, self-contained, pictures described.")
    sys.exit(bool(found))
