"""Ids in memory, in the order of their time, and tables of numbers by id, searched without loops."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from services.store.identifiers import Ids, milliseconds

Unsigned = NDArray[np.uint64]
Positions = NDArray[np.int64]
Columns = dict[str, NDArray[Any]]

_GREGORIAN_OFFSET = 0x01B21DD213814000  # 100 ns ticks from 1582-10-15 to 1970-01-01 (RFC 9562, 5.1)
_TICKS = 10_000  # in a millisecond
_RUN_BITS = 32
REMEMBERED = 200_000
"""Ids remembered at least, once so many have been met; twice as many at most. Each costs 24 bytes."""


@dataclass(frozen=True, slots=True, eq=False)
class Keys:
    """Ids as two halves that sort by the time they carry, shape (n,) each.

    Attributes:
        high: milliseconds since the Unix epoch in the upper 48 bits, the rest of a version 7 UUID's
            upper half (or a version 1 UUID's ticks within the millisecond) in the lower 16. Before the
            epoch, which version 1 alone reaches, they wrap around, and sort behind all others.
        low: the id's lower half as it is.
    """

    high: Unsigned
    low: Unsigned

    def __len__(self) -> int:
        """The number of ids."""
        return len(self.high)

    def take(self, rows: NDArray[Any]) -> "Keys":
        """The ids chosen by a mask or by positions."""
        return Keys(self.high[rows], self.low[rows])

    def before(self, high: int) -> NDArray[np.bool_]:
        """A mask of the ids whose upper half is smaller."""
        return self.high < np.uint64(high)

    def order(self) -> Positions:
        """Positions in ascending order; equal ids keep theirs."""
        return np.lexsort((self.low, self.high))

    def milliseconds(self) -> Positions:
        """When each id was made: Unix milliseconds, shape (n,)."""
        signed = self.high.view(np.int64) >> np.int64(16)
        return np.where(self._are_old(), signed, signed & np.int64(0xFFFFFFFFFFFF))

    def seconds(self) -> Positions:
        """When each id was made: Unix seconds, shape (n,)."""
        return self.milliseconds() // 1000

    def _are_old(self) -> NDArray[np.bool_]:
        """A mask of the version 1 UUIDs."""
        old: NDArray[np.bool_] = (self.high >> np.uint64(12)) & np.uint64(0xF) != 7
        return old

    def ids(self) -> Ids:
        """The ids themselves, shape (n, 2)."""
        high = self.high.copy()
        old = self._are_old()
        if old.any():
            chosen = high[old]
            moment = self.milliseconds()[old] * _TICKS + _GREGORIAN_OFFSET
            ticks = moment.astype(np.uint64) + (chosen & np.uint64(0xFFFF))
            high[old] = (
                ((ticks & np.uint64(0xFFFFFFFF)) << np.uint64(32))
                | (((ticks >> np.uint64(32)) & np.uint64(0xFFFF)) << np.uint64(16))
                | np.uint64(0x1000)
                | (ticks >> np.uint64(48))
            )
        return np.stack([high, self.low], axis=1)


def keys_of(ids: Ids) -> Keys:
    """The sortable form of ids, shape (n, 2); `Keys.ids` gives them back."""
    high = ids[:, 0].copy()
    old = (high >> np.uint64(12)) & np.uint64(0xF) == 1
    if old.any():
        chosen = high[old]
        ticks = (
            ((chosen & np.uint64(0x0FFF)) << np.uint64(48))
            | (((chosen >> np.uint64(16)) & np.uint64(0xFFFF)) << np.uint64(32))
            | (chosen >> np.uint64(32))
        )
        moment = milliseconds(ids[old])
        within = ticks.astype(np.int64) - _GREGORIAN_OFFSET - moment * _TICKS
        high[old] = (moment << 16 | within).astype(np.uint64)
    return Keys(high, ids[:, 1].copy())


def concat_keys(parts: list[Keys]) -> Keys:
    """Ids one behind the other."""
    if len(parts) == 1:
        return parts[0]
    none = np.empty(0, dtype=np.uint64)
    return Keys(
        np.concatenate([part.high for part in parts] or [none]),
        np.concatenate([part.low for part in parts] or [none]),
    )


def first_of_each(keys: Keys) -> NDArray[np.bool_]:
    """A mask, shape (n,), that is true for the first row of each id."""
    order = keys.order()
    high, low = keys.high[order], keys.low[order]
    first = np.ones(len(order), dtype=np.bool_)
    first[1:] = (high[1:] != high[:-1]) | (low[1:] != low[:-1])
    mask = np.zeros(len(order), dtype=np.bool_)
    mask[order[first]] = True
    return mask


@dataclass(slots=True, eq=False)
class _Run:
    """Rows in ascending order of their ids."""

    keys: Keys
    columns: Columns

    def __len__(self) -> int:
        return len(self.keys)

    def find(self, wanted: Keys) -> Positions:
        """The row of each id, -1 where it is not here."""
        low = np.searchsorted(self.keys.high, wanted.high, side="left")
        end = np.searchsorted(self.keys.high, wanted.high, side="right")
        high = end.copy()
        # Ids that share their upper half are told apart by bisecting the lower ones, all at once.
        while (open_ := low < high).any():
            middle = np.where(open_, (low + high) // 2, 0)
            smaller = open_ & (self.keys.low[middle] < wanted.low)
            low = np.where(smaller, middle + 1, low)
            high = np.where(open_ & ~smaller, middle, high)
        found = low < end
        found[found] = self.keys.low[low[found]] == wanted.low[found]
        return np.where(found, low, -1)

    def cut(self, high: int) -> int:
        """How many rows have an id whose upper half is smaller."""
        return int(np.searchsorted(self.keys.high, np.uint64(high), side="left"))

    def take(self, rows: NDArray[Any] | slice) -> "_Run":
        keys = Keys(self.keys.high[rows], self.keys.low[rows])
        return _Run(keys, {name: column[rows] for name, column in self.columns.items()})


def _merged(first: _Run, second: _Run) -> _Run:
    joined = _Run(
        concat_keys([first.keys, second.keys]),
        {name: np.concatenate([column, second.columns[name]]) for name, column in first.columns.items()},
    )
    if first.keys.high[-1] < second.keys.high[0]:
        return joined
    return joined.take(joined.keys.order())


class IdTable:
    """Rows of numbers by id, in sorted runs that are merged geometrically.

    A row costs 16 bytes for its id and what `columns` need beside it.
    Inserting n rows costs O(n log n) amortised, finding n rows O(n log(rows)) per run; there are at most
    about log2(rows) runs.

    Args:
        columns: name to dtype, and how many numbers a row has of it (0 for one number as it is).
    """

    def __init__(self, columns: Mapping[str, tuple[type[np.generic], int]]) -> None:
        self._shapes = dict(columns)
        self._runs: list[_Run] = []

    @property
    def rows(self) -> int:
        """How many rows it holds."""
        return sum(len(run) for run in self._runs)

    @property
    def bytes(self) -> int:
        """Memory of its arrays."""
        columns = (column.nbytes for run in self._runs for column in run.columns.values())
        return sum(columns) + 16 * self.rows

    def insert(self, keys: Keys, columns: Columns) -> None:
        """Add rows whose ids are not here yet, each once."""
        if not len(keys):
            return
        run = _Run(keys, columns)
        self._runs.append(run.take(keys.order()))
        while len(self._runs) > 1 and len(self._runs[-2]) <= 2 * len(self._runs[-1]):
            second, first = self._runs.pop(), self._runs.pop()
            self._runs.append(_merged(first, second))

    def find(self, keys: Keys) -> Positions:
        """Where each id is, shape (n,), good until the next insertion; -1 where it is not here."""
        places = np.full(len(keys), -1, dtype=np.int64)
        for number, run in enumerate(self._runs):
            inside = (keys.high >= run.keys.high[0]) & (keys.high <= run.keys.high[-1]) & (places < 0)
            if not inside.any():
                continue
            rows = run.find(keys.take(inside))
            places[inside] = np.where(rows < 0, -1, rows | (number << _RUN_BITS))
        return places

    def read(self, places: Positions, name: str) -> NDArray[Any]:
        """A column's values at places that `find` gave, none of them -1."""
        dtype, width = self._shapes[name]
        values = np.empty((len(places), width) if width else len(places), dtype=dtype)
        for run, chosen, rows in self._at(places):
            values[chosen] = run.columns[name][rows]
        return values

    def write(self, places: Positions, name: str, values: NDArray[Any]) -> None:
        """Change a column's values at places that `find` gave, none of them -1."""
        for run, chosen, rows in self._at(places):
            run.columns[name][rows] = values[chosen]

    def _at(self, places: Positions) -> Iterator[tuple[_Run, NDArray[np.bool_], Positions]]:
        numbers = places >> _RUN_BITS
        for number in np.unique(numbers).tolist():
            chosen = numbers == number
            yield self._runs[number], chosen, places[chosen] & ((1 << _RUN_BITS) - 1)

    def highs(self) -> list[Unsigned]:
        """The upper halves of all ids, in ascending parts; views that must not be written to."""
        return [run.keys.high for run in self._runs]

    def before(self, high: int) -> list[tuple[Keys, Columns]]:
        """Rows whose id's upper half is smaller, in parts; views that must not be written to."""
        parts: list[tuple[Keys, Columns]] = []
        for run in self._runs:
            cut = run.cut(high)
            if cut:
                older = run.take(slice(0, cut))
                parts.append((older.keys, older.columns))
        return parts

    def drop_before(self, high: int) -> None:
        """Let go of all rows whose id's upper half is smaller."""
        kept: list[_Run] = []
        for run in self._runs:
            cut = run.cut(high)
            if cut < len(run):
                kept.append(run.take(np.arange(cut, len(run))) if cut else run)
        self._runs = kept

    def since(self, high: int) -> tuple[Keys, Columns]:
        """All rows whose id's upper half is not smaller, in no particular order; copies."""
        parts = [run.take(slice(run.cut(high), None)) for run in self._runs]
        keys = concat_keys([part.keys for part in parts])
        columns = {
            name: np.concatenate([self._empty(name), *(part.columns[name] for part in parts)])
            for name in self._shapes
        }
        return keys, columns

    def _empty(self, name: str) -> NDArray[Any]:
        dtype, width = self._shapes[name]
        return np.empty((0, width) if width else 0, dtype=dtype)


class RecentIds:
    """A memory of the ids met last, each with a number.

    Two generations of them: when the younger one is full, it takes the place of the older one.

    Args:
        capacity: how many ids a generation takes.
    """

    def __init__(self, capacity: int = REMEMBERED) -> None:
        self._capacity = capacity
        self._younger = _table()
        self._older = _table()

    @property
    def rows(self) -> int:
        """How many ids are remembered."""
        return self._younger.rows + self._older.rows

    def remember(self, keys: Keys, values: NDArray[np.float64] | None = None) -> None:
        """Remember ids that are not remembered yet; those that are keep their number."""
        if values is None:
            values = np.full(len(keys), np.nan)
        fresh = first_of_each(keys) & ~self.contains(keys)
        self._younger.insert(keys.take(fresh), {"value": values[fresh]})
        if self._younger.rows >= self._capacity:
            self._older, self._younger = self._younger, _table()

    def contains(self, keys: Keys) -> NDArray[np.bool_]:
        """A mask of the ids that are remembered."""
        return (self._younger.find(keys) >= 0) | (self._older.find(keys) >= 0)

    def values(self, keys: Keys) -> tuple[NDArray[np.bool_], NDArray[np.float64]]:
        """A mask of the ids that are remembered, and the numbers given with them (NaN elsewhere)."""
        known = np.zeros(len(keys), dtype=np.bool_)
        values = np.full(len(keys), np.nan)
        for table in (self._older, self._younger):
            places = table.find(keys)
            here = places >= 0
            values[here] = table.read(places[here], "value")
            known |= here
        return known, values

    def all(self) -> tuple[Keys, NDArray[np.float64]]:
        """Everything remembered."""
        parts = [table.since(0) for table in (self._older, self._younger)]
        return concat_keys([keys for keys, _ in parts]), np.concatenate(
            [columns["value"] for _, columns in parts]
        )


def _table() -> IdTable:
    return IdTable({"value": (np.float64, 0)})
