"""Reading JSON that a stranger may have written: every member is checked, nothing is guessed.

Messages show where a value stands and which rule it breaks, never the value itself: it may be
of any size.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, NoReturn

from clearprop.errors import DamagedFileError

__all__ = ["entries", "flag", "is_text", "members", "real", "refuse", "sorted_texts", "text"]


def refuse(where: str, rule: str) -> NoReturn:
    """Raise `DamagedFileError` for the value at `where`."""
    raise DamagedFileError(f"the table encoding is damaged: {where} must be {rule}")


def members(obj: Any, where: str, names: Sequence[str]) -> Mapping[str, Any]:
    """`obj` if it is an object with exactly these members."""
    if not isinstance(obj, dict) or set(obj) != set(names):
        refuse(where, f"an object with the members {', '.join(names)} and no others")
    return obj


def entries(found: Mapping[str, Any], key: str, where: str, most: int) -> list[Any]:
    """The member `key` if it is a list of at most `most` entries."""
    value = found[key]
    if not isinstance(value, list) or len(value) > most:
        refuse(f"{where}.{key}", f"a list of at most {most} entries")
    return value


def text(found: Mapping[str, Any], key: str, where: str) -> str:
    """The member `key` if it is text that is not blank."""
    value = found[key]
    if not is_text(value) or not value.strip():
        refuse(f"{where}.{key}", "text that is not blank")
    return str(value)


def flag(found: Mapping[str, Any], key: str, where: str) -> bool:
    """The member `key` if it is true or false."""
    value = found[key]
    if not isinstance(value, bool):
        refuse(f"{where}.{key}", "true or false")
    return value


def real(found: Mapping[str, Any], key: str, where: str, least: float) -> float:
    """The member `key` if it is a finite number from `least` up to 2e300."""
    value = found[key]
    plain = isinstance(value, (int, float)) and not isinstance(value, bool)
    # The comparison is exact for integers of any size, and false for NaN.
    if not plain or not least <= value <= 2e300 or not math.isfinite(value):
        refuse(f"{where}.{key}", f"a finite number from {least:g} up to 2e300")
    return float(value)


def sorted_texts(found: Mapping[str, Any], key: str, where: str, most: int) -> tuple[str, ...]:
    """The member `key` if it is a list of different texts in ascending order."""
    values = entries(found, key, where, most)
    if not all(map(is_text, values)) or values != sorted(set(values)):
        refuse(f"{where}.{key}", "different texts in ascending order")
    return tuple(values)


def is_text(value: Any) -> bool:
    """Whether `value` is text that can be written as UTF-8: JSON can spell text that cannot."""
    if not isinstance(value, str):
        return False
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True
