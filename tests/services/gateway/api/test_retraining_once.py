"""Of several retrainings of a version that are started at the same moment, one begins."""

import threading
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from msgspec.structs import replace

from services.errors import Conflict
from services.registry.model import Job, JobState
from services.registry.tokens import service_token
from tests.services.gateway.api.conftest import Platform

REPLICAS = 4


@pytest.fixture
def two_gateways(
    wine: Platform, tmp_path: Path, helpers: SimpleNamespace
) -> Iterator[tuple[Platform, Platform]]:
    """The module's gateway, and a second one on the same store."""
    second = helpers.Platform(tmp_path)
    try:
        second.start(store=f"sqlite:{wine.store_folder}")
        yield (wine, second)
    finally:
        second.close()


def test_one_of_those_started_through_two_gateways_begins_and_the_others_are_told(
    two_gateways: Any, helpers: SimpleNamespace
) -> None:
    token = service_token(helpers.SECRET, "wine", "A")
    clients = [gateway.client(token) for gateway in two_gateways for _ in range(REPLICAS)]
    try:
        for _ in range(5):
            begun = start_together(clients)
            assert len(begun) == 1
            clients[-1].put_job(replace(begun[0], state=JobState.DONE))
    finally:
        for client in clients:
            client.close()


def test_a_job_that_is_known_goes_on_and_another_waits_for_its_end(
    wine: Platform, helpers: SimpleNamespace
) -> None:
    with wine.client(service_token(helpers.SECRET, "wine", "A")) as service:
        first, second = new_job(), new_job()
        service.put_job(first)
        service.put_job(replace(first, state=JobState.RUNNING, progress=0.5))
        with pytest.raises(Conflict, match="being retrained already"):
            service.put_job(second)
        service.put_job(replace(first, state=JobState.CANCELLED))
        service.put_job(second)
        service.put_job(replace(second, state=JobState.FAILED))
        assert wine.store.lease_holder("retrain/wine/A") is None


def start_together(clients: Any) -> list[Job]:
    """Bring a new job's first state by each client at the same moment; the jobs that were taken."""
    barrier = threading.Barrier(len(clients))

    def start(client: Any) -> SimpleNamespace:
        job = new_job()
        barrier.wait()
        try:
            client.put_job(job)
        except Conflict:
            return SimpleNamespace(job=job, begun=False)
        return SimpleNamespace(job=job, begun=True)

    with ThreadPoolExecutor(len(clients)) as pool:
        return [told.job for told in pool.map(start, clients) if told.begun]


def new_job() -> Job:
    """A job at its start."""
    now = datetime.now(UTC)
    return Job(uuid.uuid4().hex, "wine", "A", JobState.QUEUED, 0.0, "starting", now, now)
