"""What every page of a Docker Engine has: the choice of the host, and banners of what is amiss."""

from PySide6.QtCore import QTimer
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QMessageBox, QWidget

from app.connection.engine_connection import EngineConnection
from app.connection.hosts import Hosts
from app.connection.reconnecting import ConnectionState
from app.error_text import describe_error
from services.containers.addresses import PlainEngine
from services.containers.hosts import PLAIN_WARNING, address_text
from widgets.formatting import plural, size
from widgets.panels.banner import Banner
from widgets.panels.bar import more_button
from widgets.panels.labels import Text
from widgets.plain_text import plain_tooltip, show_plain_texts
from widgets.theme import GRID, FontSize, State


class HostSwitcher(QWidget):
    """The hosts there are; choosing one works with it. A button edits, adds and removes hosts."""

    def __init__(self, hosts: Hosts, connection: EngineConnection, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._hosts = hosts
        self._connection = connection
        self.choice = QComboBox()
        self.choice.setAccessibleName("Docker host")
        self.choice.setMinimumWidth(18 * GRID)
        self.choice.activated.connect(lambda row: hosts.choose(self.choice.itemText(row)))
        self.about = Text(size=FontSize.SMALL, quiet=True)
        self.unprotected = Text("unprotected", size=FontSize.SMALL)
        self.unprotected.set_state(State.WARNING)
        self.unprotected.setToolTip(PLAIN_WARNING)
        self.edit, self.add, self.remove = (QAction(self) for _ in range(3))
        self.add.setText("Add a host…")
        self.edit.triggered.connect(lambda: hosts.edit_requested.emit(hosts.current().name))
        self.add.triggered.connect(lambda: hosts.edit_requested.emit(""))
        self.remove.triggered.connect(self._ask_removal)
        self._compose()
        hosts.changed.connect(self.show_hosts)
        connection.changed.connect(self.show_hosts)
        self.show_hosts()

    def show_hosts(self) -> None:
        """Bring the choice and what is known of the engine up to date."""
        offered, current = self._hosts.folder.offered(), self._hosts.current()
        names = [host.name for host in offered]
        if [self.choice.itemText(row) for row in range(self.choice.count())] != names:
            self.choice.clear()
            self.choice.addItems(names)
        self.choice.setCurrentIndex(names.index(current.name))
        self.choice.setToolTip(plain_tooltip(address_text(current.address)))
        info = self._connection.info
        words = ""
        if info is not None:
            parts = (f"Docker {info.version}", plural(info.processors, "core"), size(info.memory))
            words = " · ".join(parts)
        self.about.setText(words)
        self.about.setToolTip(
            plain_tooltip("\n".join((info.operating_system, *info.warnings)) if info else "")
        )
        self.unprotected.setVisible(isinstance(current.address, PlainEngine))
        self.edit.setText(f"Edit “{current.name}”…")
        self.remove.setText(f"Remove “{current.name}”…")
        self.remove.setEnabled(current.name in self._hosts.folder.names())

    def _compose(self) -> None:
        more = more_button("Hosts", "Edit, add or remove hosts", (self.edit, self.add, self.remove))
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(GRID)
        for part in (self.unprotected, self.about, Text("Host", quiet=True), self.choice, more):
            layout.addWidget(part)

    def _ask_removal(self) -> None:
        name = self._hosts.current().name
        box = QMessageBox(
            QMessageBox.Icon.Question,
            "Remove host",
            f"Forget how “{name}” is reached?",
            QMessageBox.StandardButton.Cancel,
            self.window(),
        )
        box.setInformativeText("The machine, its containers and images stay as they are.")
        show_plain_texts(box)
        box.addButton("Remove", QMessageBox.ButtonRole.AcceptRole)
        box.accepted.connect(lambda: self._hosts.remove(name))
        box.finished.connect(box.deleteLater)
        box.open()


class DamagedHosts(Banner):
    """Names the files of hosts that cannot be read; hidden while all can."""

    def __init__(self, hosts: Hosts, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._hosts = hosts
        self.retry_requested.connect(hosts.look_again)
        hosts.changed.connect(self.follow)
        self.follow()

    def follow(self) -> None:
        """Bring it up to date."""
        damaged = self._hosts.folder.damaged()
        if not damaged:
            self.hide()
            return
        one = len(damaged) == 1
        self.show_message(
            "Not read",
            f"{plural(len(damaged), 'saved Docker host')} cannot be read: {', '.join(map(str, damaged))}",
            note=f"Repair or delete {'the file' if one else 'these files'}, then look again. "
            "The other hosts work as before.",
            action="Look again",
        )


class EngineBanner(Banner):
    """Tells of an engine that does not answer, with "Retry" and the time of the next attempt."""

    def __init__(self, connection: EngineConnection, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._connection = connection
        self._second = QTimer(self)
        self._second.setInterval(1000)
        self._second.timeout.connect(self._count_down)
        self.retry_requested.connect(connection.retry)
        connection.changed.connect(self.follow)
        self.follow()

    def follow(self) -> None:
        """Bring it up to date."""
        connection = self._connection
        if (
            connection.state is ConnectionState.LOST
            and connection.error is not None
            and connection.host is not None
        ):
            self.show_message("Docker unreachable", describe_error(connection.error))
            self._count_down()
        elif connection.state is ConnectionState.OPENING and connection.error is not None:
            self.show_next_attempt(None)
        else:
            self.hide()
        (self._second.start if connection.next_attempt is not None else self._second.stop)()

    def rest(self) -> None:
        """Nobody looks: count no seconds."""
        self._second.stop()

    def _count_down(self) -> None:
        if self._connection.next_attempt is not None:
            self.show_next_attempt(self._connection.next_attempt)
