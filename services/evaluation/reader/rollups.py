"""Rollups: a reader's state as it is stored, so that the next reader need not start at the first row.

They hold the summaries, the cursors up to which these count, and the *joiner*, shortened: the newest
predictions and labels, for joining what comes later in memory. What is older is looked up by primary key.
"""

import logging
import zlib
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

import msgspec
import numpy as np
from numpy.typing import NDArray

from services.errors import Corrupt
from services.evaluation.join.encoding import LabelTexts
from services.evaluation.join.id_table import Columns, IdTable, Keys, concat_keys
from services.evaluation.join.joiner import HELD_ROWS, Joiner, VersionPredictions
from services.evaluation.reader.bucket import TOTAL_SAMPLED, DamagedSummary, LazyBucket
from services.evaluation.reader.buckets import Buckets, PredictionStream
from services.evaluation.reader.state import ReaderState
from services.registry.model import Mode, Project
from services.store.batches import Floats
from services.store.interface import RollupStore

KEPT_ROWS = 100_000
_JOINER, _TOTAL = "carry", "total"
_UNDECODABLE = (
    msgspec.MsgspecError,
    zlib.error,
    KeyError,
    ValueError,
    TypeError,
    IndexError,
    OverflowError,
)

_log = logging.getLogger(__name__)


class Manifest(msgspec.Struct, frozen=True):
    """What a generation of rollups says of itself.

    Attributes:
        checksums: CRC-32 of every summary, by key; format 1 has none.
        checksum: CRC-32 of this manifest with 0 in its place.
    """

    cursors: dict[str, tuple[int, int]]
    writers: list[str]
    texts: tuple[str, ...]
    streams: list[tuple[str, str, Mode]]
    hours_before: int
    days_before: int
    newest_request: int
    newest_label: int
    format: Literal[1, 2] = 2
    checksums: dict[str, int] = {}
    checksum: int = 0


@dataclass(frozen=True, slots=True)
class Rollup:
    """A reader's state, packed.

    Attributes:
        generation: the one after that which the state was opened from, or last written as.
        summaries: by key: `stream/start` for a bucket, `stream/total`, and `carry` for the joiner.
        manifest: JSON of `Manifest`.
    """

    generation: int
    summaries: dict[str, bytes]
    manifest: bytes


def pack_state(state: ReaderState, *, kept_rows: int = KEPT_ROWS) -> Rollup:
    """Pack a state; costs what changed since it was last packed, and the joiner.

    Raises:
        DamagedSummary: a summary that the state was opened with cannot be decoded.
    """
    buckets = state.buckets
    summaries = {f"{stream}/{start}": bucket.pack() for (stream, start), bucket in buckets.by_time.items()}
    summaries.update({f"{stream}/{_TOTAL}": bucket.pack() for stream, bucket in buckets.totals.items()})
    summaries[_JOINER] = msgspec.msgpack.encode(pack_joiner(state.joiner, kept_rows))
    manifest = Manifest(
        cursors=state.cursors,
        writers=state.writers,
        texts=state.texts.texts,
        streams=[(*stream,) for stream in buckets.streams],
        hours_before=buckets.hours_before,
        days_before=buckets.days_before,
        newest_request=state.newest_request,
        newest_label=state.newest_label,
        checksums={name: zlib.crc32(packed) for name, packed in summaries.items()},
    )
    signed = msgspec.structs.replace(manifest, checksum=_checksum(manifest))
    return Rollup(state.generation + 1, summaries, msgspec.json.encode(signed))


def _checksum(manifest: Manifest) -> int:
    return zlib.crc32(msgspec.json.encode(msgspec.structs.replace(manifest, checksum=0)))


def open_state(store: RollupStore, project: Project, *, held_rows: int = HELD_ROWS) -> ReaderState:
    """The state that the newest rollups hold; an empty one where there are none, or they are damaged.

    Everything that was stored is checked here, so that nothing damaged is counted or stored again.
    """
    try:
        newest = store.rollups(project.name)
    except Corrupt as error:
        return rebuilt_state(
            project, error, generation=store.newest_rollups(project.name), held_rows=held_rows
        )
    if newest is None:
        return _empty(project, held_rows)
    generation, summaries, manifest = newest
    try:
        return _unpacked(project, generation, summaries, _unpack_manifest(manifest), held_rows)
    except DamagedSummary as error:
        return rebuilt_state(project, error, generation=generation, held_rows=held_rows)


def rebuilt_state(
    project: Project, damage: Corrupt, *, generation: int, held_rows: int = HELD_ROWS
) -> ReaderState:
    """An empty state in place of damaged rollups of that generation; says so in the log."""
    _log.warning(
        "rollups of %s, generation %d: %s; the log is read from the start (%s)",
        project.name, generation, damage.message, damage.details,
    )  # fmt: skip
    state = _empty(project, held_rows)
    state.generation = generation
    state.rebuilt = damage.message
    return state


def _empty(project: Project, held_rows: int) -> ReaderState:
    state = ReaderState(joiner=Joiner(capacity=held_rows))
    state.add_versions(project)
    return state


def _unpack_manifest(packed: bytes) -> Manifest:
    try:
        manifest = msgspec.json.decode(packed, type=Manifest)
    except (msgspec.MsgspecError, TypeError, ValueError) as error:
        raise DamagedSummary("the stored manifest cannot be decoded", details=repr(error)) from error
    if manifest.format > 1 and manifest.checksum != _checksum(manifest):
        raise DamagedSummary("the stored manifest is damaged", details="its checksum is another")
    return manifest


def _unpacked(
    project: Project, generation: int, summaries: dict[str, bytes], manifest: Manifest, held_rows: int
) -> ReaderState:
    """The state; DamagedSummary unless all of it is as it was stored."""
    if manifest.format > 1:
        _compare_checksums(summaries, manifest)
    state = ReaderState(
        cursors=dict(manifest.cursors),
        writers=manifest.writers,
        texts=LabelTexts(manifest.texts),
        joiner=Joiner(capacity=held_rows),
        buckets=Buckets(
            [PredictionStream(*stream) for stream in manifest.streams],
            manifest.hours_before,
            manifest.days_before,
        ),
        newest_request=manifest.newest_request,
        newest_label=manifest.newest_label,
        generation=generation,
    )
    state.add_versions(project)
    try:
        _unpack_buckets(state.buckets, summaries, manifest)
        unpack_joiner(state.joiner, msgspec.msgpack.decode(summaries[_JOINER], type=StoredJoiner))
    except _UNDECODABLE as error:
        raise DamagedSummary(
            "what was stored for joining cannot be decoded", details=repr(error)
        ) from error
    return state


def _compare_checksums(summaries: dict[str, bytes], manifest: Manifest) -> None:
    for name, checksum in manifest.checksums.items():
        if name not in summaries:
            raise DamagedSummary(f"the stored summary of {_in_words(name, manifest)} is missing")
        if zlib.crc32(summaries[name]) != checksum:
            raise DamagedSummary(
                f"the stored summary of {_in_words(name, manifest)} is damaged",
                details="its checksum is another",
            )


def _in_words(name: str, manifest: Manifest) -> str:
    """What is summed under a key: a version and an hour, where it is a bucket."""
    if name == _JOINER:
        return "what is held for joining"
    stream, _, start = name.partition("/")
    version = manifest.streams[int(stream)][0]
    if start == _TOTAL:
        return f"version {version}, all time"
    return f"version {version}, {datetime.fromtimestamp(int(start), UTC):%Y-%m-%d %H:%M} UTC"


def _unpack_buckets(buckets: Buckets, summaries: dict[str, bytes], manifest: Manifest) -> None:
    for name, packed in summaries.items():
        if name == _JOINER:
            continue
        stream, _, start = name.partition("/")
        origin = _in_words(name, manifest)
        if start == _TOTAL:
            bucket = buckets.totals[int(stream)] = LazyBucket(packed, sampled=TOTAL_SAMPLED, origin=origin)
        else:
            bucket = buckets.by_time[int(stream), int(start)] = LazyBucket(packed, origin=origin)
        if manifest.format > 1:
            bucket.check()
        else:
            bucket.prove()


class StoredArray(msgspec.Struct, frozen=True, array_like=True):
    """An array: its dtype with byte order, shape and compressed bytes."""

    dtype: str
    shape: tuple[int, ...]
    content: bytes


class StoredRows(msgspec.Struct, frozen=True, array_like=True):
    """Rows by id."""

    high: StoredArray
    low: StoredArray
    columns: dict[str, StoredArray]


class StoredVersion(msgspec.Struct, frozen=True, array_like=True):
    """What is stored of one version; see `VersionPredictions`."""

    held: StoredRows
    seen: StoredRows
    assumed: StoredRows


class StoredJoiner(msgspec.Struct, frozen=True, array_like=True):
    """A joiner, shortened."""

    horizon: int
    labels: StoredRows
    versions: dict[str, StoredVersion]


def pack_joiner(joiner: Joiner, rows: int) -> StoredJoiner:
    """A joiner as it would be if it held only about so many rows; it stays as it is."""
    horizon = joiner.horizon_for(rows)
    return StoredJoiner(
        horizon,
        _pack_table(joiner.labels.table, horizon),
        {name: _pack_version(known, horizon) for name, known in joiner.versions.items()},
    )


def _pack_version(known: VersionPredictions, horizon: int) -> StoredVersion:
    seen, _ = known.seen.all()
    assumed, values = known.assumed.all()
    return StoredVersion(
        _pack_table(known.held, horizon),
        _pack_rows(concat_keys([seen, *known.marked_before(horizon)]), {}),
        _pack_rows(assumed, {"value": values}),
    )


def unpack_joiner(joiner: Joiner, stored: StoredJoiner) -> None:
    """Fill an empty joiner that knows its versions."""
    joiner.horizon = stored.horizon
    joiner.labels.table.insert(*_unpack_rows(stored.labels))
    for name, version in stored.versions.items():
        known = joiner.versions[name]
        known.held.insert(*_unpack_rows(version.held))
        known.seen.remember(_unpack_rows(version.seen)[0])
        assumed, columns = _unpack_rows(version.assumed)
        known.assumed.remember(assumed, _floats(columns["value"]))


def _floats(values: NDArray[np.generic]) -> Floats:
    return values.astype(np.float64, copy=False)


def _pack_table(table: IdTable, horizon: int) -> StoredRows:
    return _pack_rows(*table.since(horizon))


def _pack_rows(keys: Keys, columns: Columns) -> StoredRows:
    packed = {name: _pack_array(values) for name, values in columns.items()}
    return StoredRows(_pack_array(keys.high), _pack_array(keys.low), packed)


def _unpack_rows(rows: StoredRows) -> tuple[Keys, Columns]:
    keys = Keys(
        _unpack_array(rows.high).astype(np.uint64, copy=False),
        _unpack_array(rows.low).astype(np.uint64, copy=False),
    )
    return keys, {name: _unpack_array(values) for name, values in rows.columns.items()}


def _pack_array(values: NDArray[np.generic]) -> StoredArray:
    little = np.ascontiguousarray(values, dtype=values.dtype.newbyteorder("<"))
    return StoredArray(little.dtype.str, little.shape, zlib.compress(little.tobytes(), level=1))


def _unpack_array(packed: StoredArray) -> NDArray[np.generic]:
    little = np.frombuffer(zlib.decompress(packed.content), dtype=packed.dtype).reshape(packed.shape)
    return little.astype(little.dtype.newbyteorder("="), copy=True)
