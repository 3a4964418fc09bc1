"""One retraining of a version at a time, whichever gateway and whichever replica it is asked of."""

import uuid

from services.errors import Conflict
from services.registry.model import Job
from services.store.interface import Store

_LEASE_SECONDS = 30.0
"""Far longer than the few calls for which it is held."""


def keep_job(store: Store, job: Job) -> None:
    """Store a job's newest state; a new job only if no other of its version is unfinished.

    Every service brings its job's first state here before it begins to train, so this decides between
    services that are asked at the same moment.

    Raises:
        Conflict: another job of the version is unfinished, or being started right now.
        Unavailable: the store cannot be reached.
    """
    if job.state.unfinished and store.job(job.project, job.version, job.id) is None:
        _begin(store, job)
    else:
        store.put_job(job)


def _begin(store: Store, job: Job) -> None:
    lease, holder = f"retrain/{job.project}/{job.version}", uuid.uuid4().hex
    if not store.acquire_lease(lease, holder, _LEASE_SECONDS):
        raise Conflict(f"a retraining of version {job.version} is being started by somebody else just now")
    try:
        for other in store.jobs(job.project, job.version):
            if other.state.unfinished:
                raise Conflict(
                    f"version {job.version} is being retrained already",
                    remedy="Wait until that has ended, or cancel it.",
                )
        store.put_job(job)
    finally:
        store.release_lease(lease, holder)
