"""A challenger that was down gets every row it missed, once, from the log."""

from typing import Any

from services.gateway.messages import LabelCounts
from services.registry.model import Field
from tests.services.gateway.recording.conftest import InShadow, Platform, Until


def test_a_challenger_down_for_long_gets_every_row_once_and_late(
    in_shadow: InShadow, platform: Platform, until: Until
) -> None:
    async def scenario(shadows: Any) -> None:
        await shadows.service.stop()
        for number in range(100):
            await shadows.predict(platform.answers(7, first=7 * number))
        await until(lambda: shadows.is_left_to_the_log and shadows.status.lag == 700)
        await shadows.service.start()
        await until(lambda: len(set(platform.logged_ids("B"))) == 700)
        await until(lambda: shadows.status.lag == 0)

    in_shadow(scenario)
    assert sorted(platform.logged_ids("B")) == sorted(platform.logged_ids("A"))
    assert all(batch.late for batch in platform.logged("B"))
    live = platform.live_ids(platform.logged_ids("A"), "B")
    assert len(live) == 700


def test_it_goes_on_after_a_restart_of_the_gateway(
    in_shadow: InShadow, platform: Platform, until: Until
) -> None:
    async def down(shadows: Any) -> None:
        await shadows.service.stop()
        for number in range(20):
            await shadows.predict(platform.answers(5, first=5 * number))

    async def up(shadows: Any) -> None:
        await until(lambda: len(set(platform.logged_ids("B"))) == 100)
        await until(lambda: shadows.status.lag == 0)

    async def again(shadows: Any) -> None:
        await shadows.predict(platform.answers(1, first=100))
        await until(lambda: len(set(platform.logged_ids("B"))) == 101)

    in_shadow(down)
    in_shadow(up)
    assert all(batch.late for batch in platform.logged("B"))
    in_shadow(again)
    assert sorted(platform.logged_ids("B")) == sorted(platform.logged_ids("A"))


def test_rows_it_could_not_be_asked_for_are_told_after_a_restart_of_the_gateway_too(
    in_shadow: InShadow, platform: Platform, until: Until
) -> None:
    number, text = platform.fields
    platform.register(
        "B", (number, Field(text.name, text.column, text.type, required=True, nullable=False))
    )

    async def before(shadows: Any) -> None:
        answers = platform.answers(3)
        answers.rows = [(0.0, "red"), (1.0, None), (2.0, "white")]
        await shadows.predict(answers)
        await until(lambda: len(platform.logged_ids("B")) == 2)
        await until(lambda: shadows.status.lag == 0)

    async def after(shadows: Any) -> None:
        status = shadows.mirror.status
        await until(lambda: "B" in status(platform.project))
        await until(lambda: status(platform.project)["B"].skipped == 1)

    in_shadow(before)
    in_shadow(after)


def test_noting_how_far_it_came_is_no_change_that_every_gateway_follows(
    in_shadow: InShadow, platform: Platform, until: Until
) -> None:
    async def down(shadows: Any) -> None:
        await shadows.service.stop()
        await shadows.predict(platform.answers(5))

    async def up(shadows: Any) -> None:
        await until(lambda: len(set(platform.logged_ids("B"))) == 5)
        await until(lambda: shadows.status.lag == 0)

    in_shadow(down)
    before = platform.store.changes()
    in_shadow(up)
    assert platform.store.changes() == before


def test_rows_asked_before_a_version_was_registered_are_not_asked_of_it(
    in_shadow: InShadow, platform: Platform, until: Until
) -> None:
    async def earlier(shadows: Any) -> None:
        project = platform.project
        platform.store.retire(project, "B", retired=True)
        shadows.registry.refresh()
        await until(lambda: "B" not in shadows.mirror.status(project))
        await until(lambda: _is_marked(platform))
        await shadows.predict(platform.answers(10))

    async def later(shadows: Any) -> None:
        platform.store.retire(platform.project, "B", retired=False)
        shadows.registry.refresh()
        await until(lambda: "B" in shadows.mirror.status(platform.project))
        answers = platform.answers(1, first=50)
        await shadows.predict(answers)
        await until(lambda: platform.logged_ids("B") == [answers.ids])
        await until(lambda: shadows.status.lag == 0)
        assert [instance["acidity"] for instance in shadows.service.asked] == [50.0]

    in_shadow(earlier)
    in_shadow(later)


def _is_marked(platform: Platform) -> bool:
    progress = platform.store.catch_up_progress(platform.project, "B")
    return progress is not None and progress.retired


def test_a_label_that_came_before_the_shadow_prediction_stands_beside_it(
    in_shadow: InShadow, platform: Platform, until: Until
) -> None:
    async def scenario(shadows: Any) -> None:
        await shadows.service.stop()
        answers = platform.answers(1)
        await shadows.predict(answers)
        counts = await shadows.recorder.record_labels(
            platform.project, answers.ids, [5.0], versions=["A", "B"]
        )
        assert counts == LabelCounts(1, corrected=0, not_yet_matched=0, unknown_class=0)
        await until(lambda: len(platform.logged_labels()) == 1)
        await shadows.service.start()
        await until(lambda: len(platform.logged_ids("B")) == 1)

    in_shadow(scenario)
    newest = platform.store.newest(platform.project, "B", 1)
    assert (newest["label"], newest["predicted"]) == ([5.0], [0.0])


def test_while_another_gateway_catches_a_challenger_up_this_one_does_not(
    in_shadow: InShadow, platform: Platform, until: Until
) -> None:
    lease = f"catch_up/{platform.project}/B"
    assert platform.store.acquire_lease(lease, "another", 3.0)

    async def scenario(shadows: Any) -> None:
        await shadows.recorder.record_and_wait(platform.origin(), platform.answers(3))  # left to the log
        await until(lambda: len(platform.logged_ids("B")) == 3)
        assert platform.store.lease_holder(lease) == shadows.recorder.writer

    in_shadow(scenario)
    assert platform.store.lease_holder(lease) is None
