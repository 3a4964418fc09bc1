"""Keeps a service at the revision that the registry wants: registers, asks each second, swaps."""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable
from pathlib import Path

from msgspec.structs import replace

from services.errors import Conflict, NotFound, RelevoError, Unavailable
from services.model_server.artifact_cache import ArtifactCache
from services.model_server.deploy import Deploy
from services.model_server.gateway import DesiredRevision, GatewayLink, Registration, first_revision
from services.model_server.loading import LoadedModel, load_model, sha256_of
from services.registry.model import Revision

_logger = logging.getLogger(__name__)
_EACH = 1.0
_LONGEST_PAUSE = 30.0


class RevisionFollower:
    """Follows one version's desired revision.

    Args:
        folder: the deploy folder.
        endpoint: the address under which the gateway asks this service.
        image: the container image this runs in; empty for a local process.
        kept: holds what was loaded last, for a start while the store is down; None keeps nothing.
        adopt: takes a loaded revision into service, without dropping a request.
        explain: takes the reason why nothing, or nothing newer, is loaded; empty when all is well.
    """

    def __init__(
        self,
        link: GatewayLink,
        folder: Path,
        deploy: Deploy,
        *,
        endpoint: str,
        image: str,
        kept: ArtifactCache | None,
        adopt: Callable[[LoadedModel, Revision | None], None],
        explain: Callable[[str], None],
    ) -> None:
        self._link = link
        self._folder = folder
        self._deploy = deploy
        self._endpoint = endpoint
        self._image = image
        self._kept = kept
        self._adopt = adopt
        self._explain = explain
        self._loaded = ""
        self._own: Revision | None = None
        self._told = ""
        self._turn = asyncio.Lock()

    async def run(self) -> None:
        """Register until answered, then follow, until cancelled."""
        await self._patiently(self._begin)
        while True:
            await asyncio.sleep(_EACH)
            await self._patiently(self._follow)

    async def load_now(self, revision: str) -> None:
        """Load the desired revision at once.

        Raises:
            Conflict: the registry does not want that revision.
            RelevoError: it cannot be fetched or loaded; what was loaded before goes on answering.
        """
        desired = await self._link.desired()
        if desired.revision != revision:
            raise Conflict(
                f"the registry wants revision {desired.revision[:12]}…, not {revision[:12]}…",
                remedy="Change the desired revision in the registry; every replica follows it.",
            )
        await self._load(desired)

    async def _patiently(self, step: Callable[[], Awaitable[None]]) -> None:
        """Try a step until it succeeds, with growing pauses; tell each new reason once."""
        pause = _EACH / 2
        while True:
            try:
                await step()
            except RelevoError as error:
                self._tell(error)
                await asyncio.sleep(pause)
                pause = min(pause * 2, _LONGEST_PAUSE if self._loaded else 2 * _EACH)
            else:
                if self._told:
                    _logger.info("all is well again")
                self._told = ""
                self._explain("")
                return

    def _tell(self, error: RelevoError) -> None:
        self._explain(error.message)
        if error.message != self._told:
            self._told = error.message
            _logger.warning("%s %s", error.message, error.details)

    async def _begin(self) -> None:
        """Register; while the store is down, answer meanwhile with what the gateway knows to be desired."""
        try:
            await self._register()
        except Unavailable:
            with contextlib.suppress(RelevoError):  # told is why registering failed
                await self._load(await self._link.desired())
            raise

    async def _register(self) -> None:
        """Ask what to load, load it, and only then say where to ask: nobody is sent to an empty service."""
        content = await asyncio.to_thread((self._folder / self._deploy.artifact).read_bytes)
        own = self._own = first_revision(self._deploy, sha256_of(content), len(content))
        facts = Registration(
            self._deploy.project,
            self._deploy.version,
            "",
            self._deploy.signature,
            own,
            self._image,
        )
        desired = await self._link.register(facts)
        if desired.revision == own.sha256:
            await self._link.put_artifact(own.sha256, content)
        await self._load(desired)
        await self._link.register(replace(facts, endpoint=self._endpoint))
        _logger.info("registered with the gateway; desired revision %s", desired.revision[:12])

    async def _follow(self) -> None:
        try:
            desired = await self._link.desired()
        except NotFound:
            # The platform was set up anew: make the version known again.
            await self._register()
            return
        await self._load(desired)

    async def _load(self, desired: DesiredRevision) -> None:
        async with self._turn:
            if desired.revision == self._loaded:
                return
            content, facts = await self._found(desired.revision)
            model = await asyncio.to_thread(
                load_model, self._folder, self._deploy, content, desired.revision
            )
            self._adopt(model, facts)
            self._loaded = desired.revision
            _logger.info("revision %s is in service", desired.revision[:12])

    async def _found(self, revision: str) -> tuple[bytes, Revision | None]:
        """The artifact's bytes and facts: the deploy folder's if they are the ones, else the gateway's."""
        if self._own is not None and self._own.sha256 == revision:
            content = await asyncio.to_thread((self._folder / self._deploy.artifact).read_bytes)
            if sha256_of(content) == revision:
                return content, self._own
        try:
            content, facts = await self._link.artifact(revision), await self._link.revision(revision)
        except Unavailable:
            found = await asyncio.to_thread(self._kept.read, revision) if self._kept else None
            if found is None:
                raise
            return found
        if self._kept is not None and sha256_of(content) == revision:
            await asyncio.to_thread(self._kept.write, content, facts)
        return content, facts
