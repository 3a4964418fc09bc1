"""Rollups: a reader's state as it is stored, so that the next reader need not start at the first row.

They hold the summaries, the cursors up to which these count, and the joiner, shortened: the newest
predictions and labels, for joining what comes later in memory. What is older is looked up by primary key.
"""

import logging
import zlib
from dataclasses import dataclass
from typing import Literal

import msgspec

from services.errors import Corrupt
from services.evaluation.join.joiner import HELD_ROWS
from services.evaluation.join.stored_joiner import pack_joiner, unpack_joiner
from services.evaluation.reader.buckets import (
    TOTAL_SAMPLED,
    Buckets,
    DamagedSummary,
    LazyBucket,
    PredictionStream,
)
from services.evaluation.reader.state import ReaderState
from services.instants import instant
from services.registry.model import Mode, Project
from services.store.interface import RollupStore

KEPT_ROWS = 100_000
_JOINER, _TOTAL = "carry", "total"
_JOINER_IN_WORDS = "what is held for joining"
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
    summaries[_JOINER] = pack_joiner(state.joiner, kept_rows)
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
    generation = 0
    try:
        newest = store.rollups(project.name)
        if newest is not None:
            generation, summaries, manifest = newest
            return _unpacked(project, generation, summaries, _unpack_manifest(manifest), held_rows)
    except Corrupt as error:
        generation = generation or store.newest_rollups(project.name)
        return rebuilt_state(project, error, generation=generation, held_rows=held_rows)
    return ReaderState.empty(project, held_rows)


def rebuilt_state(
    project: Project, damage: Corrupt, *, generation: int, held_rows: int = HELD_ROWS
) -> ReaderState:
    """An empty state in place of damaged rollups of that generation; says so in the log."""
    _log.warning(
        "rollups of %s, generation %d: %s; the log is read from the start (%s)",
        project.name, generation, damage.message, damage.details,
    )  # fmt: skip
    state = ReaderState.empty(project, held_rows)
    state.generation = generation
    state.rebuilt = damage.message
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
    try:
        buckets = _unpack_buckets(summaries, manifest)
        state = ReaderState.empty(project, held_rows)
        state.texts.extend(manifest.texts)
        unpack_joiner(state.joiner, summaries[_JOINER])
    except _UNDECODABLE as error:
        raise DamagedSummary(
            f"the stored summary of {_JOINER_IN_WORDS} cannot be decoded", details=repr(error)
        ) from error
    state.cursors, state.writers, state.buckets = dict(manifest.cursors), manifest.writers, buckets
    state.newest_request, state.newest_label = manifest.newest_request, manifest.newest_label
    state.generation = generation
    return state


def _compare_checksums(summaries: dict[str, bytes], manifest: Manifest) -> None:
    if unknown := summaries.keys() - manifest.checksums.keys():
        raise DamagedSummary(f"{len(unknown)} stored summaries are not of their generation")
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
        return _JOINER_IN_WORDS
    stream, _, start = name.partition("/")
    version = manifest.streams[int(stream)][0]
    if start == _TOTAL:
        return f"version {version}, all time"
    return f"version {version}, {instant(int(start)):%Y-%m-%d %H:%M} UTC"


def _unpack_buckets(summaries: dict[str, bytes], manifest: Manifest) -> Buckets:
    buckets = Buckets(
        [PredictionStream(*stream) for stream in manifest.streams],
        manifest.hours_before,
        manifest.days_before,
    )
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
    return buckets
