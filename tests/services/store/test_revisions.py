"""Trained artifacts, which of them is desired, and the history of that: one contract on both stores."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from msgspec.structs import replace

from services.errors import Conflict, InvalidInput, NotFound
from services.registry.model import Project, Revision, RevisionChange, Version
from services.store.interface import Store

NewVersion = Callable[..., Version]
NewRevisionChange = Callable[..., RevisionChange]
FIRST, SECOND, THIRD = "a" * 64, "b" * 64, "c" * 64


def test_revisions_come_oldest_training_first_and_once(store: Store, registered: Project) -> None:
    start = datetime(2026, 1, 1, tzinfo=UTC)
    newer = Revision(registered.name, "A", "2" * 64, 10, start + timedelta(days=1), 99, metrics={"r2": 0.5})
    older = Revision(registered.name, "A", "1" * 64, 10, start, 99)
    for revision in (newer, older, newer):
        store.add_revision(revision)
    assert store.revisions(registered.name, "A") == [older, newer]
    assert store.revisions(registered.name, "B") == []


def test_a_desired_revision_changes_from_what_was_expected(
    store: Store, registered: Project, new_revision_change: NewRevisionChange
) -> None:
    before = store.changes()
    found = store.set_revision(new_revision_change(registered, FIRST, SECOND)).version("A")
    assert found is not None
    assert found.revision == SECOND
    assert store.changes() != before
    with pytest.raises(Conflict, match="by now"):
        store.set_revision(new_revision_change(registered, FIRST, THIRD))
    with pytest.raises(NotFound):
        store.set_revision(new_revision_change(registered, FIRST, SECOND, "Z"))
    with pytest.raises(NotFound):
        store.set_revision(new_revision_change(replace(registered, name="nobody"), FIRST, SECOND))
    with pytest.raises(InvalidInput, match="already"):
        store.set_revision(new_revision_change(registered, SECOND, SECOND))
    assert len(store.revision_history(registered.name, "A")) == 2


def test_the_history_of_a_version_begins_with_its_registration(
    store: Store, registered: Project, new_version: NewVersion
) -> None:
    store.register(new_version(registered.name, "B"), who="again")
    for name in ("A", "B"):
        (first,) = store.revision_history(registered.name, name)
        assert (first.number, first.previous, first.revision) == (1, "", FIRST)
        assert (first.project, first.version, first.who) == (registered.name, name, "set-up")
    assert store.revision_history(registered.name, "Z") == []
    assert store.revision_history("nobody", "A") == []


def test_every_change_of_revision_is_kept_in_order_with_its_facts(
    store: Store, registered: Project, new_revision_change: NewRevisionChange
) -> None:
    change = new_revision_change(registered, FIRST, SECOND, "A", 'it\'s fresher; "much"')
    store.set_revision(change)
    store.set_revision(new_revision_change(registered, SECOND, FIRST, "A", "worse after all"))
    history = store.revision_history(registered.name, "A")
    assert [(entry.number, entry.previous, entry.revision) for entry in history] == [
        (1, "", FIRST), (2, FIRST, SECOND), (3, SECOND, FIRST),
    ]  # fmt: skip
    assert (history[1].who, history[1].reason) == ("ann", change.reason)
    assert abs(history[1].at - change.at) < timedelta(milliseconds=1)
    assert history[1].at.utcoffset() == timedelta(0)
    assert len(store.revision_history(registered.name, "B")) == 1


def test_changes_are_in_order_even_where_clocks_are_not(
    store: Store, registered: Project, new_revision_change: NewRevisionChange
) -> None:
    moment = datetime(2026, 5, 1, tzinfo=UTC)
    for at, previous, revision in ((moment, FIRST, SECOND), (moment - timedelta(days=1), SECOND, THIRD)):
        store.set_revision(replace(new_revision_change(registered, previous, revision), at=at))
    history = store.revision_history(registered.name, "A")
    assert [entry.revision for entry in history] == [FIRST, SECOND, THIRD]
