"""The rules for which revision a version desires, on a real store."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from services.errors import Conflict, InvalidInput, NotFound
from services.registry.model import Field, Mode, Project, Revision, Signature, Task, Version
from services.registry.service import Registry
from services.store.sqlite import SqliteStore

START = datetime(2026, 11, 12, 8, tzinfo=UTC)
SIGNATURE = Signature((Field("ph", "ph"),), Field("quality", "quality"), Task.REGRESSION)


@pytest.fixture
def registry(tmp_path: Path) -> Iterator[Registry]:
    """A project whose version A has the revisions 1 (desired), 2 and 3, trained in this order."""
    store = SqliteStore(tmp_path)
    for day, digit in enumerate("123"):
        store.add_revision(Revision("wine", "A", digit * 64, 10, START + timedelta(days=day), 1279))
    made = Registry(store, lambda: START)
    made.register(Version("wine", "A", Mode.CHALLENGER, SIGNATURE, "1" * 64, START), who="ada")
    yield made
    store.close()


def desire(registry: Registry, digit: str, expected: str, reason: str = "better") -> Project:
    return registry.set_revision("wine", "A", digit * 64, expected=expected * 64, who="bob", reason=reason)


def back(registry: Registry, expected: str) -> str:
    project = registry.roll_back_revision("wine", "A", expected=expected * 64, who="ada", reason="worse")
    return project.versions[0].revision[0]


def test_a_change_against_a_stale_view_says_who_was_faster_when_and_why(registry: Registry) -> None:
    desire(registry, "3", "1", "newest rows")
    faster = r"wants revision '333333333333' by now: bob chose it on 12 November 2026 .*newest rows"
    with pytest.raises(Conflict, match=faster):
        desire(registry, "2", "1")


def test_going_back_goes_to_the_revision_desired_before_not_to_the_one_trained_before(
    registry: Registry,
) -> None:
    with pytest.raises(Conflict, match="never wanted another"):
        back(registry, "1")
    desire(registry, "3", "1")
    assert registry.previous_revision("wine", "A") == "1" * 64
    assert back(registry, "3") == "1"
    assert back(registry, "1") == "3"
    with pytest.raises(Conflict, match="by now"):
        back(registry, "2")


def test_the_history_tells_each_change(registry: Registry) -> None:
    desire(registry, "2", "1", "newer")
    back(registry, "2")
    told = [
        (change.previous[:1], change.revision[0], change.who, change.reason)
        for change in registry.revision_history("wine", "A")
    ]
    assert told == [
        ("", "1", "ada", "version registered"), ("1", "2", "bob", "newer"), ("2", "1", "ada", "worse"),
    ]  # fmt: skip
    with pytest.raises(NotFound):
        registry.revision_history("wine", "Z")


def test_a_change_without_a_reason_a_name_or_a_difference_is_refused(registry: Registry) -> None:
    with pytest.raises(InvalidInput, match="reason"):
        desire(registry, "2", "1", " ")
    with pytest.raises(InvalidInput, match="who"):
        registry.set_revision("wine", "A", "2" * 64, expected="1" * 64, who="", reason="better")
    with pytest.raises(InvalidInput, match="already"):
        desire(registry, "1", "1")
    assert len(registry.revision_history("wine", "A")) == 1


def test_an_unknown_revision_is_refused(registry: Registry) -> None:
    with pytest.raises(NotFound, match="no revision 'ffffffffffff'"):
        desire(registry, "f", "1")
