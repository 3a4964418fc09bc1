"""What a request must be, said field by field."""

import pytest
from msgspec.structs import replace

from services.platform.request import PlatformRequest, problems, published

USUAL = PlatformRequest()


def test_the_usual_request_is_right_and_stays_on_loopback() -> None:
    assert problems(USUAL) == {}
    assert USUAL.address() == "http://127.0.0.1:18080"
    assert {USUAL.gateway_host, USUAL.team_host} == {"127.0.0.1"}


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"name": "Relevo"}, "name"),
        ({"name": "r"}, "name"),
        ({"name": "a b"}, "name"),
        ({"name": "a;rm"}, "name"),
        ({"name": "n" * 33}, "name"),
        ({"gateway_port": 0}, "gateway_port"),
        ({"cassandra_port": 70000}, "cassandra_port"),
        ({"gateway_port": 9042}, "cassandra_port"),
        ({"listener_ports": (18000, 18000)}, "listener_ports[1]"),
        ({"listener_ports": (8000,)}, "listener_ports"),
        ({"gateways": 0}, "gateways"),
        ({"durability": "maybe"}, "durability"),
        ({"certificate": "a.pem"}, "key"),
        ({"gateway_host": "everywhere"}, "gateway_host"),
        ({"gateway_host": "192.0.2.7"}, "gateway_host"),
        ({"team_host": "192.0.2.7"}, "team_host"),
        ({"public_address": "relevo.example.com"}, "public_address"),
        ({"allowed_origins": ("https://shop.example.com/page",)}, "allowed_origins"),
        ({"allowed_origins": ("https://shop.example.com", "*")}, "allowed_origins"),
        ({"left_out": ("gateway",)}, "left_out"),
        ({"memory": {"gateway": 1}}, "memory"),
    ],
)
def test_what_is_wrong_is_told_at_its_field(given: dict[str, object], field: str) -> None:
    assert set(problems(replace(USUAL, **given))) == {field}


def test_beyond_loopback_takes_a_certificate_or_so_many_words() -> None:
    beyond = replace(USUAL, gateway_host="192.0.2.7")
    assert "plain HTTP" in problems(beyond)["gateway_host"]
    assert problems(replace(beyond, certificate="c.pem", key="k.pem")) == {}
    allowed = replace(beyond, plain_http_beyond_loopback=True)
    assert problems(allowed) == {}
    assert allowed.address() == "http://192.0.2.7:18080"
    assert problems(replace(USUAL, team_host="192.0.2.7", plain_team_beyond_loopback=True)) == {}


def test_published_on_all_addresses_needs_the_one_that_clients_use() -> None:
    every = replace(USUAL, gateway_host="0.0.0.0", certificate="c.pem", key="k.pem")
    assert set(problems(every)) == {"public_address"}
    named = replace(every, public_address="https://relevo.example.com:18080/")
    assert problems(named) == {}
    assert named.address() == "https://relevo.example.com:18080"


def test_a_part_that_is_left_out_publishes_nothing() -> None:
    assert "datalake_port" in published(USUAL)
    without = replace(USUAL, left_out=("datalake",), datalake_port=USUAL.gateway_port)
    assert "datalake_port" not in published(without)
    assert problems(without) == {}
