"""The engine's own words become kinds of errors, with what to do; words as real engines say them."""

import pytest

from services.containers.engine.faults import failure
from services.errors import Conflict, InvalidInput, NotFound, Refused, RelevoError, StorageFull, Unavailable

SAID: list[tuple[int, str, type[RelevoError], str]] = [
    (500, "mkdir /var/lib/docker/overlay2/abc: no space left on device", StorageFull, "The disk of the Docker"),
    (500, 'write /x: No space left on device', StorageFull, "The disk of the Docker Engine is full"),
    (500, "driver failed programming external connectivity on endpoint c (5f): Bind for 0.0.0.0:8080 failed: "
     "port is already allocated", Conflict, "Port 8080 is taken"),
    (500, "driver failed programming external connectivity on endpoint c (5f): Error starting userland proxy: "
     "listen tcp4 0.0.0.0:19042: bind: address already in use", Conflict, "Port 19042 is taken"),
    (500, "failed to bind host port for 127.0.0.1:5000:172.17.0.2:80/tcp: address already in use", Conflict,
     "Port 5000 is taken"),
    (500, "failed to set up container networking: driver failed programming external connectivity on endpoint "
     "c (5f): failed to bind host port 0.0.0.0:8080/tcp: address already in use", Conflict, "Port 8080 is taken"),
    (500, "Ports are not available: exposing port TCP 0.0.0.0:8000 -> 127.0.0.1:0: listen tcp 0.0.0.0:8000: "
     "bind: Only one usage of each socket address (protocol/network address/port) is normally permitted.",
     Conflict, "Port 8000 is taken"),
    (409, 'Conflict. The container name "/a" is already in use by container "0123". You have to remove (or '
     "rename) that container to be able to reuse that name.", Conflict, "A container named a exists already"),
    (400, "OCI runtime create failed: container_linux.go:380: starting container process caused: exec: "
     '"nothing": executable file not found in $PATH: unknown', InvalidInput, "The container could not be started"),
    (400, 'invalid mount config for type "bind": bind source path does not exist: /x', InvalidInput, "does not exist"),
    (403, "error while removing network: network a id 1 has active endpoints", Conflict, "The network is in use"),
    (404, "No such container: a", NotFound, "No such container: a"),
    (404, "pull access denied for a, repository does not exist or may require 'docker login'", NotFound,
     "Pull access denied for a"),
    (500, "Get https://r/v2/: no basic auth credentials", Refused, "The image registry refused it"),
    (401, "unauthorized: authentication required", Refused, "The image registry refused it"),
    (409, "You cannot remove a running container", Conflict, "You cannot remove a running container"),
    (500, "server gave HTTP response to HTTPS client", Unavailable, "The Docker Engine could not do it: Server"),
    (503, "This node is not a swarm manager.", Unavailable, "This node is not a swarm manager"),
    (500, "", Unavailable, "The Docker Engine could not do it"),
]  # fmt: skip


@pytest.mark.parametrize(("status", "words", "kind", "message"), SAID)
def test_words_become_a_kind(status: int, words: str, kind: type[RelevoError], message: str) -> None:
    found = failure(words, status)
    assert type(found) is kind
    assert message in found.message
    assert "\n" not in found.message


def test_a_full_disk_says_what_to_do() -> None:
    assert "Prune" in failure("no space left on device").remedy


def test_a_long_story_is_told_short_with_the_whole_behind_details() -> None:
    found = failure("first\nsecond " + "x" * 5000)
    assert len(found.message) < 400
    assert found.details.endswith("x")
