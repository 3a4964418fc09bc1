"""The registry's contract, on both stores."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from msgspec.structs import replace

from services.errors import Conflict, InvalidInput, NotFound
from services.registry.model import (
    ChampionChange,
    DataKind,
    Evidence,
    Field,
    MetricValue,
    Mode,
    PolicyChoice,
    Project,
    Signature,
    Version,
)
from services.store.interface import Store

NewVersion = Callable[..., Version]
NewChange = Callable[..., ChampionChange]


def modes(project: Project) -> dict[str, Mode]:
    return {version.name: version.mode for version in project.versions}


def test_an_unknown_project_is_none(store: Store) -> None:
    assert store.project("nobody") is None
    assert store.history("nobody") == []


def test_the_first_version_becomes_champion_whatever_it_asks_for(
    store: Store, project: str, new_version: NewVersion
) -> None:
    found = store.register(new_version(project, "A"), who="ann")
    assert (found.champion, found.generation, modes(found)) == ("A", 1, {"A": Mode.CHAMPION})
    assert found.last_change is not None
    assert (found.last_change.who, found.last_change.previous) == ("ann", "")
    assert project in store.projects()


def test_later_versions_are_challengers_in_order(registered: Project) -> None:
    assert modes(registered) == {"A": Mode.CHAMPION, "B": Mode.CHALLENGER}
    assert [version.order for version in registered.versions] == [0, 1]
    assert registered.generation == 1


def test_registering_again_with_another_signature_is_a_conflict_and_changes_nothing(
    store: Store, registered: Project, new_version: NewVersion
) -> None:
    known = new_version(registered.name, "B")
    other = replace(known.signature, inputs=(*known.signature.inputs, Field("more", "more")))
    with pytest.raises(Conflict, match="another signature"):
        store.register(replace(known, signature=other, endpoint="http://127.0.0.1:1"), who="service")
    assert store.project(registered.name) == registered


def test_registering_again_changes_addresses_and_nothing_else(
    store: Store, registered: Project, new_version: NewVersion
) -> None:
    again = replace(new_version(registered.name, "B"), revision="b" * 64, endpoint="http://127.0.0.1:1")
    found = store.register(again, who="service").version("B")
    before = registered.version("B")
    assert before is not None
    assert found == replace(before, endpoint="http://127.0.0.1:1")
    kept = store.register(new_version(registered.name, "B"), who="publisher").version("B")
    assert kept == found


def test_a_version_with_another_task_is_a_conflict(
    store: Store, registered: Project, new_version: NewVersion, classification: Signature
) -> None:
    for name in ("B", "C"):
        with pytest.raises(Conflict, match="classification"):
            store.register(new_version(registered.name, name, classification), who="ann")


def test_versions_whose_tables_would_be_the_same_are_a_conflict(
    store: Store, registered: Project, new_version: NewVersion
) -> None:
    with pytest.raises(Conflict, match="letter case"):
        store.register(new_version(registered.name, "a"), who="ann")


@pytest.mark.parametrize("name", ["wi'ne", 'wi"ne', "wine; DROP TABLE x", "Wine", "", "model_registry"])
def test_a_bad_project_name_is_refused(store: Store, new_version: NewVersion, name: str) -> None:
    before = store.projects()
    with pytest.raises(InvalidInput):
        store.register(new_version(name, "A"), who="ann")
    assert store.project(name) is None
    assert store.projects() == before


def test_a_bad_version_name_is_refused(store: Store, project: str, new_version: NewVersion) -> None:
    for name in ("A_B", "A'", "", "A B", "TooLongName"):
        with pytest.raises(InvalidInput):
            store.register(new_version(project, name), who="ann")


def test_a_signature_comes_back_as_it_was(
    store: Store, project: str, new_version: NewVersion, classification: Signature
) -> None:
    found = store.register(new_version(project, "A", classification), who="ann").version("A")
    assert found is not None
    assert found.signature == classification
    assert found.created_at.utcoffset() == timedelta(0)


def test_a_flip_moves_pointer_and_both_modes(
    store: Store, registered: Project, new_change: NewChange
) -> None:
    measured = MetricValue("R²", "B", "b" * 64, DataKind.LIVE, 312, 0.1 + 0.2)
    evidence = Evidence((measured, replace(measured, value=None)), 'nothing "else"')
    change = replace(new_change(registered, "B", 'it\'s better; "much"'), evidence=evidence)
    found = store.change_champion(change, seen_generation=1)
    assert found == store.project(registered.name)
    assert (found.champion, found.generation) == ("B", 2)
    assert modes(found) == {"A": Mode.CHALLENGER, "B": Mode.CHAMPION}
    history = store.history(registered.name)
    assert [entry.generation for entry in history] == [1, 2]
    assert history[-1] == found.last_change
    assert (history[-1].reason, history[-1].evidence) == (change.reason, evidence)
    assert abs(history[-1].at - change.at) < timedelta(milliseconds=1)


def test_a_flip_against_a_stale_view_is_a_conflict(
    store: Store, registered: Project, new_change: NewChange
) -> None:
    store.change_champion(new_change(registered, "B"), seen_generation=1)
    with pytest.raises(Conflict, match="'B' by now"):
        store.change_champion(new_change(registered, "B"), seen_generation=1)
    assert len(store.history(registered.name)) == 2


def test_only_a_challenger_can_become_champion(
    store: Store, registered: Project, new_change: NewChange
) -> None:
    store.retire(registered.name, "B", retired=True)
    with pytest.raises(Conflict, match="retired"):
        store.change_champion(new_change(registered, "B"), seen_generation=1)
    with pytest.raises(NotFound):
        store.change_champion(new_change(registered, "C"), seen_generation=1)
    with pytest.raises(NotFound):
        store.change_champion(new_change(replace(registered, name="nobody"), "B"), seen_generation=1)


def test_a_change_that_contradicts_itself_is_refused(
    store: Store, registered: Project, new_change: NewChange
) -> None:
    with pytest.raises(InvalidInput):
        store.change_champion(new_change(registered, "B"), seen_generation=2)
    with pytest.raises(InvalidInput):
        store.change_champion(new_change(registered, "A"), seen_generation=1)


def test_retiring_takes_a_challenger_out_and_back(store: Store, registered: Project) -> None:
    assert modes(store.retire(registered.name, "B", retired=True))["B"] is Mode.RETIRED
    assert modes(store.retire(registered.name, "B", retired=True))["B"] is Mode.RETIRED
    assert modes(store.retire(registered.name, "B", retired=False))["B"] is Mode.CHALLENGER
    with pytest.raises(Conflict, match="champion"):
        store.retire(registered.name, "A", retired=True)
    with pytest.raises(NotFound):
        store.retire(registered.name, "C", retired=True)


def test_a_policy_changes_from_what_was_expected(store: Store, registered: Project) -> None:
    greedy = PolicyChoice("epsilon_greedy", {"epsilon": 0.2})
    assert store.set_policy(registered.name, greedy, expected=PolicyChoice()).policy == greedy
    with pytest.raises(Conflict):
        store.set_policy(registered.name, PolicyChoice("ucb"), expected=PolicyChoice())
    assert store.set_policy(registered.name, PolicyChoice(), expected=greedy).policy == PolicyChoice()
