"""How each node syncs its commit log, and since when it runs, as the nodes themselves tell."""

import re

from services.errors import InvalidInput, NotPrepared, Refused, RelevoError, Unavailable
from services.store.cassandra.session import CassandraSession, Row, SessionHolder
from services.store.sync_state import SyncMode, SyncState

_LIFE = "SELECT host_id, gossip_generation FROM system.local"
_SETTINGS = (
    "SELECT name, value FROM system_views.settings WHERE name IN "
    "('commitlog_sync', 'commitlog_sync_period', 'commitlog_sync_period_in_ms')"
)
_USUAL_SECONDS = 10.0
"""Cassandra's own default."""
_UNITS = {"": 0.001, "ms": 0.001, "s": 1.0, "m": 60.0}


class CassandraSyncState(SessionHolder):
    """Asks every node; what they told of their settings holds for as long as they run."""

    def __init__(self, session: CassandraSession) -> None:
        super().__init__(session)
        self._told: SyncState | None = None

    def sync_state(self) -> SyncState:
        """See `Store`; a node that does not answer counts as one that was started again."""
        answers = self._session.read_on_each_node(_LIFE)
        if all(isinstance(answer, RelevoError) for answer in answers.values()):
            raise next((one for one in answers.values() if isinstance(one, RelevoError)), _nobody())
        lives = frozenset(
            f"{node} is silent" if isinstance(answer, RelevoError) else f"{answer[0][0]} {answer[0][1]}"
            for node, answer in answers.items()
        )
        told = self._told
        if told is None or told.lives != lives:
            self._told = told = _state(list(self._session.read_on_each_node(_SETTINGS).values()), lives)
        return told


def _nobody() -> Unavailable:
    return Unavailable("no node of the cluster is known at the moment")


def _state(answers: list[list[Row] | RelevoError], lives: frozenset[str]) -> SyncState:
    """What the latest of the nodes does; raises Unavailable where none tells and it may be for a moment."""
    told = [_told(answer) for answer in answers if not isinstance(answer, RelevoError)]
    refused = [one for one in answers if isinstance(one, Refused | InvalidInput | NotPrepared)]
    others = [one for one in answers if isinstance(one, RelevoError) and one not in refused]
    if not told and not refused:
        raise next(iter(others), _nobody())
    # Who is silent now is asked again when it answers: its life is another one then.
    told += [(SyncMode.UNKNOWN, _USUAL_SECONDS)] * len(refused)
    mode, seconds = max(told, key=lambda one: one[1])
    return SyncState(mode, seconds, lives)


def _told(rows: list[Row]) -> tuple[SyncMode, float]:
    """A node's own words; Cassandra before 5 writes them in capitals and periods without a unit."""
    values = {name: str(value).lower() for name, value in rows if value is not None}
    sync = values.get("commitlog_sync", "")
    if sync in {"batch", "group"}:
        return SyncMode.FIRST, 0.0
    period = values.get("commitlog_sync_period") or values.get("commitlog_sync_period_in_ms", "")
    match = re.fullmatch(r"(\d+)(?:\.0)?([a-z]*)", period)
    if sync != "periodic" or match is None or match[2] not in _UNITS:
        return SyncMode.UNKNOWN, _USUAL_SECONDS
    return SyncMode.PERIODIC, float(match[1]) * _UNITS[match[2]]
