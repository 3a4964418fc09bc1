"""What a gateway keeps in a file for when its store is down."""

import json
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest

from services.gateway.registry_watcher import Snapshot, SnapshotFile
from services.registry.model import ChampionChange, Field, Mode, Policy, Project, Signature, Task, Version

SIGNATURE = Signature((Field("ph", "ph"),), Field("quality", "quality"), Task.REGRESSION)
AT = datetime(2026, 11, 12, tzinfo=UTC)
VERSION = Version("wine", "A", Mode.CHAMPION, SIGNATURE, "a" * 64, AT)
CHANGE = ChampionChange("wine", 1, AT, "", "A", "ann", "first")
SNAPSHOT = Snapshot((Project("wine", "A", 1, Policy(), (VERSION,), CHANGE),))


def test_it_comes_back_as_it_was_kept(tmp_path: Path) -> None:
    SnapshotFile(tmp_path).save(SNAPSHOT)
    assert SnapshotFile(tmp_path).load() == SNAPSHOT


def test_one_kept_when_evidence_was_a_text_is_still_read(tmp_path: Path) -> None:
    stored = msgspec.to_builtins(SNAPSHOT)
    stored["projects"][0]["last_change"]["evidence"] = "lower error all week"
    (tmp_path / "snapshot.json").write_text(json.dumps(stored))
    found = SnapshotFile(tmp_path).load()
    assert found is not None
    change = found.projects[0].last_change
    assert change is not None
    assert change.evidence.note == "lower error all week"
    assert found.projects[0].versions == (VERSION,)


@pytest.mark.parametrize("content", ["", "[]", '{"projects": [1]}', '{"projects": [{"name": "wine"}]}'])
def test_one_that_cannot_be_read_is_none(tmp_path: Path, content: str) -> None:
    (tmp_path / "snapshot.json").write_text(content)
    assert SnapshotFile(tmp_path).load() is None
