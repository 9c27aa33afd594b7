"""The same number of threads for everybody."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

from threadpoolctl import threadpool_limits

__all__ = ["limited_to"]

# Read by our engine at each call, and by JAX's thread pool when JAX is first used. PyTorch is told
# by its peer.
_VARIABLES = ("CLEARPROP_THREADS", "NPROC")


@contextmanager
def limited_to(threads: int) -> Iterator[None]:
    """So many threads for BLAS, OpenMP, our engine and JAX; afterwards all is as it was."""
    before = {name: os.environ.get(name) for name in _VARIABLES}
    os.environ.update(dict.fromkeys(_VARIABLES, str(threads)))
    try:
        with threadpool_limits(threads):
            yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
