"""What a change, an upgrade or a further gateway does to a platform, and what a failed one leaves.

The tests follow one another on one small platform.
"""

import ssl
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
from msgspec.structs import replace

from services.client import GatewayClient
from services.containers.engine.engine import Engine
from services.containers.model import BuildSpec, ContainerSpec, RestartPolicy
from services.errors import Cancelled, Unavailable
from services.images.catalogue import reference
from services.images.contexts import archive
from services.platform.checks import ResourceCheck
from services.platform.discovery import REPLACED, find_platform
from services.platform.recovery.state_file import STATE_FILE, SavedState, read_state_file
from services.platform.request import PlatformRequest
from services.platform.setup import set_up
from services.platform.status import platform_status
from services.platform.upgrade import upgrade
from services.registry.model import Field, Listener, Mode, Signature, Task, Version
from tests.certificates import self_signed
from tests.waiting import eventually

pytestmark = [pytest.mark.docker, pytest.mark.slow, pytest.mark.timeout(900)]
Silent = Callable[[float | None, str], None]
WINE = Version(
    "wine", "A", Mode.CHALLENGER,
    Signature((Field("ph", "ph"),), Field("quality", "quality"), Task.REGRESSION), "a" * 64,
    datetime(2026, 1, 1, tzinfo=UTC),
)  # fmt: skip
BACK_AGAIN = "did not work; the one before runs again"
SHOP, PLANT = "https://shop.example.com", "https://plant.example.com"
ELSEWHERE = "203.0.113.9"
AS_LARGE_AS_NEEDED = ResourceCheck(memory=16 << 30, least_disk=0)


@dataclass
class SharedPlatform:
    """One platform through all tests of this module; its images have a prefix of their own."""

    request: PlatformRequest
    images: dict[str, str]
    tokens: list[str] = field(default_factory=list)

    def gateway(self, authority: str = "") -> GatewayClient:
        return GatewayClient(self.request.address(), self.tokens[0], authority=authority)


@pytest.fixture(scope="module")
def shared(
    engine: Engine,
    request_of: Callable[..., PlatformRequest],
    unique_name: Callable[[str], str],
    built_images: Callable[[str], str],
    gone: Callable[[str], None],
) -> Iterator[SharedPlatform]:
    prefix = unique_name("prefix")
    images = {name: reference(name, prefix) for name in ("gateway", "supervisor", "cassandra", "balancer")}
    for name, own in images.items():
        engine.tag(built_images(name), own)
    asked = request_of(
        "changes", image_prefix=prefix, left_out=("registry", "datalake"), allowed_origins=(SHOP,)
    )
    made = SharedPlatform(asked, images)
    gone(made.request.name)

    try:
        set_up(
            engine, made.request, _unwatched, issued=made.tokens.append, resource_check=AS_LARGE_AS_NEEDED
        )
        yield made
    finally:
        remove_images(engine, made)


def _unwatched(_fraction: float | None, _text: str) -> None:
    """A progress that nobody watches."""


def remove_images(engine: Engine, shared: SharedPlatform) -> None:
    """Remove the names of the images; what they name stays while containers need it."""
    for own in shared.images.values():
        engine.remove_image(own, force=True)


def _identifiers(engine: Engine, shared: SharedPlatform) -> dict[str, str]:
    return {
        name: each.identifier for name, each in find_platform(engine, shared.request.name).parts.items()
    }


def _well(engine: Engine, shared: SharedPlatform) -> bool:
    return platform_status(engine, shared.request.name, usage=False).well


def test_a_part_that_does_not_work_gives_way_to_the_one_before(
    engine: Engine, shared: SharedPlatform, tmp_path: Path, silent: Silent
) -> None:
    (tmp_path / "letter.pem").write_text("dear aunt")
    letter = str(tmp_path / "letter.pem")
    before = _identifiers(engine, shared)
    with pytest.raises(Unavailable, match=BACK_AGAIN) as raised:
        set_up(engine, replace(shared.request, certificate=letter, key=letter), silent)
    assert "the certificate or its key cannot be read" in raised.value.details
    assert _identifiers(engine, shared) == before
    with shared.gateway() as client:
        assert client.projects() == []
    set_up(engine, shared.request, silent)
    assert _identifiers(engine, shared) == before


def _may_call(shared: SharedPlatform, origin: str, authority: str = "") -> bool:
    """Whether a page of that origin is let call the gateway."""
    asked = {"origin": origin, "access-control-request-method": "POST"}
    context = ssl.create_default_context(cafile=authority or None)
    with httpx.Client(verify=context, trust_env=False) as http:
        answer = http.options(f"{shared.request.address()}/v1/projects/wine/predict", headers=asked)
    return answer.headers.get("access-control-allow-origin") == origin


def test_pages_of_the_origins_asked_for_may_call(shared: SharedPlatform) -> None:
    assert _may_call(shared, SHOP)
    assert not _may_call(shared, PLANT)


def test_a_cancelled_change_leaves_what_was_there(engine: Engine, shared: SharedPlatform) -> None:
    before = _identifiers(engine, shared)

    def impatient(_fraction: float | None, text: str) -> None:
        if text == "Waiting until gateway is healthy":
            raise Cancelled

    with pytest.raises(Cancelled, match="changed: keys"):
        set_up(engine, replace(shared.request, durability="disk"), impatient)
    assert _identifiers(engine, shared) == before
    assert set_up(engine, shared.request, lambda *_: None).changed == ("keys",)
    assert _identifiers(engine, shared) == before
    assert _well(engine, shared)


def test_what_a_killed_program_left_half_changed_is_settled(
    engine: Engine, shared: SharedPlatform, silent: Silent
) -> None:
    before = _identifiers(engine, shared)
    name = f"{shared.request.name}-gateway"
    engine.stop(before["gateway"])
    engine.rename(before["gateway"], name + REPLACED)
    assert set_up(engine, shared.request, silent).changed == ()
    assert _identifiers(engine, shared) == before
    assert _well(engine, shared)


def test_a_set_up_that_was_interrupted_is_completed(
    engine: Engine, shared: SharedPlatform, silent: Silent
) -> None:
    before = _identifiers(engine, shared)
    engine.remove(before["supervisor"], force=True)
    engine.stop(before["gateway"])
    state = platform_status(engine, shared.request.name, usage=False)
    assert {part.name: part.state for part in state.parts if not part.well} == {
        "gateway": "stopped", "supervisor": "missing",
    }  # fmt: skip
    outcome = set_up(engine, shared.request, silent, issued=shared.tokens.append)
    assert (outcome.made, outcome.started) == (("supervisor",), ("gateway",))
    assert len(shared.tokens) == 1


def test_gateways_find_cassandra_again_at_another_address(
    engine: Engine, shared: SharedPlatform, small_image: str, unique_name: Callable[[str], str]
) -> None:
    """A container that was down comes back with the address before only if nobody has taken it."""
    store = _identifiers(engine, shared)["cassandra"]
    before = _address(engine, store)
    engine.stop(store, 60)
    squatter = ContainerSpec(
        unique_name("squatter"), small_image, ("sleep", "600"),
        network=shared.request.name, restart=RestartPolicy.NEVER,
    )  # fmt: skip
    identifier = engine.run(squatter)
    try:
        assert _address(engine, identifier) == before
        engine.start(store)
        engine.wait_healthy(store, 180)
        assert _address(engine, store) != before
        with shared.gateway() as client:
            _wait_until_reached(client)
    finally:
        engine.remove(identifier, force=True)


def _address(engine: Engine, identifier: str) -> str:
    (network,) = engine.inspect(identifier)["NetworkSettings"]["Networks"].values()
    return str(network["IPAddress"])


def _wait_until_reached(client: GatewayClient) -> None:
    eventually(lambda: client.health().store == "reachable", 90)


def test_secrets_and_request_survive_the_loss_of_their_state_container(
    engine: Engine, shared: SharedPlatform, silent: Silent
) -> None:
    found = find_platform(engine, shared.request.name)
    assert found.state_container is not None
    engine.remove(found.state_container.identifier)  # as clearing an engine of all that is stopped does
    before = _identifiers(engine, shared)
    lost = find_platform(engine, shared.request.name)
    assert lost.state_container is None
    assert lost.request == shared.request
    _as_the_version_before_set_it_up(engine, shared)
    lost = find_platform(engine, shared.request.name)
    usual = PlatformRequest()  # what is left out leaves no port to be read off
    assert lost.request == replace(
        shared.request,
        listener_ports=tuple(sorted(shared.request.listener_ports)),
        registry_port=usual.registry_port,
        datalake_port=usual.datalake_port,
    )
    assert set_up(engine, lost.request, silent).made == ("keys",)
    assert find_platform(engine, shared.request.name).secrets == found.secrets
    assert _identifiers(engine, shared) == before


def _as_the_version_before_set_it_up(engine: Engine, shared: SharedPlatform) -> None:
    """Without the file beside the data."""
    kept = f"/var/lib/cassandra/{STATE_FILE}"
    assert engine.execute(_identifiers(engine, shared)["cassandra"], ("rm", "--force", kept))[0] == 0


def _saved_state(engine: Engine, shared: SharedPlatform) -> SavedState | None:
    return read_state_file(engine, shared.request.name, shared.images["gateway"])


def test_a_platform_of_a_version_before_gets_its_secrets_beside_its_data(
    engine: Engine, shared: SharedPlatform, silent: Silent
) -> None:
    before, secrets = _identifiers(engine, shared), find_platform(engine, shared.request.name).secrets
    assert secrets is not None
    for bring in (
        lambda: set_up(engine, shared.request, silent),
        lambda: upgrade(engine, shared.request.name, silent, build=False),
    ):
        _as_the_version_before_set_it_up(engine, shared)
        assert _saved_state(engine, shared) is None
        bring()
        assert _saved_state(engine, shared) == SavedState(secrets, shared.request)
    assert _identifiers(engine, shared) == before


def test_an_upgrade_goes_back_to_the_old_image_when_the_new_one_does_not_work(
    engine: Engine, shared: SharedPlatform, small_image: str, silent: Silent
) -> None:
    before = _identifiers(engine, shared)
    old = engine.image(shared.images["supervisor"])
    assert old is not None
    recipe = f'FROM {old.identifier}\nENTRYPOINT ["sh", "-c", "echo no such luck; exit 3"]\n'
    _build(engine, shared.images["supervisor"], recipe)
    with pytest.raises(Unavailable, match=BACK_AGAIN) as raised:
        upgrade(engine, shared.request.name, silent, build=False)
    assert "no such luck" in raised.value.details
    assert _identifiers(engine, shared) == before
    assert _well(engine, shared)
    engine.tag(old.identifier, shared.images["supervisor"])


def test_an_upgrade_changes_only_parts_of_another_image(
    engine: Engine, shared: SharedPlatform, silent: Silent
) -> None:
    before = _identifiers(engine, shared)
    _build(engine, shared.images["supervisor"], f"FROM {shared.images['supervisor']}\nLABEL renewed=yes\n")
    done = upgrade(engine, shared.request.name, silent, build=False)
    assert done.changed == ("supervisor",)
    after = _identifiers(engine, shared)
    assert {name for name in after if after[name] != before[name]} == {"supervisor"}
    assert upgrade(engine, shared.request.name, silent, build=False).changed == ()


def test_several_gateways_are_reached_through_one_address_and_https(
    engine: Engine, shared: SharedPlatform, certificate: tuple[str, str], silent: Silent
) -> None:
    shared.request = replace(
        shared.request, gateways=2, certificate=certificate[0], key=certificate[1], allowed_origins=(PLANT,)
    )
    outcome = set_up(engine, shared.request, silent, resource_check=AS_LARGE_AS_NEEDED)
    assert set(outcome.made) == {"gateway-2", "balancer"}
    assert shared.request.address().startswith("https://")
    with shared.gateway(certificate[0]) as client:
        assert client.projects() == []
    for _ in range(4):  # each gateway, whichever the balancer chooses
        assert _may_call(shared, PLANT, certificate[0])
        assert not _may_call(shared, SHOP, certificate[0])


def test_a_network_is_known_behind_the_balancer_and_nobody_else_is_believed(
    engine: Engine, shared: SharedPlatform, certificate: tuple[str, str]
) -> None:
    balancer = engine.inspect(_identifiers(engine, shared)["balancer"])
    (network,) = balancer["NetworkSettings"]["Networks"].values()
    ours, theirs = shared.request.listener_ports
    with shared.gateway(certificate[0]) as client:
        client.put_version(WINE)
        client.put_listener(Listener(ours, "wine", "", (f"{network['Gateway']}/32",)))
        client.put_listener(Listener(theirs, "wine", "", (f"{ELSEWHERE}/32",)))
    # Behind Docker's own forwarding this machine has the address of the network's gateway.
    _wait_until_let_in(ours, certificate[0])
    assert _statuses(ours, certificate[0], {"x-forwarded-for": ELSEWHERE}) == {200}
    assert _statuses(theirs, certificate[0]) == {401}
    assert _statuses(theirs, certificate[0], {"x-forwarded-for": ELSEWHERE}) == {401}
    # Neither is a container that asks a gateway directly: versions run on that network, too.
    inside = engine.execute(_identifiers(engine, shared)["supervisor"], ("python", "-c", _PRETEND.format(
        gateway=f"{shared.request.name}-gateway", port=theirs, told=ELSEWHERE,
    )))  # fmt: skip
    assert inside[1].strip() == "401", inside
    with shared.gateway(certificate[0]) as client:
        client.remove_listener(ours)
        client.remove_listener(theirs)


_PRETEND = """
import urllib.error, urllib.request
request = urllib.request.Request("http://{gateway}:{port}/version", headers={{"X-Forwarded-For": "{told}"}})
try:
    print(urllib.request.urlopen(request, timeout=10).status)
except urllib.error.HTTPError as error:
    print(error.code)
"""


def _statuses(port: int, authority: str, headers: Mapping[str, str] | None = None) -> set[int]:
    """What whoever sends no token is told at a listener, by each gateway."""
    context = ssl.create_default_context(cafile=authority)
    statuses = set()
    for _ in range(6):
        with httpx.Client(verify=context, trust_env=False) as http:
            statuses.add(http.get(f"https://127.0.0.1:{port}/version", headers=headers).status_code)
    return statuses


def _wait_until_let_in(port: int, authority: str) -> None:
    """Until all gateways have opened the port, and found their balancer."""
    eventually(lambda: _statuses(port, authority) == {200})


def test_one_gateway_again_serves_https_itself_with_the_certificate_that_the_platform_has(
    engine: Engine, shared: SharedPlatform, certificate: tuple[str, str], silent: Silent
) -> None:
    authority = Path(certificate[0]).read_bytes()
    for path in certificate:
        Path(path).unlink()
    shared.request = replace(shared.request, gateways=1)
    outcome = set_up(engine, shared.request, silent, resource_check=AS_LARGE_AS_NEEDED)
    assert set(outcome.removed) == {"gateway-2", "balancer"}
    Path(certificate[0]).write_bytes(authority)
    with shared.gateway(certificate[0]) as client:
        assert client.projects() == ["wine"]


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, str]:
    """A certificate for 127.0.0.1 that vouches for itself, and its key."""
    return self_signed(tmp_path_factory.mktemp("certificate"))


def _build(engine: Engine, own: str, recipe: str) -> None:
    context = archive({"Dockerfile": recipe.encode()})
    engine.build(BuildSpec(context, own), lambda *_: None, lambda _text: None)
