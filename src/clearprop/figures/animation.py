"""From drawn frames to a moving picture: GIF by Pillow, MP4 by ffmpeg where that is installed."""

from __future__ import annotations

import io
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from clearprop import _checks
from clearprop.errors import ArgumentError, WriteError
from clearprop.figures.output import as_png
from clearprop.figures.style import Theme, theme_named
from clearprop.figures.words import counted
from clearprop.storage import write_atomically

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["animate"]

Picture = Any  # Pillow's Image; Pillow is loaded only here

_COLOURS = 96  # of a GIF, shared by all of its frames
_SAMPLED = 8  # frames that the colours are chosen from
_SUFFIXES = (".gif", ".mp4")


def animate(
    draw_frame: Callable[[int, Theme], Axes],
    frames: int,
    path: str | os.PathLike[str],
    *,
    fps: float = 6.0,
    hold: float = 2.0,
    dpi: float = 80.0,
    theme: str | Theme = "light",
) -> None:
    """Draw every frame and write them as one file, whole or not at all.

    Args:
        draw_frame: draws frame 0, 1, ... on Axes of its own, all of one size.
        frames: how many.
        path: ends in .gif, or in .mp4 where ffmpeg is installed.
        fps: frames a second.
        hold: seconds that the last frame stays.
        dpi: dots an inch.
        theme: "light", "dark" or a Theme, handed to `draw_frame`.

    Raises:
        ArgumentError: another ending, no frame, a speed of zero, frames of different sizes.
        WriteError: there is no ffmpeg, or it failed, or the file cannot be written.

    >>> import tempfile
    >>> from clearprop.figures.series import Series, series_curves
    >>> def draw(k, theme):
    ...     return series_curves([Series("", [0, 1], [0, k])], "A line", "x", "y", theme=theme)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     animate(draw, 3, folder + "/line.gif")
    """
    target = Path(path)
    if target.suffix.lower() not in _SUFFIXES:
        raise ArgumentError(f"path must end in {' or '.join(_SUFFIXES)}; got {target.name!r}")
    _checks.integer("frames", frames)
    _checks.positive("fps", fps)
    _checks.positive("hold", hold, zero=True)
    _checks.positive("dpi", dpi)
    program = _ffmpeg() if target.suffix.lower() == ".mp4" else None
    pictures = _drawn(draw_frame, frames, dpi, theme_named(theme))
    data = _mp4(program, pictures, fps, hold) if program else _gif(pictures, fps, hold)
    write_atomically(target, data)


def _drawn(
    draw_frame: Callable[[int, Theme], Axes], frames: int, dpi: float, theme: Theme
) -> list[Picture]:
    """Every frame as a picture of red, green and blue."""
    from PIL import Image

    pictures: list[Picture] = []
    for k in range(frames):
        picture = Image.open(io.BytesIO(as_png(draw_frame(k, theme), dpi))).convert("RGB")
        if pictures and picture.size != pictures[0].size:
            raise ArgumentError(
                f"draw_frame must draw frames of one size; frame 0 is {pictures[0].size}, "
                f"frame {k} is {picture.size} dots"
            )
        pictures.append(picture)
    return pictures


def _gif(pictures: list[Picture], fps: float, hold: float) -> bytes:
    """Frames in the colours that all share, so that what stands still is stored once."""
    colours = _colours(pictures)
    reduced = [_reduced(picture, colours) for picture in pictures]
    times = [round(1000 / fps)] * len(reduced)
    times[-1] = round(1000 * max(hold, 1 / fps))
    stream = io.BytesIO()
    reduced[0].save(
        stream,
        format="GIF",
        save_all=True,
        append_images=reduced[1:],
        duration=times,
        loop=0,
        optimize=False,
    )
    return stream.getvalue()


def _colours(pictures: list[Picture]) -> Picture:
    """A palette for all frames: of some of them, one below the other."""
    from PIL import Image

    every = max(1, -(-len(pictures) // _SAMPLED))
    some = [*pictures[::every], pictures[-1]]
    width, height = some[0].size
    sheet = Image.new("RGB", (width, height * len(some)))
    for k, picture in enumerate(some):
        sheet.paste(picture, (0, k * height))
    return sheet.quantize(_COLOURS, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)


def _reduced(picture: Picture, colours: Picture) -> Picture:
    """The picture in those colours; that of the page, which is averaged, is what it was."""
    found = picture.quantize(palette=colours, dither=0)
    palette, index = found.getpalette(), found.getpixel((0, 0))
    palette[3 * index : 3 * index + 3] = picture.getpixel((0, 0))
    found.putpalette(palette)
    return found


def _ffmpeg() -> str:
    program = shutil.which("ffmpeg")
    if program is None:
        raise WriteError(
            "cannot write MP4: there is no ffmpeg on the PATH; install it, or use .gif"
        )
    return program


def _mp4(program: str, pictures: list[Picture], fps: float, hold: float) -> bytes:
    """The frames through ffmpeg's own choice of encoder; odd sizes lose a row or a column."""
    width, height = (length - length % 2 for length in pictures[0].size)
    still = max(0, round(fps * hold) - 1)
    raw = b"".join(
        picture.crop((0, 0, width, height)).tobytes()
        for picture in [*pictures, *[pictures[-1]] * still]
    )
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "out.mp4"
        command = [program, "-loglevel", "error", "-y"]
        command += ["-f", "rawvideo", "-pix_fmt", "rgb24", "-s", f"{width}x{height}"]
        command += ["-r", f"{fps:g}", "-i", "-", "-an", "-pix_fmt", "yuv420p"]
        command += ["-fflags", "+bitexact", "-movflags", "+faststart", str(out)]
        done = subprocess.run(command, input=raw, capture_output=True, check=False)  # noqa: S603
        if done.returncode != 0 or not out.exists():
            said = done.stderr.decode(errors="replace").strip().splitlines()
            raise WriteError(
                f"cannot write MP4: ffmpeg failed on {counted(len(pictures), 'frame')}: "
                f"{said[-1] if said else f'exit code {done.returncode}'}"
            )
        return out.read_bytes()
