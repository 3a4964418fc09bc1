"""Images of one engine: list, pull, push, tag, remove, prune, history."""

import time
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

import docker.errors
from msgspec.structs import replace

from services.containers.engine.connection import Client, EngineConnection
from services.containers.engine.errors import NotSignedIn
from services.containers.engine.names import split_reference
from services.containers.engine.parsing import image_from, inspected_image, layers_from
from services.containers.engine.registry_credentials import auth_config, registry_of
from services.containers.engine.streams import follow_to_end
from services.containers.engine.transfers import Transfer
from services.containers.interface import Progress
from services.containers.model import Image, Layer
from services.errors import NotFound, SignInNeeded, Unavailable

_BUSY = "already running"
_BUSY_SECONDS = 60.0


class Images:
    """What is done with images; see `Engine` for the words."""

    def __init__(self, connection: EngineConnection) -> None:
        self._connection = connection

    def all(self, *, shared: bool) -> list[Image]:
        """All images, newest first."""
        with self._connection.client() as client:
            listed = client.images()
            used = Counter(container["ImageID"] for container in client.containers(all=True))
        sizes = (
            {image["Id"]: int(image["SharedSize"]) for image in self._disk_usage("Images")}
            if shared
            else {}
        )
        found = [
            replace(image, containers=used[image.identifier], shared=sizes.get(image.identifier, -1))
            for image in map(image_from, listed)
        ]
        return sorted(found, key=lambda image: image.created, reverse=True)

    def find(self, reference: str) -> Image | None:
        """One image by a name or its identifier; None if it is not here."""
        split_reference(reference)
        with self._connection.client() as client:
            try:
                return inspected_image(client.inspect_image(reference))
            except docker.errors.NotFound:
                return None

    def history(self, reference: str) -> list[Layer]:
        """The steps an image was made by, newest first."""
        split_reference(reference)
        with self._connection.client() as client:
            return layers_from(client.history(reference))

    def pull(self, reference: str, progress: Progress) -> None:
        """Fetch an image from its registry."""
        self._transfer("pull", reference, Transfer(f"Pulling {reference}", progress))

    def push(self, reference: str, progress: Progress) -> None:
        """Send an image to the registry that its name begins with."""
        self._transfer("push", reference, Transfer(f"Pushing {reference}", progress))

    def _transfer(self, verb: str, reference: str, transfer: Transfer) -> None:
        repository, tag = split_reference(reference)
        registry = registry_of(repository)
        credentials, locked = None, None
        # Most registries ask nobody: a keyring that stays locked matters only where one does.
        try:
            credentials = self._connection.credentials(registry)
        except Unavailable as error:
            locked = error

        def begin(client: Client) -> Any:
            ask = getattr(client.library, verb)
            return ask(
                repository, tag=tag or "latest", stream=True, decode=True,
                auth_config=auth_config(registry, credentials),
            )  # fmt: skip

        try:
            follow_to_end(
                self._connection, begin, transfer.update, transfer.report_progress, name="image-transfer"
            )
        except NotSignedIn as error:
            if locked is not None:
                raise locked from error
            user = credentials.user if credentials is not None else ""
            raise SignInNeeded(registry, user, details=error.details) from error

    def tag(self, reference: str, new: str) -> None:
        """Give an image a further name."""
        repository, tag = split_reference(new)
        split_reference(reference)
        with self._connection.client() as client:
            client.tag(reference, repository, tag or "latest")

    def remove(self, reference: str, *, force: bool) -> None:
        """Remove a name of an image, and the image with its last name."""
        split_reference(reference)
        with self._connection.client() as client:
            client.remove_image(reference, force=force)

    def prune_preview(self) -> list[Image]:
        """Images without a name and without a container: what pruning would remove."""
        return [image for image in self.all(shared=True) if not image.references and not image.containers]

    def prune(self, identifiers: list[str], check: Callable[[], None]) -> int:
        """Remove those images and no others; bytes freed, as the engine adds them up."""
        before = self._size()
        for identifier in identifiers:
            check()
            try:
                self.remove(identifier, force=False)
            except NotFound:
                continue  # it went with the one that was built on it
        return max(0, before - self._size())

    def _size(self) -> int:
        return int(self._disk_usage("LayersSize") or 0)

    def _disk_usage(self, part: str) -> Any:
        """A part of what the engine adds up; it does so for one asker at a time, and slowly."""
        return usage_of_disk(self._connection)[part]


def usage_of_disk(connection: EngineConnection) -> Mapping[str, Any]:
    """What everything of an engine takes on its disk.

    Raises:
        Unavailable: it went on adding up for somebody else.
    """
    deadline = time.monotonic() + _BUSY_SECONDS
    while True:
        try:
            with connection.stream_client() as client:
                found: Mapping[str, Any] = client.library.df()
                return found
        except Unavailable as error:
            if _BUSY not in error.details or time.monotonic() > deadline:
                raise
        time.sleep(0.2)
