"""What labels meet: predictions just made, made before, not yet made; labels given before."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from msgspec import structs

import services.gateway
from services.errors import Unavailable
from services.gateway.messages import LabelCounts
from services.gateway.recorder import Recorder
from services.gateway.records import RecordingLimits
from services.http.loop import run
from services.registry.model import Signature
from services.store.batches import Categorical, LabelBatch, encode
from services.store.identifiers import new_ids
from services.store.interface import Position, Store
from tests.services.gateway.recording.conftest import Platform
from tests.walks import walk

Scenario = Callable[[Recorder], Awaitable[Any]]


@pytest.fixture
def recording(tmp_path: Path, platform: Platform, quick: RecordingLimits) -> Callable[..., None]:
    """Runs a scenario with a recorder, on the platform's store or on another."""

    def start(scenario: Scenario, opener: Callable[[], Store] = lambda: platform.store) -> None:
        async def main() -> None:
            recorder = Recorder.open(tmp_path / "spool", opener, limits=quick)
            recorder.start()
            try:
                await scenario(recorder)
            finally:
                await recorder.stop()

        run(main())

    return start


def _fresh(count: int) -> bytes:
    return new_ids(count).astype(">u8").tobytes()


def _ids(packed: bytes) -> Any:
    return np.frombuffer(packed, ">u8").reshape(-1, 2).astype(np.uint64)


def test_a_label_of_a_prediction_just_made_is_accepted_and_matched(
    platform: Platform, recording: Callable[..., None]
) -> None:
    async def scenario(recorder: Recorder) -> None:
        answers = platform.answers(2)
        await recorder.record_and_wait(platform.origin(), answers)
        counts = await recorder.record_labels(platform.project, answers.ids, [5.0, 6.0], versions=["A"])
        assert counts == LabelCounts(2, corrected=0, not_yet_matched=0, unknown_class=0)

    recording(scenario)
    (batch,) = platform.logged_labels()
    assert np.array_equal(batch.labels, [5.0, 6.0])


def test_a_label_of_a_prediction_of_an_earlier_run_is_matched_in_the_store(
    platform: Platform, recording: Callable[..., None]
) -> None:
    answers = platform.answers(1)

    async def predict(recorder: Recorder) -> None:
        await recorder.record_and_wait(platform.origin(), answers)

    async def label(recorder: Recorder) -> None:
        counts = await recorder.record_labels(platform.project, answers.ids, [5.0], versions=["A"])
        assert counts.not_yet_matched == 0

    recording(predict)
    recording(label)


def test_a_label_of_an_unknown_id_is_accepted_and_counted_as_not_yet_matched(
    platform: Platform, recording: Callable[..., None]
) -> None:
    async def scenario(recorder: Recorder) -> None:
        counts = await recorder.record_labels(platform.project, _fresh(1), [5.0], versions=["A"])
        assert counts == LabelCounts(1, corrected=0, not_yet_matched=1, unknown_class=0)

    recording(scenario)
    assert [len(batch) for batch in platform.logged_labels()] == [1]


def test_a_label_sent_twice_corrects_nothing(platform: Platform, recording: Callable[..., None]) -> None:
    async def scenario(recorder: Recorder) -> None:
        answers = platform.answers(1)
        await recorder.record_and_wait(platform.origin(), answers)
        for _ in range(2):
            counts = await recorder.record_labels(platform.project, answers.ids, [5.0], versions=["A"])
            assert counts == LabelCounts(1, corrected=0, not_yet_matched=0, unknown_class=0)

    recording(scenario)


def test_a_label_corrected_later_counts_as_corrected_and_the_later_one_holds(
    platform: Platform, recording: Callable[..., None]
) -> None:
    answers = platform.answers(1)

    async def scenario(recorder: Recorder) -> None:
        await recorder.record_and_wait(platform.origin(), answers)
        await recorder.record_labels(platform.project, answers.ids, [5.0], versions=["A"])
        counts = await recorder.record_labels(platform.project, answers.ids, [7.0], versions=["A"])
        assert counts == LabelCounts(1, corrected=1, not_yet_matched=0, unknown_class=0)

    recording(scenario)
    (history,) = platform.store.labels(platform.project, _ids(answers.ids))
    assert [entry.label for entry in history] == [5.0, 7.0]
    assert platform.store.newest(platform.project, "A", 1)["label"] == [7.0]


def test_a_label_given_to_another_gateway_is_corrected_too(
    platform: Platform, recording: Callable[..., None], tmp_path: Path
) -> None:
    ids = _fresh(1)

    async def first(recorder: Recorder) -> None:
        await recorder.record_labels(platform.project, ids, [5.0], versions=["A"])

    async def second(recorder: Recorder) -> None:
        counts = await recorder.record_labels(platform.project, ids, [7.0], versions=["A"])
        assert counts.corrected == 1

    recording(first)
    (tmp_path / "spool").rename(tmp_path / "other")
    recording(second)


def test_of_two_labels_for_one_id_in_a_request_the_later_holds(
    platform: Platform, recording: Callable[..., None]
) -> None:
    ids = _fresh(1)

    async def scenario(recorder: Recorder) -> None:
        counts = await recorder.record_labels(platform.project, ids * 2, [5.0, 7.0], versions=["A"])
        assert (counts.accepted, counts.corrected) == (2, 1)

    recording(scenario)
    (history,) = platform.store.labels(platform.project, _ids(ids))
    assert history[-1].label == 7.0


def test_a_label_of_an_unknown_class_is_kept_and_counted_apart(
    platform: Platform, recording: Callable[..., None]
) -> None:
    platform = replace(platform, project=platform.project + "_classes")
    platform.register("A", classes=("good", "bad"))

    async def scenario(recorder: Recorder) -> None:
        counts = await recorder.record_labels(
            platform.project,
            _fresh(2),
            ["good", "strange"],
            versions=["A"],
            classes=frozenset({"good", "bad"}),
        )
        assert (counts.accepted, counts.unknown_class) == (2, 1)

    recording(scenario)
    (batch,) = platform.logged_labels()
    assert isinstance(batch.labels, Categorical)
    assert batch.labels.texts() == ["good", "strange"]


def test_with_the_store_down_labels_are_accepted_and_not_yet_matched(
    platform: Platform, recording: Callable[..., None]
) -> None:
    def closed() -> Store:
        raise Unavailable("the store is down")

    async def scenario(recorder: Recorder) -> None:
        answers = platform.answers(1)
        await recorder.record_and_wait(platform.origin(), answers)
        known = await recorder.record_labels(platform.project, answers.ids, [5.0], versions=["A"])
        unknown = await recorder.record_labels(platform.project, _fresh(1), [5.0], versions=["A"])
        assert (known.accepted, known.not_yet_matched) == (1, 0)
        assert (unknown.accepted, unknown.not_yet_matched) == (1, 1)

    recording(scenario, closed)


def test_a_label_that_comes_before_the_prediction_meets_it_in_the_table(
    platform: Platform, recording: Callable[..., None]
) -> None:
    answers = platform.answers(1)

    async def scenario(recorder: Recorder) -> None:
        counts = await recorder.record_labels(platform.project, answers.ids, [5.0], versions=["A"])
        assert counts.not_yet_matched == 1
        await recorder.record_and_wait(platform.origin(), answers)

    recording(scenario)
    newest = platform.store.newest(platform.project, "A", 1)
    assert (newest["label"], newest["predicted"]) == ([5.0], [0.0])


def test_a_label_holds_over_all_that_came_in_an_earlier_request(
    platform: Platform, recording: Callable[..., None]
) -> None:
    ids = _fresh(1000)
    last = ids[-16:]

    async def scenario(recorder: Recorder) -> None:
        await asyncio.gather(
            recorder.record_labels(platform.project, ids, [5.0] * 1000, versions=["A"]),
            recorder.record_labels(platform.project, last, [7.0], versions=["A"]),
        )

    recording(scenario)
    (history,) = platform.store.labels(platform.project, _ids(last))
    assert history[-1].label == 7.0


@pytest.mark.parametrize("remembered", [False, True])
def test_a_correction_counts_although_the_label_before_is_of_a_clock_that_goes_ahead(
    any_platform: Platform, tmp_path: Path, quick: RecordingLimits, *, remembered: bool
) -> None:
    store, project = any_platform.store, any_platform.project
    answers = any_platform.answers(2)
    an_hour_ahead = time.time_ns() // 1_000 + 3_600_000_000
    other = LabelBatch(_ids(answers.ids), np.array([1.0, 2.0]), np.full(2, an_hour_ahead))

    async def main() -> None:
        recorder = Recorder.open(tmp_path / "spool", lambda: store, limits=quick)
        recorder.start()
        await recorder.record_and_wait(any_platform.origin(), answers)
        if remembered:
            await recorder.record_labels(project, answers.ids, [0.0, 0.0], versions=["A"])
        place = Position("other", 0, 0)
        store.prepare_live(project, "A", _signature(any_platform))
        store.open_segment(project, "other", 0)
        store.write_labels(project, ["A"], other, place)
        store.append(project, place, encode(other))
        counts = await recorder.record_labels(project, answers.ids[:16], [3.0], versions=["A"])
        assert (counts.corrected, counts.not_yet_matched) == (1, 0)
        again = await recorder.record_labels(project, answers.ids[:16], [4.0], versions=["A"])
        assert again.corrected == 1
        await recorder.stop()

    run(main())
    assert [history[-1].label for history in store.labels(project, _ids(answers.ids))] == [4.0, 2.0]
    newest = store.newest(project, "A", 10)
    assert sorted(newest["label"]) == [2.0, 4.0]
    mine = [batch for batch in any_platform.logged_labels() if batch.labels[0] in {3.0, 4.0}]
    assert all((batch.labelled_at > an_hour_ahead).all() for batch in mine)


def _signature(platform: Platform) -> Signature:
    project = platform.store.project(platform.project)
    assert project is not None
    return project.versions[0].signature


def test_no_labels_are_recorded_at_once(platform: Platform, recording: Callable[..., None]) -> None:
    async def scenario(recorder: Recorder) -> None:
        counts = await recorder.record_labels(platform.project, b"", [], versions=["A"])
        assert counts == LabelCounts(0, corrected=0, not_yet_matched=0, unknown_class=0)

    recording(scenario)


def test_a_label_goes_one_way(tmp_path: Path, platform: Platform, quick: RecordingLimits) -> None:
    gathering = structs.replace(quick, ship_seconds=600.0)

    async def main() -> None:
        recorder = Recorder.open(tmp_path / "spool", lambda: platform.store, limits=gathering)
        recorder.start()
        answers = platform.answers(1)
        await recorder.record_and_wait(platform.origin(), answers)
        await recorder.record_labels(platform.project, answers.ids, [5.0], versions=["A"])
        with walk(services.gateway) as stops:
            counts = await recorder.record_labels(platform.project, answers.ids, [7.0], versions=["A"])
        await recorder.stop()
        assert counts.corrected == 1
        # First whether there is room at all: what cannot be recorded is not looked up.
        assert stops[:3] == ["recorder.py", "group_commit.py", "spool/spool.py"]
        assert stops[3:] == [
            "label_matching.py", "group_commit.py", "spool/spool.py", "spool/entries.py",
            "spool/syncing.py", "shipping/shipper.py", "shipping/lag.py",
        ]  # fmt: skip

    run(main())
