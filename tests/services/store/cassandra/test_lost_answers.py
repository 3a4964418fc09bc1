"""Conditional writes whose answer is late or lost, and a server that goes away and comes back."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import pytest
from msgspec.structs import replace

from services.errors import Conflict, Unavailable, Uncertain
from services.registry.model import ChampionChange, Mode, PolicyChoice, Project, RevisionChange, Version
from services.store.cassandra import CassandraStore, conditional_writes
from services.store.cassandra.session import CassandraSession
from services.store.interface import Store
from tests.services.store.cassandra.proxy import Proxy
from tests.waiting import eventually

pytestmark = pytest.mark.cassandra
NewChange = Callable[..., ChampionChange]
NewRevisionChange = Callable[..., RevisionChange]


class Network:
    """What lies between the store and the server, failing under the next conditional write."""

    def __init__(self, proxy: Proxy, monkeypatch: pytest.MonkeyPatch) -> None:
        self.proxy, self._monkeypatch = proxy, monkeypatch

    @contextmanager
    def failing(
        self, before: Callable[[], None] | None = None, after: Callable[[], None] | None = None
    ) -> Iterator[None]:
        """By default the answer comes only after the store has lost patience."""
        original, armed = CassandraSession.write_if, [True]

        def write_if(session: CassandraSession, statement: str, values: Sequence[object]) -> bool:
            if not armed:
                return original(session, statement, values)
            armed.clear()
            session.prepare(statement)  # so that the network fails under the condition itself
            (before or self.proxy.hold)()
            try:
                return original(session, statement, values)
            finally:
                (after or self.proxy.release)()

        with self._monkeypatch.context() as patch:
            patch.setattr(CassandraSession, "write_if", write_if)
            yield
        assert not armed


@pytest.fixture
def network(proxy: Proxy, monkeypatch: pytest.MonkeyPatch) -> Network:
    """The network of the store `behind`."""
    return Network(proxy, monkeypatch)


def check_one_flip(store: Store, project: Project, champion: str) -> None:
    found = store.project(project.name)
    assert found is not None
    assert (found.champion, found.generation) == (champion, 2)
    assert [entry.name for entry in found.versions if entry.mode is Mode.CHAMPION] == [champion]
    assert [change.generation for change in store.history(project.name)] == [1, 2]


def test_a_flip_whose_answer_is_late_is_settled_by_reading_again(
    behind: CassandraStore, network: Network, registered: Project, new_change: NewChange
) -> None:
    with network.failing():
        found = behind.change_champion(new_change(registered, "B"), seen_generation=1)
    assert (found.champion, found.generation) == ("B", 2)
    check_one_flip(behind, registered, "B")


def test_a_flip_whose_answer_is_lost_with_its_connection_is_settled_too(
    behind: CassandraStore, network: Network, registered: Project, new_change: NewChange
) -> None:
    with network.failing(network.proxy.lose_next, lambda: None):
        found = behind.change_champion(new_change(registered, "B"), seen_generation=1)
    assert network.proxy.lost == 1
    assert found.champion == "B"
    check_one_flip(behind, registered, "B")


def test_a_lost_answer_is_not_mistaken_for_another_persons_flip(
    behind: CassandraStore, network: Network, store: Store, registered: Project, new_change: NewChange
) -> None:
    champion = registered.versions[0]
    store.register(replace(champion, name="C"), who="set-up")

    def other_wins() -> None:
        store.change_champion(new_change(registered, "C"), seen_generation=1)
        network.proxy.hold()

    with network.failing(other_wins), pytest.raises(Conflict, match="'C'"):
        behind.change_champion(new_change(registered, "B"), seen_generation=1)
    check_one_flip(behind, registered, "C")


def test_a_flip_that_was_flipped_back_meanwhile_counts_as_done(
    behind: CassandraStore, network: Network, store: Store, registered: Project, new_change: NewChange
) -> None:
    def flip_back() -> None:
        seen = store.project(registered.name)
        assert seen is not None
        store.change_champion(new_change(seen, "A"), seen_generation=2)
        network.proxy.release()

    with network.failing(after=flip_back):
        found = behind.change_champion(new_change(registered, "B"), seen_generation=1)
    assert (found.champion, found.generation) == ("A", 3)
    assert [change.champion for change in store.history(registered.name)] == ["A", "B", "A"]


def test_nothing_heard_at_all_is_uncertain(
    behind: CassandraStore, network: Network, registered: Project, new_change: NewChange,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr(conditional_writes, "READ_AGAIN_SECONDS", 1.0)
    with (
        network.failing(after=lambda: None),
        pytest.raises(Uncertain, match="did not tell"),
    ):
        behind.change_champion(new_change(registered, "B"), seen_generation=1)
    network.proxy.release()
    wait_until_it_answers(behind)
    check_one_flip(behind, registered, "B")


def test_other_conditions_without_an_answer_are_settled(
    behind: CassandraStore, network: Network, registered: Project, new_version: Callable[..., Version],
    new_revision_change: NewRevisionChange,
) -> None:  # fmt: skip
    name, greedy = registered.name, PolicyChoice("ucb")
    with network.failing():
        assert behind.set_policy(name, greedy, expected=PolicyChoice()).policy == greedy
    with network.failing():
        found = behind.set_revision(new_revision_change(registered, "a" * 64, "b" * 64)).version("A")
    assert found is not None
    assert found.revision == "b" * 64
    with network.failing():
        found = behind.retire(name, "B", retired=True).version("B")
    assert found is not None
    assert found.mode is Mode.RETIRED
    with network.failing():
        joined = behind.register(new_version(name, "C"), who="ann")
    assert [version.name for version in joined.versions] == ["A", "B", "C"]
    with network.failing():
        assert behind.acquire_lease(name, "me", 60)


def test_a_first_registration_without_an_answer_gives_one_champion(
    behind: CassandraStore, network: Network, project: str, new_version: Callable[..., Version]
) -> None:
    with network.failing():
        found = behind.register(new_version(project, "A"), who="ann")
    assert (found.champion, found.generation) == ("A", 1)
    assert len(behind.history(project)) == 1


def test_a_crash_before_the_history_row_loses_no_change(
    store: Store, registered: Project, new_change: NewChange, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert isinstance(store, CassandraStore)

    def crash(*_: object) -> None:
        raise InterruptedError

    writes = CassandraStore._write_last_change
    seen: Project | None = registered
    for champion in ("B", "A", "B"):
        assert seen is not None
        with monkeypatch.context() as patch:
            calls: list[None] = []

            def only_before(self: CassandraStore, what: object, calls: list[None] = calls) -> None:
                calls.append(None)
                return crash() if len(calls) > 1 else writes(self, what)  # type: ignore[arg-type]

            patch.setattr(CassandraStore, "_write_last_change", only_before)
            with pytest.raises(InterruptedError):
                store.change_champion(new_change(seen, champion), seen_generation=seen.generation)
        seen = store.project(registered.name)
    statement = "SELECT generation FROM historical_db.champion_history WHERE name = ?"
    assert store._session.read(statement, (registered.name,)) == [(1,), (2,), (3,)]
    assert [change.generation for change in store.history(registered.name)] == [1, 2, 3, 4]
    assert store._session.read(statement, (registered.name,)) == [(1,), (2,), (3,), (4,)]


def desires(number: int) -> str:
    """One of two revisions, by turns."""
    return "ab"[number % 2] * 64


def test_a_crash_before_the_history_row_loses_no_change_of_revision(
    store: Store, registered: Project, new_revision_change: NewRevisionChange,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    assert isinstance(store, CassandraStore)
    writes, name = CassandraStore._write_last_revision_change, registered.name
    for number in range(3):
        with monkeypatch.context() as patch:
            calls: list[None] = []

            def only_before(self: CassandraStore, what: object, calls: list[None] = calls) -> None:
                calls.append(None)
                if len(calls) > 1:
                    raise InterruptedError
                writes(self, what)  # type: ignore[arg-type]

            patch.setattr(CassandraStore, "_write_last_revision_change", only_before)
            with pytest.raises(InterruptedError):
                store.set_revision(new_revision_change(registered, desires(number), desires(number + 1)))
    statement = "SELECT number FROM historical_db.revision_history WHERE name = ? AND version = ?"
    assert store._session.read(statement, (name, "A")) == [(1,), (2,), (3,)]
    history = store.revision_history(name, "A")
    assert [change.revision for change in history] == [desires(number) for number in range(4)]
    assert store._session.read(statement, (name, "A")) == [(1,), (2,), (3,), (4,)]


def test_nobodys_change_is_overwritten_unread_though_the_revision_is_the_expected_one_again(
    store: Store, registered: Project, new_revision_change: NewRevisionChange,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    writes = CassandraStore._write_last_revision_change
    calls: list[None] = []

    def others_are_quicker(self: CassandraStore, what: object) -> None:
        calls.append(None)
        writes(self, what)  # type: ignore[arg-type]
        if len(calls) > 1:
            return
        monkeypatch.setattr(CassandraStore, "_write_last_revision_change", keep_only_before)
        for number in range(2):
            with pytest.raises(InterruptedError):
                store.set_revision(new_revision_change(registered, desires(number), desires(number + 1)))
        monkeypatch.setattr(CassandraStore, "_write_last_revision_change", others_are_quicker)

    kept: list[None] = []

    def keep_only_before(self: CassandraStore, what: object) -> None:
        kept.append(None)
        if len(kept) % 2 == 0:
            raise InterruptedError
        writes(self, what)  # type: ignore[arg-type]

    monkeypatch.setattr(CassandraStore, "_write_last_revision_change", others_are_quicker)
    store.set_revision(new_revision_change(registered, "a" * 64, "c" * 64))
    history = store.revision_history(registered.name, "A")
    assert [change.revision[0] for change in history] == ["a", "b", "a", "c"]
    assert [change.number for change in history] == [1, 2, 3, 4]


def test_a_lost_answer_is_not_mistaken_for_another_persons_change_of_revision(
    behind: CassandraStore, network: Network, store: Store, registered: Project,
    new_revision_change: NewRevisionChange,
) -> None:  # fmt: skip
    change = new_revision_change(registered, "a" * 64, "b" * 64)

    def other_wins() -> None:
        store.set_revision(replace(change, who="bob"))
        network.proxy.hold()

    with network.failing(other_wins), pytest.raises(Conflict):
        behind.set_revision(change)
    assert [entry.who for entry in store.revision_history(registered.name, "A")] == ["set-up", "bob"]


def test_a_revision_that_was_taken_back_meanwhile_counts_as_done(
    behind: CassandraStore, network: Network, store: Store, registered: Project,
    new_revision_change: NewRevisionChange,
) -> None:  # fmt: skip
    def take_back() -> None:
        store.set_revision(new_revision_change(registered, "b" * 64, "a" * 64))
        network.proxy.release()

    with network.failing(after=take_back):
        found = behind.set_revision(new_revision_change(registered, "a" * 64, "b" * 64)).version("A")
    assert found is not None
    assert found.revision == "a" * 64
    history = store.revision_history(registered.name, "A")
    assert [entry.revision[0] for entry in history] == ["a", "b", "a"]


def wait_until_it_answers(store: CassandraStore) -> None:
    def answers() -> bool:
        store.ping()
        return True

    eventually(answers, not_yet=Unavailable)


def test_a_server_that_went_away_is_unavailable_at_once_and_found_again(
    behind: CassandraStore, proxy: Proxy, registered: Project
) -> None:
    proxy.cut()
    for _ in range(3):
        with pytest.raises(Unavailable):
            behind.project(registered.name)
    with pytest.raises(Unavailable):
        behind.put_setting("x", "1")
    proxy.restore()
    wait_until_it_answers(behind)
    assert behind.project(registered.name) == registered


def test_a_server_that_stops_answering_is_unavailable(
    behind: CassandraStore, proxy: Proxy, registered: Project
) -> None:
    behind.put_setting("x", "1")
    assert behind.project(registered.name) == registered
    proxy.hold()
    with pytest.raises(Unavailable):
        behind.project(registered.name)
    with pytest.raises(Uncertain):
        behind.put_setting("x", "1")
    proxy.release()
    wait_until_it_answers(behind)
    assert behind.project(registered.name) == registered
