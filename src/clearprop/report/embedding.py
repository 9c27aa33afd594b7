"""A figure as part of a page: drawn in both themes and embedded as data."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from clearprop import figures

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["Picture", "Plan", "drawn"]

_COLUMN = 620  # CSS pixels a figure may have beside another
_SVG_ROOM = 200_000  # bytes; a larger SVG is embedded as a PNG


@dataclass(frozen=True)
class Picture:
    """One figure of the page.

    Attributes:
        kind: which figure, such as "loss"; also its anchor in the page.
        light, dark: data URIs.
        width, height: of both, in CSS pixels.
        alt: one sentence with the numbers.
        caption: how to read it.
    """

    kind: str
    light: str
    dark: str
    width: int
    height: int
    alt: str
    caption: str

    @property
    def broad(self) -> bool:
        """Whether it needs the whole width of the page."""
        return self.width > _COLUMN


@dataclass(frozen=True)
class Plan:
    """A figure not yet drawn."""

    kind: str
    caption: str
    alt: str
    draw: Callable[[figures.Theme], Axes]


def drawn(plan: Plan) -> Picture:
    """The figure, light and dark."""
    light, width, height = _data_uri(plan.draw(figures.LIGHT))
    dark, _, _ = _data_uri(plan.draw(figures.DARK))
    return Picture(plan.kind, light, dark, width, height, plan.alt, plan.caption)


def _data_uri(ax: Axes) -> tuple[str, int, int]:
    """The figure as a data URI, its width and height in CSS pixels."""
    svg = figures.as_svg(ax)
    size = re.search(rb'viewBox="0 0 ([\d.]+) ([\d.]+)"', svg)
    assert size is not None  # noqa: S101 - Matplotlib always writes one
    kind, data = ("svg+xml", svg) if len(svg) < _SVG_ROOM else ("png", figures.as_png(ax, dpi=120))
    width, height = (round(float(points) * 96 / 72) for points in size.groups())
    return f"data:image/{kind};base64,{base64.b64encode(data).decode('ascii')}", width, height
