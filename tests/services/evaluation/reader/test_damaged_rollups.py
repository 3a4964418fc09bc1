"""Stored rollups that are damaged, on both stores: figures come from the log, and the next are sound."""

import logging
import zlib
from collections.abc import Callable
from itertools import count
from types import SimpleNamespace
from typing import Any

import msgspec
import numpy as np
import pytest

from services.evaluation.model import Span
from services.evaluation.reader.reader import ProjectReader
from services.instants import instant
from services.store.cassandra import CassandraStore
from services.store.interface import Store
from services.store.sqlite import SqliteStore

_PROJECTS = count()


@pytest.fixture
def platform(store: Store, make_platform_on: Callable[..., Any], reader_tools: SimpleNamespace) -> Any:
    """A project with rows of two versions, labels that came before and after, and its first rollups."""
    platform = make_platform_on(store, f"flowers{next(_PROJECTS)}")
    ids = ids_of(platform, reader_tools)
    writer = platform.writer("g1")
    for version in ("A", "B"):
        writer.ship(platform.predictions(version, ids[:60], brought=True))
    writer.ship(platform.labels(ids[:50], [row % 3 for row in range(50)], at=1))
    reader = reader_of(platform)
    reader.follow()
    reader.write_rollups(kept_rows=10)
    return platform


def ids_of(platform: Any, tools: SimpleNamespace) -> np.ndarray:
    ages = np.linspace(0, 11 * 86_400, 80)
    return tools.ids_at(platform.now - ages[::-1], np.arange(80))


def reader_of(platform: Any) -> ProjectReader:
    return ProjectReader(platform.store, platform.project, clock=platform.clock)


def stored(platform: Any) -> tuple[int, dict[str, bytes], bytes]:
    newest = platform.store.rollups(platform.project)
    assert newest is not None
    return newest


def overwrite(platform: Any, name: str, content: object) -> None:
    """Put other bytes in the place of a summary, or of the manifest, of the newest generation."""
    store, project = platform.store, platform.project
    generation = stored(platform)[0]
    if isinstance(store, SqliteStore):
        statement = (
            "UPDATE live_db.manifests SET data = ? WHERE project = ? AND generation = ?"
            if name == "manifest"
            else "UPDATE live_db.rollups SET data = ? WHERE project = ? AND generation = ? AND summary = ?"
        )
        values = (content, project, generation) + (() if name == "manifest" else (name,))
        with store._database.writing() as connection:
            assert connection.execute(statement, values).rowcount == 1
        return
    assert isinstance(store, CassandraStore)
    run = store._session.read(
        "SELECT run FROM live_db.manifests WHERE project = ? AND generation = ?", (project, generation)
    )[0][0]
    key = name if name == "manifest" else f"summary:{name}"
    store._session.write(
        "INSERT INTO live_db.rollups (project, generation, run, summary, part, data) "
        "VALUES (?, ?, ?, ?, 0, ?)",
        (project, generation, run, key, content),
    )


def half(content: bytes) -> bytes:
    return content[: len(content) // 2]


def nothing(_: bytes) -> bytes:
    return b""


def of_another_type(_: bytes) -> bytes:
    return msgspec.msgpack.encode({"rows": "many"})


def of_a_newer_schema(content: bytes) -> bytes:
    assert b"classification-1" in content
    return content.replace(b"classification-1", b"classification-2")


def miscounted(content: bytes) -> bytes:
    """A bucket that can be decoded, with another number of predictions."""
    parts = msgspec.msgpack.decode(content)
    return msgspec.msgpack.encode([parts[0] + 7, *parts[1:]])


def with_other_arrays(content: bytes) -> bytes:
    """A joiner's memory whose arrays are of a type that does not exist."""
    assert b"<u8" in content
    return content.replace(b"<u8", b"<q9")


def rubbish(_: bytes) -> bytes:
    return b"\x00\xff{rubbish"


def with_other_cursors(content: bytes) -> bytes:
    """A manifest that can be decoded and says that less was read."""
    manifest = msgspec.json.decode(content)
    manifest["cursors"] = {"g1": [0, 0]}
    return msgspec.json.encode(manifest)


BUCKET, TOTAL, JOINER, MANIFEST = "bucket", "total", "joiner", "manifest"
DAMAGES = [
    *((BUCKET, damage) for damage in (half, nothing, of_another_type, of_a_newer_schema, miscounted)),
    *((TOTAL, damage) for damage in (half, nothing, of_another_type, of_a_newer_schema, miscounted)),
    *((JOINER, damage) for damage in (half, nothing, of_another_type, with_other_arrays, rubbish)),
    *((MANIFEST, damage) for damage in (half, nothing, rubbish, with_other_cursors)),
]


def name_of(platform: Any, part: str) -> str:
    summaries = stored(platform)[1]
    if part == BUCKET:
        labelled = [name for name, packed in summaries.items() if b"classification-1" in packed]
        return max(name for name in labelled if name.startswith("0/") and name != "0/total")
    return {TOTAL: "0/total", JOINER: "carry", MANIFEST: "manifest"}[part]


def damage_part(platform: Any, part: str, damage: Callable[[bytes], bytes]) -> str:
    name = name_of(platform, part)
    _, summaries, manifest = stored(platform)
    overwrite(platform, name, damage(manifest if part == MANIFEST else summaries[name]))
    return name


def figures(reader: ProjectReader, tools: SimpleNamespace) -> object:
    """All that a reader shows, as plain lists."""
    views = [tools.plain(reader.refresh(span).live) for span in Span]
    series = [
        tools.plain(reader.refresh(span, variable=name).evolution)
        for name in ("length", "colour")
        for span in Span
    ]
    return views, series


def fresh_figures(platform: Any, tools: SimpleNamespace, monkeypatch: pytest.MonkeyPatch) -> object:
    """What a reader shows that reads the log from its start."""
    with monkeypatch.context() as patch:
        patch.setattr(type(platform.store), "rollups", lambda *_: None)
        return figures(reader_of(platform), tools)


@pytest.mark.parametrize(("part", "damage"), DAMAGES, ids=lambda value: getattr(value, "__name__", value))
def test_damaged_rollups_are_made_anew_from_the_log(
    platform: Any, reader_tools: SimpleNamespace, monkeypatch: pytest.MonkeyPatch, part: str,
    damage: Callable[[bytes], bytes],
) -> None:  # fmt: skip
    damage_part(platform, part, damage)
    ids = ids_of(platform, reader_tools)
    platform.writer("g1").ship(platform.labels(ids[45:60], [2] * 15, at=2))
    expected = fresh_figures(platform, reader_tools, monkeypatch)
    reader = reader_of(platform)
    assert figures(reader, reader_tools) == expected
    assert reader.refresh(Span.ALL).rebuilt
    generation = reader.write_rollups(kept_rows=10)
    assert stored(platform)[0] == generation
    after = reader_of(platform)
    assert after.refresh(Span.ALL).rows_read == 0
    assert not after.refresh(Span.ALL).rebuilt
    assert figures(after, reader_tools) == expected
    platform.writer("g1").ship(platform.labels(ids[:10], [1] * 10, at=3))
    assert figures(after, reader_tools) == fresh_figures(platform, reader_tools, monkeypatch)


def test_a_generation_that_lacks_a_summary_is_made_anew(
    platform: Any, reader_tools: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    generation, summaries, manifest = stored(platform)
    del summaries[name_of(platform, BUCKET)]
    platform.store.write_rollups(platform.project, generation + 1, summaries, manifest)
    reader = reader_of(platform)
    assert figures(reader, reader_tools) == fresh_figures(platform, reader_tools, monkeypatch)
    assert reader.refresh(Span.ALL).rebuilt


def test_two_summaries_that_changed_places_are_made_anew(
    platform: Any, reader_tools: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    summaries = stored(platform)[1]
    overwrite(platform, "0/total", summaries["1/total"])
    overwrite(platform, "1/total", summaries["0/total"])
    reader = reader_of(platform)
    assert figures(reader, reader_tools) == fresh_figures(platform, reader_tools, monkeypatch)


def test_the_log_names_project_version_and_hour_of_what_is_damaged(
    platform: Any, caplog: pytest.LogCaptureFixture
) -> None:
    name = damage_part(platform, BUCKET, half)
    hour = instant(int(name.removeprefix("0/"))).strftime("%Y-%m-%d %H:%M")
    with caplog.at_level(logging.WARNING, "services.evaluation"):
        view = reader_of(platform).refresh(Span.HOUR)
    assert len(caplog.messages) == 1
    for words in (platform.project, "version A", hour, "read from the start"):
        assert words in caplog.messages[0]
    assert "version A" in view.rebuilt


def test_rollups_of_the_format_before_are_opened_and_proved(
    platform: Any, reader_tools: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rollups were stored without checksums once: sound ones serve, damaged ones are found all the same."""
    generation, summaries, manifest = stored(platform)
    old = msgspec.json.decode(manifest)
    del old["checksums"], old["checksum"]
    old["format"] = 1
    expected = fresh_figures(platform, reader_tools, monkeypatch)
    platform.store.write_rollups(platform.project, generation + 1, summaries, msgspec.json.encode(old))
    sound = reader_of(platform)
    assert sound.refresh(Span.ALL).rows_read == 0
    assert figures(sound, reader_tools) == expected
    for part, damage in ((BUCKET, half), (TOTAL, of_a_newer_schema), (JOINER, with_other_arrays)):
        name = name_of(platform, part)
        damaged = {**summaries, name: damage(summaries[name])}
        generation = stored(platform)[0] + 1
        platform.store.write_rollups(platform.project, generation, damaged, msgspec.json.encode(old))
        reader = reader_of(platform)
        assert figures(reader, reader_tools) == expected
        assert reader.refresh(Span.ALL).rebuilt


def test_a_text_where_bytes_are_kept_is_damage_too(
    platform: Any, reader_tools: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not isinstance(platform.store, SqliteStore):
        pytest.skip("Cassandra's columns hold bytes and nothing else")
    expected = fresh_figures(platform, reader_tools, monkeypatch)
    for name, content in (("0/total", "a text"), ("carry", 7), ("manifest", 7), ("manifest", "a text")):
        overwrite(platform, name, content)
        reader = reader_of(platform)
        assert figures(reader, reader_tools) == expected
        reader.write_rollups()
        assert not reader_of(platform).refresh(Span.ALL).rebuilt


def test_a_summary_whose_arrays_were_stored_wrongly_is_made_anew_once_it_is_looked_at(
    platform: Any, reader_tools: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its checksum is right and it opens, which only a mistake in storing it brings about."""
    expected = fresh_figures(platform, reader_tools, monkeypatch)
    generation, summaries, manifest = stored(platform)
    bucket = msgspec.msgpack.decode(summaries["0/total"])
    joined = msgspec.msgpack.decode(bucket[1])
    joined[3] = joined[3][:7]
    bucket[1] = msgspec.msgpack.encode(joined)
    wrong = {**summaries, "0/total": msgspec.msgpack.encode(bucket)}
    signed = msgspec.json.decode(manifest) | {"checksum": 0}
    signed["checksums"]["0/total"] = zlib.crc32(wrong["0/total"])
    signed["checksum"] = zlib.crc32(msgspec.json.encode(signed))
    platform.store.write_rollups(platform.project, generation + 1, wrong, msgspec.json.encode(signed))
    assert figures(reader_of(platform), reader_tools) == expected
    writing = reader_of(platform)
    assert writing.write_rollups() == generation + 2
    assert figures(reader_of(platform), reader_tools) == expected
    assert not reader_of(platform).refresh(Span.ALL).rebuilt
