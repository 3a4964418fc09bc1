"""The way to one platform at a time: its store and gateway, looked after."""

from collections.abc import Callable

from PySide6.QtCore import QObject, Signal

from app.connection.platform import Health, Platform, Progress, SecretsNeeded, open_platform
from app.connection.reconnecting import FIRST_DELAY, ConnectionState, ReconnectingConnection
from app.tasks import Tasks, Work
from services.errors import RelevoError
from services.profiles.profile import Profile
from services.profiles.secrets import Secrets

Opener = Callable[[Profile, Secrets, Progress], Platform]


class PlatformConnection(ReconnectingConnection[Platform]):
    """Opens, watches and reopens; `changed` comes after any of its properties changed.

    `opened` carries a fresh Platform, `closing` comes before one is given up, and `returned` when a lost
    store answers again.

    Args:
        opener: from a profile to its open platform; called off the GUI thread.
        first_delay: seconds until the first attempt after a loss; doubles up to a minute.
    """

    returned = Signal()

    def __init__(
        self,
        tasks: Tasks,
        secrets: Secrets,
        *,
        opener: Opener = open_platform,
        first_delay: float = FIRST_DELAY,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(tasks, first_delay, parent)
        self.secrets = secrets
        self._opener = opener
        self.profile: Profile | None = None
        self.platform: Platform | None = None
        self.gateway_error: RelevoError | None = None
        self.set_aside = 0

    def open(self, profile: Profile) -> None:
        """Close what is open and open this profile's platform instead."""
        self.leave()
        self.profile = profile
        self._delay = self._first_delay
        self._open()

    def check(self) -> None:
        """Ask store and gateway how they are, off the GUI thread; never twice at once."""
        platform = self.platform
        if platform is not None:
            self._run_check(
                platform.health,
                "Looking after the platform",
                lambda health: self._checked(platform, health),
            )

    def leave(self) -> None:
        """Give the platform up and close it off the GUI thread."""
        self._stop_trying()
        platform, self.platform = self.platform, None
        self.error = self.gateway_error = None
        self.set_aside = 0
        if platform is not None:
            self.closing.emit()
            name = platform.profile.name
            self.tasks.run(lambda _work: platform.close(), owner=self, title=f"Closing {name}")
        self._set_state(ConnectionState.NONE)

    def close(self) -> None:
        """At the program's end, after the tasks were closed: close the platform and wait for it."""
        self._stop_trying()
        platform, self.platform = self.platform, None
        if platform is not None:
            platform.close()

    def _has_target(self) -> bool:
        return self.platform is not None

    def _open(self) -> None:
        profile = self.profile
        if profile is None:
            return

        def attempt(work: Work) -> Platform:
            return self._opener(profile, self.secrets, work.progress)

        self._start_attempt(attempt, f"Opening {profile.name}", on_dropped=Platform.close)

    def _adopt(self, target: Platform) -> None:
        self.platform = target
        self._mark_open(target)
        self.check()

    def _is_retryable(self, error: RelevoError) -> bool:
        return super()._is_retryable(error) and not isinstance(error, SecretsNeeded)

    def _checked(self, platform: Platform, health: Health) -> None:
        if platform is not self.platform:
            return
        self.gateway_error = health.gateway
        if health.gateway is None:
            self.set_aside = health.set_aside
        self.error = health.store
        if health.store is None and health.gateway is None:
            self._delay = self._first_delay
            self._cancel_retry()
        elif not self._retry_timer.isActive():
            self._schedule_retry()
        was_lost = self.state is ConnectionState.LOST
        self._set_state(ConnectionState.OPEN if health.store is None else ConnectionState.LOST)
        if was_lost and self.state is ConnectionState.OPEN:
            self.returned.emit()
