"""The connections of a listener, and the wait for their end."""

import asyncio

from services.http.limits import ListenerState
from services.http.protocol import HotProtocol


def connections(state: ListenerState) -> list[HotProtocol]:
    """The open connections of a listener."""
    return [connection for connection in state.connections if isinstance(connection, HotProtocol)]


async def drained(state: ListenerState, seconds: float) -> bool:
    """Wait until all connections of a listener are closed, at most so long; whether they are."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + seconds
    while state.connections or state.tasks:
        if loop.time() > deadline:
            return False
        for connection in connections(state):
            connection.check(loop.time())
        await asyncio.sleep(0.02)
    return True
