"""Leases, tokens, jobs, listeners and settings, on both stores."""

from datetime import UTC, datetime, timedelta

import pytest
from msgspec.structs import replace

from services.errors import NotFound, Unavailable
from services.registry.model import Job, JobState, Listener, TokenRole
from services.registry.tokens import new_token
from services.store.addresses import StoreAddress
from services.store.connect import open_store
from services.store.interface import Store
from tests.waiting import eventually

START = datetime(2026, 1, 1, tzinfo=UTC)


def test_one_holder_at_a_time_has_a_lease(store: Store, project: str) -> None:
    assert store.lease_holder(project) is None
    assert store.acquire_lease(project, "one", 60)
    assert not store.acquire_lease(project, "two", 60)
    assert store.acquire_lease(project, "one", 60)
    assert store.lease_holder(project) == "one"
    store.release_lease(project, "two")
    assert store.lease_holder(project) == "one"
    store.release_lease(project, "one")
    assert store.acquire_lease(project, "two", 60)


def test_a_lease_that_is_not_renewed_passes_on(store: Store, project: str) -> None:
    assert store.acquire_lease(project, "one", 1)
    eventually(lambda: store.acquire_lease(project, "two", 60))
    assert store.lease_holder(project) == "two"
    assert not store.acquire_lease(project, "one", 1)


def test_tokens_come_oldest_first_and_are_revoked_once(store: Store) -> None:
    rows = [new_token(TokenRole.CLIENT, label=f"app {number}")[1] for number in range(2)]
    rows = [replace(row, created_at=START + timedelta(days=place)) for place, row in enumerate(rows)]
    for row in reversed(rows):
        store.add_token(row)
    store.revoke_token(rows[0].digest, START + timedelta(days=9))
    store.revoke_token(rows[0].digest, START + timedelta(days=10))
    assert store.tokens() == [replace(rows[0], revoked_at=START + timedelta(days=9)), rows[1]]
    with pytest.raises(NotFound):
        store.revoke_token("0" * 64, START)


def test_jobs_come_newest_first_and_the_newest_state_counts(store: Store, project: str) -> None:
    jobs = [
        Job(f"job-{number}", project, "A", JobState.QUEUED, 0.0, "", START + timedelta(hours=number), START)
        for number in range(102)
    ]
    for job in jobs:
        store.put_job(job)
    done = replace(jobs[-1], state=JobState.DONE, progress=1.0, revision="a" * 64, metrics={"r2": 0.5})
    store.put_job(done)
    found = store.jobs(project, "A")
    assert found == [done, *reversed(jobs[2:-1])]
    assert store.job(project, "A", "job-0") == jobs[0]
    assert store.job(project, "A", "job-x") is None
    assert store.jobs(project, "B") == []


def test_listeners_come_by_port_and_are_replaced(store: Store) -> None:
    wine, iris = Listener(19000, "wine"), Listener(18000, "iris", "A", ("10.0.0.0/8",), "0.0.0.0")
    for listener in (wine, iris, replace(wine, version="B")):
        store.put_listener(listener)
    assert store.listeners() == [iris, replace(wine, version="B")]
    for _ in range(2):
        store.remove_listener(19000)
    assert store.listeners() == [iris]
    store.remove_listener(18000)


def test_settings_are_kept_by_key(store: Store, project: str) -> None:
    assert store.setting(project) is None
    for value in ("1", '"it\'s"'):
        store.put_setting(project, value)
    assert store.setting(project) == '"it\'s"'


def test_a_second_store_on_the_same_address_sees_the_same(store: Store, address: StoreAddress) -> None:
    store.put_setting("shared", "1")
    other = open_store(address)
    try:
        assert (other.kind, other.setting("shared")) == (store.kind, "1")
        other.ping()
        assert other.changes() == store.changes()
    finally:
        other.close()
    other.close()
    with pytest.raises(Unavailable, match="closed"):
        other.setting("shared")
    with pytest.raises(Unavailable, match="closed"):
        other.ping()
