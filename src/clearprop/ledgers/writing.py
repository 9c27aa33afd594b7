"""Numbers and chain-rule products in print: plain text of at most 100 columns, and LaTeX."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from clearprop.ledgers.factors import Factor, Factors, Path

__all__ = ["WIDTH", "factors_as_latex", "factors_as_text", "number", "paragraph", "wrapped"]

WIDTH = 100
_MOST_PRINTED = 16  # paths; every one is in `paths`


def number(value: float, digits: int = 4) -> str:
    """A number with four significant digits and a proper minus sign.

    >>> [number(value) for value in (0.73105858, -12345.6, 1e-9, 2.0)]
    ['0.7311', '−12346', '1e-09', '2']
    """
    value = float(value)
    text = f"{value:.{digits}g}"
    if "e" in text and 1 <= abs(value) < 1e6:
        text = f"{value:.0f}"
    return text.replace("-", "−", 1) if text.startswith("-") else text


def wrapped(first: str, parts: Sequence[str], glue: str, end: str = "") -> list[str]:
    """`first`, the parts joined by the glue, and an end; a full line is broken before a glue.

    >>> wrapped("z = ", ["1·2", "3·4"], " + ", " = 14")
    ['z = 1·2 + 3·4 = 14']
    """
    lines, indent = [first], " " * min(max(len(first) - 2, 4), 24)
    pieces = [part if i == 0 else glue + part for i, part in enumerate(parts)]
    for i, piece in enumerate([*pieces, *([end] if end else [])]):
        if i and len(lines[-1]) + len(piece) > WIDTH:
            lines.append(indent + piece.lstrip(" "))
        else:
            lines[-1] += piece
    return lines


def paragraph(text: str) -> str:
    """A sentence of at most 100 columns, later lines indented like the first and two more."""
    indent = " " * (len(text) - len(text.lstrip(" ")) + 2)
    return textwrap.fill(text, WIDTH, subsequent_indent=indent, break_on_hyphens=False)


def factors_as_text(found: Factors) -> str:
    """The sum over the paths: every factor of the first path named, then a line for each path."""
    lines = [_heading(found), ""]
    if found.paths:
        lines += _explained(found.paths[0], len(found.paths))
    if len(found.paths) > 1:
        lines.append("")
        lines += _every_path(found)
    lines.append("")
    lines += _total(found)
    return "\n".join(lines)


def _heading(found: Factors) -> str:
    n, s = len(found.paths), found.samples
    where = "over all samples" if len(s) == found.n_samples > 1 else f"of sample {s[0]}"
    if found.n_samples == 1:
        where = "of the one sample"
    mean = (
        "" if found.n_samples == 1 else f"; the mean's 1/{found.n_samples} is in the first factor"
    )
    return f"∂C/∂{found.name}: {n} path{'s' * (n != 1)} {where}{mean}"


def _explained(path: Path, n_paths: int) -> list[str]:
    """One path with a line for each factor."""
    symbols = [factor.symbol for factor in path.factors]
    formulas = [factor.formula for factor in path.factors]
    widths = max(map(len, symbols)), max(map(len, formulas))
    lines = [] if n_paths == 1 else [f"The first path, sample {path.sample}:"]
    for k, factor in enumerate(path.factors):
        sign = "  " if k == 0 else "· "
        lines.append(
            f"  {sign}{factor.symbol:{widths[0]}} = {factor.formula:{widths[1]}} "
            f"= {number(factor.value)}"
        )
    product = [_bracketed(factor) for factor in path.factors]
    return [*lines, *wrapped("  = ", product, " · ", f" = {number(path.value)}")]


def _bracketed(factor: Factor) -> str:
    """A number in a product: a negative one in brackets."""
    text = number(factor.value)
    return f"({text})" if text.startswith("−") else text


def _every_path(found: Factors) -> list[str]:
    lines = ["Every path:"]
    for path in found.paths[:_MOST_PRINTED]:
        product = [_bracketed(factor) for factor in path.factors]
        lines += wrapped(f"  {_way(path)}: ", product, " · ", f" = {number(path.value)}")
    rest = found.paths[_MOST_PRINTED:]
    if rest:
        value = number(sum(path.value for path in rest))
        lines.append(f"  and {len(rest):,} more paths, which add up to {value}")
    return lines


def _way(path: Path) -> str:
    """The neurons a path passes, from the loss down: `sample 0, a2[1] → a1[0]`."""
    stops: list[str] = []
    for factor in path.factors:
        name, index = factor.below
        if name.startswith("a") or (name.startswith("z") and not stops):
            stops.append(f"{name}[{index[-1]}]")
    return f"sample {path.sample}, {' → '.join(stops)}" if stops else f"sample {path.sample}"


def _total(found: Factors) -> list[str]:
    sum_of = "the product" if len(found.paths) == 1 else f"the sum of {len(found.paths):,} products"
    lines = [
        f"∂C/∂{found.name} = {sum_of} = {number(found.value)}; "
        f"backpropagation gave {number(found.gradient)}."
    ]
    if found.penalised:
        lines.append("The penalty adds its own part to this gradient, apart from the chain rule.")
    return lines


def factors_as_latex(found: Factors) -> str:
    """An `aligned` block: the derivative, the symbols of each path, and the numbers below them."""
    left = rf"\frac{{\partial C}}{{\partial {_symbol(*_split(found.name))}}}"
    lines = [rf"{left} &= \sum_{{\text{{paths}}}} \prod \text{{factors}} \\"] if len(
        found.paths
    ) > 1 else []  # fmt: skip
    for k, path in enumerate(found.paths):
        product = r" \cdot ".join(
            rf"\underbrace{{{_fraction(factor)}}}_{{{_tex_number(factor.value)}}}"
            for factor in path.factors
        )
        opening = f"{left} &= " if len(found.paths) == 1 else ("&= " if k == 0 else r"&\quad + ")
        lines.append(f"{opening}{product} \\\\")
    lines.append(f"&= {_tex_number(found.value)}")
    return "\n".join([r"\begin{aligned}", *lines, r"\end{aligned}"])


def _fraction(factor: Factor) -> str:
    above, below = _symbol(*factor.above), _symbol(*factor.below)
    return rf"\frac{{\partial {above}}}{{\partial {below}}}"


def _split(name: str) -> tuple[str, tuple[int, ...]]:
    stem, _, inside = name.partition("[")
    return stem, tuple(int(part) for part in inside.rstrip("]").split(","))


def _symbol(name: str, index: tuple[int, ...]) -> str:
    """`("W1", (0, 2))` as `w^{(1)}_{0,2}`: the layer above, the entry below."""
    if not index:
        return name
    found = re.fullmatch(r"([A-Za-z]+)(\d+)", name.strip())
    letter, layer = (found[1].lower(), found[2]) if found else (name, "")
    shown = index if letter in ("w", "b") else index[-1:]
    return f"{letter}^{{({layer})}}_{{{','.join(map(str, shown))}}}"


def _tex_number(value: float) -> str:
    text = f"{float(value):.4g}"
    mantissa, e, exponent = text.partition("e")
    return rf"{mantissa} \cdot 10^{{{int(exponent)}}}" if e else text
