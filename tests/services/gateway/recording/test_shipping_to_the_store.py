"""What was recorded arrives in the live tables and in the log, once."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from services.errors import Conflict, Unavailable
from services.gateway.recorder import Recorder
from services.gateway.records import AnswerOrigin, Durability, RecordingLimits
from services.http.loop import run
from services.registry.model import Field, FieldType, Mode
from services.store.batches import Categorical
from services.store.interface import Store
from tests.services.gateway.recording.conftest import Platform, Until


def test_rows_arrive_once_in_the_live_table_and_in_the_log(
    any_platform: Platform, tmp_path: Path, quick: RecordingLimits, until: Until
) -> None:
    async def main() -> None:
        recorder = Recorder.open(tmp_path / "spool", lambda: any_platform.store, limits=quick)
        recorder.start()
        sent = [any_platform.answers(3, first=3 * number) for number in range(20)]
        origin = any_platform.origin()
        for answers in sent:
            await recorder.record_and_wait(origin, answers)
        await until(lambda: recorder.health().rows == 0)
        assert recorder.health().shipped == 60
        await recorder.stop()
        ids = [one.ids[start : start + 16] for one in sent for start in (0, 16, 32)]
        assert sorted(any_platform.logged_ids()) == sorted(ids)
        assert any_platform.live_ids(ids) == set(ids)

    run(main())


def test_a_table_that_is_momentarily_not_there_gets_every_row_and_label(
    any_platform: Platform, tmp_path: Path, quick: RecordingLimits, until: Until
) -> None:
    """As when another process makes it just now, or a node has not heard of it yet."""

    async def main() -> None:
        store = any_platform.store
        recorder = Recorder.open(tmp_path / "spool", lambda: store, limits=quick)
        recorder.start()
        await recorder.record_and_wait(any_platform.origin(), any_platform.answers(1))
        await until(lambda: recorder.health().rows == 0)
        any_platform.drop_live_table("A")
        answers = any_platform.answers(3)
        await recorder.record_and_wait(any_platform.origin(), answers)
        await until(lambda: recorder.health().rows == 0)
        any_platform.drop_live_table("A")
        await recorder.record_labels(any_platform.project, answers.ids, [5.0, 6.0, 7.0], versions=["A"])
        await until(lambda: recorder.health().rows == 0)
        await recorder.record_and_wait(any_platform.origin(), answers)
        await until(lambda: recorder.health().rows == 0)
        await recorder.stop()
        newest = store.newest(any_platform.project, "A", 10)
        assert sorted(newest["label"]) == [5.0, 6.0, 7.0]

    run(main())


def test_one_row_that_its_table_refuses_for_good_takes_no_other_with_it(
    any_platform: Platform, tmp_path: Path, quick: RecordingLimits
) -> None:
    async def main() -> None:
        any_platform.register("C", (Field("year", "year", FieldType.INTEGER),))
        recorder = Recorder.open(tmp_path / "spool", lambda: any_platform.store, limits=quick)
        recorder.start()
        answers = any_platform.answers(5)
        answers.rows = [(2001.0,), (2002.0,), (float("inf"),), (2004.0,), (1e300,)]
        origin = AnswerOrigin(
            any_platform.project,
            "C",
            "0" * 64,
            Mode.CHALLENGER,
            (Field("year", "year", FieldType.INTEGER),),
        )
        await recorder.record_and_wait(origin, answers)
        await recorder.stop()
        assert len(any_platform.logged_ids("C")) == 5
        newest = any_platform.store.newest(any_platform.project, "C", 10)
        assert sorted(newest["year"]) == [2001, 2002, 2004]

    run(main())


def test_a_row_keeps_its_values_on_the_way(
    platform: Platform, tmp_path: Path, quick: RecordingLimits
) -> None:
    async def main() -> None:
        recorder = Recorder.open(tmp_path / "spool", lambda: platform.store, limits=quick)
        recorder.start()
        answers = platform.answers(2, first=7, propensity=0.5)
        answers.rows = [(7.0, None), (8.0, "white")]
        await recorder.record_and_wait(platform.origin(), answers)
        await recorder.stop()
        (batch,) = platform.logged()
        colour = batch.inputs["colour"]
        assert isinstance(colour, Categorical)
        assert colour.texts() == [None, "white"]
        assert np.array_equal(batch.inputs["acidity"], [7.0, 8.0])
        assert np.array_equal(batch.predicted, [7.0, 8.0])
        assert batch.latency_ms.tolist() == [1.5, 1.5]
        assert batch.propensity.tolist() == [0.5, 0.5]

    run(main())


def test_all_that_one_turn_of_the_loop_brings_is_one_batch(
    platform: Platform, tmp_path: Path, quick: RecordingLimits
) -> None:
    async def main() -> None:
        recorder = Recorder.open(tmp_path / "spool", lambda: platform.store, limits=quick)
        recorder.start()
        told: list[Any] = []
        origin = platform.origin()
        for number in range(100):
            recorder.record(origin, platform.answers(1, first=number), told.append)
        await recorder.stop()
        assert told == [None] * 100
        assert [len(batch) for batch in platform.logged()] == [100]

    run(main())


def test_ten_thousand_rows_in_one_request_are_cut_into_batches(
    platform: Platform, tmp_path: Path, quick: RecordingLimits
) -> None:
    async def main() -> None:
        recorder = Recorder.open(tmp_path / "spool", lambda: platform.store, limits=quick)
        recorder.start()
        answers = platform.answers(10_001)
        await recorder.record_and_wait(platform.origin(), answers)
        await recorder.stop()
        assert [len(batch) for batch in platform.logged()] == [5000, 5000, 1]
        assert b"".join(platform.logged_ids()) == answers.ids

    run(main())


def test_a_batch_of_long_texts_is_cut_below_a_megabyte(
    platform: Platform, tmp_path: Path, quick: RecordingLimits
) -> None:
    async def main() -> None:
        recorder = Recorder.open(tmp_path / "spool", lambda: platform.store, limits=quick)
        recorder.start()
        answers = platform.answers(600)
        answers.rows = [(float(number), f"{number:04000}") for number in range(600)]
        await recorder.record_and_wait(platform.origin(), answers)
        await recorder.stop()
        batches = platform.logged()
        assert len(batches) > 1
        assert b"".join(platform.logged_ids()) == answers.ids

    run(main())


def test_a_segment_ends_at_a_hundred_thousand_rows_and_is_closed(
    platform: Platform, tmp_path: Path, quick: RecordingLimits
) -> None:
    async def main() -> None:
        recorder = Recorder.open(tmp_path / "spool", lambda: platform.store, limits=quick)
        recorder.start()
        for number in range(11):
            await recorder.record_and_wait(
                platform.origin(), platform.answers(10_000, first=10_000 * number)
            )
        await recorder.stop(60)
        first, second = platform.store.segments(platform.project)
        assert (first.rows, first.last_sequence, first.closed) == (100_000, 19, True)
        assert (second.number, second.closed) == (1, False)
        assert len(set(platform.logged_ids())) == 110_000

    run(main())


def test_with_a_store_that_is_down_answers_go_on_and_nothing_is_lost(
    platform: Platform, tmp_path: Path, quick: RecordingLimits, until: Until
) -> None:
    down = True

    def opener() -> Store:
        if down:
            raise Unavailable("the store is down")
        return platform.store

    async def main() -> None:
        nonlocal down
        recorder = Recorder.open(tmp_path / "spool", opener, limits=quick)
        recorder.start()
        sent = [platform.answers(1, first=number) for number in range(50)]
        for answers in sent:
            await recorder.record_and_wait(platform.origin(), answers)
        await until(lambda: recorder.trouble == "the store is down")
        assert recorder.health().rows == 50
        assert not recorder.caught_up
        down = False
        await until(lambda: recorder.health().rows == 0)
        await recorder.stop()
        assert sorted(platform.logged_ids()) == sorted(answers.ids for answers in sent)

    run(main())


class Outage:
    """A real store that can go away while it is open."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.down = False

    def __getattr__(self, name: str) -> object:
        if self.down:
            raise Unavailable("the store has gone away")
        return getattr(self._store, name)


def test_a_store_that_goes_away_for_a_while_delays_shipping_and_nothing_else(
    platform: Platform, tmp_path: Path, quick: RecordingLimits, until: Until
) -> None:
    store = Outage(platform.store)

    async def main() -> None:
        recorder = Recorder.open(tmp_path / "spool", lambda: store, limits=quick)
        recorder.start()
        sent = [platform.answers(1, first=number) for number in range(90)]
        for number, answers in enumerate(sent):
            if number == 30:
                await until(lambda: recorder.health().rows == 0)
                store.down = True
            await recorder.record_and_wait(platform.origin(), answers)
            if number == 59:
                await until(lambda: recorder.trouble == "the store has gone away")
                assert recorder.health().rows == 30
                store.down = False
        await until(lambda: recorder.health().rows == 0)
        await recorder.stop()
        assert sorted(platform.logged_ids()) == sorted(answers.ids for answers in sent)

    run(main())


def test_what_could_not_be_shipped_is_shipped_by_the_next_start(
    platform: Platform, tmp_path: Path, quick: RecordingLimits
) -> None:
    def closed() -> Store:
        raise Unavailable("the store is down")

    async def record() -> tuple[str, bytes]:
        recorder = Recorder.open(tmp_path / "spool", closed, limits=quick)
        recorder.start()
        answers = platform.answers(5)
        await recorder.record_and_wait(platform.origin(), answers)
        await recorder.stop()
        return recorder.writer, answers.ids

    async def ship() -> str:
        recorder = Recorder.open(tmp_path / "spool", lambda: platform.store, limits=quick)
        assert recorder.health().rows == 5
        recorder.start()
        await recorder.stop()
        return recorder.writer

    writer, ids = run(record())
    assert run(ship()) == writer
    assert b"".join(platform.logged_ids()) == ids


def test_durability_store_answers_when_the_store_has_the_rows(
    platform: Platform, tmp_path: Path, quick: RecordingLimits
) -> None:
    async def main() -> None:
        recorder = Recorder.open(tmp_path / "spool", lambda: platform.store, Durability.STORE, limits=quick)
        recorder.start()
        answers = platform.answers(1)
        await recorder.record_and_wait(platform.origin(), answers)
        assert platform.logged_ids() == [answers.ids]
        await recorder.stop()

    run(main())


def test_durability_store_refuses_beforehand_while_the_store_is_down(
    platform: Platform, tmp_path: Path, until: Until
) -> None:
    def closed() -> Store:
        raise Unavailable("the store is down")

    async def main() -> None:
        limits = RecordingLimits(reserve_bytes=1 << 16, store_seconds=0.1)
        recorder = Recorder.open(tmp_path / "spool", closed, Durability.STORE, limits)
        recorder.start()
        with pytest.raises(Unavailable, match="in time"):
            await recorder.record_and_wait(platform.origin(), platform.answers(1))
        await until(lambda: recorder.trouble != "")
        with pytest.raises(Unavailable, match="before it has the rows"):
            recorder.check()
        await recorder.stop()

    run(main())


def test_a_second_gateway_on_the_same_spool_is_refused(
    tmp_path: Path, platform: Platform, quick: RecordingLimits
) -> None:
    async def main() -> None:
        recorder = Recorder.open(tmp_path / "spool", lambda: platform.store, limits=quick)
        with pytest.raises(Conflict, match="another gateway uses"):
            Recorder.open(tmp_path / "spool", lambda: platform.store, limits=quick)
        recorder.start()
        await recorder.stop()
        again = Recorder.open(tmp_path / "spool", lambda: platform.store, limits=quick)
        await again.stop()  # which need not have been started

    run(main())
