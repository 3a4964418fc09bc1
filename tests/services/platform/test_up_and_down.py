"""A whole platform on a real engine: from nothing, again, changed, down, up with its data, gone.

The tests follow one another: each begins where the one before ended.
"""

import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import asdict, replace

from app.commands.platform import main as command
from app.connection.platform import open_platform
from services.client import GatewayClient
from services.containers.engine.engine import Engine
from services.errors import (
    Cancelled,
    Conflict,
    Corrupt,
    InvalidInput,
    NotFound,
    Refused,
    RelevoError,
    StorageError,
)
from services.platform.backup.create import back_up
from services.platform.backup.format import Backup, SavedVolume, read_list, write_list
from services.platform.backup.restore import restore
from services.platform.client_profile import profile_of, save_profile
from services.platform.discovery import find_platform, runs
from services.platform.launch_target import launch_target
from services.platform.recovery.recover import request_of
from services.platform.recovery.state_file import STATE_FILE
from services.platform.request import PlatformRequest
from services.platform.setup import SetUpResult, set_up
from services.platform.status import platform_status
from services.platform.teardown import plan_tear_down, tear_down
from services.profiles.profile import ProfileFolder
from services.profiles.secrets import Secrets
from services.store.addresses import CassandraAddress
from services.store.connect import open_store
from services.store.roles import StoreRole

pytestmark = [pytest.mark.docker, pytest.mark.slow, pytest.mark.timeout(900)]
Silent = Callable[[float | None, str], None]
EVERYTHING = {"network", "keys", "cassandra", "registry", "datalake", "gateway", "supervisor"}


@dataclass
class SharedPlatform:
    """One platform through all tests of this module."""

    request: PlatformRequest
    tokens: list[str] = field(default_factory=list)
    first: SetUpResult | None = None
    backup: Path | None = None

    @property
    def outcome(self) -> SetUpResult:
        assert self.first is not None, "the first set-up failed"
        return self.first

    def gateway(self) -> GatewayClient:
        return GatewayClient(self.request.address(), self.tokens[0])

    def store(self, role: StoreRole) -> CassandraAddress:
        return CassandraAddress(("127.0.0.1",), self.request.cassandra_port, role)


@pytest.fixture(scope="module")
def shared(
    request_of: Callable[..., PlatformRequest], parts_images: dict[str, str], gone: Callable[[str], None]
) -> SharedPlatform:
    made = SharedPlatform(request_of("whole"))
    gone(made.request.name)
    return made


def _identifiers(engine: Engine, name: str) -> dict[str, str]:
    found = find_platform(engine, name)
    assert found.state_container is not None
    return {part: each.identifier for part, each in found.parts.items()} | {
        "keys": found.state_container.identifier
    }


def test_from_nothing_to_a_gateway_that_answers(engine: Engine, shared: SharedPlatform) -> None:
    told: list[float] = []

    def progress(fraction: float | None, _text: str) -> None:
        told.append(fraction or 0.0)

    shared.first = set_up(engine, shared.request, progress, issued=shared.tokens.append)
    assert set(shared.outcome.made) == EVERYTHING
    assert (shared.outcome.changed, shared.outcome.removed) == ((), ())
    assert told[-1] == 1.0
    assert shared.tokens == [shared.outcome.token]
    with shared.gateway() as gateway:
        assert gateway.projects() == []
        assert gateway.health().store == "reachable"


def test_no_part_has_a_capability_or_endless_logs_and_processes(
    engine: Engine, shared: SharedPlatform
) -> None:
    parts = find_platform(engine, shared.request.name).parts
    assert parts
    for name, part in parts.items():
        host = engine.inspect(part.identifier)["HostConfig"]
        assert (name, host["CapDrop"], host["SecurityOpt"]) == (name, ["ALL"], ["no-new-privileges"])
        assert host["PidsLimit"] > 0
        assert host["LogConfig"]["Config"]["max-size"]


def test_setting_up_again_changes_nothing(engine: Engine, shared: SharedPlatform, silent: Silent) -> None:
    before = _identifiers(engine, shared.request.name)
    again = set_up(engine, shared.request, silent, issued=shared.tokens.append)
    assert _identifiers(engine, shared.request.name) == before
    assert (again.made, again.changed, again.started, again.removed, again.token) == ((), (), (), (), "")
    assert len(shared.tokens) == 1


def test_another_administrator_finds_request_and_secrets_on_the_engine(
    engine: Engine, shared: SharedPlatform
) -> None:
    found = find_platform(engine, shared.request.name)
    assert found.request == shared.request
    assert found.secrets == shared.outcome.secrets


def test_the_window_opens_the_profile(engine: Engine, shared: SharedPlatform, tmp_path: Path) -> None:
    secrets = Secrets()
    profile = profile_of(shared.request, engine.address)
    save_profile(profile, shared.outcome, tmp_path, secrets)
    saved = ProfileFolder(tmp_path).get(shared.request.name)
    assert saved == profile
    try:
        opened = open_platform(profile, secrets, lambda _fraction, _text: None)
        store_error, gateway = opened.store_error(), opened.gateway_health()
        opened.close()
    finally:
        for kind in ("cassandra-password", "gateway-token"):
            secrets.forget(profile.name, kind)
    assert store_error is None
    assert not isinstance(gateway, RelevoError)


def test_the_superuser_that_everybody_knows_is_not_let_in(shared: SharedPlatform) -> None:
    with pytest.raises(Refused):
        open_store(replace(shared.store(StoreRole.OWNER), user="cassandra"), password="cassandra")


def test_a_reader_reads_and_writes_nothing(shared: SharedPlatform) -> None:
    store = open_store(shared.store(StoreRole.READER), password=shared.outcome.secrets.reader)
    try:
        assert store.projects() == []
        with pytest.raises(Refused):
            store.put_setting("a", "b")
    finally:
        store.close()


def test_an_administrator_writes_rows_and_makes_no_table(shared: SharedPlatform) -> None:
    password = shared.outcome.secrets.administrator
    store = open_store(shared.store(StoreRole.ADMINISTRATOR), password=password)
    try:
        store.put_setting("colour", "green")
        with pytest.raises(Refused):
            store._session.define("CREATE TABLE live_db.more (id int PRIMARY KEY)")  # type: ignore[attr-defined]
    finally:
        store.close()


def test_each_part_is_told_with_version_address_and_memory(engine: Engine, shared: SharedPlatform) -> None:
    state = platform_status(engine, shared.request.name)
    assert state.well
    parts = {part.name: part for part in state.parts}
    assert set(parts) == EVERYTHING - {"network", "keys"}
    assert parts["gateway"].address == f"127.0.0.1:{shared.request.gateway_port}"
    for part in state.parts:
        assert part.version
        assert part.since is not None
        assert 0 < (part.memory or 0) < (part.memory_limit or 0)


def test_launching_is_told_what_it_needs(engine: Engine, shared: SharedPlatform) -> None:
    told = launch_target(engine, shared.request.name)
    name = shared.request.name
    assert (told.network, told.gateway) == (name, f"http://{name}-gateway:8000")
    assert told.secret == shared.outcome.secrets.secret
    assert told.registry == f"127.0.0.1:{shared.request.registry_port}"


def test_the_command_line_tells_what_there_is(
    shared: SharedPlatform, capsys: pytest.CaptureFixture[str]
) -> None:
    name = shared.request.name
    assert command(["status", "--name", name]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert {line.split()[0] for line in lines[1:-1]} == EVERYTHING - {"network", "keys"}
    assert lines[-1].startswith("Memory used: ")
    assert command(["password", "--name", name, "--role", "reader"]) == 0
    assert capsys.readouterr().out.strip() == shared.outcome.secrets.reader
    assert command(["log", "gateway", "--name", name]) == 0
    told = capsys.readouterr().out
    assert "the gateway answers at" in told
    assert not any(secret in told for secret in asdict(shared.outcome.secrets).values())
    assert command(["down", "--name", name, "--delete-data"]) == 2
    assert f"--confirm {name}" in capsys.readouterr().err
    with pytest.raises(NotFound, match="no part nothing"):
        command(["restart", "nothing", "--name", name])


def test_only_what_is_asked_differently_is_changed(
    engine: Engine, shared: SharedPlatform, free_ports: Callable[[int], list[int]], silent: Silent
) -> None:
    before = _identifiers(engine, shared.request.name)
    gateway, cassandra = free_ports(2)
    shared.request = replace(shared.request, gateway_port=gateway, durability="disk")
    assert set_up(engine, shared.request, silent).changed == ("keys", "gateway")
    shared.request = replace(shared.request, cassandra_port=cassandra)
    assert set_up(engine, shared.request, silent).changed == ("keys", "cassandra")
    after = _identifiers(engine, shared.request.name)
    assert {part for part in before if before[part] != after[part]} == {"gateway", "cassandra", "keys"}
    with shared.gateway() as client:
        assert len(client.tokens()) == 1  # asked of the store, which is another container now


def test_secrets_beside_the_data_are_not_for_the_store_to_read(
    engine: Engine, shared: SharedPlatform
) -> None:
    store = find_platform(engine, shared.request.name).parts["cassandra"].identifier
    code, said = engine.execute(store, ("cat", f"/var/lib/cassandra/{STATE_FILE}"))
    assert code == 1
    assert "Permission denied" in said


def test_down_keeps_the_data_and_up_finds_them_though_every_container_was_cleared_away(
    engine: Engine, shared: SharedPlatform, silent: Silent
) -> None:
    name = shared.request.name
    done = tear_down(engine, name, silent)
    assert done.deleted == ()
    assert set(done.kept) == find_platform(engine, name).volumes
    assert find_platform(engine, name).parts == {}
    with pytest.raises(NotFound, match="not up"):
        launch_target(engine, name)
    keeper = find_platform(engine, name).state_container
    assert keeper is not None
    engine.remove(keeper.identifier)
    cleared = find_platform(engine, name)
    assert (cleared.secrets, cleared.request) == (None, None)
    assert request_of(engine, cleared, "", silent, lambda _text: None) == shared.request
    again = set_up(engine, shared.request, silent, issued=shared.tokens.append)
    assert set(again.made) == EVERYTHING - {"network"}
    assert again.secrets == shared.outcome.secrets
    assert len(shared.tokens) == 1
    store = open_store(shared.store(StoreRole.READER), password=again.secrets.reader)
    assert store.setting("colour") == "green"
    store.close()
    with shared.gateway() as client:
        assert client.projects() == []


def test_data_are_copied_while_the_gateway_goes_on(
    engine: Engine, shared: SharedPlatform, tmp_path_factory: pytest.TempPathFactory, silent: Silent
) -> None:
    name, into = shared.request.name, tmp_path_factory.mktemp("backups")
    before = _identifiers(engine, name)
    told: list[Any] = []
    answers: list[Any] = []

    def progress(fraction: float | None, text: str) -> None:
        told.append(fraction or 0.0)
        if text.startswith("Copying cassandra") and not answers:
            assert not runs(find_platform(engine, name).parts["cassandra"])
            with shared.gateway() as client:
                answers.append(client.health().status)

    shared.backup = back_up(engine, name, into, progress)
    assert told == sorted(told)
    assert told[-1] == 1.0
    assert answers == ["ok"]
    assert _identifiers(engine, name) == before
    assert all(map(runs, find_platform(engine, name).parts.values()))
    assert shared.backup.stat().st_mode & 0o077 == 0
    backup = read_list(shared.backup)
    assert [saved.part for saved in backup.volumes] == ["cassandra", "registry", "datalake"]
    assert sorted(file.name for file in shared.backup.iterdir()) == [
        "backup.json", "cassandra-data.tar.gz", "datalake-data.tar.gz", "registry-data.tar.gz"
    ]  # fmt: skip


def test_a_backup_that_is_cancelled_leaves_nothing_and_all_parts_running(
    engine: Engine, shared: SharedPlatform, tmp_path: Path
) -> None:
    def progress(_fraction: float | None, text: str) -> None:
        if text.startswith("Copying cassandra"):
            raise Cancelled

    with pytest.raises(Cancelled):
        back_up(engine, shared.request.name, tmp_path, progress)
    assert list(tmp_path.iterdir()) == []
    store = find_platform(engine, shared.request.name).parts["cassandra"]
    engine.wait_healthy(store.identifier, 120)


def test_a_backup_on_a_disk_without_space_is_refused_before_anything_stops(
    engine: Engine, shared: SharedPlatform, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = shutil.disk_usage(tmp_path)._replace(free=1_000_000)
    monkeypatch.setattr(shutil, "disk_usage", lambda _folder: usage)
    texts: list[str] = []
    with pytest.raises(StorageError, match="has 1 MB free; the data take"):
        back_up(engine, shared.request.name, tmp_path, lambda _fraction, text: texts.append(text))
    assert texts == ["Measuring the data"]
    assert list(tmp_path.iterdir()) == []


def test_a_backup_is_not_brought_back_over_a_platform_that_is_there(
    engine: Engine, shared: SharedPlatform, silent: Silent
) -> None:
    assert shared.backup is not None
    with pytest.raises(Conflict, match=f"There is a platform named {shared.request.name} already"):
        restore(engine, shared.backup, silent)


def test_data_go_only_after_their_exact_name(
    engine: Engine, shared: SharedPlatform, silent: Silent
) -> None:
    name = shared.request.name
    before = _identifiers(engine, name)
    for typed in ("", name.upper(), f"{name} "):
        with pytest.raises(InvalidInput, match=name):
            tear_down(engine, name, silent, delete_data=True, confirmation=typed)
    assert _identifiers(engine, name) == before
    told = "\n".join(plan_tear_down(engine, name, delete_data=True).lines())
    for volume in find_platform(engine, name).volumes:
        assert f"DELETED:  the volume {volume} with " in told
    tear_down(engine, name, silent, delete_data=True, confirmation=name)
    assert not find_platform(engine, name).exists


@pytest.mark.parametrize("harm", ["cut", "changed", "missing", "no list"])
def test_a_damaged_backup_is_told_and_nothing_is_made_of_it(
    engine: Engine, shared: SharedPlatform, tmp_path: Path, silent: Silent, harm: str
) -> None:
    assert shared.backup is not None
    copy = shutil.copytree(shared.backup, tmp_path / "copy")
    archive = copy / "datalake-data.tar.gz"
    content = archive.read_bytes()
    if harm == "no list":
        (copy / "backup.json").unlink()
    elif harm == "missing":
        archive.unlink()
    else:
        archive.write_bytes(content[:-1] if harm == "cut" else b"0" + content[1:])
    with pytest.raises(NotFound if harm == "no list" else Corrupt):
        restore(engine, copy, silent)
    assert not find_platform(engine, shared.request.name).exists


@pytest.mark.parametrize("suffixes", [(), ("registry-data",), ("cassandra-data", "../../etc/passwd")])
def test_a_list_that_is_none_of_a_platform_is_refused(
    engine: Engine, tmp_path: Path, silent: Silent, suffixes: tuple[str, ...]
) -> None:
    saved = tuple(SavedVolume("cassandra", suffix, 1, "") for suffix in suffixes)
    write_list(tmp_path, Backup("none", datetime.now(UTC), "1", saved))
    with pytest.raises(InvalidInput, match="is none of a platform’s data"):
        restore(engine, tmp_path, silent)


def test_a_restoration_that_is_cancelled_leaves_nothing(
    engine: Engine, shared: SharedPlatform, parts_images: dict[str, str]
) -> None:
    def progress(_fraction: float | None, text: str) -> None:
        if text == "Bringing back registry":
            raise Cancelled

    assert shared.backup is not None
    with pytest.raises(Cancelled):
        restore(engine, shared.backup, progress)
    assert not find_platform(engine, shared.request.name).exists


def test_a_backup_brings_everything_back_under_any_name(
    engine: Engine, shared: SharedPlatform, gone: Callable[[str], None], silent: Silent,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    name = f"{shared.request.name}-again"
    gone(name)
    assert command(["restore", str(shared.backup), "--name", name]) == 0
    assert f"relevo platform up --name {name}" in capsys.readouterr().out
    found = request_of(engine, find_platform(engine, name), "", silent, lambda _text: None)
    assert found is not None
    shared.request = replace(found, name=name)
    again = set_up(engine, shared.request, silent, issued=shared.tokens.append)
    assert set(again.made) == EVERYTHING
    assert again.secrets == shared.outcome.secrets
    assert len(shared.tokens) == 1
    store = open_store(shared.store(StoreRole.READER), password=again.secrets.reader)
    assert store.setting("colour") == "green"
    store.close()
    with shared.gateway() as client:
        assert len(client.tokens()) == 1
