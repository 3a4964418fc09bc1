"""Ends the driver's event loop once no session needs it.

The driver keeps one loop per process for all clusters. Its thread never ends by itself: a repeating
timer stays armed after the last connection is closed, and there is no public way to stop it.
"""

import threading

from cassandra.cluster import Cluster

_JOIN_SECONDS = 2.0
_guard = threading.Lock()
_open_sessions = 0


def session_opened() -> None:
    """Count a session that is about to use the loop."""
    global _open_sessions  # noqa: PLW0603 - the driver's loop is as global
    with _guard:
        _open_sessions += 1


def session_closed(cluster: Cluster) -> None:
    """Shut the cluster down, and the loop too if nobody else is using it."""
    global _open_sessions  # noqa: PLW0603 - the driver's loop is as global
    cluster.shutdown()
    with _guard:
        _open_sessions -= 1
        if not _open_sessions:
            _end_loop(cluster)


def _end_loop(cluster: Cluster) -> None:
    try:
        from cassandra.io import libevreactor
    except ImportError:
        return  # another kind of loop, without this timer
    loop = libevreactor._global_loop  # noqa: SLF001 - see above
    if loop is None or not issubclass(cluster.connection_class, libevreactor.LibevConnection):
        return
    # On the loop's own thread, since libev's watchers may only be touched there.
    cluster.connection_class.create_timer(0, loop._loop_timer.stop)  # noqa: SLF001
    if loop._thread is not None:  # noqa: SLF001
        loop._thread.join(_JOIN_SECONDS)  # noqa: SLF001
