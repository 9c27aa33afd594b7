"""MkDocs hook: formulas become MathML, which every browser draws by itself, with no script.

Arithmatex has marked them on the way from Markdown: `$...$` in a line, `$$...$$` on their own.
"""

from __future__ import annotations

import html
import re
from typing import Any

from latex2mathml.converter import convert

__all__ = ["mathml", "on_page_content"]

_INLINE = re.compile(r'<span class="arithmatex">\\\((.*?)\\\)</span>', re.S)
# Bars that say which side they stand on; of the plain ones, browsers cannot tell.
_BARS = re.compile(r"\\(l|r)(v|V)ert(?![a-zA-Z]) ?")
_BLOCK = re.compile(r'<div class="arithmatex">\s*\\\[(.*?)\\\]\s*</div>', re.S)


def on_page_content(html: str, **_: Any) -> str:  # the name is MkDocs'
    """Turn every marked formula into MathML."""
    page = _BLOCK.sub(lambda m: f'<div class="formula">{mathml(m[1], "block")}</div>', html)
    return _INLINE.sub(lambda m: mathml(m[1], "inline"), page)


def mathml(latex: str, display: str) -> str:
    """One formula, with its LaTeX as the text that is read where MathML is not."""
    latex = html.unescape(latex).strip()
    made = convert(_BARS.sub(_sided, latex), display=display)
    if "\\" in re.sub(r"<[^>]*>", "", made) or "<mi>&</mi>" in made:
        raise ValueError(f"a formula holds a command that cannot be converted: {latex}")
    return made.replace("<math ", f'<math alttext="{html.escape(latex)}" ', 1)


def _sided(bar: re.Match[str]) -> str:
    return ("\\left" if bar[1] == "l" else "\\right") + ("|" if bar[2] == "v" else "\\Vert ")
