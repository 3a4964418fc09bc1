"""The engine's own words become kinds of errors, with what to do; words as real engines say them."""

import pytest

from services.containers.engine.errors import NotSignedIn, engine_error
from services.errors import Conflict, InvalidInput, NotFound, RelevoError, StorageError, Unavailable

DRIVER = "driver failed programming external connectivity on endpoint c (5f): "
EXEC = 'OCI runtime create failed: starting container process caused: exec: "x": executable file not found'
USED = 'The container name "/a" is already in use by container "01". You have to remove it'
WINDOWS = "listen tcp 0.0.0.0:8000: bind: Only one usage of each socket address is normally permitted."

PORTS = {
    8080: f"{DRIVER}Bind for 0.0.0.0:8080 failed: port is already allocated",
    19042: f"{DRIVER}Error starting proxy: listen tcp4 0.0.0.0:19042: bind: address already in use",
    5000: "failed to bind host port for 127.0.0.1:5000:172.17.0.2:80/tcp: address already in use",
    8081: f"{DRIVER}failed to bind host port 0.0.0.0:8081/tcp: address already in use",
    8082: f"{DRIVER}failed to bind host port [::1]:8082/tcp: address already in use",
    8000: f"Ports are not available: exposing port TCP 0.0.0.0:8000 -> 127.0.0.1:0: {WINDOWS}",
}
SAID: list[tuple[int, str, type[RelevoError], str]] = [
    (
        500,
        "mkdir /var/lib/docker/a: no space left on device",
        StorageError,
        "The disk of the Docker Engine is full",
    ),
    (500, "write /x: No space left on device", StorageError, "The disk of the Docker Engine is full"),
    (409, USED, Conflict, "A container named a exists already"),
    (400, EXEC, InvalidInput, "The container could not be started"),
    (400, "bind source path does not exist: /x", InvalidInput, "Bind source path does not exist: /x"),
    (
        403,
        "error while removing network: network a has active endpoints",
        Conflict,
        "The network is in use",
    ),
    (404, "No such container: a", NotFound, "No such container: a"),
    (404, "pull access denied for a, repository does not exist", NotFound, "Pull access denied for a"),
    (500, "Get https://r/v2/: no basic auth credentials", NotSignedIn, "The image registry refused it"),
    (401, "unauthorized: authentication required", NotSignedIn, "The image registry refused it"),
    (409, "You cannot remove a running container", Conflict, "You cannot remove a running container"),
    (500, "driver failed", Unavailable, "The Docker Engine could not do it: Driver failed"),
    (503, "This node is not a swarm manager.", Unavailable, "This node is not a swarm manager"),
    (500, "", Unavailable, "The Docker Engine could not do it"),
]


@pytest.mark.parametrize(("port", "words"), PORTS.items())
def test_a_port_that_is_taken_is_named(port: int, words: str) -> None:
    found = engine_error(words)
    assert type(found) is Conflict
    assert found.message == f"Port {port} is taken on the engine's machine"


@pytest.mark.parametrize(("status", "words", "kind", "message"), SAID)
def test_words_become_a_kind(status: int, words: str, kind: type[RelevoError], message: str) -> None:
    found = engine_error(words, status)
    assert type(found) is kind
    assert message in found.message
    assert "\n" not in found.message


def test_a_full_disk_says_what_to_do() -> None:
    assert "Prune" in engine_error("no space left on device").remedy


def test_a_long_story_is_told_short_with_the_whole_behind_details() -> None:
    found = engine_error("first\nsecond " + "x" * 5000)
    assert len(found.message) < 400
    assert found.details.endswith("x")
