"""The part of a joiner's memory that travels with the rollups: its newest rows, and the ids it has met."""

import zlib

import msgspec
import numpy as np
from numpy.typing import NDArray

from services.evaluation.index import Columns, IdTable, Keys, join_keys
from services.evaluation.join import Joiner, VersionRows
from services.store.batches import Floats


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
    packed = {name: _pack(values) for name, values in columns.items()}
    return PackedRows(_pack(keys.high), _pack(keys.low), packed)


def _unpack_rows(rows: PackedRows) -> tuple[Keys, Columns]:
    keys = Keys(
        _unpack(rows.high).astype(np.uint64, copy=False), _unpack(rows.low).astype(np.uint64, copy=False)
    )
    return keys, {name: _unpack(values) for name, values in rows.columns.items()}


def _pack(values: NDArray[np.generic]) -> PackedArray:
    little = np.ascontiguousarray(values, dtype=values.dtype.newbyteorder("<"))
    return PackedArray(little.dtype.str, little.shape, zlib.compress(little.tobytes(), level=1))


def _unpack(packed: PackedArray) -> NDArray[np.generic]:
    little = np.frombuffer(zlib.decompress(packed.content), dtype=packed.dtype).reshape(packed.shape)
    return little.astype(little.dtype.newbyteorder("="), copy=True)
