"""Building images: progress by step, the failing step in words, and nothing left behind after a cancel."""

import contextlib
import io
import tarfile
import time
from collections.abc import Callable, Iterator

import docker.errors

from services.containers.engine.build_progress import Course
from services.containers.engine.connection import Client, Connection
from services.containers.engine.names import split_reference
from services.containers.engine.streams import work_through
from services.containers.engine.transfers import Report
from services.containers.interface import Progress
from services.containers.model import BuildSpec
from services.errors import Cancelled, InvalidInput, Unavailable

_GOING_SECONDS = 10.0


class Builds:
    """Builds images on one engine; see `Engine` for the words."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def build(self, spec: BuildSpec, progress: Progress, output: Callable[[str], None]) -> str:
        """Build; the image's identifier."""
        split_reference(spec.reference)
        _check(spec.context)
        course = Course(spec.reference)

        def begin(client: Client) -> Iterator[Report]:
            answer = client.library.build(
                fileobj=io.BytesIO(spec.context), custom_context=True, tag=spec.reference,
                target=spec.target or None, buildargs=dict(spec.arguments), labels=dict(spec.labels),
                rm=True, forcerm=True, decode=True,
            )  # fmt: skip
            for report in answer:
                # Noted while it is read: what a cancelled build has made must be known to the last line.
                course.note(report)
                yield report

        def receive(report: Report) -> None:
            if text := course.read(report):
                output(text)

        def check() -> None:
            progress(course.fraction, course.text)

        with self._cleaned(course, spec):
            work_through(self._connection, begin, receive, check, name="image-build")
        if not course.identifier:
            raise Unavailable(f"The Docker Engine broke off while it built {spec.reference}")
        return course.identifier

    @contextlib.contextmanager
    def _cleaned(self, course: Course, spec: BuildSpec) -> Iterator[None]:
        try:
            yield
        except Cancelled:
            self._clean(course)
            raise
        except InvalidInput:
            if not spec.keep_failed:
                self._clean(course)
            raise

    def _clean(self, course: Course) -> None:
        """Remove what the build had made so far; what another image uses or names by now stays."""
        for container in course.containers:
            self._remove_container(container)
        with self._connection.asking() as client:
            for layer in reversed(course.made):
                with contextlib.suppress(docker.errors.APIError):
                    if not client.inspect_image(layer).get("RepoTags"):
                        client.remove_image(layer, noprune=True)

    def _remove_container(self, identifier: str) -> None:
        """The engine removes a cancelled step's container too; whoever is first."""
        deadline = time.monotonic() + _GOING_SECONDS
        with self._connection.asking() as client:
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
