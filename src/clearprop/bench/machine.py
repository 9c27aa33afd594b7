"""The machine that the numbers belong to: a time means nothing without it."""

from __future__ import annotations

import importlib.metadata
import os
import platform
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from clearprop.bench.arithmetic import matrix_rate
from clearprop.engines.native import available_threads

__all__ = ["Machine", "look_at_machine"]


@dataclass(frozen=True)
class Machine:
    """What the table was measured on.

    Attributes:
        processor: its name, as far as the system tells.
        cores: processors that this process may use.
        load: of the system when the run began; None where it does not tell.
        system, python: names and versions.
        threads: given to everybody.
        gflops: 1e9 operations a second of float32 matrix products, on those threads.
        versions: of clearprop, NumPy and every peer; None for what is not installed.
    """

    processor: str
    cores: int
    load: float | None
    system: str
    python: str
    threads: int
    gflops: float
    versions: dict[str, str | None]

    def to_json(self) -> dict[str, Any]:
        """Plain JSON types."""
        return asdict(self)


def look_at_machine(threads: int, packages: Iterable[str]) -> Machine:
    """The machine, with its matrix-product rate measured now on so many threads."""
    return Machine(
        processor=_processor(),
        cores=available_threads(),
        load=os.getloadavg()[0] if hasattr(os, "getloadavg") else None,
        system=f"{platform.system()} {platform.machine()}",
        python=platform.python_version(),
        threads=threads,
        gflops=matrix_rate() / 1e9,
        versions={package: version_of(package) for package in packages},
    )


def version_of(package: str) -> str | None:
    """The version that is installed, or None."""
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None


def _processor(cpuinfo: Path = Path("/proc/cpuinfo")) -> str:
    """The processor's name; its architecture where there is none."""
    if cpuinfo.is_file():
        for line in cpuinfo.read_text(errors="replace").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()
