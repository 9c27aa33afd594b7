"""The names of a ledger's arrays, in the order in which a step computes them.

A *term* is one named array, such as `delta2`: a kind (`delta`) and a layer (2). An *entry* is one
number of it, written `delta2[0,1]`: row and column counted from 0, as in Python.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import NamedTuple

from clearprop import _checks
from clearprop.errors import ArgumentError

__all__ = ["Term", "entry_name", "parse_entry", "split_entry", "terms_of"]

_ENTRY = re.compile(r"\s*(\w+?)\s*(?:\[([^\]]*)\])?\s*")


class Term(NamedTuple):
    """One named array: what it is, and of which layer (0 where it belongs to none)."""

    kind: str
    layer: int

    @property
    def name(self) -> str:
        """`("delta", 2)` is `delta2`, `("W_new", 1)` is `W1_new`, `("loss", 0)` is `loss`."""
        stem, ending = self.kind.removesuffix("_new"), "_new" * self.kind.endswith("_new")
        return f"{stem}{self.layer or ''}{ending}"


def terms_of(n_layers: int, *, penalty: bool, total: bool) -> list[Term]:
    """Every term that a step computes: forward, loss, back, update.

    Args:
        n_layers: layers with parameters.
        penalty: whether a penalty adds to loss and gradient.
        total: whether the optimizer sees another gradient than `dW`, by a penalty or a clip.
    """
    layers = range(1, n_layers + 1)
    forward = [Term(kind, i) for i in layers for kind in ("z", "a")]
    losses = [Term("losses", 0), Term("loss", 0)]
    back = ("d_activation", "delta", "dW", "db")
    backward = [Term(kind, i) for i in reversed(layers) for kind in back]
    if penalty:
        losses += [Term("penalty", 0), Term("cost", 0)]
        backward += [Term("penalty_dW", i) for i in reversed(layers)]
    if total:
        backward += [Term(kind, i) for i in reversed(layers) for kind in ("total_dW", "total_db")]
    kinds = ("update_W", "update_b", "W_new", "b_new")
    return forward + losses + backward + [Term(kind, i) for i in layers for kind in kinds]


def entry_name(name: str, index: Collection[int]) -> str:
    """`entry_name("W1", (0, 2))` is `W1[0,2]`; a single number has no brackets."""
    return f"{name}[{','.join(map(str, index))}]" if index else name


def split_entry(text: str) -> tuple[str, str | None]:
    """`"W1[0,2]"` as `("W1", "0,2")`; without brackets the second part is None."""
    found = _ENTRY.fullmatch(text)
    return (text, None) if found is None else (found[1], found[2])


def parse_entry(
    argument: str, text: str, shapes: Mapping[str, tuple[int, ...]]
) -> tuple[str, tuple[int, ...]]:
    """`"W1[0,2]"` as `("W1", (0, 2))`, checked against the shapes.

    Raises:
        ArgumentError: no such name, no index, or one out of range.
    """
    if not isinstance(text, str):
        raise ArgumentError(f"{argument} must be a name such as 'W1[0,0]'; got {text!r}")
    name, inside = split_entry(text)
    _checks.one_of(argument, name, shapes)
    shape = shapes[name]
    example = entry_name(name, [0] * len(shape))
    try:
        index = tuple(int(part) for part in (inside or "").split(",") if part.strip())
    except ValueError:
        raise ArgumentError(
            f"{argument} must have whole numbers between its brackets, such as {example}; "
            f"got {text!r}"
        ) from None
    if len(index) != len(shape):
        raise ArgumentError(f"{argument} must name one number, such as {example}; got {text!r}")
    for i, size in zip(index, shape, strict=True):
        if not 0 <= i < size:
            last = entry_name(name, [size - 1 for size in shape])
            raise ArgumentError(
                f"{argument} must lie between {example} and {last}, counted from 0; got {text!r}"
            )
    return name, index
