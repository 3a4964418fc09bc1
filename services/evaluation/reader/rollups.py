"""Rollups: a reader's state as it is stored, so that the next reader need not start at the first row.

They hold the summaries, the cursors up to which these count, and a *carry*: the newest predictions and
labels, for joining what comes later in memory. What is older than the carry is looked up by primary key.
"""

import logging
import time
import zlib
from dataclasses import dataclass
from typing import Literal

import msgspec
import numpy as np
from numpy.typing import NDArray

from services.errors import Corrupt
from services.evaluation.join.encoding import LabelTexts
from services.evaluation.join.id_table import Columns, IdTable, Keys, join_keys
from services.evaluation.join.joiner import HELD_ROWS, Joiner, VersionRows
from services.evaluation.reader.bucket import TOTAL_SAMPLED, Slot
from services.evaluation.reader.buckets import Cells, Stream
from services.evaluation.reader.state import ReaderState
from services.registry.model import Mode, Project
from services.store.batches import Floats
from services.store.interface import RollupStore

CARRIED_ROWS = 100_000
_CARRY = "carry"
_YEAR_2020 = 1_577_836_800

_log = logging.getLogger(__name__)


class Manifest(msgspec.Struct, frozen=True):
    """What a generation of rollups says of itself."""

    cursors: dict[str, tuple[int, int]]
    writers: list[str]
    texts: tuple[str, ...]
    streams: list[tuple[str, str, Mode]]
    hours_before: int
    days_before: int
    newest_request: int
    newest_label: int
    format: Literal[1] = 1


@dataclass(frozen=True, slots=True)
class Rollup:
    """A reader's state, packed.

    Attributes:
        generation: the one after that which the state was opened from, or last written as.
        summaries: by key: `stream/start` for a bucket, `stream/total`, and `carry`.
        manifest: JSON of `Manifest`.
    """

    generation: int
    summaries: dict[str, bytes]
    manifest: bytes


def pack_state(state: ReaderState, *, carried_rows: int = CARRIED_ROWS) -> Rollup:
    """Pack a state; costs what changed since it was last packed, and the carry."""
    cells = state.cells
    summaries = {f"{stream}/{start}": slot.pack() for (stream, start), slot in cells.slots.items()}
    summaries.update({f"{stream}/total": slot.pack() for stream, slot in cells.totals.items()})
    summaries[_CARRY] = msgspec.msgpack.encode(pack_carry(state.joiner, carried_rows))
    manifest = Manifest(
        cursors=state.cursors,
        writers=state.writers,
        texts=state.texts.texts,
        streams=[(*stream,) for stream in cells.streams],
        hours_before=cells.hours_before,
        days_before=cells.days_before,
        newest_request=state.newest_request,
        newest_label=state.newest_label,
    )
    return Rollup(state.generation + 1, summaries, msgspec.json.encode(manifest))


def open_state(store: RollupStore, project: Project, *, held_rows: int = HELD_ROWS) -> ReaderState:
    """The state that the newest rollups hold; an empty one if there are none that can be read."""
    try:
        newest = store.rollups(project.name)
        return _empty(project, held_rows) if newest is None else _opened(project, newest, held_rows)
    except Corrupt as error:
        _log.warning("%s; its log is read from the start", error.message)
        state = _empty(project, held_rows)
        # Beyond any number counted up, so that the next rollups replace the broken ones.
        state.generation = int(time.time()) - _YEAR_2020
        return state


def _empty(project: Project, held_rows: int) -> ReaderState:
    state = ReaderState(joiner=Joiner(capacity=held_rows))
    state.learn(project)
    return state


def _opened(project: Project, newest: tuple[int, dict[str, bytes], bytes], held_rows: int) -> ReaderState:
    generation, summaries, manifest = newest
    try:
        state = _unpack(project, summaries, msgspec.json.decode(manifest, type=Manifest), held_rows)
    except (msgspec.MsgspecError, zlib.error, KeyError, ValueError) as error:
        raise Corrupt(f"the rollups of {project.name!r} cannot be decoded", details=repr(error)) from error
    state.generation = generation
    return state


def _unpack(
    project: Project, summaries: dict[str, bytes], manifest: Manifest, held_rows: int
) -> ReaderState:
    state = ReaderState(
        cursors=dict(manifest.cursors),
        writers=manifest.writers,
        texts=LabelTexts(manifest.texts),
        joiner=Joiner(capacity=held_rows),
        cells=Cells(
            [Stream(*stream) for stream in manifest.streams], manifest.hours_before, manifest.days_before
        ),
        newest_request=manifest.newest_request,
        newest_label=manifest.newest_label,
    )
    state.learn(project)
    unpack_carry(state.joiner, msgspec.msgpack.decode(summaries.pop(_CARRY), type=Carry))
    for name, packed in summaries.items():
        stream, _, start = name.partition("/")
        if start == "total":
            state.cells.totals[int(stream)] = Slot(packed, sampled=TOTAL_SAMPLED)
        else:
            state.cells.slots[int(stream), int(start)] = Slot(packed)
    return state


class PackedArray(msgspec.Struct, frozen=True, array_like=True):
    """An array: its dtype with byte order, shape and compressed bytes."""

    dtype: str
    shape: tuple[int, ...]
    content: bytes


class PackedRows(msgspec.Struct, frozen=True, array_like=True):
    """Rows by id."""

    high: PackedArray
    low: PackedArray
    columns: dict[str, PackedArray]


class PackedVersion(msgspec.Struct, frozen=True, array_like=True):
    """What is carried of one version; see `VersionRows`."""

    held: PackedRows
    seen: PackedRows
    assumed: PackedRows


class Carry(msgspec.Struct, frozen=True, array_like=True):
    """A joiner, shortened."""

    horizon: int
    labels: PackedRows
    versions: dict[str, PackedVersion]


def pack_carry(joiner: Joiner, rows: int) -> Carry:
    """A joiner as it would be if it held only about so many rows; it stays as it is."""
    horizon = joiner.horizon_for(rows)
    return Carry(
        horizon,
        _pack_table(joiner.labels.table, horizon),
        {name: _pack_version(known, horizon) for name, known in joiner.versions.items()},
    )


def _pack_version(known: VersionRows, horizon: int) -> PackedVersion:
    seen, _ = known.seen.all()
    assumed, values = known.assumed.all()
    return PackedVersion(
        _pack_table(known.held, horizon),
        _pack_rows(join_keys([seen, *known.marked_before(horizon)]), {}),
        _pack_rows(assumed, {"value": values}),
    )


def unpack_carry(joiner: Joiner, carry: Carry) -> None:
    """Fill an empty joiner that knows its versions."""
    joiner.horizon = carry.horizon
    joiner.labels.table.insert(*_unpack_rows(carry.labels))
    for name, version in carry.versions.items():
        known = joiner.versions[name]
        known.held.insert(*_unpack_rows(version.held))
        known.seen.add(_unpack_rows(version.seen)[0])
        assumed, columns = _unpack_rows(version.assumed)
        known.assumed.add(assumed, _floats(columns["value"]))


def _floats(values: NDArray[np.generic]) -> Floats:
    return values.astype(np.float64, copy=False)


def _pack_table(table: IdTable, horizon: int) -> PackedRows:
    return _pack_rows(*table.since(horizon))


def _pack_rows(keys: Keys, columns: Columns) -> PackedRows:
    packed = {name: _pack_array(values) for name, values in columns.items()}
    return PackedRows(_pack_array(keys.high), _pack_array(keys.low), packed)


def _unpack_rows(rows: PackedRows) -> tuple[Keys, Columns]:
    keys = Keys(
        _unpack_array(rows.high).astype(np.uint64, copy=False),
        _unpack_array(rows.low).astype(np.uint64, copy=False),
    )
    return keys, {name: _unpack_array(values) for name, values in rows.columns.items()}


def _pack_array(values: NDArray[np.generic]) -> PackedArray:
    little = np.ascontiguousarray(values, dtype=values.dtype.newbyteorder("<"))
    return PackedArray(little.dtype.str, little.shape, zlib.compress(little.tobytes(), level=1))


def _unpack_array(packed: PackedArray) -> NDArray[np.generic]:
    little = np.frombuffer(zlib.decompress(packed.content), dtype=packed.dtype).reshape(packed.shape)
    return little.astype(little.dtype.newbyteorder("="), copy=True)
