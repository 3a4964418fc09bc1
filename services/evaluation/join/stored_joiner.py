"""A joiner, shortened, as bytes: so that what comes next is joined in memory after a restart too."""

import zlib

import msgspec
import numpy as np
from numpy.typing import NDArray

from services.evaluation.join.id_table import Columns, IdTable, Keys, concat_keys
from services.evaluation.join.joiner import Joiner, VersionPredictions
from services.store.batches import Floats


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


def pack_joiner(joiner: Joiner, rows: int) -> bytes:
    """A joiner as it would be if it held only about so many rows; it stays as it is."""
    horizon = joiner.horizon_for(rows)
    return msgspec.msgpack.encode(
        StoredJoiner(
            horizon,
            _pack_table(joiner.labels.table, horizon),
            {name: _pack_version(known, horizon) for name, known in joiner.versions.items()},
        )
    )


def _pack_version(known: VersionPredictions, horizon: int) -> StoredVersion:
    seen, _ = known.seen.all()
    assumed, values = known.assumed.all()
    return StoredVersion(
        _pack_table(known.held, horizon),
        _pack_rows(concat_keys([seen, *known.marked_before(horizon)]), {}),
        _pack_rows(assumed, {"value": values}),
    )


def unpack_joiner(joiner: Joiner, packed: bytes) -> None:
    """Fill an empty joiner that knows its versions.

    Raises:
        msgspec.MsgspecError, zlib.error, ValueError, TypeError, LookupError: it is none; what the joiner
            holds then is of no use.
    """
    stored = msgspec.msgpack.decode(packed, type=StoredJoiner)
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
