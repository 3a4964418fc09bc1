"""Challengers see what the champion answered, and can do it no harm."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from services.registry.model import Field
from tests.services.gateway.recording.conftest import InShadow, Platform, Until


def _values(batches: Any) -> Any:
    return sorted(value for batch in batches for value in batch.predicted.tolist())


def test_a_challenger_sees_the_rows_behind_the_answers(
    in_shadow: InShadow, platform: Platform, until: Until
) -> None:
    async def scenario(shadows: Any) -> None:
        for number in range(30):
            await shadows.predict(platform.answers(1, first=number))
        await until(lambda: len(platform.logged_ids("B")) == 30)
        assert shadows.status.health == "ok"

    in_shadow(scenario)
    batches = platform.logged("B")
    assert sorted(platform.logged_ids("B")) == sorted(platform.logged_ids("A"))
    assert _values(batches) == [2.0 * number for number in range(30)]
    assert {(batch.mode, batch.revision, batch.late) for batch in batches} == {
        ("challenger", "b" * 64, False)
    }
    assert all((batch.propensity == 0).all() for batch in batches)


def test_a_row_that_lacks_an_input_of_the_challenger_is_skipped_and_counted(
    in_shadow: InShadow, platform: Platform, until: Until
) -> None:
    needed = replace_field(platform.fields[1])
    platform.register("B", (platform.fields[0], needed))

    async def scenario(shadows: Any) -> None:
        answers = platform.answers(3)
        answers.rows = [(0.0, "red"), (1.0, None), (2.0, "white")]
        await shadows.predict(answers)
        await until(lambda: len(platform.logged_ids("B")) == 2)
        assert shadows.status.skipped == 1
        await until(lambda: shadows.status.lag == 0)

    in_shadow(scenario)
    assert _values(platform.logged("B")) == [0.0, 4.0]


def replace_field(field: Field) -> Field:
    return Field(field.name, field.column, field.type, required=True, nullable=False)


def test_a_row_that_only_spoils_the_answer_is_found_and_skipped(
    in_shadow: InShadow, platform: Platform, until: Until
) -> None:
    async def scenario(shadows: Any) -> None:
        def answer(instances: Any) -> Any:
            if any(instance["acidity"] == 7.0 for instance in instances):
                return 422, {"error": {"code": "invalid_input", "message": "seven is too much"}}
            return {"predictions": [1.0] * len(instances), "revision": "b" * 64}

        shadows.service.answer = answer
        await shadows.predict(platform.answers(20))
        await until(lambda: len(platform.logged_ids("B")) == 19)
        assert shadows.status.skipped == 1

    in_shadow(scenario)


RUBBISH = {
    "no JSON object": lambda instances: ["what"],
    "too few": lambda instances: {"predictions": [1.0] * (len(instances) - 1), "revision": "b"},
    "too many": lambda instances: {"predictions": [1.0] * (len(instances) + 1), "revision": "b"},
    "texts": lambda instances: {"predictions": ["high"] * len(instances), "revision": "b"},
    "an error": lambda instances: (500, {"error": {"code": "internal", "message": "broken"}}),
    "refuses the token": lambda instances: (401, {"error": {"code": "unauthorized", "message": "no"}}),
}


@pytest.mark.parametrize("kind", RUBBISH)
def test_while_a_challenger_answers_rubbish_nothing_is_recorded_and_it_catches_up(
    kind: Any, in_shadow: InShadow, platform: Platform, until: Until
) -> None:
    async def scenario(shadows: Any) -> None:
        works = shadows.service.answer
        shadows.service.answer = RUBBISH[kind]
        await shadows.predict(platform.answers(5))
        await until(lambda: shadows.status.errors >= 2)
        assert shadows.status.health == "down"
        assert platform.logged("B") == []
        shadows.service.answer = works
        await until(lambda: len(platform.logged_ids("B")) == 5)
        assert shadows.status.health == "ok"

    in_shadow(scenario)
    assert sorted(platform.logged_ids("B")) == sorted(platform.logged_ids("A"))


def test_a_challenger_that_is_too_slow_holds_nobody_and_catches_up(
    in_shadow: InShadow, platform: Platform, until: Until
) -> None:
    async def scenario(shadows: Any) -> None:
        shadows.service.delay = 60.0
        answers = [platform.answers(1, first=number) for number in range(50)]
        for one in answers:
            await shadows.predict(one)  # which would never end if it waited for the challenger
        await until(lambda: shadows.status.errors >= 1)
        shadows.service.delay = 0.0
        await until(lambda: len(set(platform.logged_ids("B"))) == 50)

    in_shadow(scenario)
    assert len(platform.logged_ids("B")) == 50


def test_rows_whose_client_named_the_version_are_not_mirrored_nor_caught_up(
    in_shadow: InShadow, platform: Platform, until: Until
) -> None:
    async def scenario(shadows: Any) -> None:
        by_name = platform.answers(1, first=1, propensity=float("nan"))
        await shadows.recorder.record_and_wait(platform.origin(), by_name)
        await shadows.recorder.record_and_wait(
            platform.origin(), platform.answers(1, first=2)
        )  # left to the log
        await until(lambda: len(platform.logged_ids("B")) == 1)

    in_shadow(scenario)
    assert _values(platform.logged("B")) == [4.0]


def test_the_champions_batch_carries_what_only_a_challenger_wants(
    in_shadow: InShadow, platform: Platform, until: Until
) -> None:
    smoke = Field("Smoke Point", "smoke_point")
    platform.register("B", (platform.fields[0], smoke))

    async def scenario(shadows: Any) -> None:
        wide = replace(platform, fields=(*platform.fields, replace_optional(smoke)))
        answers = platform.answers(2)
        answers.rows = [(0.0, "red", 300.0), (1.0, "red", 301.0)]
        await shadows.recorder.record_and_wait(wide.origin(), answers)  # left to the log
        await until(lambda: len(platform.logged_ids("B")) == 2)
        assert [instance["Smoke Point"] for instance in shadows.service.asked] == [300.0, 301.0]

    in_shadow(scenario)
    assert np.array_equal(platform.logged("A")[0].inputs["smoke_point"], [300.0, 301.0])
    assert len(platform.live_ids(platform.logged_ids("A"))) == 2
    assert "smoke_point" not in platform.store.newest(platform.project, "A", 1)


def replace_optional(field: Field) -> Field:
    return Field(field.name, field.column, field.type, required=False, nullable=True)
