"""Retraining jobs: one at a time, in a process of their own, told through the store."""

import asyncio
import contextlib
import logging
import tempfile
import uuid
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from services.containers.program import program_command
from services.errors import Conflict, InvalidInput, NotFound, RelevoError, Unavailable
from services.http.errors import InvalidField
from services.model_server.deploy import Deploy
from services.model_server.gateway import GatewayLink, now
from services.model_server.loading import sha256_of
from services.model_server.training import Progress, TrainingOrder, Window
from services.registry.model import Job, JobState, Revision

_logger = logging.getLogger(__name__)
_BEAT_SECONDS = 2.0
_CROSSINGS = 32
_CROSSING_SECONDS = 0.25
SILENT_SECONDS = 20.0
"""A job whose state has not been renewed for so long is dead: its service beats every two seconds."""
_ENDED = "the service that trained it has ended"


class RetrainOrder(Struct, forbid_unknown_fields=True):
    """The body of `POST /retrain`."""

    data_url: str
    window: Window = Window()
    parameters: dict[str, Any] = {}


class Retrainer:
    """Starts, watches and cancels a version's retraining jobs.

    Args:
        folder: the deploy folder with the training script.
        token: the service's own; the training process fetches its data with it.
    """

    def __init__(self, link: GatewayLink, folder: Path, deploy: Deploy, token: str) -> None:
        self._link = link
        self._folder = folder
        self._deploy = deploy
        self._token = token
        self._job: Job | None = None
        self._task: asyncio.Task[None] | None = None
        self._starting = asyncio.Lock()
        self._cancelled = asyncio.Event()

    async def start(self, order: RetrainOrder) -> Job:
        """Start a job, whose state is in the store when this returns.

        Raises:
            InvalidInput: the version cannot be retrained, or `data_url` is not the gateway's.
            Conflict: a job of this version is not finished yet.
        """
        if not self._deploy.train:
            raise InvalidInput("this version's deploy folder names no training script")
        if not self._link.is_own(order.data_url):
            raise InvalidField("data_url must be an address of this service's gateway", field="data_url")
        async with self._starting:
            await self._check_free()
            time = now()
            job = Job(
                uuid.uuid4().hex,
                self._deploy.project,
                self._deploy.version,
                JobState.QUEUED,
                0.0,
                "starting",
                time,
                time,
            )
            await self._link.put_job(job)
            self._job = job
            self._cancelled.clear()
            self._task = asyncio.create_task(self._run(order))
        return job

    async def job(self, name: str) -> Job:
        """A job's state; one that has been silent for too long is marked failed."""
        job = await self._link.job(name)
        if job is None:
            raise NotFound(f"there is no retraining job {name!r}")
        return await self._bury(job)

    async def cancel(self, name: str) -> Job:
        """Stop a job, whichever replica runs it, and wait for its end; a finished one stays what it is.

        One that takes longer than a few seconds to end at another replica is given back as `cancelling`.
        """
        job = await self.job(name)
        if not job.state.unfinished:
            return job
        if self._job is not None and self._job.id == name and self._task is not None:
            self._cancelled.set()
            await asyncio.wait([self._task])
            return await self.job(name)
        return await self._cancel_elsewhere(job)

    async def _cancel_elsewhere(self, job: Job) -> Job:
        """Ask the replica that trains through the store, and wait for its end.

        Asked again where its news crossed ours. Asking is no sign of life of the job.
        """
        for _ in range(_CROSSINGS):
            if job.state is not JobState.CANCELLING:
                await self._link.put_job(replace(job, state=JobState.CANCELLING, message="being cancelled"))
            await asyncio.sleep(_CROSSING_SECONDS)
            job = await self.job(job.id)
            if not job.state.unfinished:
                return job
        if job.state is JobState.CANCELLING:
            return job
        raise Unavailable("the replica that trains goes on telling its progress; try again")

    async def keep_house(self) -> None:
        """Mark jobs failed whose service has ended: at the start and from time to time, until cancelled."""
        while True:
            try:
                for job in await self._link.jobs():
                    await self._bury(job)
            except RelevoError as error:
                _logger.debug("the jobs could not be looked at: %s", error.message)
            await asyncio.sleep(SILENT_SECONDS / 4)

    async def close(self) -> None:
        """Cancel the job under way, if any."""
        if self._task is not None:
            self._cancelled.set()
            await asyncio.wait([self._task])

    async def _bury(self, job: Job) -> Job:
        own = (
            self._task is not None
            and not self._task.done()
            and self._job is not None
            and self._job.id == job.id
        )
        silent = now() - job.updated_at > timedelta(seconds=SILENT_SECONDS)
        if not job.state.unfinished or own or not silent:
            return job
        failed = replace(job, state=JobState.FAILED, message=_ENDED, updated_at=now())
        await self._link.put_job(failed)
        return failed

    async def _check_free(self) -> None:
        if self._task is not None and not self._task.done():
            raise Conflict("this version is being retrained already")
        for job in await self._link.jobs():
            if (await self._bury(job)).state.unfinished:
                raise Conflict("this version is being retrained already, by another replica")

    # The job itself

    async def _run(self, order: RetrainOrder) -> None:
        with tempfile.TemporaryDirectory(prefix="relevo-train-") as folder:
            artifact = Path(folder) / "artifact"
            try:
                result = await self._train(order, artifact)
                await self._store(order, result, artifact)
            except _Cancelled:
                await self._finish(JobState.CANCELLED, "cancelled")
            except RelevoError as error:
                await self._finish(JobState.FAILED, error.message)
            except OSError as error:
                await self._finish(
                    JobState.FAILED, f"the training could not be run: {error.strerror or error}"
                )

    async def _train(self, order: RetrainOrder, artifact: Path) -> Progress:
        """Run the training process to its end, passing on what it says."""
        process = await asyncio.create_subprocess_exec(
            *program_command("train"), stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
        )
        watching = asyncio.create_task(self._watch_for_cancel())
        try:
            return await self._follow(process, order, artifact, watching)
        finally:
            watching.cancel()
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()
            if process.stdin is not None:
                process.stdin.close()

    async def _follow(
        self, process: Any, order: RetrainOrder, artifact: Path, watching: "asyncio.Task[None]"
    ) -> Progress:
        training = TrainingOrder(
            folder=str(self._folder.resolve()),
            data_url=self._data_url(order),
            token=self._token,
            window=order.window,
            parameters=order.parameters,
            output=str(artifact),
        )
        process.stdin.write(msgspec.json.encode(training) + b"\n")
        await process.stdin.drain()
        last: Progress | None = None
        while True:
            reading = asyncio.create_task(process.stdout.readline())
            await asyncio.wait([reading, watching], return_when=asyncio.FIRST_COMPLETED)
            if watching.done():
                reading.cancel()
                raise _Cancelled
            line = reading.result()
            if not line:
                break
            last = msgspec.json.decode(line, type=Progress)
            if last.failure:
                raise InvalidInput(last.failure)
            await self._go_on(last.progress, last.message)
        code = await process.wait()
        if last is None or not last.finished:
            raise Unavailable(f"the training process ended with code {code}; the service's log says why")
        return last

    async def _watch_for_cancel(self) -> None:
        """Beat, so that the job counts as alive; ends when it is cancelled, here or at another replica."""
        while not self._cancelled.is_set():
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._cancelled.wait(), _BEAT_SECONDS)
            job = self._job
            if job is None or self._cancelled.is_set():
                return
            try:
                await self._go_on(job.progress, job.message)
            except RelevoError as error:
                _logger.warning("the job's state could not be told: %s", error.message)

    async def _store(self, order: RetrainOrder, result: Progress, artifact: Path) -> None:
        """Store the new revision, and nothing else: whether it is loaded is decided in the registry."""
        content = await asyncio.to_thread(artifact.read_bytes)
        sha256 = sha256_of(content)
        await self._go_on(0.97, "storing the new revision")
        if self._cancelled.is_set():
            raise _Cancelled
        await self._link.put_artifact(sha256, content)
        revision = Revision(
            self._deploy.project,
            self._deploy.version,
            sha256,
            len(content),
            now(),
            result.rows,
            library=result.library,
            window=order.window.in_words(),
            metrics=result.metrics,
        )
        await self._link.add_revision(revision)
        await self._finish(
            JobState.DONE, f"trained on {result.rows:,} rows", revision=sha256, metrics=result.metrics
        )

    async def _go_on(self, progress: float, message: str) -> None:
        """Tell how far it is, unless another replica was asked to cancel it: then stop."""
        stored = await self._link.job(self._job.id) if self._job is not None else None
        if stored is not None and stored.state in {JobState.CANCELLING, JobState.CANCELLED}:
            self._cancelled.set()
        else:
            await self._tell(JobState.RUNNING, progress, message)

    async def _tell(self, state: JobState, progress: float, message: str, **more: Any) -> None:
        if self._job is not None:
            self._job = replace(
                self._job, state=state, progress=progress, message=message, updated_at=now(), **more
            )
            await self._link.put_job(self._job)

    async def _finish(self, state: JobState, message: str, **more: Any) -> None:
        """Store the last state; a gateway that is away for a moment is asked again."""
        progress = 1.0 if state is JobState.DONE or self._job is None else self._job.progress
        _logger.info("retraining %s: %s", state.value, message)
        for pause in (0.5, 1.0, 2.0, 4.0, 0.0):
            try:
                await self._tell(state, progress, message, **more)
            except RelevoError as error:
                _logger.warning("the job's end could not be told: %s", error.message)
                await asyncio.sleep(pause)
            else:
                return

    def _data_url(self, order: RetrainOrder) -> str:
        """The URL with what the window asks for, where it does not say so itself."""
        parts = urlsplit(order.data_url)
        query = {"version": self._deploy.version, "source": "both", **dict(parse_qsl(parts.query))}
        if order.window.rows:
            query.setdefault("rows", str(order.window.rows))
        return urlunsplit(parts._replace(query=urlencode(query)))


class _Cancelled(Exception):
    """Somebody cancelled the job."""
