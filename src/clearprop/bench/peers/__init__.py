"""The peers, one file each: what a knowledgeable user of that library would write."""

from __future__ import annotations

import importlib
import importlib.util

from clearprop.bench.contestant import Contestant

__all__ = ["PEERS", "installed_peers", "load_peer"]

# name -> where it lives and the module that must be installed; imported only when it is used.
PEERS: dict[str, tuple[str, str]] = {
    "jax": ("clearprop.bench.peers.jax_scan:JaxScan", "jax"),
    "torch": ("clearprop.bench.peers.torch_eager:TorchEager", "torch"),
    "torch_compiled": ("clearprop.bench.peers.torch_compiled:TorchCompiled", "torch"),
    "sklearn": ("clearprop.bench.peers.scikit:Scikit", "sklearn"),
    "numpy": ("clearprop.bench.peers.numpy_loop:NumpyLoop", "numpy"),
}

LABELS = {
    "jax": "JAX",
    "torch": "PyTorch",
    "torch_compiled": "PyTorch, compiled",
    "sklearn": "scikit-learn",
    "numpy": "NumPy",
}


def installed_peers() -> dict[str, bool]:
    """Every peer, and whether what it needs is installed; nothing is imported."""
    return {
        name: importlib.util.find_spec(module) is not None for name, (_, module) in PEERS.items()
    }


def load_peer(name: str) -> Contestant:
    """The peer of that name; its library is imported now."""
    module, _, attribute = PEERS[name][0].partition(":")
    peer: Contestant = getattr(importlib.import_module(module), attribute)()
    return peer
