"""Bad input becomes a clear error here, once, at the boundary.

Each check returns the value it was given, in the type the inside works with, or raises
`ArgumentError` with the argument's name, the rule and what came.
"""

from __future__ import annotations

import difflib
import math
import operator
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from clearprop.errors import ArgumentError

__all__ = [
    "closest",
    "fraction",
    "instance",
    "integer",
    "named",
    "nearest",
    "number",
    "one_of",
    "options",
    "positive",
    "shown",
]


_NEAR = 0.66  # two of three letters in common


def shown(value: object, most: int = 80) -> str:
    """A value for an error message: its repr on one line, cut where it is long.

    >>> shown([0] * 100)
    '[0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, ...'
    """
    text = " ".join(repr(value).split())
    return text if len(text) <= most else f"{text[: most - 2].rstrip(',')}, ..."


def nearest(name: object, known: Iterable[object]) -> str | None:
    """The known name that was probably meant, or None where none is near.

    >>> nearest("rleu", ["relu", "tanh"])
    'relu'
    """
    if not isinstance(name, str):
        return None
    lowered = {str(item).lower(): str(item) for item in known}
    near = difflib.get_close_matches(name.lower(), lowered, n=1, cutoff=_NEAR)
    return lowered[near[0]] if near else None


def closest(name: object, known: Iterable[object]) -> str:
    """A hint such as "; did you mean 'relu'?", or nothing where no known name is near.

    >>> closest("rleu", ["relu", "tanh"])
    "; did you mean 'relu'?"
    """
    near = nearest(name, known)
    return "" if near is None else f"; did you mean {near!r}?"


def instance(argument: str, value: Any, kinds: type | tuple[type, ...]) -> None:
    """Refuse a value of another type, such as arguments in the wrong order."""
    if not isinstance(value, kinds):
        named = kinds[0] if isinstance(kinds, tuple) else kinds
        raise ArgumentError(f"{argument} must be a {named.__name__}; got {shown(value)}")


def one_of(argument: str, value: Any, known: Collection[str]) -> str:
    """`value` if it is one of the known names; otherwise an error that lists them."""
    if isinstance(value, str) and value in known:
        return value
    listed = ", ".join(sorted(known))
    raise ArgumentError(
        f"{argument} must be one of {listed}; got {shown(value)}{closest(value, known)}"
    )


def number(argument: str, value: Any, rule: str = "a finite number") -> float:
    """`value` as a finite float."""
    if isinstance(value, (str, bytes, bool)):
        raise ArgumentError(f"{argument} must be {rule}; got {shown(value)}")
    try:
        result = float(value)
    except (TypeError, ValueError, OverflowError):
        raise ArgumentError(f"{argument} must be {rule}; got {shown(value)}") from None
    if not math.isfinite(result):
        raise ArgumentError(f"{argument} must be {rule}; got {shown(value)}")
    return result


def positive(argument: str, value: Any, *, zero: bool = False) -> float:
    """`value` as a float above zero (or not below it, with `zero=True`)."""
    rule = "a finite number, zero or above" if zero else "a finite number above zero"
    result = number(argument, value, rule)
    if result < 0 or (result == 0 and not zero):
        raise ArgumentError(f"{argument} must be {rule}; got {shown(value)}")
    return result


def fraction(argument: str, value: Any) -> float:
    """`value` as a float with 0 ≤ value < 1."""
    rule = "a number from 0 up to, but not including, 1"
    result = number(argument, value, rule)
    if not 0 <= result < 1:
        raise ArgumentError(f"{argument} must be {rule}; got {shown(value)}")
    return result


def integer(argument: str, value: Any, *, least: int = 1, most: int | None = None) -> int:
    """`value` as a whole number within bounds."""
    rule = (
        f"a whole number, {least} or more"
        if most is None
        else f"a whole number from {least} to {most}"
    )
    if isinstance(value, bool):
        raise ArgumentError(f"{argument} must be {rule}; got {shown(value)}")
    try:
        result = operator.index(value)
    except TypeError:
        raise ArgumentError(f"{argument} must be {rule}; got {shown(value)}") from None
    if result < least or (most is not None and result > most):
        raise ArgumentError(f"{argument} must be {rule}; got {shown(value)}")
    return result


def named(argument: str, spec: Any, known: Collection[str]) -> tuple[str, dict[str, Any]]:
    """Split a name, or a mapping with a "name", into the name and its options.

    >>> named("schedule", {"name": "step", "drops": 2}, ["step", "cosine"])
    ('step', {'drops': 2})
    """
    if isinstance(spec, str):
        return one_of(argument, spec, known), {}
    if isinstance(spec, dict) and "name" in spec:
        rest = {key: value for key, value in spec.items() if key != "name"}
        return one_of(argument, spec["name"], known), rest
    raise ArgumentError(f"{argument} must be a name or a mapping with a 'name'; got {shown(spec)}")


def options(what: str, given: Mapping[str, Any], known: list[str]) -> None:
    """Refuse an option that is not known, or that is no finite number."""
    for option, value in given.items():
        if option not in known:
            listed = f"its options are {', '.join(known)}" if known else "it has no options"
            raise ArgumentError(
                f"{what} has no option {option!r}{closest(option, known)}; {listed}"
            )
        number(option, value)
