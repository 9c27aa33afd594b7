"""How many networks fit into memory side by side, asked before a sweep and not after an hour."""

from __future__ import annotations

import os

from clearprop.errors import ArgumentError
from clearprop.network import Network

__all__ = [
    "bytes_per_member",
    "check_fits",
    "check_records_fit",
    "how_many_fit",
    "physical_memory",
    "records_fit",
]

_SHARE = 0.5  # of the machine's memory; the rest is for the data and for others
_COPIES = 8  # parameters, best, up to four slots of the rule, what an epoch copies
_MOST_RECORDED = 2**24  # numbers of weight histories, all members together


def physical_memory() -> int:
    """The machine's memory in bytes."""
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


def bytes_per_member(network: Network, n_samples: int, epochs: int) -> int:
    """Parameters and their copies, the order of the samples, ten columns of history."""
    parameters = _COPIES * network.parameters.size * network.dtype.itemsize
    return parameters + 2 * 8 * n_samples + 10 * 8 * (epochs + 1)


def how_many_fit(network: Network, n_samples: int, epochs: int) -> int:
    """Members that fit into half of the machine's memory."""
    return int(_SHARE * physical_memory()) // bytes_per_member(network, n_samples, epochs)


def check_fits(members: int, network: Network, n_samples: int, epochs: int) -> None:
    """Refuse more members than memory allows.

    Raises:
        ArgumentError: it says how many fit.
    """
    fit = how_many_fit(network, n_samples, epochs)
    if members > fit:
        raise ArgumentError(
            f"rates times seeds must be at most {fit:,} for this network in the memory of this "
            f"machine; got {members:,}: try fewer rates or seeds"
        )


def records_fit(members: int, network: Network, epochs: int) -> bool:
    """Whether the weights of every epoch may be kept."""
    return members * network.parameters.size * (epochs + 1) <= _MOST_RECORDED


def check_records_fit(members: int, network: Network, epochs: int) -> None:
    """Refuse to record the weights of more members than `records_fit` allows.

    Raises:
        ArgumentError: it says how many fit.
    """
    if not records_fit(members, network, epochs):
        fit = _MOST_RECORDED // (network.parameters.size * (epochs + 1))
        raise ArgumentError(
            f"rates times seeds must be at most {fit:,} for the weights of this network to be kept "
            f"over {epochs} epochs; got {members:,}: try fewer rates or seeds, or leave out the "
            "weights"
        )
