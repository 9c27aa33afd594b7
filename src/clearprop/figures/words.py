"""Numbers and names as words: short, honest, and harmless wherever they are put."""

from __future__ import annotations

import math
import re

__all__ = ["clean", "counted", "number", "percent", "short"]

# What breaks XML and HTML, hides text, or turns its direction: control characters (tab and
# newline apart), lone surrogates, non-characters, bidirectional overrides.
_HARMFUL = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]"
)


def clean(text: object) -> str:
    r"""`text` with every character that breaks or hides text replaced by U+FFFD.

    >>> clean("a\x00b")
    'a�b'
    """
    return _HARMFUL.sub("\N{REPLACEMENT CHARACTER}", str(text))


def short(text: object, most: int = 24) -> str:
    r"""`text`, cleaned, on one line, at most `most` characters; what is left out is its middle.

    Long names of one table often differ in their last characters.

    >>> short("class\nof the cell number 12", 12)
    'class o…r 12'
    """
    line = clean(" ".join(str(text).split()))
    if len(line) <= most:
        return line
    tail = (most - 1) // 3 + 1
    return f"{line[: most - 1 - tail]}…{line[-tail:]}"


def number(value: float, digits: int = 4) -> str:
    """`value` with `digits` significant digits, and whole numbers in full below ten million.

    >>> [number(v) for v in (0.081234, 1234567, 2.5e-7, 3e30, float("nan"))]
    ['0.08123', '1,234,567', '2.5e-7', '3e30', 'not a number']
    """
    if math.isnan(value):
        return "not a number"
    if math.isinf(value):
        return "infinite" if value > 0 else "-infinite"
    if value == 0:
        return "0"
    if 1e4 <= abs(value) < 1e7:
        return f"{value:,.0f}"
    text = f"{value:.{digits}g}"
    if 1e-4 <= abs(value) < 1e4:
        return text if "e" not in text else f"{value:,.0f}"
    mantissa, _, exponent = f"{value:.{digits - 1}e}".partition("e")
    mantissa = mantissa.rstrip("0").rstrip(".") if "." in mantissa else mantissa
    return f"{mantissa}e{int(exponent)}"


def percent(share: float) -> str:
    """`share` in percent; only exactly 1 is called 100% and only exactly 0 is called 0%.

    >>> [percent(v) for v in (1, 0.97368, 0.9999, 0.0)]
    ['100%', '97.4%', '99.99%', '0%']
    """
    if not math.isfinite(share):
        return number(share)
    if share in (0.0, 1.0):
        return f"{share:.0%}"
    for decimals in range(1, 5):
        text = f"{share:.{decimals}%}"
        if float(text[:-1]) not in (0.0, 100.0):
            return text
    return "above 99.999%" if share > 0.5 else "below 0.001%"


def counted(count: int, thing: str, things: str | None = None) -> str:
    """A count with its noun in the right number.

    >>> counted(1, "epoch"), counted(1200, "epoch")
    ('1 epoch', '1,200 epochs')
    """
    return f"{count:,} {thing if count == 1 else things or thing + 's'}"
