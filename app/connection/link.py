"""The life of a connection: opening, open, lost, retried by itself; one platform at a time."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from PySide6.QtCore import QObject, QTimer, Signal

from app.connection.platform import Health, Platform, Progress, SecretsNeeded, open_platform
from app.tasks import Task, Tasks, Work
from services.errors import RelevoError, Unavailable
from services.profiles.profile import Profile
from services.profiles.secrets import Secrets

WATCH_SECONDS = 10
FIRST_DELAY, LONGEST_DELAY = 2, 60


Opener = Callable[[Profile, Secrets, Progress], Platform]


class LinkState(StrEnum):
    """Where the connection stands."""

    NONE = "none"
    OPENING = "opening"
    OPEN = "open"
    LOST = "lost"


class Link(QObject):
    """Opens, watches and reopens; `changed` comes after any of its properties changed.

    `opened` carries a fresh Platform, `closing` comes before one is given up, and `returned` when a lost
    store answers again.

    Args:
        opener: from a profile to its open platform; called off the GUI thread.
        first_delay: seconds until the first attempt after a loss; doubles up to a minute.
    """

    changed = Signal()
    opened = Signal(object)
    returned = Signal()
    closing = Signal()

    def __init__(
        self,
        tasks: Tasks,
        secrets: Secrets,
        *,
        opener: Opener = open_platform,
        first_delay: float = FIRST_DELAY,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self.tasks = tasks
        self.secrets = secrets
        self._opener = opener
        self._first_delay = first_delay
        self._delay = first_delay
        self._attempt: Task[Platform] | None = None
        self._checking = False
        self.profile: Profile | None = None
        self.platform: Platform | None = None
        self.state = LinkState.NONE
        self.error: RelevoError | None = None
        self.gateway_error: RelevoError | None = None
        self.next_attempt: datetime | None = None
        self._watch = QTimer(self)
        self._watch.setInterval(WATCH_SECONDS * 1000)
        self._watch.timeout.connect(self.check)
        self._again = QTimer(self)
        self._again.setSingleShot(True)
        self._again.timeout.connect(self.retry)

    def open(self, profile: Profile) -> None:
        """Close what is open and open this profile's platform instead."""
        self.leave()
        self.profile = profile
        self._delay = self._first_delay
        self._open(profile)

    def retry(self) -> None:
        """Try now what would be tried later: look again, or open again."""
        self._again.stop()
        self.next_attempt = None
        if self.platform is not None:
            self.check()
        elif self.profile is not None:
            self._open(self.profile)

    def check(self) -> None:
        """Ask store and gateway how they are, off the GUI thread; never twice at once."""
        platform = self.platform
        if platform is None or self._checking:
            return
        self._checking = True
        self.tasks.run(
            lambda _work: platform.health(),
            owner=self,
            title="Looking after the platform",
            on_result=lambda health: self._checked(platform, health),
            on_end=self._check_ended,
            routine=True,
        )

    def report(self, error: RelevoError) -> None:
        """A page met this error; if it may mean a lost platform, look at once."""
        if isinstance(error, Unavailable) and self.state is LinkState.OPEN:
            self.check()

    def leave(self) -> None:
        """Give the platform up and close it off the GUI thread."""
        if self._attempt is not None:
            self._attempt.cancel()
            self._attempt = None
        self._watch.stop()
        self._again.stop()
        platform, self.platform = self.platform, None
        self.error = self.gateway_error = self.next_attempt = None
        if platform is not None:
            self.closing.emit()
            name = platform.profile.name
            self.tasks.run(lambda _work: platform.close(), owner=self, title=f"Closing {name}")
        self._become(LinkState.NONE)

    def close(self) -> None:
        """At the program's end, after the tasks were closed: close the platform and wait for it."""
        self._watch.stop()
        self._again.stop()
        platform, self.platform = self.platform, None
        if platform is not None:
            platform.close()

    def _open(self, profile: Profile) -> None:
        self._again.stop()
        self.next_attempt = None

        def open_it(work: Work) -> Platform:
            return self._opener(profile, self.secrets, work.progress)

        self._become(LinkState.OPENING)
        self._attempt = self.tasks.run(
            open_it,
            owner=self,
            title=f"Opening {profile.name}",
            on_result=self._opened,
            on_error=self._failed,
            on_dropped=Platform.close,
            cancellable=True,
        )

    def _opened(self, platform: Platform) -> None:
        self._attempt = None
        self.platform = platform
        self.error = None
        self._delay = self._first_delay
        self._watch.start()
        self._become(LinkState.OPEN)
        self.opened.emit(platform)
        self.check()

    def _failed(self, error: RelevoError) -> None:
        self._attempt = None
        self.error = error
        if isinstance(error, Unavailable) and not isinstance(error, SecretsNeeded):
            self._plan()
        self._become(LinkState.LOST)

    def _checked(self, platform: Platform, health: Health) -> None:
        if platform is not self.platform:
            return
        self.gateway_error = health.gateway
        self.error = health.store
        if health.store is None and health.gateway is None:
            self._delay = self._first_delay
            self._again.stop()
            self.next_attempt = None
        elif not self._again.isActive():
            self._plan()
        was_lost = self.state is LinkState.LOST
        self._become(LinkState.OPEN if health.store is None else LinkState.LOST)
        if was_lost and self.state is LinkState.OPEN:
            self.returned.emit()

    def _check_ended(self) -> None:
        self._checking = False

    def _plan(self) -> None:
        self.next_attempt = datetime.now(UTC) + timedelta(seconds=self._delay)
        self._again.start(int(self._delay * 1000))
        self._delay = min(self._delay * 2, LONGEST_DELAY)

    def _become(self, state: LinkState) -> None:
        self.state = state
        self.changed.emit()
