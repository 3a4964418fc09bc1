"""A disk that fails or turns read-only: a gateway refuses with a reason, loses nothing, and recovers."""

from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from services.errors import RelevoError, StorageError, Uncertain
from services.gateway import messages
from services.registry.model import TokenRole
from tests.services.gateway.api.conftest import Platform, StubModel
from tests.services.gateway.conftest import FaultyDisk

TOKEN = messages.TokenRequest("an application", TokenRole.CLIENT)
ROW = {"ph": 3.5, "alcohol": 9.5}


@pytest.fixture
def start(
    tmp_path: Path,
    model: StubModel,
    helpers: SimpleNamespace,
    faulty_disk: FaultyDisk,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Callable[..., Platform]]:
    """Starts a gateway on a disk that can fail, below the folder `spool` or `store`."""
    platforms = []

    def start(watched: str, *options: str) -> Any:
        platform = helpers.Platform(tmp_path)
        platforms.append(platform)
        platform.register("wine", "A", helpers.signature("ph", "alcohol"), model.address)
        with monkeypatch.context() as preloaded:
            for name, value in faulty_disk.environment(tmp_path / watched).items():
                preloaded.setenv(name, value)
            platform.start(*options)
        return platform

    yield start
    for platform in platforms:
        platform.close()


def ask(client: Any) -> str:
    """The id of an answer."""
    return client.predict("wine", [ROW])[0].id


def ask_until_answered(client: Any, helpers: SimpleNamespace) -> str:
    """The id of the first answer that comes when the disk works again."""
    answered = []

    def answers() -> bool:
        try:
            answered.append(ask(client))
        except RelevoError:
            return False
        return True

    helpers.wait_until(answers)
    return answered[0]


def logged(platform: Any) -> list[str]:
    """The ids in the log, as often as they stand there, after the gateway has stopped."""
    assert platform.stop() == 0, platform.log()
    halves = [pair for entry in platform.store.read("wine", {}) for pair in entry.batch.ids.tolist()]
    texts = [f"{high:016x}{low:016x}" for high, low in halves]
    return sorted(f"{t[:8]}-{t[8:12]}-{t[12:16]}-{t[16:20]}-{t[20:]}" for t in texts)


def test_what_could_not_be_synced_is_not_acknowledged_and_is_written_anew(
    start: Any, helpers: SimpleNamespace, faulty_disk: FaultyDisk
) -> None:
    platform = start("spool", "--durability", "disk")
    with platform.client() as client:
        acknowledged = [ask(client) for _ in range(3)]
        with faulty_disk.failing("sync"):
            with pytest.raises(Uncertain, match="disk failed while the rows were written"):
                ask(client)
            with pytest.raises(StorageError, match="fails to keep what is written"):
                ask(client)
        acknowledged.append(ask_until_answered(client, helpers))
    found = logged(platform)
    assert len(set(found)) == len(found)
    assert set(acknowledged) < set(found)
    assert len(found) == 5  # what was told to be uncertain was kept


@pytest.mark.parametrize("durability", ["process", "disk"])
def test_a_read_only_spool_refuses_with_a_reason_and_goes_on_once_it_is_writable(
    start: Any, helpers: SimpleNamespace, faulty_disk: FaultyDisk, durability: str
) -> None:
    platform = start("spool", "--durability", durability)
    with platform.client() as client:
        acknowledged = [ask(client) for _ in range(3)]
        with faulty_disk.failing("read-only"):
            for _ in range(3):
                with pytest.raises(StorageError, match="disk is read-only; nothing was recorded"):
                    ask(client)
            with platform.http() as http:
                answer = http.post("/v1/projects/wine/predict", json={"instances": [ROW]})
            assert (answer.status_code, answer.json()["error"]["code"]) == (503, "spool_full")
            assert "retry-after" in answer.headers
            assert client.health().status == "ok"
        acknowledged.append(ask_until_answered(client, helpers))
    assert logged(platform) == sorted(acknowledged)


def test_a_read_only_workspace_delays_shipping_and_refuses_changes_until_it_is_writable(
    start: Any, helpers: SimpleNamespace, faulty_disk: FaultyDisk
) -> None:
    platform = start("store")
    with platform.client() as client:
        acknowledged = [ask(client)]
        helpers.wait_until(lambda: client.health().spool.rows == 0)
        with faulty_disk.failing("read-only"):
            acknowledged += [ask(client) for _ in range(3)]
            with pytest.raises(StorageError, match="read-only"):
                client.issue_token(TOKEN)
            assert client.health().spool.rows == 3
        assert client.issue_token(TOKEN).token
        helpers.wait_until(lambda: client.health().spool.rows == 0)
    assert logged(platform) == sorted(acknowledged)
