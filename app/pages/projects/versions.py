"""The versions of a project as a table, and taking one out of the shadow or back into it."""

from PySide6.QtWidgets import QWidget

from services.registry.model import Mode, Project, Version
from widgets.actions import ExplainedAction
from widgets.formatting import clock, relative, short_revision
from widgets.panels.version_entry import SIGNS
from widgets.tables.cells import Cell, Column, Row
from widgets.tables.table import DataTable
from widgets.theme import version_style

COLUMNS = (
    Column("name", "Version", width=90),
    Column("mode", "Mode", width=130),
    Column("revision", "Revision", width=100),
    Column("created", "Registered", width=120),
    Column("url", "Address", width=260, stretch=True, tooltip="The gateway's address for this version"),
    Column("inputs", "Inputs", numeric=True, width=80),
)


class VersionsTable(DataTable):
    """One row a version; keys are names."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(COLUMNS, name="Versions", parent=parent)
        self._project: Project | None = None
        self.retire_action = ExplainedAction(
            "Retire",
            explanation="The selected version gets no more rows; it can be taken back",
            parent=self,
        )
        self.add_action(self.retire_action)
        self.selection_changed.connect(self._update_actions)
        self._update_actions()

    def show_versions(self, project: Project) -> None:
        """Show a project's versions."""
        self._project = project
        self.set_rows([row_for(version) for version in project.versions])
        self._update_actions()

    def selected_version(self) -> Version | None:
        """The selected version; None when none is."""
        name = next(iter(self.selected_keys()), "")
        return self._project.version(name) if self._project is not None else None

    def retired(self, version: Version) -> bool:
        """Whether a version is retired."""
        return version.mode is Mode.RETIRED

    def _update_actions(self) -> None:
        chosen = self.selected_version()
        retired = chosen is not None and self.retired(chosen)
        self.retire_action.setText("Take back" if retired else "Retire")
        if chosen is None:
            self.retire_action.set_blocked("Select a version.")
        elif chosen.mode is Mode.CHAMPION:
            self.retire_action.set_blocked(
                "The champion cannot be retired; make another one champion first."
            )
        else:
            self.retire_action.set_blocked("")


def row_for(version: Version) -> Row:
    """One version as finished cells."""
    return Row(
        version.name,
        (
            Cell(version.name, mark=version_style(version.order).colour, strong=True),
            Cell(f"{SIGNS[version.mode]} {version.mode.value}"),
            Cell(short_revision(version.revision), tooltip=version.revision, export=version.revision),
            Cell(
                relative(version.created_at),
                sort=version.created_at.timestamp(),
                tooltip=clock(version.created_at),
                quiet=True,
                export=version.created_at.isoformat(),
            ),
            Cell(version.url, tooltip=version.url),
            Cell(str(len(version.signature.inputs)), sort=len(version.signature.inputs)),
        ),
    )
