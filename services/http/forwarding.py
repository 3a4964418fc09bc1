"""Whose word is taken for where a request comes from: that of the balancers named, and nobody else's.

A balancer appends the address that it sees to `X-Forwarded-For`. The header was chosen over the PROXY
protocol because the same port also takes connections without a balancer (services on the platform's own
network), and because a balancer's kept connections can go on serving several clients.
"""

import asyncio
import logging
import re
import socket
from collections.abc import Iterable, Sequence
from ipaddress import ip_network

from services.errors import InvalidInput
from services.http.addresses import Address, Caller, Network, address_in

_logger = logging.getLogger(__name__)
_HEADER = b"x-forwarded-for"
_HOST = re.compile(r"(?=.*[A-Za-z])[A-Za-z0-9]([A-Za-z0-9._-]{0,251}[A-Za-z0-9])?")
_LOOK_SECONDS = 2.0


class Forwarders:
    """The peers whose `X-Forwarded-For` is believed.

    Args:
        listed: networks such as `10.0.0.0/24`, addresses, or names of hosts, which are looked up all the
            time: a container's address changes.

    Raises:
        InvalidInput: one is neither, or would be everybody.
    """

    def __init__(self, listed: Sequence[str] = ()) -> None:
        self._networks = [_network(text) for text in listed if not _HOST.fullmatch(text)]
        self._found: dict[str, frozenset[Address]] = {
            text: frozenset() for text in listed if _HOST.fullmatch(text)
        }
        self._task: asyncio.Task[None] | None = None

    def __bool__(self) -> bool:
        """Whether any peer is believed."""
        return bool(self._networks or self._found)

    def caller(self, peer: Caller, headers: Iterable[tuple[bytes, bytes]]) -> Caller:
        """Who makes a request that came over a connection from `peer`.

        It is the last address of the header that is no forwarder's itself: what stands before it, its
        sender may have made up. Port 0 says that the port is not known.

        Args:
            peer: the connection's other end.
            headers: lower-case name and value, as received.

        Returns:
            The peer, unless it is a forwarder and said for whom it asks; None where what it said is no
            address, so that no network can be meant.
        """
        if peer is None or not self._believes(address_in(peer[0])):
            return peer
        told = [value.decode("latin-1") for name, value in headers if name == _HEADER]
        if not told:
            return peer
        for text in reversed(",".join(told).split(",")):
            address = address_in(text)
            if address is None:
                return None
            if not self._believes(address):
                break
        return str(address), 0

    def start(self) -> None:
        """Begin to look names up."""
        if self._found:
            self._task = asyncio.get_running_loop().create_task(self._follow())

    async def stop(self) -> None:
        """Look no more up."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    def _believes(self, address: Address | None) -> bool:
        if address is None:
            return False
        return any(address in network for network in self._networks) or any(
            address in found for found in self._found.values()
        )

    async def _follow(self) -> None:
        while True:
            for name in self._found:
                self._found[name] = await self._look_up(name)
            await asyncio.sleep(_LOOK_SECONDS)

    async def _look_up(self, name: str) -> frozenset[Address]:
        """A host's addresses now; those before while names cannot be looked up at all."""
        before = self._found[name]
        try:
            told = await asyncio.get_running_loop().getaddrinfo(name, None, type=socket.SOCK_STREAM)
        except socket.gaierror as error:
            return before if error.errno == socket.EAI_AGAIN else frozenset()
        addresses = (address_in(str(one[4][0])) for one in told)
        found = frozenset(address for address in addresses if address is not None)
        if found != before:
            _logger.info("%s forwards from %s", name, ", ".join(sorted(map(str, found))))
        return found


NO_FORWARDERS = Forwarders()


def _network(text: str) -> Network:
    try:
        network = ip_network(text)
    except ValueError as error:
        raise InvalidInput(
            f"{text!r} is no network, address or host: {error}",
            remedy="Name the balancer, such as 10.0.0.7, 10.0.0.0/28 or balancer.example.com.",
        ) from None
    if network.prefixlen == 0:
        raise InvalidInput(f"{text} is everybody", remedy="Name the balancer alone.")
    return network
