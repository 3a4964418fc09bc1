"""What Monitor shows, as finished texts; small enough to be kept on disk for the next start."""

import json
from dataclasses import asdict, dataclass
from typing import Any

from services.registry.choices import Mode
from widgets.panels.version_entry import VersionEntry
from widgets.tables.cells import Cell, Column, Row
from widgets.theme import State

FORMAT = 1


@dataclass(frozen=True, slots=True)
class MonitorViewModel:
    """One state of the page.

    Attributes:
        project, task, target: empty when the platform has no project.
        variables: key and title of each; the output's key is empty.
        columns, rows: the table of metrics.
        labelled, predictions: live rows of the champion.
        skipped: rows that a challenger could not be asked for since it was registered.
        rebuilt: why live rows were counted anew from the log's start; empty if they were not.
        lost: batches that the store has lost of the project's log.
        seen_at: Unix seconds.
    """

    projects: tuple[str, ...] = ()
    project: str = ""
    task: str = ""
    target: str = ""
    span: str = "day"
    variables: tuple[tuple[str, str], ...] = ()
    variable: str = ""
    versions: tuple[VersionEntry, ...] = ()
    columns: tuple[Column, ...] = ()
    rows: tuple[Row, ...] = ()
    labelled: int = 0
    predictions: int = 0
    skipped: int = 0
    rebuilt: str = ""
    lost: int = 0
    seen_at: float = 0.0

    def version(self, name: str) -> VersionEntry | None:
        """The version of that name, or None."""
        return next((entry for entry in self.versions if entry.name == name), None)

    @property
    def champion(self) -> VersionEntry | None:
        """The champion; None when there is no project."""
        return next((entry for entry in self.versions if entry.mode is Mode.CHAMPION), None)

    def to_text(self) -> str:
        """As JSON."""
        return json.dumps({"format": FORMAT, **asdict(self)})

    @classmethod
    def from_text(cls, text: str) -> "MonitorViewModel | None":
        """From JSON; None when it is not one that this program wrote."""
        try:
            found = json.loads(text)
            return cls(**_from_builtins(found)) if found.pop("format") == FORMAT else None
        except (ValueError, TypeError, KeyError, AttributeError):
            return None


def _from_builtins(found: dict[str, Any]) -> dict[str, Any]:
    """Plain JSON values turned back into the types of `MonitorViewModel`."""
    return {
        **found,
        "projects": tuple(found["projects"]),
        "variables": tuple((key, title) for key, title in found["variables"]),
        "versions": tuple(
            VersionEntry(**{**entry, "mode": Mode(entry["mode"]), "state": State(entry["state"])})
            for entry in found["versions"]
        ),
        "columns": tuple(Column(**column) for column in found["columns"]),
        "rows": tuple(
            Row(row["key"], tuple(_cell(cell) for cell in row["cells"])) for row in found["rows"]
        ),
    }


def _cell(found: dict[str, Any]) -> Cell:
    state = found["state"]
    return Cell(**{**found, "state": None if state is None else State(state)})
