"""The registry's rules, on a real store."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from services.errors import Conflict, InvalidInput, NotFound, Uncertain
from services.registry.model import (
    DataKind,
    Evidence,
    Field,
    MetricValue,
    Mode,
    Project,
    Signature,
    Task,
    Version,
)
from services.registry.service import ChampionSeen, Registry, champion_seen
from services.store.sqlite import SqliteStore

START = datetime(2026, 11, 12, 8, tzinfo=UTC)
EVIDENCE = Evidence((MetricValue("RMSE", "B", "1" * 64, DataKind.LIVE, 312, 0.58),))
SIGNATURE = Signature((Field("ph", "ph"),), Field("quality", "quality"), Task.REGRESSION)


class Clock:
    """An hour passes with each look."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime:
        self.now += timedelta(hours=1)
        return self.now


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqliteStore]:
    opened = SqliteStore(tmp_path)
    yield opened
    opened.close()


@pytest.fixture
def registry(store: SqliteStore) -> Registry:
    """A project with the champion A and the challengers B and C."""
    made = Registry(store, Clock())
    for name in "ABC":
        made.register(version(name), who="ada")
    return made


def version(name: str, signature: Signature = SIGNATURE) -> Version:
    return Version("wine", name, Mode.CHALLENGER, signature, "1" * 64, START)


def flipped(registry: Registry, to: str, who: str = "ada") -> Project:
    seen = champion_seen(registry.project("wine"))
    return registry.change_champion("wine", to, who=who, reason=f"{to} is better", seen=seen)


def test_the_first_version_becomes_champion_and_later_ones_challengers(registry: Registry) -> None:
    (project,) = registry.projects()
    assert champion_seen(project) == ChampionSeen("A", 1)
    assert [one.mode for one in project.versions] == [Mode.CHAMPION, Mode.CHALLENGER, Mode.CHALLENGER]


def test_registering_again_changes_no_mode(registry: Registry) -> None:
    flipped(registry, "B")
    project = registry.register(version("A"), who="bob")
    assert project.champion == "B"
    assert registry.version("wine", "A").mode is Mode.CHALLENGER


def test_a_version_of_another_task_is_refused(registry: Registry) -> None:
    other = Signature(SIGNATURE.inputs, SIGNATURE.target, Task.CLASSIFICATION, ("bad", "good"))
    with pytest.raises(Conflict, match="regression"):
        registry.register(version("D", other), who="ada")


def test_a_flip_moves_the_champion_and_writes_history_with_evidence(registry: Registry) -> None:
    project = registry.change_champion(
        "wine", "B", who="ada", reason="lower RMSE", seen=ChampionSeen("A", 1), evidence=EVIDENCE
    )
    assert champion_seen(project) == ChampionSeen("B", 2)
    change = registry.history("wine")[-1]
    assert (change.previous, change.champion, change.who) == ("A", "B", "ada")
    assert (change.reason, change.evidence) == ("lower RMSE", EVIDENCE)


def test_a_flip_on_a_stale_view_says_who_was_faster_and_when(registry: Registry) -> None:
    stale = champion_seen(registry.project("wine"))
    flipped(registry, "C", who="bob")
    with pytest.raises(Conflict) as caught:
        registry.change_champion("wine", "B", who="ada", reason="mine", seen=stale)
    assert "'C' by now: bob chose it in place of 'A' on 12 November 2026 at 09:00:00 UTC" in str(
        caught.value
    )
    assert registry.project("wine").champion == "C"


def test_a_view_of_the_same_champion_at_an_older_generation_is_stale(registry: Registry) -> None:
    stale = champion_seen(registry.project("wine"))
    flipped(registry, "B")
    flipped(registry, "A")
    with pytest.raises(Conflict, match="ada chose it in place of 'B'"):
        registry.change_champion("wine", "C", who="bob", reason="mine", seen=stale)


def test_losing_a_race_in_the_store_says_who_won(store: SqliteStore, registry: Registry) -> None:
    class Late(SqliteStore):
        """Somebody flips between this registry's look and its write."""

        def change_champion(self, change: object, *, seen_generation: int) -> Project:
            flipped(registry, "C", who="bob")
            return super().change_champion(change, seen_generation=seen_generation)  # type: ignore[arg-type]

    late = Late(store._database.folder)
    with pytest.raises(Conflict, match="'C' by now: bob chose it"):
        Registry(late).change_champion("wine", "B", who="ada", reason="mine", seen=ChampionSeen("A", 1))
    late.close()


@pytest.mark.parametrize(("who", "reason"), [("", "because"), ("ada", " ")])
def test_a_flip_needs_a_name_and_a_reason(registry: Registry, who: str, reason: str) -> None:
    with pytest.raises(InvalidInput):
        registry.change_champion("wine", "B", who=who, reason=reason, seen=ChampionSeen("A", 1))


def test_unknown_projects_and_versions_are_named(registry: Registry) -> None:
    with pytest.raises(NotFound, match="'beer'"):
        registry.change_champion("beer", "B", who="ada", reason="why", seen=ChampionSeen("A", 1))
    with pytest.raises(NotFound, match="'Z'"):
        registry.change_champion("wine", "Z", who="ada", reason="why", seen=ChampionSeen("A", 1))


def test_the_champion_cannot_be_promoted_again(registry: Registry) -> None:
    with pytest.raises(Conflict, match="champion of 'wine' already: ada made it so"):
        registry.change_champion("wine", "A", who="ada", reason="why", seen=ChampionSeen("A", 1))


def test_rolling_back_gives_the_previous_champion_its_place_again(registry: Registry) -> None:
    flipped(registry, "B")
    seen = champion_seen(flipped(registry, "C"))
    project = registry.roll_back("wine", who="ada", reason="complaints", seen=seen)
    assert champion_seen(project) == ChampionSeen("B", 4)


def test_without_an_earlier_champion_there_is_nothing_to_go_back_to(registry: Registry) -> None:
    with pytest.raises(Conflict, match="nothing to go back to"):
        registry.roll_back("wine", who="ada", reason="why", seen=ChampionSeen("A", 1))


def test_rolling_back_to_a_retired_version_is_refused_with_what_to_do(registry: Registry) -> None:
    seen = champion_seen(flipped(registry, "B"))
    registry.retire("wine", "A")
    with pytest.raises(Conflict, match="'A' of 'wine' is retired") as caught:
        registry.roll_back("wine", who="ada", reason="why", seen=seen)
    assert caught.value.remedy == "Return it to the shadow first."


def test_who_was_champion_at_a_moment_is_one_question(registry: Registry) -> None:
    flipped(registry, "B")
    flipped(registry, "C")
    moments = [
        START - timedelta(seconds=1),
        START,
        START + timedelta(minutes=90),
        START + timedelta(days=1),
    ]
    assert [registry.champion_at("wine", moment) for moment in moments] == [None, "A", "B", "C"]
    with pytest.raises(InvalidInput, match="time zone"):
        registry.champion_at("wine", datetime(2026, 11, 12))  # noqa: DTZ001 - the mistake that is refused


def test_retired_versions_return_as_challengers(registry: Registry) -> None:
    registry.retire("wine", "B")
    assert registry.version("wine", "B").mode is Mode.RETIRED
    registry.return_to_shadow("wine", "B")
    assert registry.version("wine", "B").mode is Mode.CHALLENGER
    with pytest.raises(Conflict, match="ada made it so"):
        registry.retire("wine", "A")


def test_a_change_that_cannot_be_read_back_is_not_reported_as_done(store: SqliteStore) -> None:
    class Forgetful(SqliteStore):
        """Says that it registered, and keeps only the champion."""

        def register(self, version: Version, *, who: str) -> Project:
            return super().register(version, who=who) if version.name == "A" else self.project("wine")

    forgetful = Forgetful(store._database.folder)
    registry = Registry(forgetful)
    registry.register(version("A"), who="ada")
    with pytest.raises(Uncertain, match="cannot be read back"):
        registry.register(version("B"), who="ada")
    forgetful.close()
