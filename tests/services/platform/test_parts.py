"""The table of parts, and what a part is in containers."""

import pytest
from msgspec.structs import asdict, replace

from services.containers.model import ContainerRole
from services.platform.checks import SYSTEM_MEMORY
from services.platform.parts import Part, gateway, memory_of, parts_of, start_order
from services.platform.request import PlatformRequest
from services.platform.secrets import new_secrets, secrets_in
from services.platform.specification import (
    SPECIFICATION_LABEL,
    Plan,
    inner_gateway,
    specification,
    state_container,
)

USUAL = PlatformRequest()
PLATFORM_SECRETS = new_secrets()
SECRETS = set(asdict(PLATFORM_SECRETS).values())
SMALLEST_SERVER = 1_950 << 20
"""What Linux leaves of 2 GB to programs."""


def _digest(request: PlatformRequest, part: str, *, image: str = "i") -> str:
    found = next(one for one in parts_of(request) if one.name == part)
    return specification(Plan(request, PLATFORM_SECRETS), found, image).labels[SPECIFICATION_LABEL]


def test_all_parts_at_their_limits_fit_the_smallest_server() -> None:
    assert sum(memory_of(part, USUAL) for part in parts_of(USUAL)) + SYSTEM_MEMORY <= SMALLEST_SERVER


def test_each_part_comes_after_those_that_it_needs() -> None:
    groups = [{part.name for part in group} for group in start_order(parts_of(replace(USUAL, gateways=2)))]
    assert groups == [
        {"cassandra", "registry", "datalake"}, {"gateway", "gateway-2", "supervisor"}, {"balancer"},
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("needs", "refusal"),
    [
        ({"a": ("b",), "b": ("a",), "c": ()}, "a needs b; b needs a"),
        ({"a": ("a",)}, "a needs a"),
        ({"a": (), "b": ("a", "elsewhere")}, "b needs elsewhere"),
    ],
)
def test_parts_that_can_never_be_started_are_refused_by_name(
    needs: dict[str, tuple[str, ...]], refusal: str
) -> None:
    parts = [Part(name, name, ContainerRole.NONE, "", 0, needs=needed) for name, needed in needs.items()]
    with pytest.raises(ValueError, match=f"can never be started: {refusal}$"):
        start_order(parts)


def test_one_gateway_publishes_and_several_leave_it_to_the_balancer() -> None:
    alone = specification(Plan(USUAL, PLATFORM_SECRETS), gateway(1), "i")
    assert {port.host_port for port in alone.ports} == {18080, 18000, 18001, 19000, 19001}
    assert {port.host_address for port in alone.ports} == {"127.0.0.1"}
    several = replace(USUAL, gateways=2)
    shared = [specification(Plan(several, PLATFORM_SECRETS), part, "i") for part in parts_of(several)]
    ports = {spec.name: {port.host_port for port in spec.ports} for spec in shared}
    assert ports["relevo-gateway"] == ports["relevo-gateway-2"] == set()
    assert ports["relevo-balancer"] == {18080, 18000, 18001, 19000, 19001}


@pytest.mark.parametrize(
    ("given", "changed"),
    [
        ({"gateway_port": 18081}, {"gateway"}),
        ({"listener_ports": (18000,)}, {"gateway"}),
        ({"durability": "store"}, {"gateway"}),
        ({"allowed_origins": ("https://shop.example.com",)}, {"gateway"}),
        ({"cassandra_port": 9043}, {"cassandra"}),
        ({"registry_port": 5001}, {"registry"}),
        ({"memory": {"supervisor": 300 << 20}}, {"supervisor"}),
        ({"image_prefix": "registry.example.com"}, set()),
        ({}, set()),
    ],
)
def test_only_the_parts_concerned_differ(given: dict[str, object], changed: set[str]) -> None:
    other = replace(USUAL, **given)
    names = [part.name for part in parts_of(USUAL)]
    assert {name for name in names if _digest(USUAL, name) != _digest(other, name)} == changed


def test_another_image_is_no_difference_but_an_upgrade() -> None:
    assert _digest(USUAL, "gateway", image="a") == _digest(USUAL, "gateway", image="b")


def test_a_part_gets_no_secret_that_it_does_not_need_and_no_command_line_has_one() -> None:
    plan = Plan(USUAL, PLATFORM_SECRETS)
    specs = {part.name: specification(plan, part, "i") for part in parts_of(USUAL)}
    for spec in (*specs.values(), state_container(plan, "i")):
        assert not SECRETS & set(spec.command)
        assert not any(secret in text for secret in SECRETS for text in spec.labels.values())
    assert SECRETS & set(specs["gateway"].environment.values()) == {
        PLATFORM_SECRETS.secret,
        PLATFORM_SECRETS.services,
    }
    assert SECRETS & set(specs["registry"].environment.values()) == set()


def test_the_state_container_gives_the_secrets_back() -> None:
    assert secrets_in(state_container(Plan(USUAL, PLATFORM_SECRETS), "i").environment) == PLATFORM_SECRETS
    assert secrets_in({}) is None
    assert not any(secret in repr(PLATFORM_SECRETS) for secret in SECRETS)
    assert not any(secret in repr(PLATFORM_SECRETS.passwords()) for secret in SECRETS)


def test_gateways_are_told_each_origin_and_the_balancer_before_them() -> None:
    origins = ("https://shop.example.com", "https://plant.example.com")
    asked = replace(USUAL, allowed_origins=origins)
    words = specification(Plan(asked, PLATFORM_SECRETS), gateway(1), "i").command
    assert [words[place + 1] for place, word in enumerate(words) if word == "--allow-origin"] == [*origins]
    assert "--forwarded-by" not in words
    for balanced in (replace(asked, gateways=2), replace(asked, swarm=True, durability="store")):
        words = specification(Plan(balanced, PLATFORM_SECRETS), gateway(1), "i").command
        assert words[words.index("--forwarded-by") + 1] == "relevo-balancer"
        assert words.count("--allow-origin") == 2


def test_services_have_a_plain_address_inside_whatever_clients_have() -> None:
    assert inner_gateway(USUAL) == "http://relevo-gateway:8000"
    secure = replace(USUAL, certificate="c.pem", key="k.pem")
    assert inner_gateway(secure) == "http://relevo-gateway:8001"
    assert inner_gateway(replace(secure, gateways=2)) == "http://relevo-gateway:8000"
