"""One version as plain values for badges and lists."""

from dataclasses import dataclass

from services.registry.choices import Mode
from widgets.formatting import plural, short_revision
from widgets.theme import State

SIGNS = {Mode.CHAMPION: "★", Mode.CHALLENGER: "●", Mode.RETIRED: "○"}


@dataclass(frozen=True, slots=True)
class VersionEntry:
    """What is shown of one version.

    Attributes:
        name: `A`, `B`, …
        order: of registration; fixes colour, symbol and dash.
        mode: its part in production.
        health: a word such as `healthy` or `down for 3 min`.
        state: the colour of that word.
        revision: sha256 of the revision in use; empty when none.
        detail: what it is, such as `svr`; quiet.
        since: since when it has its part, in words.
        skipped: rows it could not be asked for, because they lack an input that it takes.
    """

    name: str
    order: int
    mode: Mode
    health: str = "unknown"
    state: State = State.NEUTRAL
    revision: str = ""
    detail: str = ""
    since: str = ""
    skipped: int = 0

    @property
    def title(self) -> str:
        """Sign, name and part: `★ B champion`."""
        return f"{SIGNS[self.mode]} {self.name} {self.mode.value}"

    @property
    def spoken(self) -> str:
        """All of it, as it is read aloud."""
        parts = [f"Version {self.name}", self.mode.value, self.since, self.detail, self.health]
        if self.revision:
            parts.append(f"revision {short_revision(self.revision)}")
        if self.skipped:
            parts.append(f"{plural(self.skipped, 'row')} skipped, which lack an input that it takes")
        return ", ".join(part for part in parts if part)
