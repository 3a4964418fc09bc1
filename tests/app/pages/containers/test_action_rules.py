"""What may be done with which containers, why not, and what stops when it is done."""

from datetime import UTC, datetime

import pytest

from app.pages.containers.action_rules import Deed, Part, consequence, fitting, in_production, why_not
from app.pages.containers.actions import question_of
from services.containers.model import Container, ContainerState

RUNNING, EXITED, PAUSED = ContainerState.RUNNING, ContainerState.EXITED, ContainerState.PAUSED


def container(name: str = "one", state: ContainerState = RUNNING, **labels: str) -> Container:
    found = {f"relevo.{key}": value for key, value in labels.items()}
    return Container(name, name, "image", "", state, datetime.now(UTC), labels=found)


def model(version: str = "A", state: ContainerState = RUNNING) -> Container:
    return container(
        f"model-{version}", state, platform="relevo", role="model", project="wine", version=version
    )


@pytest.mark.parametrize(
    ("deed", "state", "reason"),
    [
        (Deed.START, RUNNING, "It runs already."),
        (Deed.START, EXITED, ""),
        (Deed.STOP, EXITED, "It does not run."),
        (Deed.STOP, PAUSED, ""),
        (Deed.PAUSE, PAUSED, "Only what runs can be paused."),
        (Deed.RESUME, PAUSED, ""),
        (Deed.RESUME, RUNNING, "It is not paused."),
        (Deed.RESTART, ContainerState.CREATED, "It was never started; start it."),
        (Deed.REMOVE, ContainerState.REMOVING, "It is being removed already."),
        (Deed.REMOVE, RUNNING, ""),
    ],
)
def test_what_cannot_be_done_has_a_reason(deed: Deed, state: ContainerState, reason: str) -> None:
    assert why_not(deed, [container(state=state)], connected=True) == reason


def test_a_selection_is_enough_if_it_fits_one_of_them() -> None:
    both = [container("a", RUNNING), container("b", EXITED)]
    assert why_not(Deed.STOP, both, connected=True) == ""
    assert [one.name for one in fitting(Deed.STOP, both)] == ["a"]


def test_nothing_can_be_done_without_docker_or_a_selection() -> None:
    assert "does not answer" in why_not(Deed.STOP, [container()], connected=False)
    assert why_not(Deed.STOP, [], connected=True) == "Select a container."


def test_names_by_which_a_platform_finds_its_parts_stay() -> None:
    assert "finds it by this name" in why_not(Deed.RENAME, [model()], connected=True)
    assert why_not(Deed.RENAME, [container()], connected=True) == ""
    assert "one container" in why_not(Deed.RENAME, [container("a"), container("b")], connected=True)


@pytest.mark.parametrize(
    ("one", "part", "vital"),
    [
        (model(), Part.CHAMPION, True),
        (model(), Part.CHALLENGER, False),
        (model(), Part.UNKNOWN, True),
        (container(platform="relevo", role="gateway"), Part.NONE, True),
        (container(platform="relevo", role="gateway", state=EXITED), Part.NONE, False),
        (container(platform="relevo", role="store"), Part.NONE, True),
        (container(platform="relevo", role="supervisor"), Part.NONE, False),
        (container(), Part.NONE, False),
    ],
)
def test_what_production_stops_without_is_known(one: Container, part: Part, vital: bool) -> None:
    assert in_production(one, part) is vital


def test_every_part_of_a_platform_says_what_stops_without_it() -> None:
    roles = ("gateway", "supervisor", "balancer", "store", "registry", "datalake", "development")
    told = [consequence(container(role=role), Part.NONE) for role in roles]
    assert all(told)
    assert len(set(told)) == len(roles)
    assert consequence(container(), Part.NONE) == ""


def test_removing_a_champion_says_what_stops_and_asks_for_its_name() -> None:
    one = model()
    question = question_of(Deed.REMOVE, [one], [one], {one.identifier: Part.CHAMPION})
    assert question.name == "model-A"
    assert any("applications that ask wine get errors" in text for text in question.consequences)
    assert "It runs; it is killed first." in question.consequences


def test_stopping_a_champion_asks_but_for_no_name() -> None:
    one = model()
    question = question_of(Deed.STOP, [one], [one], {one.identifier: Part.CHAMPION})
    assert question.name == ""
    assert question.title == "Stop model-A"


def test_a_question_about_several_names_them_and_tells_each_consequence_once() -> None:
    several = [model("A"), model("B"), container("other", EXITED)]
    parts = {"model-A": Part.CHAMPION, "model-B": Part.CHALLENGER, "other": Part.NONE}
    question = question_of(Deed.REMOVE, several, [several[0]], parts)
    assert question.title == "Remove 3 containers"
    assert list(question.names) == ["model-A", "model-B", "other"]
    assert len(question.consequences) == 3


def test_a_service_of_swarm_comes_back_and_that_is_said() -> None:
    one = Container(
        "x", "x", "i", "", RUNNING, datetime.now(UTC), labels={"com.docker.swarm.service.name": "wine"}
    )
    question = question_of(Deed.REMOVE, [one], [], {"x": Part.NONE})
    assert any("Swarm starts another one" in text for text in question.consequences)
