"""Terminals inside containers: one a container, each going on while another container is looked at."""

import shlex
from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QComboBox, QPushButton, QStackedWidget, QVBoxLayout, QWidget

from app.pages.shared.engine.stream_follower import StreamFollower
from app.tasks import Tasks
from services.containers.model import Container, ContainerState
from services.errors import RelevoError
from widgets.panels.bar import row
from widgets.panels.empty import EmptyState
from widgets.panels.error import ErrorPanel
from widgets.panels.labels import Text
from widgets.plain_text import plain_tooltip
from widgets.terminal.view import TerminalView
from widgets.theme import GRID, FontSize

if TYPE_CHECKING:
    from app.pages.shared.engine.stream_follower import Ended, Receive
    from services.containers.engine.engine import Engine
    from services.containers.engine.terminal import Terminal

SHELL = "A shell"
SHELL_COMMAND = ("/bin/sh", "-c", "command -v bash >/dev/null && exec bash || exec sh")
"""The better shell where there is one."""
PARTS, WAITING = 16, 1 << 17
"""Pieces, and bytes, that may wait to be obeyed before the program inside is held up."""
OFFERED = (SHELL, "python3", "R")


def command_of(text: str) -> Sequence[str]:
    """What to run for what was chosen or typed, quoted as in a shell."""
    return SHELL_COMMAND if text.strip() in {"", SHELL} else shlex.split(text)


class TerminalPane(QWidget):
    """The terminal of one container: opened when asked for, closed with it.

    Args:
        tasks: for opening and closing off the GUI thread.
        identifier: the container's.
    """

    def __init__(self, tasks: Tasks, identifier: str) -> None:
        super().__init__()
        self._tasks = tasks
        self._identifier = identifier
        self._engine: Engine | None = None
        self._terminal: Terminal | None = None
        self._early = bytearray()
        self.view = TerminalView()
        self._follower: StreamFollower[bytes] = StreamFollower(
            tasks,
            self._received,
            self._ended,
            self,
            held=PARTS,
            part=PARTS,
            ready=lambda: self.view.waiting < WAITING,
        )
        self.command = QComboBox()
        self.open = QPushButton("Open a terminal")
        self.end = QPushButton("Close it")
        self.state = Text(size=FontSize.SMALL, quiet=True)
        self.error = ErrorPanel()
        self.empty = EmptyState("No terminal yet", "It runs inside this container, as its own user.")
        self._stack = QStackedWidget()
        self._compose()
        self.open.clicked.connect(self.begin)
        self.end.clicked.connect(self.finish)
        self.view.typed.connect(self._type)
        self.view.size_changed.connect(self._resize)

    @property
    def live(self) -> bool:
        """Whether a program runs in it."""
        return self._follower.following

    def show_container(self, engine: "Engine | None", container: Container | None) -> None:
        """What may be done now; the reason on hover where nothing can."""
        self._engine = engine
        running = container is not None and container.state is ContainerState.RUNNING
        reason = "" if running else "Only a running container has a terminal."
        if engine is None:
            reason = "Docker does not answer."
        self.open.setEnabled(not reason and not self.live)
        self.open.setToolTip(plain_tooltip(reason))
        self.end.setEnabled(self.live)

    def begin(self) -> None:
        """Open a terminal with the command chosen."""
        engine, text = self._engine, self.command.currentText()
        if engine is None or self.live:
            return
        try:
            command = command_of(text)
        except ValueError:
            self.error.show_message("A quotation mark is missing in the command.")
            return
        self.error.hide()
        self.view.clear()
        self._stack.setCurrentWidget(self.view)
        rows, columns = self.view.size_in_letters
        identifier = self._identifier

        def open_it(receive: "Receive[bytes]", ended: "Ended") -> "Terminal":
            return engine.terminal(
                identifier,
                command,
                rows=rows,
                columns=columns,
                receive=lambda data: receive((data,)),
                ended=ended,
            )

        self._early.clear()
        self._follower.follow("Opening a terminal", open_it, self._opened)
        self.view.set_live(True)
        self.view.setFocus()
        self._show_state(f"{text}: Ctrl+Shift+C copies, Ctrl+Shift+V pastes, Ctrl+Tab leaves")

    def finish(self) -> None:
        """Hang up."""
        self._terminal = None
        self._follower.stop()
        self.view.set_live(False)
        self._show_state("closed")

    def _opened(self, terminal: "Terminal") -> None:
        """Tell it what came while it was being opened: another size, and what was typed."""
        self._terminal = terminal
        terminal.resize(*self.view.size_in_letters)
        if self._early:
            terminal.send(bytes(self._early))

    def _received(self, parts: Sequence[bytes]) -> None:
        self.view.feed(b"".join(parts))

    def _ended(self, error: RelevoError | None) -> None:
        self._terminal = None
        self.view.set_live(False)
        self._show_state("ended")
        if error is not None:
            self.error.show_message(error.message, error.remedy, error.details)

    def _show_state(self, text: str) -> None:
        self.state.setText(text)
        self.open.setEnabled(not self.live and self._engine is not None)
        self.end.setEnabled(self.live)

    def _type(self, data: bytes) -> None:
        if self._terminal is None:
            self._early += data
        else:
            self._terminal.send(data)

    def _resize(self, rows: int, columns: int) -> None:
        if self._terminal is not None:
            self._terminal.resize(rows, columns)

    def _compose(self) -> None:
        self.command.setEditable(True)
        self.command.addItems(list(OFFERED))
        self.command.setAccessibleName("Command")
        self.command.setMinimumWidth(22 * GRID)
        for button in (self.open, self.end):
            button.setAutoDefault(False)
        self.end.setEnabled(False)
        for page in (self.empty, self.view):
            self._stack.addWidget(page)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, GRID, 0, 0)
        layout.setSpacing(GRID)
        layout.addLayout(row(self.command, self.open, self.end, self.state, None))
        layout.addWidget(self.error)
        layout.addWidget(self._stack, 1)


class Terminals(QStackedWidget):
    """The terminal of the container that is looked at; those of others go on behind it."""

    def __init__(self, tasks: Tasks) -> None:
        super().__init__()
        self._tasks = tasks
        self._panes: dict[str, TerminalPane] = {}

    def pane(self, identifier: str) -> TerminalPane | None:
        """The terminal of a container, if it was looked at."""
        return self._panes.get(identifier)

    def show_container(self, engine: "Engine | None", container: Container) -> None:
        """Show this container's."""
        pane = self._panes.get(container.identifier)
        if pane is None:
            pane = self._panes[container.identifier] = TerminalPane(self._tasks, container.identifier)
            self.addWidget(pane)
        pane.show_container(engine, container)
        self.setCurrentWidget(pane)
        for identifier, other in list(self._panes.items()):
            if other is not pane and not other.live:
                self._drop(identifier)

    def forget(self, identifier: str) -> None:
        """A container is gone, and its terminal with it."""
        if identifier in self._panes:
            self._drop(identifier)

    def _drop(self, identifier: str) -> None:
        pane = self._panes.pop(identifier)
        pane.finish()
        self.removeWidget(pane)
        pane.deleteLater()
