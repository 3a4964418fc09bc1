"""Ctrl+K: what can be gone to or done from anywhere, with what the present page offers first."""

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import QEvent, QObject

from app.context import Context
from app.pages.monitor.page import MonitorPage
from app.pages.registry import PAGES
from app.shell.window import Shell
from widgets.panels.command_palette import CommandPalette, PaletteCommand
from widgets.theme import GRID


class Palette(QObject):
    """Gathers the commands when it is opened; a second Ctrl+K or Esc closes it."""

    def __init__(self, shell: Shell, context: Context, monitor: MonitorPage) -> None:
        super().__init__(shell)
        self._shell = shell
        self._context = context
        self._monitor = monitor
        self._runs: dict[str, Callable[[], object]] = {}
        self._made: list[PaletteCommand] = []
        self.panel = CommandPalette(shell)
        self.panel.hide()
        self.panel.chosen.connect(self._run)
        self.panel.dismissed.connect(self.close)
        shell.palette_requested.connect(self.toggle)
        shell.installEventFilter(self)

    def toggle(self) -> None:
        """Open it, or close it when it is open."""
        if self.panel.isVisible():
            self.close()
            return
        self.panel.set_commands(self._commands())
        self._place()
        self.panel.open()

    def close(self) -> None:
        """Close it; the focus goes back to the page."""
        self.panel.hide()
        if self._shell.page is not None:
            self._shell.page.setFocus()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Keep it in the middle of the window."""
        if event.type() is QEvent.Type.Resize and self.panel.isVisible():
            self._place()
        return super().eventFilter(watched, event)

    def _place(self) -> None:
        self.panel.adjustSize()
        self.panel.move((self._shell.width() - self.panel.width()) // 2, 8 * GRID)

    def _commands(self) -> list[PaletteCommand]:
        self._runs, self._made = {}, []
        page = self._shell.page
        title = next(entry.title for entry in PAGES if entry.key == self._shell.page_key)
        for command in page.commands() if page is not None else []:
            self._add(command.title, title, command.run, command.shortcut, command.blocked)
        for number, entry in enumerate(PAGES, start=1):
            self._add(entry.title, "Pages", partial(self._shell.go_to, entry.key), f"Ctrl+{number}")
        for project in self._monitor.view_model.projects:
            wanted = partial(self._context.bus.project_requested.emit, project)
            self._add(project, "Projects", wanted)
        self._add("Help", "Help", partial(self._shell.help_requested.emit, self._shell.page_key), "F1")
        self._add("Relevo help, first page", "Help", partial(self._shell.help_requested.emit, "index"))
        return self._made

    def _add(
        self, title: str, group: str, run: Callable[[], object], shortcut: str = "", blocked: str = ""
    ) -> None:
        key = str(len(self._runs))
        self._runs[key] = run
        self._made.append(PaletteCommand(key, title, group, shortcut, blocked))

    def _run(self, key: str) -> None:
        self.close()
        self._runs[key]()
