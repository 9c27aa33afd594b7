"""A first pass over a CSV file, one megabyte at a time: refuse what is no table of text.

It reads bytes only, so that a binary file, a wrong encoding or a line of a gigabyte is refused
with its line number and in bounded memory, before any parser sees it.
"""

from __future__ import annotations

import codecs
import re
from pathlib import Path
from typing import NamedTuple

from clearprop.errors import DataError

__all__ = ["LONGEST_LINE", "Scan", "scan_text"]

LONGEST_LINE = 1 << 24  # 16 MiB
BLOCK = 1 << 20
DELIMITERS = ",;\t|"
UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


class Scan(NamedTuple):
    """What the first pass found.

    Attributes:
        delimiter: the most frequent of comma, semicolon, tab and bar in the header line.
        one_column: whether the header has no delimiter at all.
        odd_quotes: whether the number of quotation marks is odd: one may never be closed.
    """

    delimiter: str
    one_column: bool
    odd_quotes: bool


def scan_text(path: Path) -> Scan:
    """Check the whole file and look at its header.

    Raises:
        DataError: it is empty, no UTF-8 text, or has a line of more than 16 MiB.
    """
    quotes, lines, tail = 0, 1, 0
    decoder = codecs.getincrementaldecoder("utf-8")()
    with path.open("rb") as file:
        while block := file.read(BLOCK):
            _check_text(path, decoder, block, lines)
            first = block.find(b"\n")
            if tail + (first if first >= 0 else len(block)) > LONGEST_LINE:
                raise DataError(f"{path} has more than 16 MiB in line {lines}; it is no table")
            tail = len(block) - 1 - block.rfind(b"\n") if first >= 0 else tail + len(block)
            lines += block.count(b"\n")
            quotes += block.count(b'"')
        _check_text(path, decoder, b"", lines)
    header = _header(path)
    if not header:
        raise DataError(f"{path} is empty; the first line must name the columns")
    counts = {mark: _unquoted(header).count(mark) for mark in _by_preference(path)}
    delimiter = max(counts, key=lambda mark: counts[mark])
    return Scan(delimiter, counts[delimiter] == 0, quotes % 2 == 1)


def _check_text(path: Path, decoder: codecs.IncrementalDecoder, block: bytes, lines: int) -> None:
    """Refuse a block that is no UTF-8 text; `lines` is the number of its first line."""
    if lines == 1 and block.startswith(UTF16):
        raise DataError(f"{path} is UTF-16 text; save it as UTF-8")
    try:
        decoder.decode(block, final=not block)
    except UnicodeDecodeError as error:
        line = lines + error.object[: error.start].count(b"\n")
        raise DataError(f"{path} is not UTF-8 text in line {line}; save it as UTF-8") from None
    if (place := block.find(b"\0")) >= 0:
        line = lines + block[:place].count(b"\n")
        raise DataError(f"{path} has a NUL byte in line {line}; it is no text file")


def _header(path: Path) -> str:
    """The first line that is not blank; every line is known to be of bounded length."""
    with path.open("rb") as file:
        for line in file:
            for part in re.split("[\r\n]+", line.decode("utf-8-sig")):
                if part.strip(" "):
                    return part
    return ""


def _unquoted(header: str) -> str:
    return re.sub('"[^"]*"', "", header)


def _by_preference(path: Path) -> str:
    """The delimiters, the one that the suffix names first: the first wins a draw."""
    return "\t,;|" if path.suffix.lower() == ".tsv" else DELIMITERS
