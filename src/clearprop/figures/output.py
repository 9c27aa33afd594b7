"""From Axes to bytes: the same bytes for the same figure, whatever the user's settings."""

from __future__ import annotations

import contextlib
import io
import re
import warnings
from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["as_png", "as_svg", "house_defaults"]

_FONTS = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', 'DejaVu Sans', sans-serif"
_NOTHING = {"Creator": None, "Date": None, "Format": None, "Type": None}


@contextlib.contextmanager
def house_defaults() -> Iterator[None]:
    """Matplotlib's own defaults for as long as the block lasts; afterwards all is as it was.

    Text stays text in an SVG (small, and any script the reader's fonts know can be shown), so a
    glyph missing in Matplotlib's font is no matter. Settings are global in Matplotlib: do not
    draw in two threads at once.
    """
    import matplotlib as mpl

    with mpl.rc_context(), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing from font")
        # With very many or very long labels there is no room; the figure is drawn all the same.
        warnings.filterwarnings("ignore", message="constrained_layout not applied")
        mpl.rcdefaults()
        mpl.rcParams["svg.fonttype"] = "none"
        mpl.rcParams["svg.hashsalt"] = "clearprop"
        yield


def as_svg(ax: Axes) -> bytes:
    """The figure of `ax` as one `<svg>` element in the reader's own typeface, UTF-8 encoded."""
    stream = io.StringIO()
    with house_defaults():
        ax.figure.savefig(stream, format="svg", dpi=160, metadata=_NOTHING)  # type: ignore[union-attr]
    text = stream.getvalue()
    text = text[text.index("<svg") :]  # without the XML prologue, which names a remote DTD
    style = f"<style>text,tspan{{font-family:{_FONTS}!important}}</style>"
    return re.sub(r"(<svg[^>]*>)", lambda tag: tag[0] + style, text, count=1).encode()


def as_png(ax: Axes, dpi: float = 160) -> bytes:
    """The figure of `ax` as a PNG of `dpi` dots an inch."""
    stream = io.BytesIO()
    with house_defaults():
        ax.figure.savefig(stream, format="png", dpi=dpi, metadata={"Software": None})  # type: ignore[union-attr]
    return stream.getvalue()
