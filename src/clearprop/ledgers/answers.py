"""A learner's answers: read, checked against the shapes, and how precisely they were written."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from clearprop import _checks
from clearprop.errors import ArgumentError
from clearprop.ledgers.terms import parse_entry, split_entry

if TYPE_CHECKING:
    from clearprop.ledgers.step import Ledger

__all__ = ["Precision", "read", "tolerance"]

Array = NDArray[np.float64]

_FEWEST = 3  # digits with which any answer is precise enough
_BY_SAMPLE = ("z", "a", "losses", "d_activation", "delta")  # the first axis counts the samples


def read(step: Ledger, answers: Any) -> dict[str, Array]:
    """The answers as full arrays in the order of computation; NaN where nothing was answered.

    Raises:
        ArgumentError: an unknown name, a wrong shape, or what is no number.
    """
    if not isinstance(answers, Mapping) or not answers:
        raise ArgumentError(
            "answers must be a mapping from names to numbers, such as {'delta2': [[0.1]]}; "
            f"got {_checks.shown(answers)}"
        )
    found: dict[str, Array] = {}
    shapes = {name: step[name].shape for name in step.terms}
    for key, value in answers.items():
        if not isinstance(key, str):
            raise ArgumentError(f"answers must have names as keys; got {_checks.shown(key)}")
        name, inside = split_entry(key)
        _refuse_unknown(step, name)
        whole = found.setdefault(name, np.full(shapes[name], np.nan))
        if inside is not None:
            _, index = parse_entry("answers", key, shapes)
            whole[index] = _number(key, value)
        elif value is not None:
            array = _shaped(step, name, value)
            whole[...] = np.where(np.isnan(array), whole, array)
    given = {name: found[name] for name in step.terms if name in found}
    return {name: array for name, array in given.items() if not np.isnan(array).all()}


def _refuse_unknown(step: Ledger, name: str) -> None:
    if name in step and name not in step.terms:
        raise ArgumentError(
            f"answers must be what the step computes, such as z1, delta1 or W1_new; "
            f"{name!r} is given"
        )
    _checks.one_of("a name in answers", name, step.terms)


def _shaped(step: Ledger, name: str, value: Any) -> Array:
    """An answer in the shape of its term; a single sample's axis may be left out."""
    shape = step[name].shape
    try:
        items = np.array(value, dtype=object)
    except ValueError:
        items = None
    if items is None or (items.size and isinstance(items.flat[0], (list, tuple))):
        raise ArgumentError(f"{name} must be a rectangular list; its rows differ in length")
    allowed = [shape]
    if step.terms[name].kind in _BY_SAMPLE and shape[0] == 1:
        allowed.append(shape[1:])
    if step[name].size == 1:
        allowed.append(())
    if items.shape not in allowed:
        listed = " or ".join(str(each) for each in dict.fromkeys(allowed) if each)
        rule = f"have the shape {listed}{_axes(step, name)}" if listed else "be one number"
        raise ArgumentError(f"{name} must {rule}; got the shape {items.shape}")
    flat = [_number(name, item) for item in items.reshape(-1)]
    return np.array(flat, dtype=np.float64).reshape(shape)


def _axes(step: Ledger, name: str) -> str:
    kind = step.terms[name].kind
    if kind in _BY_SAMPLE and kind != "losses":
        return ", a row for each sample and a column for each neuron"
    if "W" in kind:
        return ", a row for each input and a column for each neuron"
    return ""


def _number(name: str, value: Any) -> float:
    """A finite number; NaN for a blank."""
    return np.nan if value is None else _checks.number(name, value)


@lru_cache(maxsize=2**16)  # every slip that is tried asks for the same answers again
def _written(value: float) -> tuple[int, int]:
    """How many decimals and how many significant digits a number was written with.

    >>> _written(0.0420), _written(1250.0), _written(0.0)
    ((3, 2), (0, 3), (0, 0))
    """
    _, digits, exponent = Decimal(repr(float(value))).normalize().as_tuple()
    assert isinstance(exponent, int)  # noqa: S101 - for the type checker: the value is finite
    return max(0, -exponent), len(digits) if any(digits) else 0


class Precision:
    """How many digits a learner writes: as decimals or as significant digits, whichever is coarser.

    Attributes:
        decimals: the most that any answer has.
        significant: what half of the answers have, or more.
    """

    def __init__(self, answers: Mapping[str, Array]) -> None:
        values = np.concatenate([array[~np.isnan(array)] for array in answers.values()])
        written = [_written(value) for value in values.tolist()]
        self.decimals = max(_FEWEST, *(decimals for decimals, _ in written))
        counts = sorted(digits for _, digits in written if digits)
        self.significant = max(_FEWEST, counts[len(counts) // 2] if counts else _FEWEST)

    def half_unit(self, values: Array) -> Array:
        """Half a unit in the last written place of each value."""
        last = np.maximum(10.0**-self.decimals, 10.0 ** (_exponent(values) - self.significant + 1))
        return np.asarray(0.5 * last)


def tolerance(given: Array, right: Array) -> Array:
    """How far an answer may be from a number that it rounds to three digits.

    Three significant digits, or three decimals, or as many decimals as it was written with.
    """
    decimals = np.array([_written(v)[0] if np.isfinite(v) else 0 for v in given.reshape(-1)])
    place = 10.0 ** -np.maximum(_FEWEST, decimals).reshape(given.shape)
    half = 0.5 * np.maximum(place, 10.0 ** (_exponent(right) - _FEWEST + 1))
    return np.asarray(1.01 * half + 1e-12)  # a half rounds either way, and not quite a half, too


def _exponent(values: Array) -> Array:
    """The power of ten of the first digit; very low for zero."""
    size = np.abs(values)
    return np.where(size > 0, np.floor(np.log10(np.where(size > 0, size, 1.0))), -300.0)
