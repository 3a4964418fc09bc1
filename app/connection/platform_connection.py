"""The way to one platform at a time: its store and gateway, looked after."""

from collections.abc import Callable

from PySide6.QtCore import QObject, QTimer, Signal

from app.connection.platform import Platform, Progress, SecretsNeeded, open_platform
from app.connection.reconnecting import FIRST_DELAY, ConnectionState, ReconnectingConnection
from app.tasks import Tasks, Work
from services.errors import RelevoError
from services.gateway.messages import Health, Outage
from services.profiles.profile import Profile
from services.profiles.secrets import Secrets
from services.registry.choices import Mode

GATEWAY_SECONDS = 1
"""Between two questions to the gateway: a champion that does not answer must show within five seconds."""

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
        self.gateway_health: Health | None = None
        """What the gateway said last; None before it did, and while it does not answer."""
        self._asking_gateway = False
        self._gateway_timer = QTimer(self)
        self._gateway_timer.setInterval(GATEWAY_SECONDS * 1000)
        self._gateway_timer.timeout.connect(self.check_gateway)

    @property
    def set_aside(self) -> int:
        """Rows that the gateway keeps because the store cannot take them."""
        return self.gateway_health.spool.set_aside_rows if self.gateway_health is not None else 0

    @property
    def silent_champions(self) -> list[Outage]:
        """The champions that do not answer."""
        health = self.gateway_health
        return [one for one in health.outages if one.mode is Mode.CHAMPION] if health is not None else []

    def open(self, profile: Profile) -> None:
        """Close what is open and open this profile's platform instead."""
        self.leave()
        self.profile = profile
        self._delay = self._first_delay
        self._open()

    def check(self) -> None:
        """Ask the store, and the gateway too, how they are, off the GUI thread; never twice at once."""
        platform = self.platform
        if platform is not None:
            self._run_check(
                platform.store_error,
                "Looking after the platform",
                lambda error: self._checked(platform, error),
            )
            self.check_gateway()

    def check_gateway(self) -> None:
        """Ask the gateway how it and the versions are: apart from the store, which may keep one waiting."""
        platform = self.platform
        if platform is None or self._asking_gateway:
            return
        self._asking_gateway = True
        self.tasks.run(
            lambda _work: platform.gateway_health(),
            owner=self,
            title="Asking the gateway how it is",
            on_result=lambda told: self._gateway_told(platform, told),
            on_end=self._gateway_asked,
            routine=True,
        )

    def leave(self) -> None:
        """Give the platform up and close it off the GUI thread."""
        self._stop_trying()
        platform, self.platform = self.platform, None
        self.error = self.gateway_error = self.gateway_health = None
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
        self._gateway_timer.start()
        self._mark_open(target)
        self.check()

    def _is_retryable(self, error: RelevoError) -> bool:
        return super()._is_retryable(error) and not isinstance(error, SecretsNeeded)

    def _stop_trying(self) -> None:
        super()._stop_trying()
        self._gateway_timer.stop()

    def _gateway_asked(self) -> None:
        self._asking_gateway = False

    def _gateway_told(self, platform: Platform, told: Health | RelevoError) -> None:
        if platform is not self.platform:
            return
        before = self._told_of_gateway()
        self.gateway_health = told if isinstance(told, Health) else None
        self.gateway_error = told if isinstance(told, RelevoError) else None
        if before != self._told_of_gateway():
            self.changed.emit()

    def _told_of_gateway(self) -> object:
        """What a person is told of it: how full its spool is changes with every request."""
        health = self.gateway_health
        if health is None:
            return self.gateway_error.message if self.gateway_error is not None else None
        return (health.outages, health.past_outages, health.shipping, self.set_aside, health.store_sync)

    def _checked(self, platform: Platform, error: RelevoError | None) -> None:
        if platform is not self.platform:
            return
        self.error = error
        if error is None:
            self._delay = self._first_delay
            self._cancel_retry()
        elif not self._retry_timer.isActive():
            self._schedule_retry()
        was_lost = self.state is ConnectionState.LOST
        self._set_state(ConnectionState.OPEN if error is None else ConnectionState.LOST)
        if was_lost and self.state is ConnectionState.OPEN:
            self.returned.emit()
