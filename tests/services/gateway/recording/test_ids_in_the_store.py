"""What the store has recorded of ids that come again, on both stores."""

from pathlib import Path
from typing import Any

import numpy as np

from services.gateway.recorder import Recorder
from services.gateway.records import AnsweredRows, AnswerOrigin, RecordingLimits
from services.gateway.repeated_ids import RecordedAnswer, look_up, row_hashes
from services.http.loop import run
from services.registry.model import Field, FieldType, Mode, Project
from services.store.identifiers import new_ids
from tests.services.gateway.recording.conftest import REVISION, Platform

FIELDS = (
    Field("pH", "ph"),
    Field("year", "year", FieldType.INTEGER, nullable=True),
    Field("colour", "colour", FieldType.STRING, nullable=True),
    Field("organic", "organic", FieldType.BOOLEAN),
)
ROWS: list[Any] = [(3.5, 2**53, "réd", True), (1, None, None, False)]
NAMES = [field.name for field in FIELDS]


def project_of(platform: Platform) -> Project:
    found = platform.store.project(platform.project)
    assert found is not None
    return found


def old_ids(count: int) -> bytes:
    ids = new_ids(count)
    ids[:, 0] -= np.uint64(3_600_000 << 16)
    return ids.astype(">u8").tobytes()


async def record(
    platform: Platform, spool: Path, limits: RecordingLimits, origin: AnswerOrigin, answers: AnsweredRows
) -> None:
    recorder = Recorder.open(spool, lambda: platform.store, limits=limits)
    recorder.start()
    await recorder.record_and_wait(origin, answers)
    await recorder.stop()


def test_the_store_says_what_was_answered_to_which_row(
    any_platform: Platform, tmp_path: Path, quick: RecordingLimits
) -> None:
    name = any_platform.project
    any_platform.register("R", FIELDS)
    any_platform.register("S", FIELDS)
    ids = old_ids(2)
    for version, mode, propensity in (("R", Mode.CHALLENGER, 1.0), ("S", Mode.CHALLENGER, 0.0)):
        origin = AnswerOrigin(name, version, REVISION, mode, FIELDS)
        answers = AnsweredRows(ids, ROWS, [1.5, 2.5], None, 1.0, propensity, brought=True)
        run(record(any_platform, tmp_path / version, quick, origin, answers))
    project = project_of(any_platform)
    asked = project.version("R")
    assert asked is not None
    wanted = [ids[:16], ids[16:], old_ids(1)]

    def found(*versions: str, by_name: bool = False) -> dict[bytes, RecordedAnswer]:
        return look_up(lambda: any_platform.store, project, wanted, versions, by_name=by_name)

    digests = row_hashes(asked.signature, NAMES, ROWS)
    expected = {
        ids[:16]: RecordedAnswer("R", REVISION, digests[0], 1.5, None, ()),
        ids[16:]: RecordedAnswer("R", REVISION, digests[1], 2.5, None, ()),
    }
    assert found("A", "S", "R") == expected
    assert found("S") == {}
    assert {one.version for one in found("S", by_name=True).values()} == {"S"}
    assert row_hashes(asked.signature, NAMES, [(1, None, None, True)]) != [digests[1]]
    turned: list[Any] = [(False, None, float("nan"), 1.0)]
    assert row_hashes(asked.signature, NAMES[::-1], turned) == [digests[1]]


def test_of_two_gateways_that_recorded_one_id_the_first_in_the_store_stands_everywhere(
    any_platform: Platform, tmp_path: Path, quick: RecordingLimits
) -> None:
    ids = old_ids(1)
    for spool, predicted in (("first", 1.0), ("second", 2.0)):
        answers = AnsweredRows(ids, [(predicted, "red")], [predicted], None, predicted, brought=True)
        run(record(any_platform, tmp_path / spool, quick, any_platform.origin(), answers))
    assert any_platform.logged_ids() == [ids]
    logged = [batch.inputs["acidity"].tolist() for batch in any_platform.logged() if len(batch)]
    assert logged == [[1.0]]
    newest = any_platform.store.newest(any_platform.project, "A", 10)
    assert (newest["predicted"], newest["acidity"]) == ([1.0], [1.0])
