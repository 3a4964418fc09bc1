"""Images of one engine: list, pull, push, tag, remove, prune, history."""

from collections.abc import Callable
from typing import Any

import docker
import docker.auth
import docker.errors
from msgspec import Struct

from services.containers.engine.connection import Connection
from services.containers.engine.faults import failure, translated
from services.containers.engine.logs import address
from services.containers.engine.reading import image_from, inspected_image, layers_from
from services.containers.engine.transfers import Layers, reports
from services.containers.interface import Progress
from services.containers.model import Image, Layer
from services.errors import InvalidInput


class Credentials(Struct, frozen=True):
    """Who signs in to an image registry; lives as long as the call."""

    user: str
    password: str


class Images:
    """What is done with images; see `Engine` for the words."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def all(self) -> list[Image]:
        """All images, newest first, with what they share and how many containers use them."""
        with translated(self._connection.address):
            found = self._connection.client.df().get("Images") or []
        return sorted(map(image_from, found), key=lambda image: image.created, reverse=True)

    def find(self, reference: str) -> Image | None:
        """One image by a name or its identifier; None if it is not here."""
        with translated(self._connection.address):
            try:
                return inspected_image(self._connection.client.inspect_image(reference))
            except docker.errors.NotFound:
                return None

    def history(self, reference: str) -> list[Layer]:
        """The steps an image was made by, newest first."""
        with translated(self._connection.address):
            return layers_from(self._connection.client.history(reference))

    def pull(self, reference: str, progress: Progress, credentials: Credentials | None) -> None:
        """Fetch an image from its registry."""
        repository, tag = split_reference(reference)
        query = {"fromImage": repository, "tag": tag}
        self._transfer("/images/create", query, Layers(f"Pulling {reference}", progress), credentials)

    def push(self, reference: str, progress: Progress, credentials: Credentials | None) -> None:
        """Send an image to the registry that its name begins with."""
        repository, tag = split_reference(reference)
        query = {"tag": tag}
        layers = Layers(f"Pushing {reference}", progress)
        self._transfer(f"/images/{repository}/push", query, layers, credentials)

    def _transfer(
        self, path: str, query: dict[str, str], layers: Layers, credentials: Credentials | None
    ) -> None:
        client = self._connection.stream()
        try:
            with translated(self._connection.address):
                response = client.post(
                    address(client, path),
                    params=query,
                    headers=_headers(credentials),
                    stream=True,
                    timeout=None,
                )
                client._raise_for_status(response)  # noqa: SLF001 - the only way to the library's own errors
                for report in reports(response.raw.stream(decode_content=False)):
                    if "error" in report:
                        raise failure(str(report["error"]), 404 if _missing(report) else 500)
                    layers.report(report)
        finally:
            # Hanging up is also how a transfer is cancelled.
            self._connection.end(client)

    def tag(self, reference: str, new: str) -> None:
        """Give an image a further name."""
        repository, tag = split_reference(new)
        with translated(self._connection.address):
            self._connection.client.tag(reference, repository, tag)

    def remove(self, reference: str, *, force: bool) -> None:
        """Remove a name of an image, and the image with its last name; Conflict if containers use it."""
        with translated(self._connection.address):
            self._connection.client.remove_image(reference, force=force)

    def prune_preview(self) -> list[Image]:
        """Images without a name and without a container: what pruning would remove."""
        return [image for image in self.all() if not image.references and image.containers == 0]

    def prune(self, identifiers: list[str], check: Callable[[], None]) -> int:
        """Remove those images, and no others; bytes freed, as the engine adds them up."""
        before = self._size()
        for identifier in identifiers:
            check()
            with translated(self._connection.address):
                try:
                    self._connection.client.remove_image(identifier)
                except docker.errors.NotFound:
                    continue  # went with the one that was built on it
        return max(0, before - self._size())

    def _size(self) -> int:
        with translated(self._connection.address):
            return int(self._connection.client.df().get("LayersSize") or 0)


def split_reference(reference: str) -> tuple[str, str]:
    """`registry:5000/team/name:tag` as repository and tag (`latest` if none is given)."""
    if not reference or reference != reference.strip() or any(letter.isspace() for letter in reference):
        raise InvalidInput(f"{reference!r} is not the name of an image", remedy="Write name:tag.")
    head, slash, last = reference.rpartition("/")
    name, _, tag = last.partition(":")
    return f"{head}{slash}{name}", tag or "latest"


def _missing(report: dict[str, Any]) -> bool:
    words = str(report["error"]).lower()
    return "not found" in words or "manifest unknown" in words or "access denied" in words


def _headers(credentials: Credentials | None) -> dict[str, str]:
    given = {"username": credentials.user, "password": credentials.password} if credentials else {}
    header: str = docker.auth.encode_header(given).decode() if given else "e30="
    return {"X-Registry-Auth": header}
