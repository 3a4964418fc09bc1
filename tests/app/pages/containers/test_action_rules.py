"""What may be done with which containers, why not, and what stops when it is done."""

from datetime import UTC, datetime

import pytest

from app.pages.containers.action_rules import (
    ContainerOperation,
    ProductionRole,
    applicable,
    blocked_reason,
    consequence,
    in_production,
)
from app.pages.containers.actions import confirmation_for
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
    ("operation", "state", "reason"),
    [
        (ContainerOperation.START, RUNNING, "It runs already."),
        (ContainerOperation.START, EXITED, ""),
        (ContainerOperation.STOP, EXITED, "It does not run."),
        (ContainerOperation.STOP, PAUSED, ""),
        (ContainerOperation.PAUSE, PAUSED, "Only what runs can be paused."),
        (ContainerOperation.RESUME, PAUSED, ""),
        (ContainerOperation.RESUME, RUNNING, "It is not paused."),
        (ContainerOperation.RESTART, ContainerState.CREATED, "It was never started; start it."),
        (ContainerOperation.REMOVE, ContainerState.REMOVING, "It is being removed already."),
        (ContainerOperation.REMOVE, RUNNING, ""),
    ],
)
def test_what_cannot_be_done_has_a_reason(
    operation: ContainerOperation, state: ContainerState, reason: str
) -> None:
    assert blocked_reason(operation, [container(state=state)], connected=True) == reason


def test_a_selection_is_enough_if_it_fits_one_of_them() -> None:
    both = [container("a", RUNNING), container("b", EXITED)]
    assert blocked_reason(ContainerOperation.STOP, both, connected=True) == ""
    assert [one.name for one in applicable(ContainerOperation.STOP, both)] == ["a"]


def test_nothing_can_be_done_without_docker_or_a_selection() -> None:
    assert "does not answer" in blocked_reason(ContainerOperation.STOP, [container()], connected=False)
    assert blocked_reason(ContainerOperation.STOP, [], connected=True) == "Select a container."


def test_names_by_which_a_platform_finds_its_parts_stay() -> None:
    assert "finds it by this name" in blocked_reason(ContainerOperation.RENAME, [model()], connected=True)
    assert blocked_reason(ContainerOperation.RENAME, [container()], connected=True) == ""
    assert "one container" in blocked_reason(
        ContainerOperation.RENAME, [container("a"), container("b")], connected=True
    )


@pytest.mark.parametrize(
    ("one", "part", "vital"),
    [
        (model(), ProductionRole.CHAMPION, True),
        (model(), ProductionRole.CHALLENGER, False),
        (model(), ProductionRole.UNKNOWN, True),
        (container(platform="relevo", role="gateway"), ProductionRole.NONE, True),
        (container(platform="relevo", role="gateway", state=EXITED), ProductionRole.NONE, False),
        (container(platform="relevo", role="store"), ProductionRole.NONE, True),
        (container(platform="relevo", role="supervisor"), ProductionRole.NONE, False),
        (container(), ProductionRole.NONE, False),
    ],
)
def test_what_production_stops_without_is_known(one: Container, part: ProductionRole, vital: bool) -> None:
    assert in_production(one, part) is vital


def test_every_part_of_a_platform_says_what_stops_without_it() -> None:
    roles = ("gateway", "supervisor", "balancer", "store", "registry", "datalake", "development")
    told = [consequence(container(role=role), ProductionRole.NONE) for role in roles]
    assert all(told)
    assert len(set(told)) == len(roles)
    assert consequence(container(), ProductionRole.NONE) == ""


def test_removing_a_champion_says_what_stops_and_asks_for_its_name() -> None:
    one = model()
    question = confirmation_for(
        ContainerOperation.REMOVE, [one], [one], {one.identifier: ProductionRole.CHAMPION}
    )
    assert list(question.names_to_type) == ["model-A"]
    assert any("applications that ask wine get errors" in text for text in question.consequences)
    assert "It runs; it is killed first." in question.consequences


def test_stopping_a_champion_asks_but_for_no_name() -> None:
    one = model()
    question = confirmation_for(
        ContainerOperation.STOP, [one], [one], {one.identifier: ProductionRole.CHAMPION}
    )
    assert not question.names_to_type
    assert question.title == "Stop model-A"


def test_a_question_about_several_names_them_and_tells_each_consequence_once() -> None:
    several = [model("A"), model("B"), container("other", EXITED)]
    parts = {
        "model-A": ProductionRole.CHAMPION,
        "model-B": ProductionRole.CHALLENGER,
        "other": ProductionRole.NONE,
    }
    question = confirmation_for(ContainerOperation.REMOVE, several, [several[0]], parts)
    assert question.title == "Remove 3 containers"
    assert list(question.names) == ["model-A", "model-B", "other"]
    assert len(question.consequences) == 3


def test_a_service_of_swarm_comes_back_and_that_is_said() -> None:
    one = Container(
        "x", "x", "i", "", RUNNING, datetime.now(UTC), labels={"com.docker.swarm.service.name": "wine"}
    )
    question = confirmation_for(ContainerOperation.REMOVE, [one], [], {"x": ProductionRole.NONE})
    assert any("Swarm starts another one" in text for text in question.consequences)


def test_removing_several_champions_asks_for_the_name_of_each() -> None:
    several = [model("A"), model("B"), container("other", EXITED)]
    roles = {
        "model-A": ProductionRole.CHAMPION,
        "model-B": ProductionRole.UNKNOWN,
        "other": ProductionRole.NONE,
    }
    question = confirmation_for(ContainerOperation.REMOVE, several, several[:2], roles)
    assert list(question.names_to_type) == ["model-A", "model-B"]
