"""A service as the container that either runtime makes of it."""

from services.containers.container_spec import MOST_PROCESSES, container_spec
from services.containers.interface import ServiceSpec
from services.containers.model import ContainerSpec, Mount, Port, ResourceLimits, RestartPolicy


def made(spec: ServiceSpec) -> ContainerSpec:
    return container_spec(
        spec,
        platform="plant",
        name="plant-model-wine-a",
        network="plant-net",
        endpoint="http://model:8000",
        environment={"ROOM": "north", "LEVEL": "1"},
    )


def test_what_the_service_asks_for_is_what_the_container_gets() -> None:
    spec = ServiceSpec(
        "model-wine-a",
        ("serve", "--quiet"),
        {"LEVEL": "2"},
        image="model:1",
        ports=(Port(8000, 18000),),
        mounts=(Mount("/data", "wine"),),
        limits=ResourceLimits(memory=1 << 20, processes=7),
        restart=RestartPolicy.NEVER,
    )
    container = made(spec)
    assert (container.name, container.network) == ("plant-model-wine-a", "plant-net")
    assert (container.image, container.command) == (spec.image, spec.command)
    assert (container.ports, container.mounts) == (spec.ports, spec.mounts)
    assert (container.limits, container.restart) == (spec.limits, spec.restart)
    assert container.environment == {"ROOM": "north", "LEVEL": "2", "RELEVO_ENDPOINT": "http://model:8000"}


def test_a_service_that_asks_for_no_limit_of_processes_gets_one_and_no_privilege() -> None:
    container = made(ServiceSpec("model-wine-a", (), limits=ResourceLimits(memory=1 << 20)))
    assert container.limits == ResourceLimits(memory=1 << 20, processes=MOST_PROCESSES)
    assert container.is_unprivileged


def test_a_service_that_listens_to_nobody_is_told_no_address() -> None:
    assert "RELEVO_ENDPOINT" not in made(ServiceSpec("sleeper", (), listens=False)).environment


def test_labels_say_whose_container_it_is_whatever_the_service_says_of_itself() -> None:
    spec = ServiceSpec(
        "model-wine-a", (), project="wine", version="A", labels={"relevo.platform": "other", "team": "red"}
    )
    assert made(spec).labels == {
        "team": "red",
        "relevo.platform": "plant",
        "relevo.service": "model-wine-a",
        "relevo.role": "model",
        "relevo.project": "wine",
        "relevo.version": "A",
    }
    assert set(made(ServiceSpec("gateway", ())).labels) == {"relevo.platform", "relevo.service"}
