"""When versions do not answer: what is known of it now, and what stays known after they came back."""

import logging
from collections import deque
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from msgspec.structs import replace

from services.gateway.messages import Outage
from services.registry.model import Mode, Project, Version

_logger = logging.getLogger(__name__)
_KEPT = 200
_ONE_OUTAGE = timedelta(seconds=10)
"""A version that fails again so soon has not been back: one that comes and goes is one outage."""

Name = tuple[str, str]
"""Project and version."""


class Outages:
    """The outages of one gateway's versions; used on the loop."""

    def __init__(self) -> None:
        self._modes: dict[Name, Mode] = {}
        self._open: dict[Name, Outage] = {}
        self._past: deque[Outage] = deque(maxlen=_KEPT)
        self._counts: dict[Name, int] = {}

    def begin(self, version: Version, reason: str) -> None:
        """A version does not answer, for that reason; one whose outage lasts keeps its first reason."""
        name = (version.project, version.name)
        mode = self._modes.get(name)  # the version may have been looked up before it changed
        if name in self._open or mode is None:
            return
        now = datetime.now(UTC)
        last = next((past for past in reversed(self._past) if (past.project, past.version) == name), None)
        if last is not None and last.until is not None and now - last.until < _ONE_OUTAGE:
            self._past.remove(last)
            self._open[name] = replace(last, until=None, reason=reason, mode=mode)
            return
        self._open[name] = Outage(version.project, version.name, mode, reason, now)
        self._counts[name] = self._counts.get(name, 0) + 1
        _logger.warning("the %s %s of %s does not answer: %s", mode, version.name, version.project, reason)

    def end(self, project: str, version: str) -> None:
        """A version answers; nothing happens if it did before."""
        if not self._open:
            return
        outage = self._open.pop((project, version), None)
        if outage is not None:
            self._past.append(replace(outage, until=datetime.now(UTC)))
            _logger.info("version %s of %s answers again", version, project)

    def follow(self, projects: Iterable[Project]) -> None:
        """The registry changed: who is not in production any more is no outage, and modes change."""
        self._modes = {
            (version.project, version.name): version.mode
            for project in projects
            for version in project.versions
            if version.mode is not Mode.RETIRED
        }
        for name, outage in list(self._open.items()):
            mode = self._modes.get(name)
            if mode is None:
                self.end(*name)
            elif mode is not outage.mode:
                self._open[name] = replace(outage, mode=mode)

    def of(self, project: str, version: str) -> Outage | None:
        """A version's outage; None while it answers, or is not known to fail."""
        return self._open.get((project, version))

    def present(self) -> list[Outage]:
        """Those that last, the champions' first, each oldest first."""
        return sorted(self._open.values(), key=lambda one: (one.mode is not Mode.CHAMPION, one.since))

    def past(self) -> list[Outage]:
        """Those that ended since the gateway started, oldest first; the latest two hundred."""
        return list(self._past)

    def counts(self) -> dict[Name, int]:
        """How many outages each version had since the gateway started."""
        return dict(self._counts)
