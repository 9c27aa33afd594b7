"""Comparing what was computed with what should have been: every comparison becomes a `Check`."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from clearprop.experiments.lesson import Check

__all__ = ["close", "holds", "printed"]

_FEW = 6  # numbers written one by one


def printed(
    what: str, expected: Sequence[str], got: ArrayLike, *, source: str = "published", note: str = ""
) -> Check:
    """Numbers as a text prints them: equal if they round to the same digits.

    Args:
        what: which numbers.
        expected: as printed, such as `["0.45", "0.82"]`; their decimals say how to round.
        got: the numbers computed, as many.
        source: where the expected ones come from.
        note: what to know about them.

    >>> printed("w", ["0.45", "0.82"], [0.4499, 0.8215]).ok
    True
    """
    values = np.asarray(got, dtype=np.float64).ravel()
    decimals = [len(text.partition(".")[2]) for text in expected]
    rounded = [f"{value:.{d}f}" for value, d in zip(values, decimals, strict=True)]
    same = [
        float(text) == float(mine) for text, mine in zip(expected, rounded, strict=True)
    ]  # "-0.00" is 0.00
    return Check(what, ", ".join(expected), ", ".join(rounded), all(same), source, note)


def close(
    what: str,
    expected: ArrayLike,
    got: ArrayLike,
    *,
    tolerance: float,
    relative: bool = False,
    source: str,
    note: str = "",
) -> Check:
    """Numbers within a tolerance of each other, all of them.

    Args:
        what: which numbers.
        expected: what they should be.
        got: what was computed, of the same shape.
        tolerance: the largest difference that counts as equal.
        relative: the difference in parts of the larger one, at least 1e-8.
        source: where the expected ones come from.
        note: what to know about them.

    >>> close("gradient", [2.0], [2.0 + 1e-9], tolerance=1e-6, source="by hand").ok
    True
    """
    wanted = np.asarray(expected, dtype=np.float64)
    found = np.asarray(got, dtype=np.float64)
    gaps = np.abs(wanted - found)
    if relative:
        gaps = gaps / np.maximum(np.maximum(np.abs(wanted), np.abs(found)), 1e-8)
    ok = wanted.shape == found.shape and bool((gaps <= tolerance).all())
    return Check(what, _text(wanted), _text(found), ok, source, note)


def holds(what: str, expected: str, got: str, ok: bool, *, source: str, note: str = "") -> Check:
    """A statement that is true or not, such as "7 of 10 seeds learn"."""
    return Check(what, expected, got, bool(ok), source, note)


def _text(values: np.ndarray[tuple[int, ...], np.dtype[np.float64]]) -> str:
    flat = values.ravel()
    shown = ", ".join(f"{value:.8g}" for value in flat[:_FEW])
    return shown + (f", … ({flat.size} numbers)" if flat.size > _FEW else "")
