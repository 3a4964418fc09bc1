"""Delivers alerts by every channel, at least once: the store keeps each until it was taken."""

import logging
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from services.alerts.channels import Channel
from services.alerts.model import Alert, AlertState
from services.errors import RelevoError
from services.store.interface import CoordinationStore

_logger = logging.getLogger(__name__)
_SETTING = "alerts"
_MOST_WAITING = 500
_LONGEST_WAIT = timedelta(minutes=5)


class _Delivery(Struct):
    """One alert on its way by one channel."""

    channel: str
    alert: Alert
    failures: int = 0
    not_before: datetime | None = None


class _Kept(Struct):
    """What outlives a supervisor: alerts that last, and what is still to be delivered."""

    lasting: dict[str, Alert] = {}
    waiting: list[_Delivery] = []


def _now() -> datetime:
    return datetime.now(UTC)


class Dispatcher:
    """Remembers which alerts last, and tells their beginnings and ends.

    Args:
        store: keeps what must outlive this process.
        channels: by their names; those hold no secret, as they are kept.
        clock: the time, with its zone.
    """

    def __init__(
        self,
        store: CoordinationStore,
        channels: Mapping[str, Channel],
        clock: Callable[[], datetime] = _now,
    ) -> None:
        self._store = store
        self._channels = channels
        self._clock = clock
        self._state: _Kept | None = None

    @property
    def _kept(self) -> _Kept:
        """As last written; read from the store when it is first asked for."""
        if self._state is None:
            self._state = _read(self._store.setting(_SETTING))
        return self._state

    def fire(self, alert: Alert) -> None:
        """Something is wrong; told once while it lasts.

        Raises:
            Unavailable: the store cannot keep it; fire it again.
        """
        subject = _subject(alert.rule, alert.project, alert.version)
        if subject not in self._kept.lasting:
            self._change(lasting={**self._kept.lasting, subject: alert}, told=alert)

    def resolve(self, rule: str, project: str = "", version: str = "") -> None:
        """It is well again; told if its beginning was.

        Raises:
            Unavailable: the store cannot keep it; resolve it again.
        """
        subject = _subject(rule, project, version)
        alert = self._kept.lasting.get(subject)
        if alert is not None:
            rest = {name: one for name, one in self._kept.lasting.items() if name != subject}
            ended = (
                f"It lasted from {alert.since:%H:%M:%S} to {self._clock():%H:%M:%S} UTC. {alert.message}"
            )
            self._change(lasting=rest, told=replace(alert, state=AlertState.RESOLVED, message=ended))

    def lasting(self, rule: str, project: str = "") -> list[Alert]:
        """Alerts of a rule about a project that were told and not resolved yet."""
        found = self._kept.lasting.values()
        return [one for one in found if (one.rule, one.project) == (rule, project)]

    def deliver(self) -> None:
        """Try what is due; what is not taken is tried again, later each time, up to five minutes.

        Raises:
            Unavailable: the store cannot note what was taken: it is sent again, with the same key.
        """
        for delivery in list(self._kept.waiting):
            if delivery.not_before is None or delivery.not_before <= self._clock():
                self._try(delivery)

    def _try(self, delivery: _Delivery) -> None:
        channel = self._channels.get(delivery.channel)
        if channel is not None:
            try:
                channel.send(delivery.alert)
            except RelevoError as error:
                if not delivery.failures:
                    name = delivery.channel
                    _logger.warning("an alert waits for %s: %s %s", name, error.message, error.details)
                delivery.failures += 1
                wait = timedelta(seconds=2 ** min(delivery.failures, 10))
                delivery.not_before = self._clock() + min(wait, _LONGEST_WAIT)
                return
        self._save(_Kept(self._kept.lasting, [one for one in self._kept.waiting if one is not delivery]))

    def _change(self, *, lasting: dict[str, Alert], told: Alert) -> None:
        waiting = [*self._kept.waiting, *(_Delivery(name, told) for name in self._channels)]
        if len(waiting) > _MOST_WAITING:
            _logger.error("%d alerts that nobody took are given up", len(waiting) - _MOST_WAITING)
        self._save(_Kept(lasting, waiting[-_MOST_WAITING:]))

    def _save(self, kept: _Kept) -> None:
        self._store.put_setting(_SETTING, msgspec.json.encode(kept).decode())
        self._state = kept


def _subject(rule: str, project: str, version: str) -> str:
    return "/".join((rule, project, version))


def _read(text: str | None) -> _Kept:
    if not text:
        return _Kept()
    try:
        return msgspec.json.decode(text, type=_Kept)
    except msgspec.MsgspecError as error:
        _logger.warning("which alerts were told cannot be read and begins anew: %s", error)
        return _Kept()
