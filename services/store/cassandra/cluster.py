"""How the driver is set up (protocol, sockets, TLS, sign-in, time limits), and how its event loop ends.

The driver keeps one loop per process for all clusters. Its thread never ends by itself: a repeating
timer stays armed after the last connection is closed, and there is no public way to stop it.
"""

import re
import socket
import ssl
import threading
from ipaddress import ip_address

from cassandra import ConsistencyLevel, ProtocolVersion
from cassandra.auth import PlainTextAuthProvider
from cassandra.cluster import EXEC_PROFILE_DEFAULT, Cluster, ExecutionProfile
from cassandra.connection import DefaultEndPoint
from cassandra.policies import (
    ConstantReconnectionPolicy,
    DCAwareRoundRobinPolicy,
    FallthroughRetryPolicy,
    TokenAwarePolicy,
)
from cassandra.query import tuple_factory

from services.errors import InvalidInput
from services.store.addresses import CassandraAddress

REQUEST_SECONDS = 5.0
_CONNECT_SECONDS = 5.0
_RECONNECT_SECONDS = 0.5
_HEARTBEAT_SECONDS = 5
_JOIN_SECONDS = 2.0
_PREFIX = re.compile(r"([a-z][a-z0-9_]{0,33})?")
_guard = threading.Lock()
_open_sessions = 0


def checked_prefix(prefix: str) -> str:
    """The keyspaces' prefix, or InvalidInput."""
    if not _PREFIX.fullmatch(prefix):
        raise InvalidInput(f"keyspace prefix {prefix!r}: use lower-case letters, digits and underscores")
    return prefix


def _profile(address: CassandraAddress) -> ExecutionProfile:
    nearest = DCAwareRoundRobinPolicy(local_dc=address.data_centre)
    return ExecutionProfile(
        load_balancing_policy=TokenAwarePolicy(nearest),
        # The driver must not repeat what may have happened: the caller settles it by reading again.
        retry_policy=FallthroughRetryPolicy(),
        consistency_level=ConsistencyLevel.LOCAL_QUORUM,
        serial_consistency_level=ConsistencyLevel.SERIAL,
        request_timeout=REQUEST_SECONDS,
        row_factory=tuple_factory,
    )


def _tls(authority: str) -> ssl.SSLContext:
    """Verifies the server's certificate and name; InvalidInput if the authority's file is none."""
    try:
        return ssl.create_default_context(cafile=authority or None)
    except OSError as error:  # ssl.SSLError is one
        raise InvalidInput(
            f"{authority!r} is not a PEM file of a certificate authority",
            remedy="Choose the authority's certificate file, or leave it empty for the system's own.",
            details=repr(error),
        ) from error


def _contact_point(host: str, port: int) -> str | DefaultEndPoint:
    """A name that stands for one machine is looked up at every connection, not once for ever.

    A container that is made anew has another address. Of a name that stands for several machines the
    driver makes as many hosts, and what is no name it refuses in its own words.
    """
    try:
        ip_address(host)
    except ValueError:
        pass
    else:
        return host
    try:
        found = {entry[4][0] for entry in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)}
    except OSError:
        return host
    return DefaultEndPoint(host, port) if len(found) == 1 else host


def make_cluster(address: CassandraAddress, password: str) -> Cluster:
    """The driver's cluster object, not yet connected."""
    signing_in = PlainTextAuthProvider(address.user, password) if address.user else None
    return Cluster(
        contact_points=[_contact_point(host, address.port) for host in address.contact_points],
        port=address.port,
        protocol_version=ProtocolVersion.V5,
        auth_provider=signing_in,
        ssl_context=_tls(address.authority) if address.tls else None,
        # Without it, answers of several packets wait 40 ms for an acknowledgement.
        sockopts=[(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)],
        compression=False,
        connect_timeout=_CONNECT_SECONDS,
        control_connection_timeout=_CONNECT_SECONDS,
        reconnection_policy=ConstantReconnectionPolicy(_RECONNECT_SECONDS, max_attempts=None),
        idle_heartbeat_interval=_HEARTBEAT_SECONDS,
        idle_heartbeat_timeout=_HEARTBEAT_SECONDS,
        monitor_reporting_enabled=False,
        execution_profiles={EXEC_PROFILE_DEFAULT: _profile(address)},
    )


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
    loop = libevreactor._global_loop  # noqa: SLF001 - the module says why
    if loop is None or not issubclass(cluster.connection_class, libevreactor.LibevConnection):
        return
    # On the loop's own thread, since libev's watchers may only be touched there.
    cluster.connection_class.create_timer(0, loop._loop_timer.stop)  # noqa: SLF001
    if loop._thread is not None:  # noqa: SLF001
        loop._thread.join(_JOIN_SECONDS)  # noqa: SLF001
