"""The index of ids finds what a dictionary would, whatever the order of insertion."""

import uuid

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from services.evaluation.join.id_table import IdTable, Keys, RecentIds, first_of_each, keys_of
from services.store.identifiers import Ids, milliseconds

small = st.integers(0, 3)
pairs = st.lists(st.tuples(small, small), max_size=40)


@given(
    st.lists(st.integers(0, (1 << 60) - 1), max_size=20),
    st.lists(st.integers(0, (1 << 48) - 1), max_size=20),
)
def test_ids_of_any_time_come_back_and_tell_their_time(ticks: list[int], made: list[int]) -> None:
    old = [
        uuid.UUID(fields=(at & 0xFFFFFFFF, at >> 32 & 0xFFFF, at >> 48 | 0x1000, 0x80, 1, 2))
        for at in ticks
    ]
    halves = [(one.int >> 64, one.int & 0xFFFFFFFFFFFFFFFF) for one in old]
    halves += [(at << 16 | 0x7123, 1 << 63) for at in made]
    ids = np.array(halves, dtype=np.uint64).reshape(-1, 2)
    sortable = keys_of(ids)
    assert sortable.ids().tolist() == ids.tolist()
    assert sortable.milliseconds().tolist() == milliseconds(ids).tolist()
    assert sortable.seconds().tolist() == (milliseconds(ids) // 1000).tolist()


def keys(rows: list[tuple[int, int]]) -> Keys:
    halves = np.array(rows, dtype=np.uint64).reshape(-1, 2)
    return Keys(halves[:, 0].copy(), halves[:, 1].copy())


@given(st.lists(pairs, max_size=8), pairs, st.integers(0, 4))
def test_a_table_finds_reads_and_drops_as_a_dictionary_does(
    batches: list[list[tuple[int, int]]], wanted: list[tuple[int, int]], horizon: int
) -> None:
    table = IdTable({"value": (np.int64, 0)})
    expected: dict[tuple[int, int], int] = {}
    for batch in batches:
        fresh = [key for key in dict.fromkeys(batch) if key not in expected]
        numbers = np.arange(len(expected), len(expected) + len(fresh))
        expected.update(zip(fresh, numbers.tolist(), strict=True))
        table.insert(keys(fresh), {"value": numbers})
    table.drop_before(horizon)
    expected = {key: value for key, value in expected.items() if key[0] >= horizon}
    places = table.find(keys(wanted))
    assert (places >= 0).tolist() == [key in expected for key in wanted]
    found = [expected[key] for key in wanted if key in expected]
    assert table.read(places[places >= 0], "value").tolist() == found
    assert table.rows == len(expected)


def test_values_are_changed_where_they_stand() -> None:
    table = IdTable({"value": (np.float64, 2)})
    for number in range(5):
        table.insert(keys([(number, 7)]), {"value": np.full((1, 2), float(number))})
    table.write(table.find(keys([(3, 7), (0, 7)])), "value", np.array([[30.0, 31.0], [1.0, 2.0]]))
    assert table.read(table.find(keys([(0, 7), (3, 7), (4, 7)])), "value").tolist() == [
        [1.0, 2.0], [30.0, 31.0], [4.0, 4.0],
    ]  # fmt: skip


def test_runs_stay_few() -> None:
    table = IdTable({})
    for number in range(1_000):
        table.insert(keys([(number, 0)]), {})
    assert table.rows == 1_000
    assert len(table.highs()) <= 10


def test_a_row_costs_what_the_columns_say() -> None:
    table = IdTable({"value": (np.float64, 0), "writer": (np.int32, 0)})
    table.insert(keys([(1, 1), (2, 2)]), {"value": np.zeros(2), "writer": np.zeros(2, dtype=np.int32)})
    assert table.bytes == 2 * (16 + 8 + 4)


def ids(values: list[uuid.UUID]) -> Ids:
    return np.array([[value.int >> 64, value.int & (2**64 - 1)] for value in values], dtype=np.uint64)


@given(st.lists(st.integers(0, 2**48 - 1), min_size=1), st.integers(0, 2**14 - 1))
def test_ids_of_version_1_come_back_and_sort_by_time(ticks: list[int], sequence: int) -> None:
    offset = 0x01B21DD213814000
    values = []
    for tick in ticks:
        moment = offset + tick
        low, middle, high = moment & 0xFFFFFFFF, (moment >> 32) & 0xFFFF, (moment >> 48) | 0x1000
        values.append(uuid.UUID(fields=(low, middle, high, 0x80 | sequence >> 8, sequence & 0xFF, 42)))
    sortable = keys_of(ids(values))
    assert sortable.ids().tolist() == ids(values).tolist()
    assert [ticks[place] for place in sortable.order().tolist()] == sorted(ticks)


def test_ids_of_version_7_sort_by_their_milliseconds_among_those_of_version_1() -> None:
    seven = ids([uuid.UUID("018bcfe5-6800-7abc-8000-000000000001")])
    assert keys_of(seven).ids().tolist() == seven.tolist()
    assert keys_of(seven).seconds().tolist() == [1_700_000_000]


def test_the_first_row_of_each_id_is_marked() -> None:
    assert first_of_each(keys([(1, 1), (0, 1), (1, 1), (0, 1), (0, 2)])).tolist() == [
        True, True, False, False, True,
    ]  # fmt: skip


def test_the_ids_met_last_are_remembered_and_the_oldest_forgotten() -> None:
    recent = RecentIds(capacity=4)
    for number in range(12):
        recent.remember(keys([(number, 0)]), np.array([float(number)]))
    assert recent.rows <= 8
    known, values = recent.values(keys([(11, 0), (9, 0), (0, 0)]))
    assert known.tolist() == [True, True, False]
    assert values[:2].tolist() == [11.0, 9.0]
