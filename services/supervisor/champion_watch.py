"""Watches whether champions answer; tells by the alert channels when one ceases to, and when it is back."""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from urllib.parse import urlsplit

from services.alerts.dispatcher import Dispatcher
from services.alerts.model import Alert, AlertState, Severity
from services.store.interface import Store

RULE = "champion_silent"
_PATIENCE_SECONDS = 2.0
_PAUSE_SECONDS = 2.0


class WatchChampions:
    """Asks `/health` of each champion's service; silence that lasts is an alert.

    Args:
        store: where the registry is.
        dispatcher: told of beginnings and ends; delivers when it is run.
        silent_seconds: after which silence is told, of a service that has answered before.
        start_seconds: the same of one that this watch has not seen answer: it may be starting.
    """

    def __init__(
        self,
        store: Store,
        dispatcher: Dispatcher,
        *,
        silent_seconds: float = 6.0,
        start_seconds: float = 60.0,
    ) -> None:
        self._store = store
        self._dispatcher = dispatcher
        self._silent_seconds = silent_seconds
        self._start_seconds = start_seconds
        self._asked_at: dict[str, float] = {}
        self._silent_since: dict[tuple[str, str], float] = {}
        self._seen_up: set[tuple[str, str]] = set()

    def run(self, project: str, cancelled: Callable[[], bool]) -> None:
        """See `PeriodicTask`."""
        del cancelled
        now = time.monotonic()
        if now - self._asked_at.get(project, -_PAUSE_SECONDS) >= _PAUSE_SECONDS:
            self._asked_at[project] = now
            self._look(project)
        self._dispatcher.deliver()

    def _look(self, project: str) -> None:
        found = self._store.project(project)
        champion = found.version(found.champion) if found is not None else None
        name = champion.name if champion is not None else ""
        for alert in self._dispatcher.lasting(RULE, project):
            if alert.version != name:  # another is champion by now
                self._dispatcher.resolve(RULE, project, alert.version)
        if champion is None:
            return
        key, why = (project, name), why_silent(champion.endpoint)
        if not why:
            self._seen_up.add(key)
            self._silent_since.pop(key, None)
            self._dispatcher.resolve(RULE, project, name)
            return
        silent = time.monotonic() - self._silent_since.setdefault(key, time.monotonic())
        if silent >= (self._silent_seconds if key in self._seen_up else self._start_seconds):
            self._dispatcher.fire(_alert(project, name, why, datetime.now(UTC) - timedelta(seconds=silent)))


def _alert(project: str, version: str, why: str, since: datetime) -> Alert:
    return Alert(
        rule=RULE,
        severity=Severity.CRITICAL,
        state=AlertState.FIRING,
        title=f"Champion {version} of {project} does not answer",
        message=f"{why}. Its log says why; another version can be made champion.",
        project=project,
        version=version,
        since=since,
    )


def why_silent(endpoint: str) -> str:
    """Why the service at an address does not say that it is well, as a sentence; empty if it does."""
    if not endpoint:
        return "No service has registered yet"
    try:
        parts = urlsplit(endpoint)
        kind = HTTPSConnection if parts.scheme == "https" else HTTPConnection
        connection = kind(parts.hostname or "", parts.port, timeout=_PATIENCE_SECONDS)
        try:
            connection.request("GET", "/health")
            status = connection.getresponse().status
        finally:
            connection.close()
    except TimeoutError:
        return f"Its service said nothing for {_PATIENCE_SECONDS:g} seconds"
    except (OSError, HTTPException, ValueError):
        return "Its service cannot be reached"
    return "" if status == 200 else f"Its service answers /health with status {status}"
