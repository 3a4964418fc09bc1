"""Networks and volumes of a real engine: made once, found again, removed."""

import threading
from collections.abc import Callable

import pytest

from services.containers.engine.engine import Engine
from services.containers.model import Mount
from services.errors import Conflict, InvalidInput, RelevoError

Names = Callable[[str], str]


def test_a_network_is_made_once_and_carries_names(
    engine: Engine, run: Callable[..., str], unique_name: Names
) -> None:
    name = unique_name("net")
    assert engine.ensure_network(name, {"relevo.platform": "p"}) is True
    assert engine.ensure_network(name, {}) is False
    # A part of a name is another name.
    assert engine.ensure_network(name[:-1], {}) is True
    engine.remove_network(name[:-1])
    server = run("echo hello > /tmp/index.html; httpd -f -p 8000 -h /tmp", network=name, aliases=("web",))
    client = run("sleep inf", network=name)
    script = "until wget -q -O - http://web:8000/; do sleep 0.1; done"
    assert engine.execute(client, ["sh", "-c", script]) == (0, "hello\n")
    with pytest.raises(Conflict, match="The network is in use"):
        engine.remove_network(name)
    for identifier in (server, client):
        engine.remove(identifier, force=True)
    engine.remove_network(name)
    engine.remove_network(name)


def test_many_make_one_network(engine: Engine, unique_name: Names) -> None:
    name = unique_name("many")
    made: list[bool] = []
    threads = [
        threading.Thread(target=lambda: made.append(engine.ensure_network(name, {}))) for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with engine.connection.client() as client:
        found = [network for network in client.networks(names=[name]) if network["Name"] == name]
    engine.remove_network(name)
    assert (made.count(True), len(found)) == (1, 1)


def test_a_volume_is_made_once_and_keeps_what_is_in_it(
    engine: Engine, run: Callable[..., str], unique_name: Names
) -> None:
    name = unique_name("data")
    assert engine.ensure_volume(name, {"relevo.platform": "p"}) is True
    identifier = run("head -c 3000000 /dev/zero > /data/a; sleep inf", mounts=(Mount("/data", name),))
    engine.execute(identifier, ["sh", "-c", "until test $(stat -c %s /data/a) = 3000000; do :; done"])
    assert engine.ensure_volume(name, {}) is False
    (volume,) = [volume for volume in engine.volumes() if volume.name == name]
    assert dict(volume.labels) == {"relevo.platform": "p"}
    assert volume.size >= 3_000_000
    assert volume.containers == 1
    (fast,) = [volume for volume in engine.volumes(sizes=False) if volume.name == name]
    assert (fast.size, fast.containers) == (-1, -1)
    with pytest.raises(Conflict, match="in use"):
        engine.remove_volume(name)
    engine.remove(identifier, force=True)
    engine.remove_volume(name)
    engine.remove_volume(name)
    assert name not in {volume.name for volume in engine.volumes(sizes=False)}


def test_sizes_can_be_asked_for_by_several_at_once(engine: Engine) -> None:
    failures: list[RelevoError] = []

    def ask() -> None:
        try:
            engine.volumes()
        except RelevoError as error:
            failures.append(error)

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []


@pytest.mark.parametrize("name", ["", "a b", "../x", "ñ", "-a"])
def test_odd_names_are_refused(engine: Engine, name: str) -> None:
    for attempt in (
        lambda: engine.ensure_volume(name, {}), lambda: engine.remove_volume(name),
        lambda: engine.ensure_network(name, {}), lambda: engine.remove_network(name),
    ):  # fmt: skip
        with pytest.raises(InvalidInput, match="cannot be the name of a"):
            attempt()
