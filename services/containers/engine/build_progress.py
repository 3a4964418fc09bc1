"""How far a build is, read from what the engine's builder prints."""

import re

from services.containers.engine.errors import engine_error
from services.containers.engine.transfers import Report
from services.errors import InvalidInput, RelevoError, StorageError

_STEP = re.compile(r"^Step (?P<step>\d+)/(?P<steps>\d+) : (?P<instruction>.*)", re.DOTALL)
_RUNNING = re.compile(r"^ ---> Running in (?P<container>[0-9a-f]{12})\n?$")
_LAYER = re.compile(r"^ ---> (?P<layer>[0-9a-f]{12})\n?$")
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")
_KEPT_CHARACTERS = 20_000
_SHOWN_CHARACTERS = 120


class BuildProgress:
    """What a build has printed so far.

    Attributes:
        identifier: the image, once it is there.
        fraction: of the steps that are done.
        made: layers that this build made, as opposed to found in the cache.
        containers: in which its steps ran.
    """

    def __init__(self, reference: str) -> None:
        self._reference = reference
        self._step, self._printed = "", ""
        self._found = False
        self.identifier = ""
        self.fraction: float | None = None
        self.made: list[str] = []
        self.containers: list[str] = []

    @property
    def text(self) -> str:
        """What it does, for a progress bar."""
        return f"Building {self._reference}: {self._step}" if self._step else f"Building {self._reference}"

    def record_made(self, report: Report) -> None:
        """Remember what the build makes."""
        text = _text(report)
        if begun := _STEP.match(text):
            self._found = begun["instruction"].lstrip().upper().startswith("FROM")
        elif "Using cache" in text:
            self._found = True
        elif running := _RUNNING.match(text):
            self.containers.append(running["container"])
        elif (done := _LAYER.match(text)) and not self._found:
            self.made.append(done["layer"])

    def advance(self, report: Report) -> str:
        """Follow the steps; the text to show.

        Raises:
            InvalidInput: the step failed.
            StorageError: the engine's disk is full.
        """
        if "error" in report:
            raise self._step_failed(str(report["error"]))
        self.identifier = str((report.get("aux") or {}).get("ID", self.identifier))
        text = _text(report)
        if begun := _STEP.match(text):
            instruction = " ".join(begun["instruction"].split())[:_SHOWN_CHARACTERS]
            self._step = f"step {begun['step']} of {begun['steps']}, {instruction}"
            self.fraction = (int(begun["step"]) - 1) / int(begun["steps"])
            self._printed = ""
        elif not text.startswith(" --->"):
            self._printed = (self._printed + text)[-_KEPT_CHARACTERS:]
        return text

    def _step_failed(self, text: str) -> RelevoError:
        error = engine_error(text)
        if isinstance(error, StorageError):
            return error
        return InvalidInput(
            f"Building {self._reference} failed at {self._step or 'its beginning'}",
            remedy="What the step printed says why.",
            details=f"{self._printed.strip()}\n{text}".strip(),
        )


def _text(report: Report) -> str:
    """What is printed, without the colours that the builder gives to error output."""
    return _COLOUR.sub("", str(report.get("stream") or ""))
