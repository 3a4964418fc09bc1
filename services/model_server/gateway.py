"""What a model service asks of the gateway, always with its own token."""

from datetime import UTC, datetime
from typing import TypeVar
from urllib.parse import urlsplit

import msgspec
from msgspec import Struct

from services.errors import InvalidInput, NotFound, Unavailable
from services.http.client import HttpClient, Response
from services.http.errors import error_from
from services.model_server.deploy import Deploy
from services.registry.model import Job, Mode, Revision, Signature

Kind = TypeVar("Kind")
_ARTIFACT_SECONDS = 300.0


class DesiredRevision(Struct, frozen=True):
    """What the registry wants of a version."""

    revision: str
    mode: Mode = Mode.CHALLENGER
    url: str = ""


class Registration(Struct, frozen=True):
    """What a service says of itself when it starts."""

    project: str
    version: str
    endpoint: str
    signature: Signature
    revision: Revision
    image: str = ""


class GatewayLink:
    """The gateway's routes for services.

    Args:
        origin: such as `http://127.0.0.1:8000`.
        token: the service's own.
    """

    def __init__(self, origin: str, deploy: Deploy, token: str) -> None:
        self._client = HttpClient(origin, connections=8)
        self._headers = {"authorization": f"Bearer {token}"}
        self._version = f"/v1/projects/{deploy.project}/versions/{deploy.version}"

    async def close(self) -> None:
        """Close the connections."""
        await self._client.close()

    def is_own(self, url: str) -> bool:
        """Whether a URL is one of this gateway; no other is ever asked, let alone sent the token."""
        parts = urlsplit(url)
        return f"{parts.scheme}://{parts.netloc}" == self._client.origin

    async def register(self, registration: Registration) -> DesiredRevision:
        """Make this service known; changes neither a mode nor a desired revision."""
        body = msgspec.json.encode(registration)
        return _decode(await self._ask("POST", "/v1/register", body, repeatable=True), DesiredRevision)

    async def desired(self) -> DesiredRevision:
        """The revision that every replica of the version is to load."""
        return _decode(await self._ask("GET", f"{self._version}/desired"), DesiredRevision)

    async def artifact(self, sha256: str) -> bytes:
        """An artifact's bytes, not yet checked."""
        return (await self._ask("GET", f"/v1/artifacts/{sha256}", seconds=_ARTIFACT_SECONDS)).body

    async def put_artifact(self, sha256: str, content: bytes) -> None:
        """Store an artifact under its name; again changes nothing."""
        await self._ask("PUT", f"/v1/artifacts/{sha256}", content, seconds=_ARTIFACT_SECONDS)

    async def add_revision(self, revision: Revision) -> None:
        """Record a trained artifact of this version; again changes nothing."""
        body = msgspec.json.encode(revision)
        await self._ask("POST", f"{self._version}/revisions", body, repeatable=True)

    async def revision(self, sha256: str) -> Revision | None:
        """What is recorded of a revision; None if nothing is."""
        revisions = _decode(await self._ask("GET", f"{self._version}/revisions"), list[Revision])
        return next((revision for revision in revisions if revision.sha256 == sha256), None)

    async def put_job(self, job: Job) -> None:
        """Store a job's newest state."""
        await self._ask("PUT", f"{self._version}/jobs/{job.id}", msgspec.json.encode(job))

    async def job(self, name: str) -> Job | None:
        """A job's state, None if unknown."""
        try:
            return _decode(await self._ask("GET", f"{self._version}/jobs/{name}"), Job)
        except NotFound:
            return None

    async def jobs(self) -> list[Job]:
        """The version's jobs, newest first."""
        return _decode(await self._ask("GET", f"{self._version}/jobs"), list[Job])

    async def _ask(
        self,
        method: str,
        path: str,
        body: bytes = b"",
        *,
        repeatable: bool | None = None,
        seconds: float = 10.0,
    ) -> Response:
        response = await self._client.request(
            method, path, body, self._headers, timeout=seconds, repeatable=repeatable
        )
        if response.status >= 400:
            raise error_from(response.status, response.body, who="the gateway")
        return response


def _decode(response: Response, kind: type[Kind]) -> Kind:
    try:
        return msgspec.json.decode(response.body, type=kind)
    except msgspec.MsgspecError as error:
        raise Unavailable("the gateway's answer is not what it should be", details=str(error)) from error


def first_revision(deploy: Deploy, sha256: str, size: int) -> Revision:
    """The revision that a deploy folder holds."""
    return Revision(
        deploy.project,
        deploy.version,
        sha256,
        size,
        deploy.trained_at.astimezone(UTC),
        deploy.rows,
        library=deploy.library,
        metrics=deploy.metrics,
    )


def now() -> datetime:
    """The time, UTC."""
    return datetime.now(UTC)


def check_origin(url: str) -> str:
    """An HTTP origin without path or credentials, or InvalidInput."""
    parts = urlsplit(url)
    if (
        parts.scheme not in {"http", "https"}
        or not parts.hostname
        or parts.username
        or parts.path.strip("/")
    ):
        raise InvalidInput(f"{url!r} is not a gateway's address; write http://HOST:PORT")
    return f"{parts.scheme}://{parts.netloc}"
