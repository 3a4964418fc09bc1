"""One connection to a cluster: prepared statements run, errors translated at this edge."""

import threading
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from cassandra import ConsistencyLevel
from cassandra.cluster import Cluster, ResponseFuture
from cassandra.cluster import Session as DriverSession
from cassandra.pool import Host
from cassandra.query import PreparedStatement, SimpleStatement, Statement

from services.errors import RelevoError, Unavailable
from services.store.addresses import CassandraAddress
from services.store.cassandra import cluster
from services.store.cassandra.cluster import checked_prefix, make_cluster, session_closed, session_opened
from services.store.cassandra.errors import translated

Row = tuple[Any, ...]
IN_FLIGHT = 64
_DEFINITION_SECONDS = 30.0


class PendingRows:
    """A request on its way."""

    def __init__(self, future: ResponseFuture, *, write: bool) -> None:
        self._future, self._write = future, write

    def rows(self) -> list[Row]:
        """Wait for the rows, all pages of them.

        Raises:
            Unavailable: nothing was sent, or a read got no answer.
            Uncertain: a write got no answer.
        """
        with translated(write=self._write):
            return list(self.result())

    def result(self) -> Iterable[Row]:
        """The driver's rows, which fetch further pages as they are read."""
        rows: Iterable[Row] = self._future.result()
        return rows


class CassandraSession:
    """Runs statements written with the names `historical_db` and `live_db`, whatever their prefix.

    Raises:
        Unavailable: no contact point answers.
        Refused: user or password are wrong.
    """

    def __init__(self, address: CassandraAddress, password: str) -> None:
        prefix = checked_prefix(address.keyspace_prefix)
        self.historical, self.live = f"{prefix}historical_db", f"{prefix}live_db"
        self._prepared: dict[str, PreparedStatement] = {}
        self._guard = threading.Lock()
        self._closed = False
        with translated(write=False):
            self._cluster: Cluster = make_cluster(address, password)
        session_opened()
        try:
            with translated(write=False):
                self._driver: DriverSession = self._cluster.connect()
            # Preparing knows no profile, and the public setter is refused beside profiles.
            self._driver._default_timeout = cluster.REQUEST_SECONDS  # noqa: SLF001
        except BaseException:
            session_closed(self._cluster)
            raise

    def text(self, statement: str) -> str:
        """The statement with the keyspaces' real names."""
        named = statement.replace("historical_db.", f"{self.historical}.")
        return named.replace("live_db.", f"{self.live}.")

    def prepare(self, statement: str) -> PreparedStatement:
        """The prepared statement, made once; values are bound by position."""
        self._check_open()
        found = self._prepared.get(statement)
        if found is None:
            with translated(write=False):
                found = self._driver.prepare(self.text(statement))
            with self._guard:
                self._prepared[statement] = found
        return found

    def _check_open(self) -> None:
        if self._closed:
            raise Unavailable("the store has been closed")

    def send(self, statement: Statement, *, write: bool) -> PendingRows:
        """Start a request with a bound or batch statement."""
        self._check_open()
        with translated(write=write):
            return PendingRows(self._driver.execute_async(statement), write=write)

    def start(self, statement: str, values: Sequence[object] = (), *, write: bool = False) -> PendingRows:
        """Start a request; its rows or its error come with `PendingRows.rows`."""
        return self.send(self.prepare(statement).bind(values), write=write)

    def read(self, statement: str, values: Sequence[object] = ()) -> list[Row]:
        """Rows as a quorum knows them."""
        return self.start(statement, values).rows()

    def read_serial(self, statement: str, values: Sequence[object] = ()) -> list[Row]:
        """Rows with every conditional write before them decided (SERIAL)."""
        bound = self.prepare(statement).bind(values)
        bound.consistency_level = ConsistencyLevel.SERIAL
        return self.send(bound, write=False).rows()

    def read_each(self, statement: str, values: Iterable[Sequence[object]]) -> list[list[Row]]:
        """The same read for many keys, many at a time, in their order."""
        return self._each(statement, values, write=False)

    def read_on_each_node(self, statement: str) -> dict[str, list[Row] | RelevoError]:
        """What every node that the cluster has tells of itself, or why it does not; by its identity."""
        self._check_open()
        hosts = self._cluster.metadata.all_hosts()
        return {str(host.host_id): self._read_on(host, statement) for host in hosts}

    def _read_on(self, host: Host, statement: str) -> list[Row] | RelevoError:
        try:
            with translated(write=False):
                return list(self._driver.execute(SimpleStatement(statement), host=host))
        except RelevoError as error:
            return error

    def write(self, statement: str, values: Sequence[object] = ()) -> None:
        """A write that may be repeated without harm."""
        self.start(statement, values, write=True).rows()

    def write_each(self, statement: str, values: Iterable[Sequence[object]]) -> None:
        """The same write for many rows, many at a time."""
        self._each(statement, values, write=True)

    def write_large_each(self, statement: str, values: Iterable[Sequence[object]]) -> None:
        """The same write for rows of up to a megabyte: one at a time, or they overload a small server."""
        for row in values:
            self.write(statement, row)

    def _each(self, statement: str, values: Iterable[Sequence[object]], *, write: bool) -> list[list[Row]]:
        waiting: deque[PendingRows] = deque()
        results: list[list[Row]] = []
        for row in values:
            if len(waiting) >= IN_FLIGHT:
                results.append(waiting.popleft().rows())
            waiting.append(self.start(statement, row, write=write))
        results.extend(answer.rows() for answer in waiting)
        return results

    def write_if(self, statement: str, values: Sequence[object]) -> bool:
        """A conditional write: whether it was applied; Uncertain if that was not told."""
        return bool(self.start(statement, values, write=True).rows()[0][0])

    def define(self, statement: str) -> None:
        """Make or change a table or keyspace, and wait until all nodes know it."""
        self._check_open()
        with translated(write=True):
            self._driver.execute(self.text(statement), timeout=_DEFINITION_SECONDS)

    def pages(self, statement: str, values: Sequence[object]) -> Iterator[Row]:
        """Rows of a read that may be left early, fetched a page at a time."""
        with translated(write=False):
            yield from self.start(statement, values).result()

    def close(self) -> None:
        """Give connections and threads back; a second time changes nothing."""
        with self._guard:
            if self._closed:
                return
            self._closed = True
        session_closed(self._cluster)


class SessionHolder:
    """One concern of the store, working on the shared session."""

    def __init__(self, session: CassandraSession) -> None:
        self._session = session
