"""Building images: progress by step, the failing step in words, and nothing left behind after a cancel."""

import contextlib
import io
import tarfile
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import docker.errors
import docker.utils.build

from services.containers.engine.build_progress import BuildProgress
from services.containers.engine.connection import Client, EngineConnection
from services.containers.engine.names import split_reference
from services.containers.engine.streams import follow_to_end
from services.containers.engine.transfers import Report
from services.containers.interface import Progress
from services.containers.model import BuildSpec
from services.errors import Cancelled, InvalidInput, NotFound, Unavailable

_GOING_SECONDS = 10.0


class Builds:
    """Builds images on one engine; see `Engine` for the words."""

    def __init__(self, connection: EngineConnection) -> None:
        self._connection = connection

    def build(self, spec: BuildSpec, progress: Progress, output: Callable[[str], None]) -> str:
        """Build; the image's identifier."""
        split_reference(spec.reference)
        _check(spec.context)
        build = BuildProgress(spec.reference)

        def begin(client: Client) -> Iterator[Report]:
            answer = client.library.build(
                fileobj=io.BytesIO(spec.context), custom_context=True, tag=spec.reference,
                target=spec.target or None, buildargs=dict(spec.arguments), labels=dict(spec.labels),
                rm=True, forcerm=True, decode=True,
            )  # fmt: skip
            for report in answer:
                # Recorded while it is read: what a cancelled build has made must be known to the last line.
                build.record_made(report)
                yield report

        def receive(report: Report) -> None:
            if text := build.advance(report):
                output(text)

        def check() -> None:
            progress(build.fraction, build.text)

        with self._cleaned_up(build, spec):
            follow_to_end(self._connection, begin, receive, check, name="image-build")
        if not build.identifier:
            raise Unavailable(f"The Docker Engine broke off while it built {spec.reference}")
        return build.identifier

    @contextlib.contextmanager
    def _cleaned_up(self, build: BuildProgress, spec: BuildSpec) -> Iterator[None]:
        try:
            yield
        except Cancelled:
            self._remove_made(build)
            raise
        except InvalidInput:
            if not spec.keep_failed:
                self._remove_made(build)
            raise

    def _remove_made(self, build: BuildProgress) -> None:
        """Remove what the build had made so far; what another image uses or names by now stays."""
        for container in build.containers:
            self._remove_container(container)
        with self._connection.client() as client:
            for layer in reversed(build.made):
                with contextlib.suppress(docker.errors.APIError):
                    if not client.inspect_image(layer).get("RepoTags"):
                        client.remove_image(layer, noprune=True)

    def _remove_container(self, identifier: str) -> None:
        """The engine removes a cancelled step's container too; whoever is first."""
        deadline = time.monotonic() + _GOING_SECONDS
        with self._connection.client() as client:
            while time.monotonic() < deadline:
                try:
                    client.remove_container(identifier, force=True)
                except docker.errors.NotFound:
                    return
                except docker.errors.APIError:
                    time.sleep(0.05)


def _check(context: bytes) -> None:
    try:
        with tarfile.open(fileobj=io.BytesIO(context)) as archive:
            names = archive.getnames()
    except tarfile.TarError as error:
        raise InvalidInput("The build's context is no tar archive", details=str(error)) from error
    if not {"Dockerfile", "./Dockerfile"} & set(names):
        raise InvalidInput("The build's context has no Dockerfile")


_MOST_BYTES = 4 << 30


def folder_context(folder: Path) -> bytes:
    """The folder as a tar archive.

    Raises:
        NotFound: there is no such folder, or no Dockerfile in it.
        InvalidInput: it cannot be read, or holds more than 4 GB.
    """
    if not folder.is_dir():
        raise NotFound(f"there is no folder {folder}")
    if not (folder / "Dockerfile").is_file():
        raise NotFound(f"{folder} has no Dockerfile", remedy="Choose the folder that holds it.")
    ignored = folder / ".dockerignore"
    try:
        lines = ignored.read_text(encoding="utf-8").splitlines() if ignored.is_file() else []
        patterns = [line.strip() for line in lines if line.strip() and not line.startswith("#")]
        with tempfile.TemporaryFile() as packed:
            docker.utils.build.tar(
                str(folder), exclude=patterns, dockerfile=("Dockerfile", None), fileobj=packed, gzip=False
            )
            if packed.tell() > _MOST_BYTES or packed.seek(0, 2) > _MOST_BYTES:
                raise InvalidInput(
                    f"{folder} holds more than {_MOST_BYTES >> 30} GB",
                    remedy="Leave data out with a .dockerignore file.",
                )
            packed.seek(0)
            return packed.read()
    except (OSError, UnicodeDecodeError, tarfile.TarError) as error:
        raise InvalidInput(f"{folder} cannot be read as a build context", details=str(error)) from error
