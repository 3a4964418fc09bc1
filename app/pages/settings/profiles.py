"""The list of profiles: switch to one, edit, add or remove one."""

from functools import partial

from PySide6.QtWidgets import QMessageBox, QVBoxLayout, QWidget

from app.connection.reconnecting import ConnectionState
from app.context import Context
from app.pages.page import PageCommand
from services.profiles.profile import EmbeddedProfile, Profile
from widgets.actions import ExplainedAction
from widgets.formatting import plural
from widgets.panels.bar import ActionButton, row
from widgets.panels.error import ErrorPanel
from widgets.plain_text import show_plain_texts
from widgets.tables.cells import Cell, Column, Row
from widgets.tables.table import DataTable
from widgets.theme import GRID, State

COLUMNS = (
    Column("name", "Name", width=180),
    Column("kind", "Kind", width=150),
    Column("where", "Where", width=240, stretch=True),
    Column("state", "State", width=120),
)
_WORDS = {
    ConnectionState.OPEN: ("open", State.GOOD),
    ConnectionState.OPENING: ("opening", State.NEUTRAL),
    ConnectionState.LOST: ("unreachable", State.BAD),
}


class ProfilesPanel(QWidget):
    """Reads the profile folder when it is shown and after each change."""

    def __init__(self, context: Context) -> None:
        super().__init__()
        self._context = context
        self.table = DataTable(COLUMNS, name="Profiles")
        self.table.set_empty("No profile yet", "A profile says where a platform is. Add one to begin.")
        self.table.setMinimumHeight(24 * GRID)
        self.error = ErrorPanel()
        self.open = ExplainedAction("Open", explanation="Work with the selected platform", parent=self)
        self.edit = ExplainedAction("Edit…", explanation="Change the selected profile", parent=self)
        self.add = ExplainedAction("Add…", explanation="Add a profile", parent=self)
        self.remove = ExplainedAction(
            "Remove…", explanation="Forget the selected profile and its passwords", parent=self
        )
        self._compose()
        bus = context.bus
        self.open.triggered.connect(lambda: bus.profile_requested.emit(self.chosen()))
        self.edit.triggered.connect(lambda: bus.connection_requested.emit(self.chosen()))
        self.add.triggered.connect(lambda: bus.connection_requested.emit(""))
        self.remove.triggered.connect(self._ask_removal)
        self.table.activated.connect(bus.profile_requested)
        self.table.selection_changed.connect(self._update_actions)
        context.connection.changed.connect(self.refresh)
        self.refresh()

    def refresh(self) -> None:
        """Read the folder again."""
        profiles = self._context.profiles
        self.table.set_rows([self._row(profile) for profile in profiles.all()])
        damaged = profiles.damaged()
        self.error.setVisible(bool(damaged))
        if damaged:
            files = "\n".join(str(path) for path in damaged)
            self.error.show_message(
                f"{plural(len(damaged), 'file')} of the profile folder cannot be read.",
                "Repair or delete them, then press F5.",
                files,
            )
        self._update_actions()

    def chosen(self) -> str:
        """The selected profile's name; empty when none is."""
        return next(iter(self.table.selected_keys()), "")

    def commands(self) -> list[PageCommand]:
        """Open any profile, or add one."""
        wanted = self._context.bus.profile_requested
        opened = [
            PageCommand(f"Open profile {name}", partial(wanted.emit, name))
            for name in self._context.profiles.names()
        ]
        return [*opened, PageCommand("Add a profile…", self.add.trigger)]

    def _row(self, profile: Profile) -> Row:
        if isinstance(profile, EmbeddedProfile):
            kind, where = "on this machine", profile.folder
        else:
            kind, where = "on servers", ", ".join(profile.cassandra.contact_points)
        connection = self._context.connection
        current = connection.profile is not None and connection.profile.name == profile.name
        word, state = _WORDS.get(connection.state, ("", None)) if current else ("", None)
        return Row(
            profile.name,
            (Cell(profile.name), Cell(kind, quiet=True), Cell(where), Cell(word, state=state)),
        )

    def _update_actions(self) -> None:
        name = self.chosen()
        nothing = "" if name else "Select a profile."
        connection = self._context.connection
        current = (
            connection.profile is not None
            and connection.profile.name == name
            and connection.state is ConnectionState.OPEN
        )
        self.open.set_blocked(nothing or (f"{name} is open already." if current else ""))
        self.edit.set_blocked(nothing)
        self.remove.set_blocked(nothing or ("Open another profile first." if current else ""))

    def _ask_removal(self) -> None:
        name = self.chosen()
        box = QMessageBox(
            QMessageBox.Icon.Question,
            "Remove profile",
            f"Forget the profile “{name}”, and its password and token?",
            QMessageBox.StandardButton.Cancel,
            self.window(),
        )
        box.setInformativeText("The platform itself, or the workspace folder, stays as it is.")
        show_plain_texts(box)
        box.addButton("Remove", QMessageBox.ButtonRole.AcceptRole)
        box.accepted.connect(lambda: self._remove(name))
        box.finished.connect(box.deleteLater)
        box.open()

    def _remove(self, name: str) -> None:
        from services.profiles.secrets import KINDS

        secrets, profiles = self._context.secrets, self._context.profiles

        def forget() -> None:
            for kind in KINDS:
                secrets.forget(name, kind)
            profiles.remove(name)

        self._context.tasks.run(
            lambda _work: forget(),
            owner=self,
            title=f"Removing the profile {name}",
            on_result=lambda _nothing: self.refresh(),
            on_error=self.error.show_error,
        )

    def _compose(self) -> None:
        actions = (self.open, self.edit, self.add, self.remove)
        for action in actions:
            self.table.add_action(action)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(GRID)
        layout.addLayout(row(*(ActionButton(action) for action in actions), None))
        layout.addWidget(self.error)
        layout.addWidget(self.table, 1)
