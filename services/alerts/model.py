"""What is told: one thing that went wrong, or is well again."""

import hashlib
from datetime import datetime
from enum import StrEnum

from msgspec import Struct


class Severity(StrEnum):
    """How much it matters: `critical` concerns applications now."""

    WARNING = "warning"
    CRITICAL = "critical"


class AlertState(StrEnum):
    """Whether it lasts, is over, or is only a test of the channels."""

    FIRING = "firing"
    RESOLVED = "resolved"
    TEST = "test"


class Alert(Struct, frozen=True, kw_only=True):
    """One message.

    Attributes:
        rule: what found it, such as `champion_silent`.
        title: one line, in words.
        message: why, and what to do.
        project, version: what it is about; empty where it is about neither.
        since: when it began; the same while it lasts and when it is over.
    """

    rule: str
    severity: Severity
    state: AlertState
    title: str
    since: datetime
    message: str = ""
    project: str = ""
    version: str = ""

    @property
    def key(self) -> str:
        """Equal for a message that is sent again: by it a receiver knows a repetition."""
        parts = (self.rule, self.project, self.version, self.since.isoformat(), self.state)
        return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:32]
