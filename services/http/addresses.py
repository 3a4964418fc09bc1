"""Callers' addresses: as the system tells them, as headers write them, and the networks they lie in."""

import re
from collections.abc import Sequence
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network
Caller = tuple[str, int] | None
"""Address and port; None where nobody knows."""

_WITH_PORT = re.compile(r"\[(?P<six>[^\]]+)\](?::\d+)?|(?P<four>[\d.]+):\d+")


@lru_cache(4096)
def address_in(text: str) -> Address | None:
    """The address that a text is, with or without a port; None if it is none.

    A version 4 address that came over a socket of version 6 is a version 4 address.
    """
    text = text.strip()
    if ported := _WITH_PORT.fullmatch(text):
        text = ported["six"] or ported["four"]
    try:
        address = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address


def is_within(caller: Caller, networks: Sequence[Network]) -> bool:
    """Whether a caller's address lies in one of the networks."""
    if not networks or caller is None:
        return False
    address = address_in(caller[0])
    return address is not None and any(address in network for network in networks)
