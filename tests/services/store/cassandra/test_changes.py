"""The look for changes on Cassandra: what it reads, and writers that die or whose clock is wrong."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from cassandra.timestamps import MonotonicTimestampGenerator

from services.registry.model import ChampionChange, Project, Version
from services.store.addresses import CassandraAddress
from services.store.cassandra import CassandraStore, changes
from services.store.cassandra.changes import FollowedSession
from services.store.cassandra.session import CassandraSession, PendingRows, Row
from services.store.interface import Store
from services.store.registry_codec import VERSION, version_values
from tests.waiting import eventually

pytestmark = pytest.mark.cassandra
NewVersion = Callable[..., Version]
NewChange = Callable[..., ChampionChange]


@contextmanager
def counted(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[int]]:
    """The rows of each answer that is read inside."""
    rows_of, counts = PendingRows.rows, list[int]()

    def rows(answer: PendingRows) -> list[Row]:
        found = rows_of(answer)
        counts.append(len(found))
        return found

    with monkeypatch.context() as patch:
        patch.setattr(PendingRows, "rows", rows)
        yield counts


def add_versions(store: CassandraStore, like: Version, count: int) -> None:
    marks = ", ".join("?" * 11)
    store._session.write_each(
        f"INSERT INTO historical_db.model_registry ({VERSION}, type) VALUES ({marks})",
        (
            version_values(Version(like.project, f"V{number}", like.mode, like.signature, like.revision,
                                   like.created_at), lambda at: at)
            for number in range(count)
        ),
    )  # fmt: skip


def test_a_look_reads_no_more_of_a_thousand_versions_than_of_ten(
    cassandra_address: CassandraAddress, store: Store, project: str, new_version: NewVersion,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    assert isinstance(store, CassandraStore)
    store.register(new_version(project, "A"), who="ann")
    reads = []
    for count in (9, 999):
        add_versions(store, new_version(project, "A"), count)
        found = store.project(project)
        assert found is not None
        assert len(found.versions) == count + 1
        with counted(monkeypatch) as rows:
            store.changes()
        reads.append(rows)
    assert reads[0] == reads[1]
    assert sum(reads[1]) <= 3


def test_what_follows_many_changes_reads_no_more_either(
    store: Store, project: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    sums = set()
    for number in range(30):
        store.put_setting(f"{project} {number}", "1")
        with counted(monkeypatch) as rows:
            store.changes()
        sums.add(sum(rows))
    assert len(sums) == 1


@pytest.fixture
def dying(cassandra_address: CassandraAddress, monkeypatch: pytest.MonkeyPatch) -> Iterator[CassandraStore]:
    """A writer that dies before it can say that it has written."""
    opened = CassandraStore(cassandra_address)
    monkeypatch.setattr(changes, "PENDING_SECONDS", 2)

    def die(session: FollowedSession, row: object) -> None:
        raise InterruptedError

    monkeypatch.setattr(FollowedSession, "_finish", die)
    yield opened
    opened.close()


def until_nothing_is_pending(store: Store) -> str:
    eventually(lambda: " " not in store.changes())
    return store.changes()


def test_a_change_whose_writer_died_is_seen_at_once_and_by_who_looks_only_much_later(
    store: Store, registered: Project, dying: CassandraStore, new_change: NewChange
) -> None:
    before = until_nothing_is_pending(store)
    with pytest.raises(InterruptedError):
        dying.change_champion(new_change(registered, "B"), seen_generation=1)
    at_once = store.changes()
    assert at_once not in {before, until_nothing_is_pending(store)}
    assert store.changes() != before


def test_a_write_that_lands_after_its_writer_was_last_heard_of_is_seen(
    store: Store, registered: Project, dying: CassandraStore
) -> None:
    assert isinstance(dying._session, FollowedSession)
    tokens = [until_nothing_is_pending(store)]
    dying._session._announce()
    tokens.append(store.changes())
    # The announced write arrives, and nobody tells of it.
    CassandraSession.write(
        dying._session,
        "UPDATE historical_db.model_registry SET url = 'http://b' WHERE name = ? AND version = ?",
        (registered.name, "B"),
    )
    tokens.extend((store.changes(), until_nothing_is_pending(store)))
    assert len(set(tokens)) == 4


def test_a_writer_whose_clock_is_an_hour_late_hides_nothing(
    store: Store, cassandra_address: CassandraAddress, project: str
) -> None:
    late = CassandraStore(cassandra_address)
    try:
        clock = MonotonicTimestampGenerator()
        late._session._cluster.timestamp_generator = lambda: clock() - 3_600_000_000
        tokens = [store.changes()]
        for number, writer in enumerate((store, late, store, late)):
            writer.put_setting(f"{project} {number}", "1")
            tokens.append(store.changes())
        assert len(set(tokens)) == 5
        assert store.setting(f"{project} 3") == "1"
    finally:
        late.close()
