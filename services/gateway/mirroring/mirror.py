"""The door to mirroring: offered every chosen answer, it asks the challengers in its own time."""

import asyncio
import logging
from collections.abc import Callable, Coroutine, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Protocol

from services.errors import RelevoError
from services.gateway.messages import VersionStatus
from services.gateway.mirroring.catch_up import CatchUp
from services.gateway.mirroring.catch_up_reader import CatchUpReader, mark_retired
from services.gateway.mirroring.live_queue import LiveQueue
from services.gateway.mirroring.shadow import Challenger, Shadow
from services.gateway.recorder import Recorder, StoreOpener
from services.gateway.records import AnsweredRows, AnswerOrigin, RecordingLimits
from services.registry.model import Mode, Project

_logger = logging.getLogger(__name__)
_FOLLOW_SECONDS = 0.5
_RESTART_SECONDS = 5.0

Name = tuple[str, str]
"""Project and version."""


class Challengers(Protocol):
    """Whom to ask, as the gateway last saw the registry; called on the loop, must not block."""

    def projects(self) -> Sequence[Project]:
        """All projects as last seen."""

    def challengers(self, project: str) -> Sequence[Challenger]:
        """The versions in mode `challenger`; the same tuple as long as nothing changed."""


class Mirror:
    """Asks the challengers in the shadow. Everything is called on the loop, and never raises.

    Args:
        recorder: takes the challengers' answers.
        challengers: whom to ask.
        store_opener: for the catching up; called from a thread.
        limits: of queues and waits.
    """

    def __init__(
        self,
        recorder: Recorder,
        challengers: Challengers,
        store_opener: StoreOpener,
        limits: RecordingLimits | None = None,
    ) -> None:
        self._recorder = recorder
        self._challengers = challengers
        self._store = store_opener
        self._limits = limits or RecordingLimits()
        self._workers: dict[Name, _Worker] = {}
        self._retired: set[Name] = set()
        self._pool = ThreadPoolExecutor(1, "catch-up")
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Start asking and catching up; once, in the running loop, after the recorder."""
        self._task = asyncio.get_running_loop().create_task(_keep_running(self._follow))

    def offer(self, origin: AnswerOrigin, answers: AnsweredRows) -> None:
        """Pass on rows that were answered and recorded with a propensity above 0."""
        for challenger in self._challengers.challengers(origin.project):
            if challenger.version != origin.version:
                self._worker(challenger).queue.offer(origin, answers)

    def status(self, project: str) -> dict[str, VersionStatus]:
        """How each challenger fares, by version; versions that were never asked are left out."""
        return {
            version: worker.status() for (name, version), worker in self._workers.items() if name == project
        }

    async def stop(self) -> None:
        """Drop what waits; it is caught up from the log."""
        if self._task is not None:
            await _end(self._task)
        await asyncio.gather(*(worker.close() for worker in self._workers.values()))
        self._workers.clear()
        await asyncio.to_thread(self._pool.shutdown)

    def _worker(self, challenger: Challenger) -> "_Worker":
        name = (challenger.project, challenger.version)
        worker = self._workers.get(name)
        if worker is None:
            worker = self._workers[name] = self._start_worker(challenger)
        return worker

    def _start_worker(self, challenger: Challenger) -> "_Worker":
        shadow = Shadow(challenger, self._limits.ask_seconds)
        reading = CatchUpReader(
            challenger.project,
            challenger.version,
            self._recorder.writer,
            store=self._store,
            limits=self._limits,
        )
        catch_up = CatchUp(
            shadow,
            reading,
            self._recorder,
            project=lambda: self._project(challenger.project),
            pool=self._pool,
            look_seconds=self._limits.look_seconds,
        )
        return _Worker(shadow, LiveQueue(shadow, self._recorder, self._limits), catch_up)

    def _project(self, name: str) -> Project | None:
        return next((project for project in self._challengers.projects() if project.name == name), None)

    async def _follow(self) -> None:
        """Start and end workers as the registry changes."""
        while True:
            active: set[Name] = set()
            for project in self._challengers.projects():
                for challenger in self._challengers.challengers(project.name):
                    active.add((challenger.project, challenger.version))
                    worker = self._worker(challenger)
                    if worker.shadow.challenger is not challenger:
                        await worker.shadow.follow(challenger)
            for name in self._workers.keys() - active:
                await self._workers.pop(name).close()
            await self._note_retired()
            await asyncio.sleep(_FOLLOW_SECONDS)

    async def _note_retired(self) -> None:
        """A retired version does not see what is asked from now on, not even when it returns."""
        names = {
            (project.name, version.name)
            for project in self._challengers.projects()
            for version in project.versions
            if version.mode is Mode.RETIRED
        }
        self._retired &= names
        for name in names - self._retired:
            try:
                await asyncio.get_running_loop().run_in_executor(self._pool, self._mark_retired, name)
            except RelevoError as error:
                _logger.info("version %s of %s is noted as retired later: %s", name[1], name[0], error)
            else:
                self._retired.add(name)

    def _mark_retired(self, name: Name) -> None:
        mark_retired(self._store(), *name)


class _Worker:
    """A challenger with its two roads: the queue, and the log."""

    def __init__(self, shadow: Shadow, queue: LiveQueue, catch_up: CatchUp) -> None:
        self.shadow = shadow
        self.queue = queue
        self._catch_up = catch_up
        loop = asyncio.get_running_loop()
        self._tasks = [
            loop.create_task(_keep_running(queue.run)),
            loop.create_task(_keep_running(catch_up.run)),
        ]

    def status(self) -> VersionStatus:
        return VersionStatus(
            self.shadow.health,
            # The log knows of earlier ones and of other gateways', but is read some seconds later.
            max(self.shadow.skipped, self._catch_up.skipped),
            max(self.queue.rows, self._catch_up.behind),
            self.shadow.errors,
        )

    async def close(self) -> None:
        await asyncio.gather(*(_end(task) for task in self._tasks))
        await self.shadow.close()


async def _keep_running(work: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """A bug in the shadow must neither go unseen nor end it."""
    while True:
        try:
            await work()
        except Exception:
            _logger.exception("mirroring failed in a way that it should not; it begins again")
        await asyncio.sleep(_RESTART_SECONDS)


async def _end(task: asyncio.Task[None]) -> None:
    task.cancel()
    await asyncio.wait([task])
