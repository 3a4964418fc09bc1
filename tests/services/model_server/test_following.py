"""Replicas and the registry: registration, the desired revision, and artifacts that are not its own."""

import json
import sqlite3
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from services.model_server.loading import sha256_of
from services.registry.model import Revision, RevisionChange
from tests.services.model_server.conftest import Platform, PythonMaker


def _second_revision(platform: Platform, maker: PythonMaker, folder: Any) -> Any:
    """Another revision of version A in the store, not in any replica's folder; its sha256."""
    content = maker.linear(folder, 2).read_bytes()
    sha256 = platform.store.put_artifact(content)
    platform.store.add_revision(
        Revision("plant", "A", sha256, len(content), datetime.now(UTC), 77, library="other 1.0")
    )
    return sha256


def _desire(platform: Platform, revision: Any) -> None:
    before = platform.store.project("plant").version("A").revision
    change = RevisionChange("plant", "A", datetime.now(UTC), before, revision, "Ana", "better")
    platform.store.set_revision(change)


def test_two_replicas_follow_the_desired_revision_and_back(
    platform: Platform, maker: PythonMaker, tmp_path: Path
) -> None:
    own = maker.linear(tmp_path / "deploy")
    replicas = [platform.serve(tmp_path / "deploy") for _ in range(2)]
    first = sha256_of(own.read_bytes())
    second = _second_revision(platform, maker, tmp_path / "second")
    for wanted in (second, first):
        _desire(platform, wanted)
        platform.wait(lambda wanted=wanted: {platform.revision_of(one) for one in replicas} == {wanted})
        row = {"instances": [{"a": 1, "b": 1, "c": 1}]}
        told = [json.loads(platform.ask(one, "POST", "/predict", row).body) for one in replicas]
        assert told[0] == told[1]
        assert told[0]["revision"] == wanted
    assert [replica.close() for replica in replicas] == [0, 0]


def test_a_revision_is_told_with_its_own_facts_and_loaded_at_once_when_asked(
    platform: Platform, maker: PythonMaker, tmp_path: Path
) -> None:
    maker.linear(tmp_path / "deploy")
    service = platform.serve(tmp_path / "deploy")
    second = _second_revision(platform, maker, tmp_path / "second")
    refused = platform.ask(service, "POST", "/revision", {"revision": second})
    assert refused.status == 409
    assert "the registry wants revision" in json.loads(refused.body)["error"]["message"]
    _desire(platform, second)
    platform.wait(lambda: platform.ask(service, "POST", "/revision", {"revision": second}).status == 200)
    told = json.loads(platform.ask(service, "GET", "/model").body)
    assert (told["revision"], told["rows"], told["library"]) == (second, 77, "other 1.0")


def test_a_corrupt_artifact_is_refused_and_the_revision_before_goes_on(
    platform: Platform, maker: PythonMaker, tmp_path: Path
) -> None:
    maker.linear(tmp_path / "deploy")
    service = platform.serve(tmp_path / "deploy")
    first = platform.revision_of(service)
    second = _second_revision(platform, maker, tmp_path / "second")
    with sqlite3.connect(platform.folder / "store" / "historical_db.sqlite3") as database:
        database.execute("UPDATE artifact_chunks SET data = ? WHERE sha256 = ?", (b"damaged", second))
    database.close()
    _desire(platform, second)
    platform.wait(lambda: json.loads(platform.ask(service, "GET", "/health").body)["behind"])
    row = {"instances": [{"a": 1, "b": 1, "c": 1}]}
    assert json.loads(platform.ask(service, "POST", "/predict", row).body)["revision"] == first
    _desire(platform, first)
    platform.wait(lambda: not json.loads(platform.ask(service, "GET", "/health").body)["behind"])


def test_a_changed_file_in_the_deploy_folder_is_not_what_is_loaded(
    platform: Platform, maker: PythonMaker, tmp_path: Path
) -> None:
    maker.linear(tmp_path / "deploy")
    service = platform.serve(tmp_path / "deploy")
    first = platform.revision_of(service)
    service.close()
    maker.linear(tmp_path / "deploy", -1)
    # The registry still wants the first: its artifact comes from the gateway, not from the folder.
    assert platform.revision_of(platform.serve(tmp_path / "deploy")) == first


def test_a_service_that_restarts_while_the_store_is_down_answers_with_what_is_desired(
    platform: Platform, maker: PythonMaker, tmp_path: Path
) -> None:
    maker.linear(tmp_path / "deploy")
    kept = str(tmp_path / "kept")
    before = platform.serve(tmp_path / "deploy", RELEVO_KEPT=kept)
    second = _second_revision(platform, maker, tmp_path / "second")
    _desire(platform, second)
    platform.wait(lambda: platform.revision_of(before) == second)
    maker.kill(before)
    row = {"instances": [{"a": 1, "b": 1, "c": 1}]}
    with platform.without_store():
        service = platform.serve(tmp_path / "deploy", RELEVO_KEPT=kept)
        assert json.loads(platform.ask(service, "POST", "/predict", row).body)["revision"] == second
        told = json.loads(platform.ask(service, "GET", "/model").body)
        assert (told["rows"], told["library"]) == (77, "other 1.0")
        assert platform.store.project("plant").version("A").endpoint == before.address
    platform.wait(lambda: platform.store.project("plant").version("A").endpoint == service.address)


def test_what_is_kept_and_damaged_is_not_loaded(
    platform: Platform, maker: PythonMaker, tmp_path: Path
) -> None:
    maker.linear(tmp_path / "deploy")
    kept = tmp_path / "kept"
    before = platform.serve(tmp_path / "deploy", RELEVO_KEPT=str(kept))
    second = _second_revision(platform, maker, tmp_path / "second")
    _desire(platform, second)
    platform.wait(lambda: platform.revision_of(before) == second)
    maker.kill(before)
    (kept / "artifact").write_bytes(b"damaged")
    with platform.without_store():
        service = platform.serve(tmp_path / "deploy", until="503", RELEVO_KEPT=str(kept))
        platform.wait(lambda: b"Cassandra" in platform.ask(service, "GET", "/health").body)
    platform.wait(lambda: platform.ask(service, "GET", "/health").status == 200)
    assert platform.revision_of(service) == second
