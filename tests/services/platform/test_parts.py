"""The table of parts, and what a part is in containers."""

import pytest
from msgspec.structs import asdict, replace

from services.platform.checks import SYSTEM_MEMORY
from services.platform.parts import gateway, in_order, memory_of, wanted
from services.platform.request import PlatformRequest
from services.platform.secrets import keys_in, new_keys
from services.platform.specification import (
    SPECIFICATION_LABEL,
    Plan,
    inner_gateway,
    keeper,
    specification,
)

USUAL = PlatformRequest()
KEYS = new_keys()
SECRETS = set(asdict(KEYS).values())
SMALLEST_SERVER = 1_950 << 20
"""What Linux leaves of 2 GB to programs."""


def _digest(request: PlatformRequest, part: str, *, image: str = "i") -> str:
    found = next(one for one in wanted(request) if one.name == part)
    return specification(Plan(request, KEYS), found, image).labels[SPECIFICATION_LABEL]


def test_all_parts_at_their_limits_fit_the_smallest_server() -> None:
    assert sum(memory_of(part, USUAL) for part in wanted(USUAL)) + SYSTEM_MEMORY <= SMALLEST_SERVER


def test_each_part_comes_after_those_that_it_needs() -> None:
    groups = [{part.name for part in group} for group in in_order(wanted(replace(USUAL, gateways=2)))]
    assert groups == [
        {"cassandra", "registry", "datalake"}, {"gateway", "gateway-2", "supervisor"}, {"balancer"},
    ]  # fmt: skip


def test_one_gateway_publishes_and_several_leave_it_to_the_balancer() -> None:
    alone = specification(Plan(USUAL, KEYS), gateway(1), "i")
    assert {port.host_port for port in alone.ports} == {18080, 18000, 18001, 19000, 19001}
    assert {port.host_address for port in alone.ports} == {"127.0.0.1"}
    several = replace(USUAL, gateways=2)
    shared = [specification(Plan(several, KEYS), part, "i") for part in wanted(several)]
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
    names = [part.name for part in wanted(USUAL)]
    assert {name for name in names if _digest(USUAL, name) != _digest(other, name)} == changed


def test_another_image_is_no_difference_but_an_upgrade() -> None:
    assert _digest(USUAL, "gateway", image="a") == _digest(USUAL, "gateway", image="b")


def test_a_part_gets_no_secret_that_it_does_not_need_and_no_command_line_has_one() -> None:
    plan = Plan(USUAL, KEYS)
    specs = {part.name: specification(plan, part, "i") for part in wanted(USUAL)}
    for spec in (*specs.values(), keeper(plan, "i")):
        assert not SECRETS & set(spec.command)
        assert not any(secret in text for secret in SECRETS for text in spec.labels.values())
    assert SECRETS & set(specs["gateway"].environment.values()) == {KEYS.secret, KEYS.services}
    assert SECRETS & set(specs["registry"].environment.values()) == set()


def test_the_keeper_gives_the_secrets_back() -> None:
    assert keys_in(keeper(Plan(USUAL, KEYS), "i").environment) == KEYS
    assert keys_in({}) is None
    assert not any(secret in repr(KEYS) for secret in SECRETS)
    assert not any(secret in repr(KEYS.passwords()) for secret in SECRETS)


def test_gateways_are_told_each_origin_and_the_balancer_before_them() -> None:
    origins = ("https://shop.example.com", "https://plant.example.com")
    asked = replace(USUAL, allowed_origins=origins)
    words = specification(Plan(asked, KEYS), gateway(1), "i").command
    assert [words[place + 1] for place, word in enumerate(words) if word == "--allow-origin"] == [*origins]
    assert "--forwarded-by" not in words
    for balanced in (replace(asked, gateways=2), replace(asked, swarm=True, durability="store")):
        words = specification(Plan(balanced, KEYS), gateway(1), "i").command
        assert words[words.index("--forwarded-by") + 1] == "relevo-balancer"
        assert words.count("--allow-origin") == 2


def test_services_have_a_plain_address_inside_whatever_clients_have() -> None:
    assert inner_gateway(USUAL) == "http://relevo-gateway:8000"
    secure = replace(USUAL, certificate="c.pem", key="k.pem")
    assert inner_gateway(secure) == "http://relevo-gateway:8001"
    assert inner_gateway(replace(secure, gateways=2)) == "http://relevo-gateway:8000"
