"""Alerts are told once while they last, at least once to each channel, and survive who tells them."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from services.alerts.channels import ChannelSecrets, make_channel
from services.alerts.dispatcher import Dispatcher
from services.alerts.model import Alert, AlertState, Severity
from services.errors import Unavailable
from services.store.sqlite import SqliteStore

ALERT = Alert(
    rule="champion_silent", severity=Severity.CRITICAL, state=AlertState.FIRING,
    project="wine", version="A",
    title="Champion A of wine does not answer", since=datetime(2026, 11, 12, 8, tzinfo=UTC),
)  # fmt: skip


class Clock:
    """A time that only a test moves."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 12, 8, 1, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def dispatcher(store: SqliteStore, web: Any, clock: Clock) -> Dispatcher:
    address = f"webhook=http://127.0.0.1:{web.port}/"
    return Dispatcher(store, {"webhook-1": make_channel(address, ChannelSecrets("secret"))}, clock)


def states(web: Any) -> list[str]:
    return [state for body in web.bodies for state in AlertState if f'"{state}"' in body.decode()]


def test_what_lasts_is_told_once_and_its_end_once(store: SqliteStore, web: Any, clock: Clock) -> None:
    told = dispatcher(store, web, clock)
    for _ in range(3):
        told.fire(ALERT)
        told.deliver()
    for _ in range(3):
        told.resolve(ALERT.rule, "wine", "A")
        told.deliver()
    assert states(web) == ["firing", "resolved"]


def test_what_was_not_taken_is_sent_again_later_with_the_same_key(
    store: SqliteStore, web: Any, clock: Clock
) -> None:
    told = dispatcher(store, web, clock)
    web.status = 503
    told.fire(ALERT)
    told.deliver()
    told.deliver()
    assert len(web.bodies) == 1  # not at once again
    web.status = 204
    clock.now += timedelta(minutes=1)
    told.deliver()
    told.deliver()
    keys = {headers["Idempotency-Key"] for headers in web.headers}
    assert (len(web.bodies), keys) == (2, {ALERT.key})


def test_another_supervisor_sends_what_the_first_could_not_and_repeats_nothing(
    store: SqliteStore, web: Any, clock: Clock
) -> None:
    web.status = 500
    first = dispatcher(store, web, clock)
    first.fire(ALERT)
    first.deliver()
    web.status = 204
    second = dispatcher(store, web, clock)
    second.fire(ALERT)
    second.deliver()
    assert len(web.bodies) == 2
    third = dispatcher(store, web, clock)
    third.fire(ALERT)
    third.deliver()
    assert len(web.bodies) == 2
    assert third.lasting(ALERT.rule, "wine") == [ALERT]


def test_a_store_that_cannot_keep_it_is_told_and_nothing_is_lost(
    store: SqliteStore, web: Any, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = dispatcher(store, web, clock)

    def down(_key: str, _value: str) -> None:
        raise Unavailable("the store is down")

    with monkeypatch.context() as patch:
        patch.setattr(store, "put_setting", down)
        with pytest.raises(Unavailable):
            told.fire(ALERT)
    told.fire(ALERT)
    told.deliver()
    assert states(web) == ["firing"]


def test_what_was_kept_in_a_form_that_nobody_reads_begins_anew(
    store: SqliteStore, web: Any, clock: Clock
) -> None:
    store.put_setting("alerts", "nonsense")
    told = dispatcher(store, web, clock)
    told.fire(ALERT)
    told.deliver()
    assert states(web) == ["firing"]
