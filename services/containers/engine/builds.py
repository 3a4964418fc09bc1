"""Building images: progress by step, the failing step in words, and nothing left behind after a cancel."""

import contextlib
import json
import re
from collections.abc import Callable, Mapping
from typing import Any

import docker.errors
from msgspec import Struct

from services.containers.engine.connection import Connection
from services.containers.engine.faults import failure, translated
from services.containers.engine.logs import address
from services.containers.engine.transfers import reports
from services.containers.interface import Progress
from services.errors import Cancelled, InvalidInput, RelevoError, StorageFull

_STEP = re.compile(r"^Step (?P<step>\d+)/(?P<steps>\d+) : (?P<words>.*)", re.DOTALL)
_RUNNING = re.compile(r"^ ---> Running in (?P<container>[0-9a-f]{12})")
_LAYER = re.compile(r"^ ---> (?P<layer>[0-9a-f]{12})$", re.MULTILINE)
_KEPT_CHARACTERS = 20_000


class BuildOrder(Struct, frozen=True):
    """What to build.

    Attributes:
        context: a tar archive with the Dockerfile at its root.
        reference: `name:tag` of the image.
        arguments: of the build; never kept in the image if only stages use them that are not the last.
        target: the stage to stop at; empty means the last.
    """

    context: bytes
    reference: str
    arguments: Mapping[str, str] = {}
    labels: Mapping[str, str] = {}
    target: str = ""


class Builds:
    """Builds images on one engine; see `Engine` for the words."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def build(self, order: BuildOrder, progress: Progress, output: Callable[[str], None]) -> str:
        """Build; the image's identifier. A cancelled build leaves neither layers nor containers behind.

        Args:
            order: what to build.
            progress: told the step; may raise Cancelled.
            output: gets what the build prints, as it comes.

        Raises:
            InvalidInput: a step failed; the message names it, details hold what it printed.
            StorageFull: the engine's disk is full.
        """
        course = _Course(order.reference, progress, output)
        client = self._connection.stream()
        try:
            with translated(self._connection.address):
                response = client.post(
                    address(client, "/build"),
                    params=_query(order),
                    data=order.context,
                    headers={"Content-Type": "application/x-tar"},
                    stream=True,
                    timeout=None,
                )
                client._raise_for_status(response)  # noqa: SLF001 - the only way to the library's own errors
                for report in reports(response.raw.stream(decode_content=False)):
                    course.report(report)
        except Cancelled:
            self._connection.end(client)  # hanging up is how the engine is told
            self._clean(course)
            raise
        finally:
            self._connection.end(client)
        return course.identifier

    def _clean(self, course: "_Course") -> None:
        """Remove what the build had made so far; a layer that another image uses by now stays."""
        client = self._connection.client
        with translated(self._connection.address):
            for container in course.containers:
                with contextlib.suppress(docker.errors.NotFound, docker.errors.APIError):
                    client.remove_container(container, force=True)
            for layer in reversed(course.made):
                with contextlib.suppress(docker.errors.NotFound, docker.errors.APIError):
                    client.remove_image(layer, noprune=True)


class _Course:
    """What a build has told so far.

    Attributes:
        identifier: the image, once it is there.
        made: layers that this build made, as opposed to found in the cache.
        containers: in which its steps ran.
    """

    def __init__(self, reference: str, progress: Progress, output: Callable[[str], None]) -> None:
        self._reference, self._progress, self._output = reference, progress, output
        self._step, self._printed, self._cached, self._fraction = "the first step", "", False, 0.0
        self.identifier = ""
        self.made: list[str] = []
        self.containers: list[str] = []

    def report(self, found: Mapping[str, Any]) -> None:
        """Take one report; raises the failure that it tells, or Cancelled."""
        if "error" in found:
            raise self._failed(str(found["error"]))
        self.identifier = str((found.get("aux") or {}).get("ID", self.identifier))
        text = str(found.get("stream") or "")
        if text:
            self._output(text)
            self._read(text)
        self._progress(self._fraction, f"Building {self._reference}: {self._step.partition(' (')[0]}")

    def _read(self, text: str) -> None:
        if begun := _STEP.match(text):
            words = " ".join(begun["words"].split())
            self._step = f"step {begun['step']} of {begun['steps']} ({words})"
            self._fraction = (int(begun["step"]) - 1) / int(begun["steps"])
            self._printed, self._cached = "", False
        elif "Using cache" in text:
            self._cached = True
        elif running := _RUNNING.search(text):
            self.containers.append(running["container"])
        elif done := _LAYER.search(text):
            if not self._cached and self._step.partition("(")[2][:4].upper() != "FROM":
                self.made.append(done["layer"])
        else:
            self._printed = (self._printed + text)[-_KEPT_CHARACTERS:]

    def _failed(self, words: str) -> RelevoError:
        known = failure(words)
        if isinstance(known, StorageFull):
            return known
        return InvalidInput(
            f"Building {self._reference} failed at {self._step}",
            remedy="Its output, below, says why.",
            details=f"{self._printed.strip()}\n{words}".strip(),
        )


def _query(order: BuildOrder) -> dict[str, str]:
    return {
        "t": order.reference,
        "buildargs": json.dumps(dict(order.arguments)),
        "labels": json.dumps(dict(order.labels)),
        "target": order.target,
        "rm": "1",
        "forcerm": "1",
    }
