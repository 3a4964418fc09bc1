"""How Cassandra says that it syncs its commit log."""

import pytest

from services.errors import Refused, RelevoError, Unavailable
from services.store.cassandra.session import Row
from services.store.cassandra.sync_state import _state
from services.store.interface import Store
from services.store.sync_state import SyncMode

LIVES = frozenset({"node 1"})


@pytest.mark.cassandra
def test_a_real_server_tells_its_period_and_its_life(store: Store) -> None:
    state = store.sync_state()
    assert state.mode is SyncMode.PERIODIC
    assert state.seconds == 10.0
    assert len(state.lives) == 1
    assert store.sync_state() == state


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ([("commitlog_sync", "periodic"), ("commitlog_sync_period", "1500ms")], (SyncMode.PERIODIC, 1.5)),
        ([("commitlog_sync", "periodic"), ("commitlog_sync_period", "2s")], (SyncMode.PERIODIC, 2.0)),
        (
            [("commitlog_sync", "periodic"), ("commitlog_sync_period_in_ms", "10000")],
            (SyncMode.PERIODIC, 10.0),
        ),
        ([("commitlog_sync", "BATCH")], (SyncMode.FIRST, 0.0)),
        ([("commitlog_sync", "group"), ("commitlog_sync_period", "10s")], (SyncMode.FIRST, 0.0)),
        ([("commitlog_sync", "otherwise")], (SyncMode.UNKNOWN, 10.0)),
        ([], (SyncMode.UNKNOWN, 10.0)),
    ],
)
def test_each_release_s_words_are_understood(rows: list[Row], expected: tuple[SyncMode, float]) -> None:
    assert _state([rows], LIVES)[:2] == expected


def test_of_several_nodes_the_latest_counts() -> None:
    first: list[Row] = [("commitlog_sync", "batch")]
    late: list[Row] = [("commitlog_sync", "periodic"), ("commitlog_sync_period", "3s")]
    assert _state([first, late], LIVES)[:2] == (SyncMode.PERIODIC, 3.0)
    answers: list[list[Row] | RelevoError] = [first, Refused("not for you")]
    assert _state(answers, LIVES)[:2] == (SyncMode.UNKNOWN, 10.0)


def test_who_is_silent_says_nothing() -> None:
    with pytest.raises(Unavailable, match="silent"):
        _state([Unavailable("silent")], LIVES)
