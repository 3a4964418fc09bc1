"""The door to mirroring: offered every chosen answer, it asks the challengers in its own time."""

from services.gateway.messages import VersionStatus
from services.gateway.mirroring.targets import Directory
from services.gateway.recorded import Answers, Limits, Origin
from services.gateway.recording import Recorder, StoreOpener


class Mirror:
    """Asks the challengers in the shadow. Everything is called on the loop, and never raises.

    Args:
        recorder: takes the challengers' answers.
        directory: whom to ask.
        store_opener: for the catching up; called from a thread.
        limits: of queues and waits.
    """

    def __init__(
        self,
        recorder: Recorder,
        directory: Directory,
        store_opener: StoreOpener,
        limits: Limits | None = None,
    ) -> None:
        raise NotImplementedError

    def start(self) -> None:
        """Start asking and catching up; once, in the running loop, after the recorder."""
        raise NotImplementedError

    def offer(self, origin: Origin, answers: Answers) -> None:
        """Pass on rows that were answered and recorded with a propensity above 0."""
        raise NotImplementedError

    def status(self, project: str) -> dict[str, VersionStatus]:
        """How each challenger fares, by version; versions that were never asked are left out."""
        raise NotImplementedError

    async def stop(self) -> None:
        """Drop what waits; it is caught up from the log."""
        raise NotImplementedError
